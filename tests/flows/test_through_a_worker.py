"""Deployments, schedules and the UI's Retry button, through a worker process: the way ops meet casebridge."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleUpdate, DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.schedules import IntervalSchedule

from deployments.nightly import plan_nightly
from deployments.per_firm import deploy
from deployments.register import ensure_work_pool
from ledger import Ledger
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, Trouble, WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.mailbox import Mailbox, open_mailbox
from tests.flows.office import Ended, Office, raise_limits, save_firm
from tests.flows.processes import PrefectServer, child

WORLD = WorldOptions(matters=30, firms=2, shares=replace(Shares.trouble_free(), attorney_removed=0.07))
POOL = "tests"
BOOT_SECONDS = 90.0
PATIENCE = 150.0
"""Prefect's SQLite database is now and then locked for a minute; that is not what is tested here."""
RECIPIENTS = ["partner@harrow-pike.example", "office@harrow-pike.example"]


@dataclass
class Workplace:
    """A worker process over three firms: one run by hand, one by its schedule, one switched off."""

    office: Office
    worker_home: Path
    by_hand: UUID
    by_schedule: UUID
    switched_off: UUID
    deployed_at: datetime
    mailbox: Mailbox


@pytest.fixture(scope="module")
def workplace(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    place = tmp_path_factory.mktemp("worker")
    home, worker_home = place / "casebridge", place / "prefect"
    environment = prefect_server.environment | {"CASEBRIDGE_HOME": str(home), "PREFECT_HOME": str(worker_home)}
    command = ["-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    with pytest.MonkeyPatch.context() as patch, SandboxServer(WORLD) as sandbox, open_mailbox() as mailbox:
        patch.setenv("CASEBRIDGE_HOME", str(home))
        raise_limits(sandbox)
        with Ledger.open() as ledger:
            office = Office("by-hand", sandbox, ledger, home)
            deployments = asyncio.run(_deploy(sandbox, mailbox))
            deployed_at = datetime.now(UTC)
            asyncio.run(_schedule(deployments[1:], deployed_at + timedelta(seconds=12)))
            with child(command, environment, place / "worker.log", patience=1):
                yield Workplace(office, worker_home, *deployments, deployed_at, mailbox)


async def _deploy(sandbox: SandboxServer, mailbox: Mailbox) -> tuple[UUID, UUID, UUID]:
    await mailbox.credentials.asave("worker-mail", overwrite=True)
    mail = {"mail": mailbox.credentials, "report_recipients": RECIPIENTS}
    by_hand = await save_firm("by-hand", sandbox, **mail)
    by_schedule = await save_firm("by-schedule", sandbox, of="lark-quill", **mail)
    switched_off = await save_firm("switched-off-at-night", sandbox, of="lark-quill", nightly_sync=False)
    async with get_client() as client:
        await ensure_work_pool(client, POOL)
        ids = [
            await deploy(client, replace(plan_nightly(firm), work_pool=POOL))
            for firm in (by_hand, by_schedule, switched_off)
        ]
    return ids[0], ids[1], ids[2]


async def _schedule(deployments: tuple[UUID, ...], due: datetime) -> None:
    """Nobody wants to wait for a quarter past nine. That of the switched-off firm is active by somebody's mistake."""
    schedule = IntervalSchedule(interval=timedelta(days=1), anchor_date=due)
    change = DeploymentUpdate(schedules=[DeploymentScheduleUpdate(schedule=schedule, active=True, slug="nightly")])
    async with get_client() as client:
        for deployment in deployments:
            await client.update_deployment(deployment, change)


def _ended(flow_run_id: UUID, run_count: int = 1) -> FlowRun:
    async def wait() -> FlowRun:
        async with get_client() as client:
            deadline = time.monotonic() + PATIENCE
            while True:
                run = await client.read_flow_run(flow_run_id)
                if run.state is not None and run.state.is_final() and run.run_count >= run_count:
                    return run
                assert time.monotonic() < deadline, f"{run.name} is {run.state} after {PATIENCE:.0f} s"
                await asyncio.sleep(0.3)

    return asyncio.run(wait())


def _started_by_schedule(deployment: UUID) -> FlowRun:
    """The one run whose time has come, at its end."""

    async def find() -> UUID:
        async with get_client() as client:
            deadline = time.monotonic() + PATIENCE
            while True:
                of_it = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
                runs = await client.read_flow_runs(deployment_filter=of_it)
                begun = [run.id for run in runs if run.run_count]
                if begun:
                    return begun[0]
                assert time.monotonic() < deadline, "the schedule never fired"
                await asyncio.sleep(0.3)

    return _ended(asyncio.run(find()))


def test_a_schedule_fires_soon_after_boot(prefect_server: PrefectServer, workplace: Workplace) -> None:
    run = _started_by_schedule(workplace.by_schedule)
    assert run.auto_scheduled
    assert run.state is not None
    assert run.state.name in ("Completed", "Exceptions"), run.state.message
    assert run.start_time is not None
    fired_after = (run.start_time - workplace.deployed_at).total_seconds()
    assert prefect_server.boot_seconds + fired_after < BOOT_SECONDS
    [recorded] = workplace.office.ledger.runs.recent("by-schedule")
    assert recorded.trigger == "nightly"
    assert recorded.flow_run_id == str(run.id)


def test_the_firm_is_mailed_a_nights_exceptions_and_no_report_of_runs_by_hand(workplace: Workplace) -> None:
    _started_by_schedule(workplace.by_schedule)
    [(recipients, mail)] = workplace.mailbox.mails
    assert recipients == RECIPIENTS
    assert "2 of 30 cases of Harrow Pike LLP need attention." in mail.as_string()
    assert [part.get_content_disposition() for part in mail.iter_attachments()] == ["attachment"]


def test_the_schedule_of_a_firm_that_is_switched_off_does_nothing_and_says_so(workplace: Workplace) -> None:
    run = _started_by_schedule(workplace.switched_off)
    assert run.state is not None
    assert run.state.name == "SwitchedOff"
    assert run.state.is_completed()
    assert run.state.message == (
        "The nightly sync of Harrow Pike LLP is switched off in its Firm block; nothing was done."
    )
    assert workplace.office.ledger.runs.recent("switched-off-at-night") == []


def test_retry_in_the_ui_attempts_only_what_failed_or_was_rejected(
    prefect_server: PrefectServer, workplace: Workplace
) -> None:
    office = workplace.office
    rejected = [str(matter) for matter in office.seed.troubles[Trouble.ATTORNEY_REMOVED]]
    failed = [next(office.resting), next(office.resting)]
    for integration_id in failed:
        # An answer nobody understands is a technical failure that no repetition within the run would mend.
        path = f"/v1/api/cases/by_integration_id/{integration_id}"
        office.sandbox.controls.faults.add(
            FaultRule("casestatus", FaultKind.STATUS, method="PUT", path=path, count=None, status=200, body={})
        )
    flow_run = asyncio.run(_run(workplace.by_hand))
    first = _ended(flow_run)
    assert first.state is not None
    assert first.state.name == "PartialFailure", first.state.message
    assert first.state.message is not None
    assert "4 of 30 cases" in first.state.message
    assert "2 of them failed for technical reasons; Retry attempts them again." in first.state.message

    office.sandbox.controls.faults.clear()
    office.change_matter(rejected[0], _responsible_attorney=office.seed.staff.attorneys[0].id)
    office.forget_requests()
    shutil.rmtree(workplace.worker_home)  # Nothing rests on the machine that ran it first but the ledger:
    shutil.rmtree(office.home / "reports")
    _press_retry(prefect_server, flow_run)

    second = _ended(flow_run, run_count=2)
    assert second.run_count == 2
    assert second.state is not None
    assert second.state.name == "Exceptions", second.state.message
    assert office.written == sorted([*failed, rejected[0]])
    asked_of_clio = office.asked("clio", "GET", "/api/v4/matters*")
    assert len(asked_of_clio) == 1
    assert all(f"ids[]={matter}" in asked_of_clio[0].replace("%5B%5D", "[]") for matter in (*failed, *rejected))
    asked_of_portal = office.asked("casestatus", "GET", "/v1/api/cases*")
    assert len(asked_of_portal) == 4
    assert all("integration_id=" in path for path in asked_of_portal)

    [record] = [run for run in office.ledger.runs.recent("by-hand") if run.flow_run_id == str(flow_run)]
    assert record.tries == 2
    ended = Ended(second.state, record, office.home / "reports" / "by-hand" / f"{record.id}.csv")
    assert ended.counts == {"created": 29, "rejected": 1}
    assert ended.row(rejected[1])["attempts"] == "2"
    assert set(ended.rows[ended.rows["attempts"] == "1"]["integration_id"]).isdisjoint((*failed, *rejected))

    # A run that ended Completed, but with exceptions, can be retried as well.
    office.change_matter(rejected[1], _responsible_attorney=office.seed.staff.attorneys[0].id)
    office.forget_requests()
    _press_retry(prefect_server, flow_run)
    third = _ended(flow_run, run_count=3)
    assert third.state is not None
    assert third.state.message == "All 30 cases of Harrow Pike LLP are in step."
    assert office.written == [rejected[1]]
    assert len(workplace.mailbox.mails) == 1


async def _run(deployment: UUID) -> UUID:
    async with get_client() as client:
        return (await client.create_flow_run_from_deployment(deployment)).id


def _press_retry(server: PrefectServer, flow_run: UUID) -> None:
    """What the UI's button sends."""
    wanted = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}, "force": True}
    server.ask(f"flow_runs/{flow_run}/set_state", wanted)
