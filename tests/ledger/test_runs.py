"""Sync runs: started once per flow run, gone on with by a retry, finished, found again."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger import Lease, LeaseLost, Ledger, RunUnknown
from tests.ledger.samples import FIRM, HandClock, start


def test_a_run_keeps_what_was_asked(ledger: Ledger, lease: Lease) -> None:
    run = start(
        ledger, lease, requested_by="ops@firm.example", scope={"window": "30d"}, dry_run=True, parent_run_id="p"
    )
    assert ledger.runs.get(run.id) == run
    assert (run.firm, run.system, run.kind, run.trigger) == (FIRM, "clio", "nightly_case_sync", "nightly")
    assert (run.requested_by, run.scope, run.dry_run, run.parent_run_id) == (
        "ops@firm.example",
        {"window": "30d"},
        True,
        "p",
    )
    assert (run.tries, run.finished_at, run.source_done, run.portal_done) == (1, None, False, False)
    assert abs(run.started_at - datetime.now(UTC)) < timedelta(seconds=30)
    assert len(run.id) <= 26


def test_a_retried_flow_run_goes_on_with_its_run(ledger: Ledger, lease: Lease) -> None:
    first = start(ledger, lease, flow_run_id="flow-1", scope={"window": "30d"})
    ledger.runs.checkpoint(lease, first.id, source_cursor="page-3", portal_done=True)
    ledger.runs.finish(lease, first.id, "PartialFailure", "12 failed", {"failed": 12}, {"clio": 40})
    again = start(ledger, lease, flow_run_id="flow-1", scope={"window": "other"})
    assert (again.id, again.tries, again.finished_at, again.outcome) == (first.id, 2, None, None)
    assert (again.scope, again.source_cursor, again.portal_done) == ({"window": "30d"}, "page-3", True)
    assert again.requests == {"clio": 40}
    assert ledger.runs.get("flow-1") == again


def test_runs_without_a_flow_run_are_different_ones(ledger: Ledger, lease: Lease) -> None:
    assert start(ledger, lease).id != start(ledger, lease).id


def test_a_checkpoint_leaves_alone_what_it_does_not_name(ledger: Ledger, lease: Lease) -> None:
    run = start(ledger, lease)
    ledger.runs.checkpoint(lease, run.id, source_cursor="a", source_done=True)
    ledger.runs.checkpoint(lease, run.id, portal_cursor="b")
    ledger.runs.checkpoint(lease, run.id, source_done=False)
    again = ledger.runs.get(run.id)
    assert again is not None
    assert (again.source_cursor, again.source_done, again.portal_cursor, again.portal_done) == ("a", False, "b", False)


def test_recent_and_latest_runs(ledger: Ledger, lease: Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    lease = ledger.leases.acquire("cases:other", "x", 6000)
    runs = []
    for facts in ({}, {"kind": "sync_one_case"}, {"dry_run": True}, {}):
        runs.append(start(ledger, lease, **facts).id)
        clock.turn(minutes=1)
    for run_id in runs[:3]:
        ledger.runs.finish(lease, run_id, "Completed")
    start(ledger, lease, firm="another")
    assert [run.id for run in ledger.runs.recent(FIRM, 3)] == runs[:0:-1]
    latest = ledger.runs.latest_finished(FIRM, "nightly_case_sync")
    assert latest is not None
    assert latest.id == runs[0], "neither the dry run nor the unfinished one"
    assert ledger.runs.latest_finished("another", "nightly_case_sync") is None
    assert sorted(runs) == runs, "ids sort by the instant they were made at"


def test_an_unknown_run(ledger: Ledger, lease: Lease) -> None:
    assert ledger.runs.get("nothing") is None
    with pytest.raises(RunUnknown):
        ledger.runs.finish(lease, "nothing", "Completed")
    with pytest.raises(RunUnknown):
        ledger.runs.checkpoint(lease, "nothing", source_done=True)


def test_without_its_lease_a_run_is_neither_started_nor_finished(ledger: Ledger, lease: Lease) -> None:
    run = start(ledger, lease)
    ledger.leases.release(lease)
    with pytest.raises(LeaseLost):
        start(ledger, lease)
    with pytest.raises(LeaseLost):
        ledger.runs.finish(lease, run.id, "Completed")
    assert [known.finished_at for known in ledger.runs.recent(FIRM)] == [None]
