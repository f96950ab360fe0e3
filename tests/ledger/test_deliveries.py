"""Deliveries: reserved once, claimed under a firm's hold in order, moved only as their states allow."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from ledger import Delivery, Lease, LeaseHeld, LeaseLost, Ledger, NotAllowed, Reservation, Standing, State
from ledger.delivery import ALLOWED
from ledger.delivery_statements import first_of_its_lane, is_due, of_stream, unended
from ledger.tables import deliveries as table
from tests.ledger.samples import FIRM, NOON, HandClock

STREAM = "messages"
HOLD = f"{STREAM}:{FIRM}"


@pytest.fixture
def clock(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    return HandClock(ledger, monkeypatch)


@pytest.fixture
def hold(ledger: Ledger, clock: HandClock) -> Lease:
    return ledger.leases.acquire(HOLD, "worker", 60)


def message(marker: str, case_id: str = "case-1", minutes: int = 0) -> Reservation:
    return Reservation(marker, case_id, NOON + timedelta(minutes=minutes), {"text": marker})


def reserve(ledger: Ledger, *messages: Reservation) -> list[str]:
    return ledger.deliveries.reserve(FIRM, STREAM, messages)


def claim(ledger: Ledger, hold: Lease, limit: int = 50) -> list[Delivery]:
    return ledger.deliveries.claim(hold, FIRM, STREAM, limit=limit)


def state(ledger: Ledger, marker: str) -> State:
    found = ledger.deliveries.get(FIRM, STREAM, marker)
    assert found is not None
    return found.state


def steps(ledger: Ledger, marker: str) -> list[tuple[State, str | None]]:
    receipt = ledger.deliveries.receipt(FIRM, STREAM, marker)
    assert receipt is not None
    return [(step.state, step.note) for step in receipt.steps]


def test_what_belongs_to_a_case_is_told_by_where_it_was_called_for(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, message("a"), message("b", "portal:7"), message("c", "case-2"))
    ledger.deliveries.reserve("another", STREAM, [message("d")])
    ledger.deliveries.reserve(FIRM, "documents", [message("e")])
    moved = next(one for one in claim(ledger, hold) if one.marker == "b")
    ledger.deliveries.settle_delivered(ledger.deliveries.calling(hold, moved, "case-1"), "r1")
    found = ledger.deliveries.of_case(FIRM, STREAM, "case-1")
    assert [(one.marker, one.remote_id) for one in found] == [("a", None), ("b", "r1")]
    assert ledger.deliveries.of_case(FIRM, STREAM, "portal:7") == []


def test_a_marker_is_reserved_once(ledger: Ledger) -> None:
    assert reserve(ledger, message("b"), message("a"), message("b")) == ["b", "a"]
    assert reserve(ledger, message("a"), message("c")) == ["c"]
    assert reserve(ledger) == []
    assert ledger.deliveries.reserve("another", STREAM, [message("a")]) == ["a"]
    assert ledger.deliveries.reserve(FIRM, "documents", [message("a")]) == ["a"]
    assert ledger.deliveries.get(FIRM, STREAM, "unheard-of") is None
    assert ledger.deliveries.receipt(FIRM, STREAM, "unheard-of") is None


def test_the_whole_way_of_a_message(ledger: Ledger, clock: HandClock, hold: Lease) -> None:
    reserve(ledger, message("a"))
    clock.turn(seconds=30)
    assert ledger.deliveries.standing(STREAM) == {FIRM: Standing(1, 0, 1, NOON)}
    [claimed] = claim(ledger, hold)
    assert (claimed.state, claimed.owner, claimed.fence) == (State.RESERVED, "worker", hold.fence)
    assert claimed.payload == {"text": "a"}
    calling = ledger.deliveries.calling(hold, claimed)
    assert (calling.state, calling.tries) == (State.CALLING, 1)
    delivered = ledger.deliveries.settle_delivered(calling, "communication-7")
    assert delivered == ledger.deliveries.get(FIRM, STREAM, "a")
    assert (delivered.state, delivered.remote_id, delivered.owner) == (State.DELIVERED, "communication-7", None)
    assert delivered.ended_at == clock.now
    assert ledger.deliveries.pending(FIRM, STREAM) == []
    assert ledger.deliveries.standing(STREAM) == {}
    assert claim(ledger, hold) == []
    assert [step for step, _ in steps(ledger, "a")] == [State.RESERVED, State.CALLING, State.DELIVERED]


def test_the_case_of_a_call_is_on_record_before_it_is_made(ledger: Ledger, clock: HandClock, hold: Lease) -> None:
    """Where its answer is lost it is looked for there, whatever has become of the reservation's case meanwhile."""
    reserve(ledger, message("a", "portal:88017"))
    [claimed] = claim(ledger, hold)
    calling = ledger.deliveries.calling(hold, claimed, "1480021")
    unknown = ledger.deliveries.unknown(calling, "the connection was cut")
    assert (unknown.case_id, unknown.lane) == ("1480021", "portal:88017")
    absent = ledger.deliveries.absent(unknown, "it is not there")
    assert ledger.deliveries.calling(hold, absent).case_id == "1480021"


def test_of_each_lane_the_first_comes_first(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, message("late", minutes=2), message("early", minutes=1), message("other", "case-2", minutes=3))
    reserve(ledger, message("equal", minutes=1))
    pending = ["early", "equal", "late", "other"]
    assert [delivery.marker for delivery in ledger.deliveries.pending(FIRM, STREAM)] == pending
    early, other = claim(ledger, hold)
    assert [early.marker, other.marker] == ["early", "other"]
    assert claim(ledger, hold) == [], "both are claimed, the rest waits behind them"
    ledger.deliveries.settle_delivered(ledger.deliveries.calling(hold, early), "1")
    [equal] = claim(ledger, hold)
    assert equal.marker == "equal"
    ledger.deliveries.failed(ledger.deliveries.calling(hold, equal), "refused", "It is refused.")
    [equal] = claim(ledger, hold)
    assert equal.marker == "equal", "a failed one still holds its case"
    ledger.deliveries.give_up(equal, "refused", "It was refused for two days.")
    assert [delivery.marker for delivery in claim(ledger, hold)] == ["late"]


def test_what_needs_no_order_has_a_lane_of_its_own(ledger: Ledger, hold: Lease) -> None:
    both = [Reservation(marker, "case-1", NOON, lane=marker) for marker in ("a", "b")]
    ledger.deliveries.reserve(FIRM, STREAM, both)
    assert [delivery.marker for delivery in claim(ledger, hold)] == ["a", "b"]


def test_no_more_than_asked_for_are_claimed(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, *(message(str(number), f"case-{number}", minutes=number) for number in range(5)))
    assert [delivery.marker for delivery in claim(ledger, hold, limit=2)] == ["0", "1"]
    assert [delivery.marker for delivery in claim(ledger, hold)] == ["2", "3", "4"]


def test_a_failed_one_waits_until_it_is_due(ledger: Ledger, clock: HandClock, hold: Lease) -> None:
    reserve(ledger, message("a"))
    [claimed] = claim(ledger, hold)
    calling = ledger.deliveries.calling(hold, claimed)
    again_at = clock.now + timedelta(seconds=50)
    failed = ledger.deliveries.failed(calling, "unavailable", "It answered 503.", again_at=again_at)
    assert (failed.state, failed.code, failed.reason, failed.due_at) == (
        State.FAILED,
        "unavailable",
        "It answered 503.",
        again_at,
    )
    assert ledger.deliveries.standing(STREAM)[FIRM].due == 0
    assert claim(ledger, hold) == []
    clock.turn(seconds=50)
    [claimed] = claim(ledger, hold)
    assert ledger.deliveries.calling(hold, claimed).tries == 2


def test_one_that_waits_for_a_person_does_not_age(ledger: Ledger, clock: HandClock, hold: Lease) -> None:
    reserve(ledger, message("a"), message("b", "case-2", minutes=1))
    held, _ = claim(ledger, hold)
    later = clock.now + timedelta(days=1)
    postponed = ledger.deliveries.postpone(held, "case_not_linked", "No link.", again_at=later, held=True)
    assert (postponed.state, postponed.held, postponed.owner) == (State.RESERVED, True, None)
    assert ledger.deliveries.standing(STREAM, FIRM)[FIRM] == Standing(2, 1, 1, NOON + timedelta(minutes=1))
    assert steps(ledger, "a")[1:] == [(State.RESERVED, "No link.")]


def test_a_holder_that_died_while_calling_leaves_an_unknown_one(ledger: Ledger, clock: HandClock, hold: Lease) -> None:
    reserve(ledger, message("a"))
    [doomed] = claim(ledger, hold)
    doomed = ledger.deliveries.calling(hold, doomed)
    with pytest.raises(LeaseHeld):
        ledger.leases.acquire(HOLD, "successor", 60)
    clock.turn(seconds=61)
    successor = ledger.leases.acquire(HOLD, "successor", 60)
    [taken] = claim(ledger, successor)
    assert (taken.state, taken.owner, taken.fence) == (State.UNKNOWN, "successor", doomed.fence + 1)
    with pytest.raises(NotAllowed, match="unknown; it cannot become calling"):
        ledger.deliveries.calling(successor, taken)
    with pytest.raises(LeaseLost):
        ledger.deliveries.settle_delivered(doomed, "late")
    assert ledger.deliveries.settle_delivered(taken, "found", "Found by its marker.").remote_id == "found"
    assert [step for step, _ in steps(ledger, "a")] == [
        State.RESERVED,
        State.CALLING,
        State.UNKNOWN,
        State.DELIVERED,
    ]


def test_a_holder_that_died_before_calling_leaves_a_reserved_one(ledger: Ledger, clock: HandClock, hold: Lease) -> None:
    reserve(ledger, message("a"))
    [slow] = claim(ledger, hold)
    clock.turn(seconds=60)
    with pytest.raises(LeaseLost, match="run out"):
        ledger.deliveries.calling(hold, slow)
    [taken] = claim(ledger, ledger.leases.acquire(HOLD, "successor", 60))
    assert taken.state is State.RESERVED


def test_a_lost_answer_is_looked_up_before_it_is_called_again(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, message("a"))
    [claimed] = claim(ledger, hold)
    unknown = ledger.deliveries.unknown(ledger.deliveries.calling(hold, claimed), "the connection was cut")
    assert claim(ledger, hold) == []
    absent = ledger.deliveries.absent(unknown, "not found by its marker")
    assert absent.state is State.FAILED
    assert ledger.deliveries.calling(hold, absent).tries == 2, "it stays claimed by who looked it up"


def test_what_happened_is_recorded_late_when_nobody_took_over(ledger: Ledger, clock: HandClock, hold: Lease) -> None:
    reserve(ledger, message("a"))
    [claimed] = claim(ledger, hold)
    calling = ledger.deliveries.calling(hold, claimed)
    clock.turn(hours=1)
    assert ledger.deliveries.settle_delivered(calling, "7").state is State.DELIVERED


def test_a_released_one_can_be_claimed_at_once(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, message("a"))
    [claimed] = claim(ledger, hold)
    ledger.deliveries.release(claimed)
    assert [delivery.marker for delivery in claim(ledger, hold)] == ["a"]


def test_an_echo_is_on_record_and_never_sent(ledger: Ledger, hold: Lease) -> None:
    echo = Reservation("a", "case-1", NOON, echo_of="note-5")
    assert ledger.deliveries.reserve(FIRM, STREAM, [echo]) == ["a"]
    found = ledger.deliveries.get(FIRM, STREAM, "a")
    assert found is not None
    assert (found.state, found.code, found.remote_id) == (State.DELIVERED, "echo", "note-5")
    assert claim(ledger, hold) == []
    [(step, note)] = steps(ledger, "a")
    assert step is State.DELIVERED
    assert note is not None
    assert "not sent back" in note


def test_a_changed_content_is_noticed_by_its_digest(ledger: Ledger) -> None:
    ledger.deliveries.reserve(FIRM, STREAM, [Reservation("a", "case-1", NOON, digest="d1")])
    assert ledger.deliveries.digests(FIRM, STREAM, ["a", "b"]) == {"a": "d1"}


def test_each_new_wording_is_reserved_once_whoever_sees_it(ledger: Ledger) -> None:
    ledger.deliveries.reserve(FIRM, STREAM, [Reservation("a", "case-1", NOON, digest="d1")])

    def edit(number: int, last: str, now: str) -> list[str]:
        wording = Reservation(f"a:edit:{number}", "case-1", NOON, digest=now, revises=("a", last))
        return ledger.deliveries.reserve(FIRM, STREAM, [wording])

    assert edit(1, "d1", "d2") == ["a:edit:1"]
    assert edit(2, "d1", "d2") == [], "another reader, who saw the same words a moment later"
    assert edit(3, "d2", "d1") == ["a:edit:3"], "back to the first words"
    assert ledger.deliveries.digests(FIRM, STREAM, ["a"]) == {"a": "d1"}


def test_what_was_given_up_comes_back_only_when_asked_for(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, message("called"), message("never called", "case-2"))
    called, never = claim(ledger, hold)
    failed = ledger.deliveries.failed(ledger.deliveries.calling(hold, called), "refused", "No.")
    [again] = claim(ledger, hold)
    assert again.marker == failed.marker
    ledger.deliveries.give_up(again, "refused", "No.")
    ledger.deliveries.give_up(never, "document_too_large", "Too large.")
    assert ledger.deliveries.revive(FIRM, STREAM, "ops", ["nothing of the kind"]) == []
    assert ledger.deliveries.revive(FIRM, STREAM, "ops") == ["called", "never called"]
    assert (state(ledger, "called"), state(ledger, "never called")) == (State.UNKNOWN, State.RESERVED)
    assert len(claim(ledger, hold)) == 2


def test_what_was_asked_for_long_afterwards_ages_from_then(ledger: Ledger, clock: HandClock) -> None:
    clock.turn(days=400)
    reserve(ledger, message("years old"))
    assert ledger.deliveries.standing(STREAM)[FIRM].oldest == clock.now


def test_finding_the_first_of_a_lane_does_not_wade_through_what_has_ended(ledger: Ledger, clock: HandClock) -> None:
    wanted = select(table.c.id).where(of_stream(FIRM, STREAM), unended(table), is_due(clock.now), first_of_its_lane())
    with ledger._database.reading() as connection:
        query = str(wanted.compile(connection, compile_kwargs={"literal_binds": True}))
        if ledger._database.is_postgresql:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {query}")]
        else:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert any("earlier" in line and "ix_deliveries_pending_by_lane" in line for line in plan), plan


MOVES: dict[State, Callable[[Ledger, Lease, Delivery], Delivery]] = {
    State.CALLING: lambda ledger, hold, delivery: ledger.deliveries.calling(hold, delivery),
    State.DELIVERED: lambda ledger, _, delivery: ledger.deliveries.settle_delivered(delivery, "7"),
    State.UNKNOWN: lambda ledger, _, delivery: ledger.deliveries.unknown(delivery, "lost"),
    State.FAILED: lambda ledger, _, delivery: ledger.deliveries.failed(delivery, "refused", "No."),
    State.GIVEN_UP: lambda ledger, _, delivery: ledger.deliveries.give_up(delivery, "refused", "too often"),
}
WAYS: dict[State, list[State]] = {
    State.RESERVED: [],
    State.CALLING: [State.CALLING],
    State.UNKNOWN: [State.CALLING, State.UNKNOWN],
    State.FAILED: [State.CALLING, State.FAILED],
    State.DELIVERED: [State.CALLING, State.DELIVERED],
    State.GIVEN_UP: [State.GIVEN_UP],
}


@pytest.mark.parametrize("origin", list(State))
def test_only_the_drawn_transitions_happen(ledger: Ledger, hold: Lease, origin: State) -> None:
    for target, move in MOVES.items():
        marker = f"{origin}-{target}"
        reserve(ledger, message(marker, case_id=marker))
        [delivery] = claim(ledger, hold)
        for step in WAYS[origin]:
            delivery = MOVES[step](ledger, hold, delivery)
        if target in ALLOWED[origin]:
            if origin is State.FAILED:
                [delivery] = claim(ledger, hold)
            delivery = move(ledger, hold, delivery)
            assert delivery.state is target
        else:
            with pytest.raises(NotAllowed):
                move(ledger, hold, delivery)
            assert state(ledger, marker) is origin
        _put_away(ledger, hold, marker)


def _put_away(ledger: Ledger, hold: Lease, marker: str) -> None:
    """Bring it to an end, out of the way of the next one."""
    left = ledger.deliveries.get(FIRM, STREAM, marker)
    assert left is not None
    if left.state is State.CALLING:
        ledger.deliveries.settle_delivered(left, "7")
    elif ALLOWED[left.state]:
        ledger.deliveries.give_up(left, "done", "It is out of the way.")


class DeliveryMachine(RuleBasedStateMachine):
    """Holders that die, answers that are lost, holds that run out; a vendor that must end up with each thing once."""

    claims = Bundle("claims")
    calls = Bundle("calls")
    examples = 0

    def __init__(self, ledger: Ledger, clock: HandClock) -> None:
        super().__init__()
        DeliveryMachine.examples += 1
        self.ledger = ledger
        self.deliveries = ledger.deliveries
        self.clock = clock
        self.firm = f"firm-{DeliveryMachine.examples}"
        self.vendor: list[str] = []
        self.reserved: dict[str, Reservation] = {}
        self.fences: dict[str, int] = {}

    def hold(self, owner: str, seconds: int = 30) -> Lease | None:
        """The owner's hold on the firm: taken if it is free."""
        try:
            return self.ledger.leases.acquire(f"{STREAM}:{self.firm}", owner, seconds)
        except LeaseHeld:
            return None

    @rule(number=st.integers(0, 5), case_id=st.sampled_from("ab"))
    def reserve(self, number: int, case_id: str) -> None:
        marker = f"{case_id}{number}"
        item = Reservation(marker, case_id, NOON + timedelta(seconds=number))
        new = self.deliveries.reserve(self.firm, STREAM, [item, item])
        assert new == ([] if marker in self.reserved else [marker])
        self.reserved.setdefault(marker, item)

    @rule(target=claims, owner=st.sampled_from("xy"), seconds=st.integers(1, 20), limit=st.integers(1, 3))
    def claim(self, owner: str, seconds: int, limit: int) -> tuple[Lease | None, list[Delivery]]:
        hold = self.hold(owner, seconds)
        if hold is None:
            return None, []
        pending = {delivery.marker for delivery in self.deliveries.pending(self.firm, STREAM)}
        taken = self.deliveries.claim(hold, self.firm, STREAM, limit=limit)
        for delivery in taken:
            assert delivery.state in (State.RESERVED, State.FAILED, State.UNKNOWN)
            assert delivery.fence > self.fences.get(delivery.marker, 0)
            assert not [other for other in pending if other[0] == delivery.case_id and other < delivery.marker]
            self.fences[delivery.marker] = delivery.fence
        return hold, taken

    @rule(claimed=claims)
    def let_go(self, claimed: tuple[Lease | None, list[Delivery]]) -> None:
        """The holder ends before its time."""
        if claimed[0] is not None:
            self.ledger.leases.release(claimed[0])

    def mine(self, delivery: Delivery) -> bool:
        return self.fences[delivery.marker] == delivery.fence

    @rule(target=calls, claimed=claims, written=st.booleans(), died=st.booleans())
    def call(self, *, claimed: tuple[Lease | None, list[Delivery]], written: bool, died: bool) -> list[Delivery]:
        hold, taken = claimed
        calling = []
        for delivery in taken:
            assert hold is not None
            try:
                calling.append(self.deliveries.calling(hold, delivery))
            except (LeaseLost, NotAllowed):
                continue
            if written:
                self.vendor.append(delivery.marker)
        return [] if died else calling

    @rule(calling=consumes(calls), answered=st.booleans())
    def settle(self, *, calling: list[Delivery], answered: bool) -> None:
        for delivery in calling:
            try:
                if not answered:
                    self.deliveries.unknown(delivery, "the answer was lost")
                elif delivery.marker in self.vendor:
                    self.deliveries.settle_delivered(delivery, "7")
                else:
                    self.deliveries.failed(delivery, "refused", "No.")
            except LeaseLost:
                assert not self.mine(delivery)

    @rule(claimed=claims)
    def look_up(self, claimed: tuple[Lease | None, list[Delivery]]) -> None:
        for delivery in claimed[1]:
            now = self.deliveries.get(self.firm, STREAM, delivery.marker)
            assert now is not None
            if now.state is not State.UNKNOWN:
                continue
            try:
                if delivery.marker in self.vendor:
                    self.deliveries.settle_delivered(delivery, "7")
                else:
                    self.deliveries.absent(delivery, "not found by its marker")
            except LeaseLost:
                assert not self.mine(delivery)

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        self.clock.turn(seconds=seconds)

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        assert len(self.vendor) == len(set(self.vendor))

    def teardown(self) -> None:
        """A steady holder finishes what is left: everything arrives, once."""
        for _ in range(4 * len(self.reserved) + 4):
            self.clock.turn(minutes=1)
            hold = self.hold("steady")
            assert hold is not None
            for delivery in self.deliveries.claim(hold, self.firm, STREAM):
                if delivery.state is State.UNKNOWN and delivery.marker in self.vendor:
                    self.deliveries.settle_delivered(delivery, "7")
                elif delivery.state is State.UNKNOWN:
                    self.deliveries.absent(delivery, "not found by its marker")
                else:
                    self.vendor.append(delivery.marker)
                    self.deliveries.settle_delivered(self.deliveries.calling(hold, delivery), "7")
        assert self.deliveries.pending(self.firm, STREAM) == []
        assert sorted(self.vendor) == sorted(self.reserved)


def test_any_order_of_events_delivers_everything_once(ledger: Ledger, clock: HandClock) -> None:
    run_state_machine_as_test(
        lambda: DeliveryMachine(ledger, clock),
        settings=settings(max_examples=40, stateful_step_count=30, deadline=None),
    )


def test_what_is_given_up_from_the_start_is_on_record_and_may_be_taken_up(ledger: Ledger, hold: Lease) -> None:
    old = dataclasses.replace(message("old"), given_up=("before_relay", "It is too old."))
    assert reserve(ledger, old, message("new", minutes=1)) == ["old", "new"]
    found = ledger.deliveries.get(FIRM, STREAM, "old")
    assert found is not None
    assert (found.state, found.code, found.reason) == (State.GIVEN_UP, "before_relay", "It is too old.")
    assert found.ended_at == found.reserved_at
    assert steps(ledger, "old") == [(State.GIVEN_UP, "It is too old.")]
    assert reserve(ledger, message("old")) == []
    [new] = claim(ledger, hold)
    assert new.marker == "new", "it holds up nothing"
    ledger.deliveries.give_up(new, "held", "x")
    assert ledger.deliveries.revive(FIRM, STREAM, "somebody", ["old"]) == ["old"]
    [claimed] = claim(ledger, hold)
    assert (claimed.marker, claimed.state) == ("old", State.RESERVED)


def test_those_that_are_known_come_with_what_became_of_them(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, *(message(str(number), f"case-{number}") for number in range(3)))
    delivered = ledger.deliveries.settle_delivered(ledger.deliveries.calling(hold, claim(ledger, hold, 1)[0]), "7")
    known = ledger.deliveries.known(FIRM, STREAM, ["0", "2", "unheard-of"])
    assert {marker: one.state for marker, one in known.items()} == {"0": State.DELIVERED, "2": State.RESERVED}
    assert known["0"] == delivered
    assert ledger.deliveries.known(FIRM, "documents", ["0"]) == {}


def test_a_remark_is_on_record_and_changes_nothing(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, message("a"))
    delivered = ledger.deliveries.settle_delivered(ledger.deliveries.calling(hold, claim(ledger, hold)[0]), "7")
    for _ in range(2):
        ledger.deliveries.remark(delivered, "Its author was told.")
    assert steps(ledger, "a")[2:] == [(State.DELIVERED, None), (State.DELIVERED, "Its author was told.")]
    assert ledger.deliveries.get(FIRM, STREAM, "a") == delivered


def test_what_is_called_for_may_be_known_only_with_the_call(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, message("a"))
    [claimed] = claim(ledger, hold)
    calling = ledger.deliveries.calling(hold, claimed, "case-2", payload={"amount": "38.75"}, digest="d1")
    assert (calling.payload, calling.digest, calling.case_id) == ({"amount": "38.75"}, "d1", "case-2")
    assert ledger.deliveries.get(FIRM, STREAM, "a") == calling


def test_what_waits_is_hastened_and_what_is_unknown_keeps_its_time(
    ledger: Ledger, hold: Lease, clock: HandClock
) -> None:
    later = clock.now + timedelta(hours=1)
    reserve(ledger, message("held", "1"), message("unknown", "2"), message("other", "3"))
    for delivery in claim(ledger, hold):
        if delivery.marker == "unknown":
            lost = ledger.deliveries.unknown(ledger.deliveries.calling(hold, delivery), "No answer.")
            ledger.deliveries.postpone(lost, "answer_lost", "No answer.", again_at=later)
        else:
            ledger.deliveries.postpone(delivery, "held", "It waits.", again_at=later, held=True)
    assert claim(ledger, hold) == []

    ledger.deliveries.hasten(FIRM, STREAM, ["held", "unknown"])
    ledger.deliveries.hasten("another", STREAM)
    assert [one.marker for one in claim(ledger, hold)] == ["held"]
    ledger.deliveries.hasten(FIRM, STREAM)
    assert [one.marker for one in claim(ledger, hold)] == ["other"]
