"""What is forgotten after its time, and what never is."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from domain.outcome import Result
from ledger import Forgotten, Lease, Ledger, Reservation, Run
from ledger.tables import attempts, deliveries, delivery_steps, runs
from tests.ledger.samples import FIRM, NOON, case, outcome, portal_case, start

LONG_AGO, LATELY, BETWEEN = NOON - timedelta(days=500), NOON - timedelta(days=3), NOON - timedelta(days=90)


@pytest.fixture
def night(ledger: Ledger, lease: Lease, run: Run) -> tuple[Run, Run]:
    """A run of long ago and one of lately, each with two attempts."""
    recent = start(ledger, lease)
    for number, (one, at) in enumerate(((run, LONG_AGO), (recent, LATELY))):
        settled = [outcome(number * 2 + 1, Result.CREATED), outcome(number * 2 + 2, Result.REJECTED, "stage_unknown")]
        ledger.links.stage_source(
            lease, one.id, FIRM, [case(number * 2 + 1), case(number * 2 + 2)], cursor=None, done=True
        )
        after = {case(number * 2 + 1).integration_id: portal_case(number * 2 + 1)}
        ledger.links.settle(lease, one.id, FIRM, settled, after, night=True)
        ledger.runs.finish(lease, one.id, "Exceptions", "Two cases.", {"counts": {"created": 1, "rejected": 1}})
        with ledger._database.writing() as connection:
            connection.execute(update(runs).where(runs.c.id == one.id).values(finished_at=at))
    return run, recent


def relayed(ledger: Ledger, marker: str, ended_at: object) -> None:
    ledger.deliveries.reserve(FIRM, "messages", [Reservation(marker, "1000000001", NOON, payload={"text": "Hi"})])
    hold = ledger.leases.acquire(f"messages:{FIRM}:{marker}", "x", 60)
    [claimed] = ledger.deliveries.claim(hold, FIRM, "messages")
    ledger.deliveries.settle_delivered(ledger.deliveries.calling(hold, claimed), f"record of {marker}")
    with ledger._database.writing() as connection:
        connection.execute(update(deliveries).where(deliveries.c.marker == marker).values(ended_at=ended_at))


def count(ledger: Ledger, table: object) -> int:
    with ledger._database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def forget(ledger: Ledger, *, dry_run: bool = False) -> Forgotten:
    return ledger.retention.forget(runs_before=BETWEEN, deliveries_before=BETWEEN, dry_run=dry_run)


def test_old_runs_lose_their_details_and_keep_their_counts(ledger: Ledger, night: tuple[Run, Run]) -> None:
    old, recent = night
    assert forget(ledger, dry_run=True) == Forgotten(attempts=2)
    assert count(ledger, attempts) == 4, "a dry run deletes nothing"
    assert forget(ledger) == Forgotten(attempts=2)
    assert forget(ledger) == Forgotten()
    assert ledger.attempts.counts(old.id) == {}
    assert sum(ledger.attempts.counts(recent.id).values()) == 2
    kept = ledger.runs.get(old.id)
    assert kept is not None
    assert kept.totals == {"counts": {"created": 1, "rejected": 1}}
    assert ledger.links.troubled_ids(FIRM) == [case(2).integration_id, case(4).integration_id]
    assert len(ledger.links.linked_ids(FIRM)) == 2


def test_more_runs_than_one_transaction_clears(
    ledger: Ledger, night: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.retention.AT_ONCE", 1)
    with ledger._database.writing() as connection:
        connection.execute(update(runs).values(finished_at=LONG_AGO))
    assert forget(ledger) == Forgotten(attempts=4)
    assert count(ledger, attempts) == 0


def test_what_was_relayed_long_ago_is_still_known_and_never_relayed_again(ledger: Ledger) -> None:
    relayed(ledger, "message:1", LONG_AGO)
    relayed(ledger, "message:2", LATELY)
    steps = count(ledger, delivery_steps)
    forgotten = forget(ledger)
    assert forgotten.steps > 0
    assert count(ledger, delivery_steps) == steps - forgotten.steps
    receipt = ledger.deliveries.receipt(FIRM, "messages", "message:1")
    assert receipt is not None
    assert (receipt.delivery.remote_id, receipt.delivery.payload, receipt.steps) == (
        "record of message:1",
        {"text": "Hi"},
        (),
    )
    assert ledger.deliveries.reserve(FIRM, "messages", [Reservation("message:1", "1000000001", NOON)]) == []
    untouched = ledger.deliveries.receipt(FIRM, "messages", "message:2")
    assert untouched is not None
    assert untouched.steps


def test_what_has_not_ended_keeps_everything(ledger: Ledger, lease: Lease, run: Run) -> None:
    ledger.links.settle(lease, run.id, FIRM, [outcome(1, Result.FAILED, "unreadable_record")], {}, night=True)
    ledger.deliveries.reserve(FIRM, "messages", [Reservation("message:9", "1000000001", LONG_AGO)])
    assert (
        ledger.retention.forget(runs_before=NOON + timedelta(days=9999), deliveries_before=NOON + timedelta(days=9999))
        == Forgotten()
    )
