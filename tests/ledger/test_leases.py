"""Leases: one holder of a name at a time, fences that only grow, late writes refused."""

import contextlib
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy.exc import DBAPIError

from ledger import Lease, LeaseHeld, LeaseLost, Ledger
from ledger.leases import fenced
from tests.ledger.samples import FIRM, NOON, HandClock, case, start


def test_a_second_owner_is_told_who_holds_it_and_until_when(ledger: Ledger) -> None:
    lease = ledger.leases.acquire("cases:a", "first", 60, note="nightly_case_sync, flow run proud-otter")
    with pytest.raises(LeaseHeld) as refused:
        ledger.leases.acquire("cases:a", "second", 60)
    held = refused.value
    assert (held.name, held.owner, held.note) == ("cases:a", "first", "nightly_case_sync, flow run proud-otter")
    assert held.expires_at == lease.expires_at
    assert timedelta(0) <= datetime.now(UTC) - held.since < timedelta(seconds=30)
    assert "first (nightly_case_sync, flow run proud-otter)" in str(held)


def test_the_same_owner_is_no_exception(ledger: Ledger) -> None:
    ledger.leases.acquire("cases:a", "first", 60)
    with pytest.raises(LeaseHeld):
        ledger.leases.acquire("cases:a", "first", 60)


def test_names_do_not_hinder_each_other(ledger: Ledger) -> None:
    assert ledger.leases.acquire("cases:a", "x", 60).fence == ledger.leases.acquire("cases:b", "x", 60).fence == 1


def test_a_released_name_is_free_and_its_fence_goes_on(ledger: Ledger) -> None:
    first = ledger.leases.acquire("cases:a", "x", 60)
    ledger.leases.release(first)
    assert ledger.leases.holder("cases:a") is None
    assert ledger.leases.acquire("cases:a", "y", 60).fence == 2


def test_a_lease_that_ran_out_is_taken_over(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    first = ledger.leases.acquire("cases:a", "x", 60)
    clock.turn(seconds=60)
    second = ledger.leases.acquire("cases:a", "y", 60)
    assert second.fence == first.fence + 1
    ledger.leases.release(first)
    holder = ledger.leases.holder("cases:a")
    assert holder is not None
    assert (holder.owner, holder.since, holder.expires_at) == ("y", clock.now, second.expires_at)


def test_renewing_counts_from_now(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    lease = ledger.leases.acquire("cases:a", "x", 60)
    clock.turn(seconds=40)
    renewed = ledger.leases.renew(lease, 60)
    assert (renewed.fence, renewed.expires_at) == (lease.fence, NOON + timedelta(seconds=100))


def test_a_lease_that_ran_out_cannot_be_renewed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    lease = ledger.leases.acquire("cases:a", "x", 60)
    clock.turn(seconds=61)
    with pytest.raises(LeaseLost):
        ledger.leases.renew(lease, 60)


def test_a_fenced_write_after_the_end_leaves_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    lease = ledger.leases.acquire(f"cases:{FIRM}", "x", 60)
    run = start(ledger, lease)
    clock.turn(seconds=60)
    with pytest.raises(LeaseLost):
        ledger.links.stage_source(lease, run.id, FIRM, [case()], cursor="1", done=True)
    assert ledger.links.get(FIRM, case().integration_id) is None
    again = ledger.runs.get(run.id)
    assert again is not None
    assert (again.source_cursor, again.source_done) == (None, False)


def test_leases_go_by_the_clock_of_postgresql(postgresql_url: str) -> None:
    with Ledger.open(postgresql_url) as ledger, ledger._database.reading() as connection:
        first = ledger._database.now(connection)
        second = ledger._database.now(connection)
        by_hand = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    assert first < second <= by_hand, "the clock goes on within a transaction"


def test_a_holder_frozen_inside_a_transaction_keeps_nobody_out(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.database.BUSY_SECONDS", 2)
    with Ledger.open(postgresql_url) as frozen, Ledger.open(postgresql_url) as other:
        lease = frozen.leases.acquire("cases:a", "frozen", 0.5)
        late = contextlib.ExitStack()
        late.enter_context(fenced(frozen._database, lease))
        time.sleep(0.6)
        assert other.leases.acquire("cases:a", "successor", 60).fence == lease.fence + 1
        with pytest.raises(DBAPIError):
            late.close()


class LeaseMachine(RuleBasedStateMachine):
    """A model of leases beside the real ones; every lease ever given out is tried again at any later moment."""

    given = Bundle("given")
    examples = 0

    def __init__(self, ledger: Ledger, clock: HandClock) -> None:
        super().__init__()
        LeaseMachine.examples += 1
        self.ledger = ledger
        self.clock = clock
        self.example = LeaseMachine.examples
        self.current: dict[str, Lease] = {}
        self.fences: dict[str, int] = {}

    def good(self, lease: Lease) -> bool:
        current = self.current.get(lease.name)
        return current is not None and current.fence == lease.fence and current.expires_at > self.clock.now

    @rule(target=given, name=st.sampled_from("ab"), owner=st.sampled_from("xyz"), seconds=st.integers(1, 20))
    def acquire(self, name: str, owner: str, seconds: int) -> Lease:
        name = f"{name}{self.example}"
        current = self.current.get(name)
        held: LeaseHeld | None = None
        try:
            lease = self.ledger.leases.acquire(name, owner, seconds)
        except LeaseHeld as refusal:
            held = refusal
        if held is not None:
            assert current is not None
            assert current.expires_at > self.clock.now
            assert (held.owner, held.expires_at) == (current.owner, current.expires_at)
            return current
        assert current is None or current.expires_at <= self.clock.now
        assert lease.fence > self.fences.get(name, 0)
        self.fences[name] = lease.fence
        self.current[name] = lease
        return lease

    @rule(target=given, lease=given, seconds=st.integers(1, 20))
    def renew(self, lease: Lease, seconds: int) -> Lease:
        try:
            renewed = self.ledger.leases.renew(lease, seconds)
        except LeaseLost:
            assert not self.good(lease)
            return lease
        assert self.good(lease)
        self.current[lease.name] = renewed
        return renewed

    @rule(lease=given)
    def release(self, lease: Lease) -> None:
        self.ledger.leases.release(lease)
        if self.current.get(lease.name, lease).fence == lease.fence:
            self.current.pop(lease.name, None)

    @rule(lease=given, step=st.integers(-5, 5))
    def write(self, lease: Lease, step: int) -> None:
        at = self.clock.now + timedelta(seconds=step)
        try:
            self.ledger.watermarks.advance(lease, lease.name, "stream", at, reset=True)
        except LeaseLost:
            assert not self.good(lease)
        else:
            assert self.good(lease)

    @rule(seconds=st.integers(1, 15))
    def wait(self, seconds: int) -> None:
        self.clock.turn(seconds=seconds)

    @invariant()
    def holders_are_known(self) -> None:
        for name in self.fences:
            holder = self.ledger.leases.holder(name)
            current = self.current.get(name)
            held = current is not None and current.expires_at > self.clock.now
            assert (holder is not None) == held


def test_any_order_of_events(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    run_state_machine_as_test(
        lambda: LeaseMachine(ledger, clock),
        settings=settings(max_examples=40, stateful_step_count=30, deadline=None),
    )
