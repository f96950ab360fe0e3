"""Alerts: automations made by code, fired by a real server, mailed by a real SMTP server, once for each incident."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.events.schemas.automations import AutomationCore
from prefect.events.schemas.events import Event
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, PREFECT_HOME, temporary_settings
from prefect.states import Completed, Crashed, Failed, Pending, Running, Scheduled
from prefect.variables import Variable

from blocks.operators_mail import OperatorsMail
from deployments.automations import ALERTS, PREFIX, RECONCILE, alert, ensure_automations
from deployments.reconcile_deployments import reconcile_deployments
from deployments.register import register_blocks
from deployments.zombies import end_dead_runs
from tests.blocks import samples
from tests.flows.mailbox import Mailbox, open_mailbox
from tests.flows.processes import PrefectServer, running_prefect

OPERATORS = "ops@casebridge.example"
WATCHFUL = {
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "true",
    "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "1",
}
"""A server that acts on events, and soon finds a run late."""
PATIENCE = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    home = tmp_path_factory.mktemp("watchful")
    with (
        running_prefect(home, **WATCHFUL) as server,
        temporary_settings({PREFECT_API_URL: f"{server.url}/api", PREFECT_HOME: home}),
    ):
        yield server


@pytest.fixture(scope="module")
def mailbox(server: PrefectServer) -> Iterator[Mailbox]:
    with open_mailbox() as mailbox:
        asyncio.run(_save(mailbox))
        yield mailbox


async def _save(mailbox: Mailbox) -> None:
    await register_blocks()
    await mailbox.credentials.asave("operators-server", overwrite=True)
    block = OperatorsMail(server=mailbox.credentials, recipients=[OPERATORS])
    await block.asave("operators", overwrite=True)


@pytest.fixture
async def client(server: PrefectServer) -> AsyncIterator[PrefectClient]:
    async with get_client() as client:
        yield client


@flow
def something() -> None: ...


async def deployed(client: PrefectClient, name: str, pool: str | None = None) -> UUID:
    flow_id = await client.create_flow(something)
    return await client.create_deployment(flow_id=flow_id, name=name, work_pool_name=pool)


async def happens(client: PrefectClient, name: str, resource: str, called: str, **payload: str) -> None:
    """An event, as a process of ours emits it; straight to this server, as emitters find theirs once and for all."""
    event = Event(
        event=name, resource={"prefect.resource.id": resource, "prefect.resource.name": called}, payload=payload
    )
    await client.request("POST", "/events", json=[event.model_dump(mode="json")])


async def arrived(mailbox: Mailbox, wanted: Callable[[str], bool]) -> list[str]:
    """Subjects of the mails that are wanted, once there is one."""
    deadline = time.monotonic() + PATIENCE
    while not (found := [str(mail["subject"]) for _, mail in mailbox.mails if wanted(str(mail["subject"]))]):
        assert time.monotonic() < deadline, [str(mail["subject"]) for _, mail in mailbox.mails]
        await asyncio.sleep(0.2)
    return found


async def test_our_automations_are_made_once_and_leave_others_alone(client: PrefectClient, mailbox: Mailbox) -> None:
    assert await alert(client) == "Alerts go through the block operators-mail/operators."
    ours = {one.name: one for one in await client.read_automations() if one.name.startswith(PREFIX)}
    ends = {one.name for one in end_dead_runs(PREFIX)}
    assert set(ours) == {f"{PREFIX}{one.name}" for one in ALERTS} | ends
    block = (await client.read_block_document_by_name("operators", "operators-mail")).id
    assert await ensure_automations(client, block) == []

    first = ours[f"{PREFIX}{ALERTS[0].name}"]
    await client.pause_automation(first.id)
    shown = first.model_dump(exclude={"id", "owner_resource"})
    theirs = await client.create_automation(AutomationCore.model_validate(shown | {"name": "of somebody else"}))
    spoilt = AutomationCore.model_validate(shown | {"description": "spoilt", "enabled": False})
    await client.update_automation(first.id, spoilt)
    assert await ensure_automations(client, block) == [first.name]
    again = await client.read_automation(first.id)
    assert again is not None
    assert (again.description, again.enabled) == (first.description, False), "who silenced it has silenced it"
    await client.resume_automation(first.id)
    assert await client.read_automation(theirs)
    await client.delete_automation(theirs)


async def test_a_deployment_that_fails_and_fails_is_mailed_of_once(client: PrefectClient, mailbox: Mailbox) -> None:
    await alert(client)
    broken, crashing = await deployed(client, "broken"), await deployed(client, "crashing")
    for number in range(3):
        run = await client.create_flow_run_from_deployment(broken, name=f"broken {number}")
        for state in (Pending(), Running(), Failed(message="The case system is gone.")):
            await client.set_flow_run_state(run.id, state)
    run = await client.create_flow_run_from_deployment(crashing, name="crashing 1")
    await client.set_flow_run_state(run.id, Crashed(message="The machine is gone."), force=True)
    await arrived(mailbox, lambda subject: "crashing 1 ended Crashed" in subject)
    assert await arrived(mailbox, lambda subject: "broken" in subject) == ["casebridge · broken 0 ended Failed"]
    [(recipients, mail)] = [one for one in mailbox.mails if "broken" in str(one[1]["subject"])]
    body = mail.get_body(("plain",))
    assert recipients == [OPERATORS]
    assert body is not None
    text = body.get_content()
    assert "broken 0 ended Failed: The case system is gone." in text
    assert "/runs/flow-run/" in text
    assert "docs/alerts.md, “A run failed”" in text


async def test_a_run_that_nobody_picks_up_is_mailed_of(client: PrefectClient, mailbox: Mailbox) -> None:
    await alert(client)
    await client.create_work_pool(WorkPoolCreate(name="nobody-works-here", type="process"))
    waiting = await deployed(client, "waiting", "nobody-works-here")
    for _ in range(2):
        await client.create_flow_run_from_deployment(
            waiting, state=Scheduled(scheduled_time=datetime.now(UTC) - timedelta(minutes=1))
        )
    late = await arrived(mailbox, lambda subject: "come late" in subject)
    assert late == ["casebridge · Runs come late in nobody-works-here"]


async def test_what_is_told_of_a_firm_is_mailed_once_for_each_firm(client: PrefectClient, mailbox: Mailbox) -> None:
    await alert(client)
    for firm in ("harrow-pike", "harrow-pike", "lark-quill"):
        name = "casebridge.connection.reconnect_needed"
        await happens(client, name, f"casebridge.firm.{firm}", firm, sentence=f"The key of {firm} was revoked.")
    soon = {"sentence": "Soluno wants its question answered by Friday."}
    name = "casebridge.accounting.reauthentication_in_3"
    await happens(client, name, "casebridge.firm.ashdown-rowe", "Ashdown Rowe", **soon)
    await arrived(mailbox, lambda subject: "Soluno wants its question answered for Ashdown Rowe" in subject)
    await arrived(mailbox, lambda subject: "lark-quill" in subject)
    refused = await arrived(mailbox, lambda subject: "are refused" in subject)
    assert sorted(refused) == [
        "casebridge · Credentials of harrow-pike are refused",
        "casebridge · Credentials of lark-quill are refused",
    ]


async def test_a_firm_block_that_is_saved_has_the_deployments_reconciled(
    client: PrefectClient, mailbox: Mailbox
) -> None:
    flow_id = await client.create_flow(reconcile_deployments)
    reconciling = await client.create_deployment(flow_id=flow_id, name=RECONCILE.partition("/")[2])
    await alert(client)
    for _ in range(3):
        await samples.save("just-saved")
    deadline = time.monotonic() + PATIENCE
    while not (runs := [run for run in await client.read_flow_runs() if run.deployment_id == reconciling]):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    [run] = runs
    assert run.expected_start_time is not None
    assert run.expected_start_time > datetime.now(UTC) + timedelta(seconds=20), "what is saved meanwhile is taken along"


async def test_a_run_that_fell_silent_is_ended_and_one_that_came_to_its_end_is_left(
    client: PrefectClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.zombies.BEATS_MISSED", 10 / PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value())
    await alert(client)
    beating = await deployed(client, "beating")
    silent, ended = [await client.create_flow_run_from_deployment(beating, name=name) for name in ("silent", "ended")]
    for run in (silent, ended):
        await client.set_flow_run_state(run.id, Pending())
        await client.set_flow_run_state(run.id, Running())
        await happens(client, "prefect.flow-run.heartbeat", f"prefect.flow-run.{run.id}", run.name)
    await client.set_flow_run_state(ended.id, Completed(name="Exceptions", message="Two cases need attention."))
    deadline = time.monotonic() + PATIENCE
    while not ((state := (await client.read_flow_run(silent.id)).state) and state.is_crashed()):
        assert time.monotonic() < deadline, state
        await asyncio.sleep(0.5)
    assert "its worker has died. Press Retry" in (state.message or "")
    assert ((await client.read_flow_run(ended.id)).state or state).name == "Exceptions"


async def test_another_block_can_be_chosen_and_a_missing_one_is_asked_for(
    client: PrefectClient, mailbox: Mailbox
) -> None:
    await Variable.aset("casebridge_alerts_through", "slack-webhook/ops", overwrite=True)
    said = await alert(client)
    assert said == "Nobody is alerted yet: in the Prefect UI, Blocks › +, add a block of type slack-webhook named ops."
    assert not [one for one in await client.read_automations() if one.name == f"{PREFIX}{ALERTS[0].name}"]
    await Variable.aset("casebridge_alerts_through", "operators-mail/operators", overwrite=True)
    assert await alert(client) == "Alerts go through the block operators-mail/operators."
