"""Two runs of one firm never overlap; whatever stops a run, its hold frees itself and a retry goes on where it was."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from flows.initial_bulk_import import initial_bulk_import
from flows.nightly_case_sync import nightly_case_sync
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.flows.office import Office
from tests.flows.processes import PrefectServer

SHORT_LEASE = 4.0
DOOMED = """
import asyncio, tasks.hold
tasks.hold.LEASE_SECONDS = {seconds}
from flows.initial_bulk_import import initial_bulk_import
asyncio.run(initial_bulk_import({slug!r}))
"""
UPSERTS = "/v1/api/cases/by_integration_id/*"


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=30, shares=Shares.trouble_free())


async def test_of_two_runs_at_once_one_works_and_the_other_asks_nothing(office: Office) -> None:
    office.sandbox.controls.faults.add(FaultRule("casestatus", FaultKind.DELAY, seconds=2.5, count=1))
    states = await asyncio.gather(
        nightly_case_sync(office.slug, return_state=True), nightly_case_sync(office.slug, return_state=True)
    )
    [working] = [state for state in states if state.is_completed()]
    [refused] = [state for state in states if state.is_cancelled()]
    assert working.message == "All 30 cases of Harrow Pike LLP are in step."
    assert refused.name == "AlreadyRunning"
    assert refused.message is not None
    assert refused.message.startswith("Another run works for this firm since ")
    assert "this one did nothing" in refused.message
    assert "its hold frees itself by" in refused.message
    assert len(office.asked("casestatus", "GET", "/v1/api/me")) == 1
    assert len(office.asked("clio", "GET", "/api/v4/matters*")) == 1
    assert len(office.written) == 30
    assert len(office.ledger.runs.recent(office.slug)) == 1


async def test_a_killed_import_frees_the_firm_and_its_retry_waits_for_that(
    office: Office, prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.hold.LEASE_SECONDS", SHORT_LEASE)
    slow = office.sandbox.controls.faults.add(
        FaultRule("casestatus", FaultKind.DELAY, method="PUT", path=UPSERTS, seconds=0.4, count=None)
    )
    await asyncio.to_thread(_kill_an_import_in_the_middle, office, prefect_server)
    office.sandbox.controls.faults.remove(slow.id)
    written_before = len(list(office.portal.cases))
    assert 0 < written_before < 30

    office.forget_requests()
    other = await nightly_case_sync(office.slug, return_state=True)
    assert other.name == "AlreadyRunning"
    assert office.asked("*") == []

    [killed] = office.ledger.runs.recent(office.slug)
    assert killed.flow_run_id is not None
    began = time.monotonic()
    ended = await office.retry(initial_bulk_import, killed.flow_run_id)
    assert time.monotonic() - began < SHORT_LEASE + 10
    assert ended.state.name == "Completed"
    assert (ended.run.id, ended.run.tries) == (killed.id, 2)
    assert ended.counts == {"created": 30}
    assert len(list(office.portal.cases)) == 30
    # Both sides had been read before the kill, page by page into the ledger: they are not read again.
    assert office.asked("clio", "GET", "/api/v4/matters*") == []
    assert office.asked("casestatus", "GET", "/v1/api/cases*") == []


def _kill_an_import_in_the_middle(office: Office, server: PrefectServer) -> None:
    environment = os.environ | server.environment | {"CASEBRIDGE_HOME": str(office.home)}
    code = DOOMED.format(seconds=SHORT_LEASE, slug=office.slug)
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(office.portal.cases)) < 3:
        assert process.poll() is None, "the import ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()


async def test_a_crashed_runs_hold_frees_itself(office: Office) -> None:
    office.ledger.leases.acquire(f"cases:{office.slug}", "a run that crashed", 2.0, note="nightly_case_sync")
    refused = await nightly_case_sync(office.slug, return_state=True)
    assert refused.name == "AlreadyRunning"
    await asyncio.sleep(2.1)
    ended = await office.run(nightly_case_sync)
    assert ended.state.name == "Completed"


async def test_an_import_whose_key_was_revoked_goes_on_where_it_stopped(office: Office) -> None:
    refused = {"errors": [{"code": "invalid_api_key", "message": "The API key is not valid.", "field": None}]}
    office.sandbox.controls.faults.add(
        FaultRule("casestatus", FaultKind.STATUS, method="PUT", skip=12, count=None, status=401, body=refused)
    )
    stopped = await office.run(initial_bulk_import)
    assert stopped.state.name == "ReconnectNeeded"
    assert stopped.run.outcome == "interrupted"
    done = {case.integration_id for case in office.portal.cases}
    assert len(done) == 12

    office.sandbox.controls.faults.clear()
    office.forget_requests()
    assert stopped.run.flow_run_id is not None
    ended = await office.retry(initial_bulk_import, stopped.run.flow_run_id)
    assert ended.state.name == "Completed"
    assert len(office.written) == 18
    assert done.isdisjoint(office.written)
    assert ended.counts == {"created": 30}
    assert ended.run.id == stopped.run.id


async def test_an_import_tells_no_client_anything(office: Office) -> None:
    moved, closed = office.matter(3), office.matter(4)
    await office.run(nightly_case_sync)
    office.activate_all()
    office.change_matter(moved, _matter_stage=office.next_stage(moved)[0])
    office.change_matter(closed, status="Closed", close_date="2026-11-20")
    ended = await office.run(initial_bulk_import)
    assert ended.result(moved) == "updated"
    assert ended.result(closed) == "closed"
    assert office.told == []
    # That nobody listens is not why: by night the same would have been told.
    office.change_matter(moved, _matter_stage=office.next_stage(moved)[0])
    await office.run(nightly_case_sync)
    assert office.told == [("stage_changed", moved)]


async def test_an_import_by_list_takes_these_cases_and_no_others(office: Office, tmp_path) -> None:
    address = f"https://app.clio.com/nc/#/matters/{office.matter(1)}"
    pasted = await office.run(initial_bulk_import, cases=f"{office.matter(0)}\n{address}\n{office.matter(0)}\n")
    assert list(pasted.rows.index) == [office.matter(0), office.matter(1)]

    file = tmp_path / "wanted.csv"
    file.write_text(f"client;integration_id\r\nAnn;{office.matter(7)}\r\nBob;{office.matter(8)}\r\n", "utf-8-sig")
    listed = await office.run(initial_bulk_import, cases=str(file), dry_run=False)
    assert list(listed.rows.index) == [office.matter(7), office.matter(8)]
    assert {case.integration_id for case in office.portal.cases} == {office.matter(index) for index in (0, 1, 7, 8)}
    # A list moves no watermark: the first night still reads ten years.
    night = await office.run(nightly_case_sync, dry_run=True)
    assert night.run.scope["said"] == "cases created in the last 10 years"


async def test_the_server_knows_our_final_states(office: Office, prefect_server: PrefectServer) -> None:
    """Names are shown in the UI and can be filtered by; the types behind them decide what automations see."""
    office.ledger.leases.acquire(f"cases:{office.slug}", "another run", 30.0, note="nightly_case_sync")
    await nightly_case_sync(office.slug, return_state=True)
    wanted = {"flow_runs": {"state": {"name": {"any_": ["AlreadyRunning"]}, "type": {"any_": ["CANCELLED"]}}}}
    found = prefect_server.ask("flow_runs/filter", wanted).json()
    assert found
