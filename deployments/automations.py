"""`python -m deployments.automations`: whom to tell when something is wrong, what to do when a Firm block was saved, or a worker died.

A Prefect automation has no memory beyond its window, so *one alert for each incident* has two parts: what lasts is an incident
in the ledger, of which one event is emitted; and what Prefect itself sees, such as a run that failed, is grouped here by what it
belongs to, once in ``QUIET``.
"""

import argparse
import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.events.actions import RunDeployment, SendNotification
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from prefect.variables import Variable

from blocks.firm import Firm
from deployments.zombies import end_dead_runs
from domain.relay_reasons import RELAY_REASONS

PREFIX = "casebridge · "
"""Begins the name of each of our automations; others are never touched."""
VARIABLE = "casebridge_alerts_through"
USUAL_BLOCK = "operators-mail/operators"
QUIET = timedelta(hours=12)
"""So long nothing more is said of the same deployment, work pool or firm."""
LATE_RELAY = {"message_relay": timedelta(minutes=10), "document_relay": timedelta(hours=1)}
"""Without a tick for so long, a relay is at rest."""
RECONCILE = "reconcile_deployments/reconcile"
SETTLING = timedelta(minutes=1)
"""After a Firm block was saved: what is saved meanwhile is taken along."""

_RUN = "prefect.flow-run."
_ENDED_BADLY = (
    "Failed",
    "Crashed",
    "TimedOut",
    "PartialFailure",
    "VendorUnavailable",
    "VendorRefused",
    "SetupNeeded",
    "Overtaken",
)
_STREAMS = ("message-relay", "document-relay", "reply-relay")
_OF_RUN = "{{ flow_run.name }} ended {{ flow_run.state.name }}: {{ flow_run.state.message }}\n\n{{ flow_run|ui_url }}"
_OF_FIRM = "{{ event.resource.name }}: {{ event.payload.sentence }}"


@dataclass(frozen=True, slots=True)
class Alert:
    """What the operators are told of. ``chapter`` is its heading in docs/alerts.md."""

    name: str
    trigger: EventTrigger
    subject: str
    body: str
    chapter: str

    def automation(self, block: UUID) -> AutomationCore:
        """The automation that tells it through the notification block."""
        told = f"{self.body}\n\nWhat to do: docs/alerts.md, “{self.chapter}”. Nothing more is said of this for a while."
        return AutomationCore(
            name=f"{PREFIX}{self.name}",
            description=f"Made by casebridge; see docs/alerts.md, “{self.chapter}”. Disable it here to silence it.",
            trigger=self.trigger,
            actions=[SendNotification(block_document_id=block, subject=self.subject, body=told)],
        )


def _once(expect: Iterable[str], for_each: str, within: timedelta = QUIET) -> EventTrigger:
    """At the first of these events for each of something, and then not for a while."""
    return EventTrigger(expect=set(expect), for_each={for_each}, posture=Posture.Reactive, threshold=1, within=within)


def _at_rest(flow_name: str, after: timedelta) -> EventTrigger:
    """After a run of the flow has ended, no other ends for so long."""
    ended = {f"{_RUN}Completed", f"{_RUN}Exceptions"}
    return EventTrigger(
        match_related={"prefect.resource.role": "flow", "prefect.resource.name": flow_name},
        after=ended,
        expect=ended,
        posture=Posture.Proactive,
        threshold=1,
        within=after,
    )


ALERTS = (
    Alert(
        "runs that fail",
        _once((f"{_RUN}{name}" for name in _ENDED_BADLY), "related:deployment:prefect.resource.id"),
        "casebridge · {{ flow_run.name }} ended {{ flow_run.state.name }}",
        _OF_RUN,
        "A run failed",
    ),
    Alert(
        "runs that come late",
        _once([f"{_RUN}Late"], "related:work-pool:prefect.resource.id", timedelta(hours=1)),
        "casebridge · Runs come late in {{ work_pool.name }}",
        "{{ flow_run.name }} should have begun at {{ flow_run.expected_start_time }} and has not.\n\n{{ flow_run|ui_url }}",
        "Runs come late",
    ),
    Alert(
        "workers that are gone",
        _once(["prefect.work-pool.not-ready"], "prefect.resource.id", timedelta(hours=1)),
        "casebridge · No worker serves {{ event.resource.name }}",
        "The work pool {{ event.resource.name }} has no worker that answers: nothing runs there.",
        "A work pool has no worker",
    ),
    *(
        Alert(
            f"a {flow_name} at rest",
            _at_rest(flow_name, after),
            f"casebridge · The {flow_name.replace('_', ' ')} rests",
            f"No tick of {flow_name} has ended for {after // timedelta(minutes=1)} minutes.",
            "A relay rests",
        )
        for flow_name, after in LATE_RELAY.items()
    ),
    Alert(
        "credentials that are refused",
        _once((f"casebridge.{stream}.reconnect_needed" for stream in ("connection", *_STREAMS)), "prefect.resource.id"),
        "casebridge · Credentials of {{ event.resource.name }} are refused",
        _OF_FIRM,
        "Credentials are refused",
    ),
    Alert(
        "relays of a firm",
        _once(
            (
                f"casebridge.{stream}.{code}"
                for stream in _STREAMS
                for code in RELAY_REASONS
                if code != "reconnect_needed"
            ),
            "prefect.resource.id",
            timedelta(hours=1),
        ),
        "casebridge · A relay of {{ event.resource.name }} needs attention",
        _OF_FIRM,
        "A firm's relay needs attention",
    ),
    Alert(
        "Soluno's monthly question",
        _once(
            (f"casebridge.accounting.reauthentication_{when}" for when in ("in_7", "in_3", "in_1", "due")),
            "prefect.resource.id",
        ),
        "casebridge · Soluno wants its question answered for {{ event.resource.name }}",
        _OF_FIRM,
        "Soluno asks its question",
    ),
)
"""Everything the operators are told of."""


def _on_saved_firm(deployment: UUID) -> AutomationCore:
    """Reconcile the deployments a minute after a Firm block was saved or deleted; once for all that are saved in that minute."""
    trigger = EventTrigger(
        expect={f"prefect.block-document.{action}" for action in ("created", "updated", "deleted")},
        match_related={"prefect.resource.role": "block-type", "prefect.resource.name": Firm.get_block_type_name()},
        posture=Posture.Reactive,
        threshold=1,
        within=SETTLING,
    )
    return AutomationCore(
        name=f"{PREFIX}deployments follow the Firm blocks",
        description="Made by casebridge; see docs/deployments.md. A minute after a Firm block was saved.",
        trigger=trigger,
        actions=[RunDeployment(source="selected", deployment_id=deployment, schedule_after=SETTLING)],
    )


async def notification_block(client: PrefectClient) -> tuple[str, UUID | None]:
    """What alerts go through, as ``type/name``, and its id; None while there is no such block.

    Operators choose another than ``USUAL_BLOCK`` with a Prefect variable named ``VARIABLE``: any block that can notify.
    """
    named = str(await Variable.aget(VARIABLE, USUAL_BLOCK))
    kind, _, name = named.partition("/")
    try:
        return named, (await client.read_block_document_by_name(name, kind)).id
    except ObjectNotFound:
        return named, None


async def ensure_automations(client: PrefectClient, block: UUID | None) -> list[str]:
    """Create, change and remove our automations until they are as they should be; the names of those written.

    One that a person has disabled in the Prefect UI stays disabled. Without a notification ``block`` there are no alerts;
    without a deployment of *reconcile_deployments*, deployments follow the Firm blocks by hand only.
    """
    wanted = {} if block is None else {one.name: one for one in (alert.automation(block) for alert in ALERTS)}
    try:
        deployment = await client.read_deployment_by_name(RECONCILE)
    except ObjectNotFound:
        pass
    else:
        following = _on_saved_firm(deployment.id)
        wanted[following.name] = following
    wanted |= {one.name: one for one in end_dead_runs(PREFIX)}
    written: list[str] = []
    found = [one for one in await client.read_automations() if one.name.startswith(PREFIX)]
    for one in found:
        should = wanted.pop(one.name, None)
        if should is None:
            await client.delete_automation(one.id)
            written.append(one.name)
        elif _facts(one) != _facts(should):
            await client.update_automation(one.id, should.model_copy(update={"enabled": one.enabled}))
            written.append(one.name)
    for name, missing in wanted.items():
        await client.create_automation(missing)
        written.append(name)
    return written


def _facts(automation: Automation | AutomationCore) -> dict[str, object]:
    return AutomationCore.model_validate(automation.model_dump()).model_dump(exclude={"enabled"})


async def alert(client: PrefectClient) -> str:
    """Bring our automations up to date, through the block that the operators have chosen; what to say of it."""
    named, block = await notification_block(client)
    await ensure_automations(client, block)
    if block is not None:
        return f"Alerts go through the block {named}."
    kind, _, name = named.partition("/")
    return f"Nobody is alerted yet: in the Prefect UI, Blocks › +, add a block of type {kind} named {name}."


async def main() -> None:
    """Bring them up to date on the server that PREFECT_API_URL names."""
    argparse.ArgumentParser(prog="python -m deployments.automations", description=__doc__).parse_args()
    async with get_client() as client:
        print(await alert(client))  # noqa: T201 - what a command says


if __name__ == "__main__":
    asyncio.run(main())
