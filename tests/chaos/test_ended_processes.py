"""A worker's flow process that is ended politely or killed in the middle of a night, and the retry after it."""

import asyncio
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from prefect.client.orchestration import get_client
from prefect.states import Scheduled

from blocks.firm import Firm
from deployments.nightly import plan_nightly
from deployments.per_firm import deploy
from deployments.register import ensure_work_pool
from ledger import Ledger
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.chaos.agreement import assert_in_step, portal_cases
from tests.chaos.tries import ended_as, flow_run_of, let_holds_expire
from tests.flows.office import Office
from tests.flows.processes import PrefectServer, child

POOL = "ended-processes"
MATTERS = 60
STOPS_WITHIN, PATIENCE = 10.0, 90.0


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=MATTERS, shares=Shares.trouble_free())


@pytest.fixture
def worker(prefect_server: PrefectServer, home: Path) -> Iterator[psutil.Process]:
    """A worker process that runs what is deployed to the pool."""
    home.mkdir(parents=True, exist_ok=True)
    environment = prefect_server.environment | {"CASEBRIDGE_HOME": str(home)}
    command = ["-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    with child(command, environment, home / "worker.log", patience=1) as process:
        yield psutil.Process(process.pid)


async def test_a_night_ended_or_killed_in_the_middle_is_finished_by_retry(
    office: Office, worker: psutil.Process, ledger: Ledger
) -> None:
    slow = FaultRule("casestatus", FaultKind.DELAY, method="PUT", seconds=1.2, skip=20, count=None)
    office.sandbox.controls.faults.add(slow)
    async with get_client() as client:
        await ensure_work_pool(client, POOL)
        deployment = await deploy(client, replace(plan_nightly(await Firm.aload(office.slug)), work_pool=POOL))
        flow_run = (await client.create_flow_run_from_deployment(deployment)).id

    process = await _in_the_middle(office, worker, beyond=20)
    process.send_signal(signal.SIGTERM)
    ended_at = time.monotonic()
    while ledger.leases.holder(f"cases:{office.slug}") is not None:
        assert time.monotonic() - ended_at < STOPS_WITHIN
        await asyncio.sleep(0.05)
    await asyncio.to_thread(psutil.wait_procs, [process], STOPS_WITHIN)
    assert not process.is_running()
    assert time.monotonic() - ended_at < STOPS_WITHIN
    [run] = ledger.runs.recent(office.slug)
    assert run.outcome == "interrupted"

    await asyncio.sleep(slow.seconds)  # what was on its way takes effect all the same
    await _retry(flow_run, after_count=1)
    process = await _in_the_middle(office, worker, beyond=len(portal_cases(office)))
    process.kill()
    let_holds_expire(ledger)
    office.sandbox.controls.faults.clear()

    await _retry(flow_run, after_count=2)
    deadline = time.monotonic() + PATIENCE
    while (ended := await flow_run_of(flow_run)).run_count < 3 or not (ended.state and ended.state.is_final()):
        assert time.monotonic() < deadline, ended.state
        await asyncio.sleep(0.3)
    assert ended_as(ended).name == "Completed", ended.state
    report = office.ended(ended_as(ended))
    assert (report.run.id, report.run.tries) == (run.id, 3)
    assert report.counts == {"created": MATTERS}
    assert_in_step(office, office.seed.matter_ids)


async def _in_the_middle(office: Office, worker: psutil.Process, beyond: int) -> psutil.Process:
    """The flow's process, once it has created more than so many cases."""
    deadline = time.monotonic() + PATIENCE
    while len(portal_cases(office)) <= beyond:
        assert time.monotonic() < deadline, "the worker did not come so far"
        await asyncio.sleep(0.05)
    [process] = [one for one in worker.children(recursive=True) if not one.children()]
    return process


async def _retry(flow_run: UUID, *, after_count: int) -> None:
    """Press Retry as soon as Prefect has noticed the end of the process."""
    deadline = time.monotonic() + PATIENCE
    while (ended := await flow_run_of(flow_run)).run_count < after_count or not (
        ended.state and ended.state.is_final()
    ):
        assert time.monotonic() < deadline, ended.state
        await asyncio.sleep(0.3)
    async with get_client() as client:
        await client.set_flow_run_state(flow_run, Scheduled(name="AwaitingRetry"), force=True)
