"""Making Prefect's deployments equal to the Firm blocks: what differs is found first, then only that is written."""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentCreate
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from blocks.firm import Firm
from deployments.cost_push import plan_cost_push
from deployments.nightly import plan_nightly
from deployments.per_firm import OF_FIRM, SWITCHED_OFF, Planned, form_of, write
from flows.nightly_case_sync import nightly_case_sync
from flows.soluno_cost_push import soluno_cost_push
from tasks.fleet import load_fleet

FLOWS = (nightly_case_sync, soluno_cost_push)
"""What runs for each firm by itself."""
_AT_ONCE = 6
"""While Prefect's client waits for seconds because SQLite was busy with another write, others get their turn."""
_PAGE = 200


class Action(StrEnum):
    """What is done to a deployment."""

    CREATED = "created"
    CHANGED = "changed"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to one deployment, or would be: ``differences`` say what was and what is, field by field."""

    firm: str
    deployment: str
    action: Action
    differences: tuple[str, ...] = ()
    paused_by_person: bool = False
    """A person has paused it in the Prefect UI though its switch is on: that is left alone, and told."""
    definition: DeploymentCreate | None = None
    found: UUID | None = None


@dataclass(slots=True)
class Reconciled:
    """One step for each deployment, sorted by firm; and what to say of the Firm blocks that cannot be used."""

    steps: list[Step] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    def count(self, action: Action) -> int:
        """How many deployments this is done to."""
        return sum(step.action is action for step in self.steps)

    @property
    def paused_by_people(self) -> list[Step]:
        """Deployments that somebody has paused in the Prefect UI."""
        return [step for step in self.steps if step.paused_by_person]

    @property
    def sentence(self) -> str:
        """What came of it, in a line."""
        told = [f"{count:,} {action}" for action in Action if (count := self.count(action))]
        if self.paused_by_people:
            told.append(f"{len(self.paused_by_people):,} paused in the Prefect UI")
        if self.unreadable:
            told.append(f"{len(self.unreadable):,} firms left alone, whose blocks cannot be read")
        return f"Deployments: {', '.join(told) or 'none'}."


async def reconcile(client: PrefectClient, *, dry_run: bool = False, only: str | None = None) -> Reconciled:
    """Create, change, pause, resume and remove the firms' deployments until they are as the Firm blocks have it.

    What other people have deployed is never touched, nor the deployments of a firm whose block cannot be read.

    Args:
        client: of the Prefect server.
        dry_run: find what differs, and write nothing.
        only: one firm's short name; None: all firms.
    """
    fleet = await load_fleet()
    reconciled = Reconciled(unreadable={slug: said for slug, said in fleet.unreadable.items() if only in (None, slug)})
    found = await _deployed(client)
    flow_ids = dict(zip(FLOWS, [await client.create_flow(flow) for flow in FLOWS], strict=True))
    forms = {flow: form_of(flow) for flow in FLOWS}
    for slug, firm in fleet.firms.items():
        if only in (None, slug):
            for planned in _planned(firm):
                deployed = found.pop((planned.flow.name, slug), None)
                reconciled.steps.append(_step(planned, deployed, flow_ids[planned.flow], forms[planned.flow]))
    for (flow_name, slug), deployed in found.items():
        if slug not in fleet.unreadable and only in (None, slug):
            reconciled.steps.append(Step(slug, f"{flow_name}/{slug}", Action.REMOVED, found=deployed.id))
    reconciled.steps.sort(key=lambda step: (step.firm, step.deployment))
    if not dry_run:
        await _apply(client, reconciled.steps)
    return reconciled


def _planned(firm: Firm) -> list[Planned]:
    return [plan_nightly(firm), *([plan_cost_push(firm)] if firm.accounting is not None else [])]


async def _deployed(client: PrefectClient) -> dict[tuple[str, str], DeploymentResponse]:
    """The deployments that were made for firms, by flow and firm."""
    deployed: dict[tuple[str, str], DeploymentResponse] = {}
    for flow in FLOWS:
        named = FlowFilter(name=FlowFilterName(any_=[flow.name]))
        page, offset = await client.read_deployments(flow_filter=named, limit=_PAGE), 0
        while page:
            deployed |= {(flow.name, one.name): one for one in page if f"{OF_FIRM}{one.name}" in one.tags}
            offset += _PAGE
            page = await client.read_deployments(flow_filter=named, limit=_PAGE, offset=offset)
    return deployed


def _step(planned: Planned, deployed: DeploymentResponse | None, flow_id: UUID, form: dict[str, Any]) -> Step:
    firm = planned.firm.slug
    if deployed is None:
        definition = planned.definition(flow_id, form, paused=False)
        return Step(firm, planned.name, Action.CREATED, definition=definition)
    was_off = SWITCHED_OFF in deployed.tags
    rests = not all(schedule.active for schedule in deployed.schedules)
    paused = rests and not was_off
    definition = planned.definition(flow_id, form, paused=paused)
    differences = tuple(_differences(_facts_found(deployed), _facts_wanted(definition)))
    if not differences:
        action = Action.UNCHANGED
    elif planned.switch.on is was_off:
        action = Action.RESUMED if planned.switch.on else Action.PAUSED
    else:
        action = Action.CHANGED
    by_person = planned.switch.on and (paused or deployed.paused)
    return Step(firm, planned.name, action, differences, by_person, definition, deployed.id)


def _facts_wanted(definition: DeploymentCreate) -> dict[str, Any]:
    assert definition.concurrency_options is not None
    return {
        "description": definition.description,
        "tags": sorted(definition.tags),
        "parameters": definition.parameters,
        "form": definition.parameter_openapi_schema,
        "entrypoint": definition.entrypoint,
        "work pool": definition.work_pool_name,
        "runs at once": definition.concurrency_limit,
        "schedule": [_shown(one.schedule, active=one.active) for one in definition.schedules],
    }


def _facts_found(deployed: DeploymentResponse) -> dict[str, Any]:
    limit = deployed.global_concurrency_limit
    return {
        "description": deployed.description,
        "tags": sorted(deployed.tags),
        "parameters": deployed.parameters,
        "form": deployed.parameter_openapi_schema,
        "entrypoint": deployed.entrypoint,
        "work pool": deployed.work_pool_name,
        "runs at once": limit.limit if limit else None,
        "schedule": [_shown(one.schedule, active=bool(one.active)) for one in deployed.schedules],
    }


def _shown(schedule: Any, *, active: bool) -> str:
    when = f"{schedule.cron} {schedule.timezone}" if hasattr(schedule, "cron") else str(schedule)
    return when if active else f"{when}, paused"


def _differences(found: dict[str, Any], wanted: dict[str, Any]) -> Iterable[str]:
    for name, value in wanted.items():
        if found[name] != value:
            short = name in ("tags", "work pool", "runs at once", "schedule")
            yield f"{name}: {_plainly(found[name])} → {_plainly(value)}" if short else name


def _plainly(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


async def _apply(client: PrefectClient, steps: Iterable[Step]) -> None:
    places = asyncio.Semaphore(_AT_ONCE)

    async def apply(step: Step) -> None:
        async with places:
            if step.action is Action.REMOVED:
                assert step.found is not None
                with contextlib.suppress(ObjectNotFound):  # another reconciliation was quicker
                    await client.delete_deployment(step.found)
            else:
                assert step.definition is not None
                await write(client, step.definition)

    await asyncio.gather(*(apply(step) for step in steps if step.action is not Action.UNCHANGED))
