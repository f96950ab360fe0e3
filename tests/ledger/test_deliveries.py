"""Deliveries: reserved once, claimed by one worker at a time in order, moved only as their states allow."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from ledger import Delivery, LeaseLost, Ledger, NotAllowed, Reservation, State
from ledger.deliveries import ALLOWED
from tests.ledger.samples import FIRM, NOON, HandClock

STREAM = "messages"


@pytest.fixture
def clock(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    return HandClock(ledger, monkeypatch)


def message(marker: str, case_id: str = "case-1", minutes: int = 0) -> Reservation:
    return Reservation(marker, case_id, NOON + timedelta(minutes=minutes), {"text": marker})


def reserve(ledger: Ledger, *messages: Reservation) -> list[str]:
    return ledger.deliveries.reserve(FIRM, STREAM, messages)


def claim(ledger: Ledger, owner: str = "worker", seconds: float = 60, limit: int = 50) -> list[Delivery]:
    return ledger.deliveries.claim(FIRM, STREAM, owner, seconds, limit=limit)


def state(ledger: Ledger, marker: str) -> State:
    found = ledger.deliveries.get(FIRM, STREAM, marker)
    assert found is not None
    return found.state


def test_a_marker_is_reserved_once(ledger: Ledger) -> None:
    assert reserve(ledger, message("b"), message("a"), message("b")) == ["b", "a"]
    assert reserve(ledger, message("a"), message("c")) == ["c"]
    assert reserve(ledger) == []
    assert ledger.deliveries.reserve("another", STREAM, [message("a")]) == ["a"]
    assert ledger.deliveries.reserve(FIRM, "documents", [message("a")]) == ["a"]
    assert ledger.deliveries.get(FIRM, STREAM, "unheard-of") is None


def test_the_whole_way_of_a_message(ledger: Ledger, clock: HandClock) -> None:
    reserve(ledger, message("a"))
    clock.turn(minutes=5)
    assert ledger.deliveries.oldest_pending_age(FIRM, STREAM) == timedelta(minutes=5)
    [claimed] = claim(ledger)
    assert (claimed.state, claimed.owner, claimed.fence, claimed.payload) == (
        State.RESERVED,
        "worker",
        1,
        {"text": "a"},
    )
    calling = ledger.deliveries.calling(claimed)
    assert (calling.state, calling.tries) == (State.CALLING, 1)
    delivered = ledger.deliveries.settle_delivered(calling, "communication-7")
    assert delivered == ledger.deliveries.get(FIRM, STREAM, "a")
    assert (delivered.state, delivered.remote_id, delivered.owner) == (State.DELIVERED, "communication-7", None)
    assert ledger.deliveries.pending(FIRM, STREAM) == []
    assert ledger.deliveries.oldest_pending_age(FIRM, STREAM) is None
    assert claim(ledger) == []


def test_of_each_case_the_first_comes_first(ledger: Ledger, clock: HandClock) -> None:
    reserve(ledger, message("late", minutes=2), message("early", minutes=1), message("other", "case-2", minutes=3))
    reserve(ledger, message("equal", minutes=1))
    assert [delivery.marker for delivery in ledger.deliveries.pending(FIRM, STREAM)] == [
        "early",
        "equal",
        "late",
        "other",
    ]
    early, other = claim(ledger)
    assert [early.marker, other.marker] == ["early", "other"]
    assert claim(ledger) == [], "both are claimed, the rest waits behind them"
    ledger.deliveries.settle_delivered(ledger.deliveries.calling(early), "1")
    [equal] = claim(ledger)
    assert equal.marker == "equal"
    ledger.deliveries.failed(ledger.deliveries.calling(equal), "refused")
    [equal] = claim(ledger)
    assert equal.marker == "equal", "a failed one still holds its case"
    ledger.deliveries.give_up(equal, "refused for two days")
    assert [delivery.marker for delivery in claim(ledger)] == ["late"]


def test_no_more_than_asked_for_are_claimed(ledger: Ledger, clock: HandClock) -> None:
    reserve(ledger, *(message(str(number), f"case-{number}", minutes=number) for number in range(5)))
    assert [delivery.marker for delivery in claim(ledger, limit=2)] == ["0", "1"]
    assert [delivery.marker for delivery in claim(ledger)] == ["2", "3", "4"]


def test_a_failed_one_waits_until_it_is_due(ledger: Ledger, clock: HandClock) -> None:
    reserve(ledger, message("a"))
    [claimed] = claim(ledger)
    again_at = clock.now + timedelta(minutes=10)
    failed = ledger.deliveries.failed(ledger.deliveries.calling(claimed), "503", again_at=again_at)
    assert (failed.state, failed.reason, failed.due_at) == (State.FAILED, "503", again_at)
    assert claim(ledger) == []
    clock.turn(minutes=10)
    [claimed] = claim(ledger)
    assert ledger.deliveries.calling(claimed).tries == 2


def test_a_worker_that_died_while_calling_leaves_an_unknown_one(ledger: Ledger, clock: HandClock) -> None:
    reserve(ledger, message("a"))
    [doomed] = claim(ledger, "doomed")
    doomed = ledger.deliveries.calling(doomed)
    clock.turn(seconds=61)
    [taken] = claim(ledger, "successor")
    assert (taken.state, taken.owner, taken.fence) == (State.UNKNOWN, "successor", doomed.fence + 1)
    with pytest.raises(NotAllowed, match="unknown; it cannot become calling"):
        ledger.deliveries.calling(taken)
    with pytest.raises(LeaseLost):
        ledger.deliveries.settle_delivered(doomed, "late")
    assert ledger.deliveries.settle_delivered(taken, "found").remote_id == "found"


def test_a_worker_that_died_before_calling_leaves_a_reserved_one(ledger: Ledger, clock: HandClock) -> None:
    reserve(ledger, message("a"))
    [slow] = claim(ledger)
    clock.turn(seconds=60)
    with pytest.raises(LeaseLost, match="run out"):
        ledger.deliveries.calling(slow)
    [taken] = claim(ledger, "successor")
    assert taken.state is State.RESERVED


def test_a_lost_answer_is_looked_up_by_who_lost_it(ledger: Ledger, clock: HandClock) -> None:
    reserve(ledger, message("a"))
    [claimed] = claim(ledger)
    unknown = ledger.deliveries.unknown(ledger.deliveries.calling(claimed), "the connection was cut")
    assert claim(ledger, "another") == []
    assert ledger.deliveries.failed(unknown, "not found by its marker").state is State.FAILED
    assert [delivery.marker for delivery in claim(ledger, "another")] == ["a"]


def test_what_happened_is_recorded_late_when_nobody_took_over(ledger: Ledger, clock: HandClock) -> None:
    reserve(ledger, message("a"))
    [claimed] = claim(ledger)
    calling = ledger.deliveries.calling(claimed)
    clock.turn(hours=1)
    assert ledger.deliveries.settle_delivered(calling, "7").state is State.DELIVERED


def test_a_released_claim_can_be_taken_at_once(ledger: Ledger, clock: HandClock) -> None:
    reserve(ledger, message("a"))
    [claimed] = claim(ledger)
    ledger.deliveries.release(claimed)
    with pytest.raises(LeaseLost):
        ledger.deliveries.calling(claimed)
    [taken] = claim(ledger, "another")
    ledger.deliveries.release(claimed)
    assert claim(ledger) == [], "an overtaken claim releases nothing"
    assert taken.fence == 2


MOVES: dict[State, Callable[[Ledger, Delivery], Delivery]] = {
    State.CALLING: lambda ledger, delivery: ledger.deliveries.calling(delivery),
    State.DELIVERED: lambda ledger, delivery: ledger.deliveries.settle_delivered(delivery, "7"),
    State.UNKNOWN: lambda ledger, delivery: ledger.deliveries.unknown(delivery, "lost"),
    State.FAILED: lambda ledger, delivery: ledger.deliveries.failed(delivery, "refused"),
    State.GIVEN_UP: lambda ledger, delivery: ledger.deliveries.give_up(delivery, "too often"),
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
def test_only_the_drawn_transitions_happen(ledger: Ledger, clock: HandClock, origin: State) -> None:
    for target, move in MOVES.items():
        marker = f"{origin}-{target}"
        reserve(ledger, message(marker, case_id=marker))
        [delivery] = claim(ledger)
        for step in WAYS[origin]:
            delivery = MOVES[step](ledger, delivery)
        if target in ALLOWED[origin]:
            if origin is State.FAILED:
                [delivery] = claim(ledger)
            assert move(ledger, delivery).state is target
        else:
            with pytest.raises((NotAllowed, LeaseLost)):
                move(ledger, delivery)
            assert state(ledger, marker) is origin
        clock.turn(days=1)
        for left in claim(ledger):
            ledger.deliveries.give_up(left, "out of the way of the next")


class DeliveryMachine(RuleBasedStateMachine):
    """Workers that die, answers that are lost, claims that run out; a vendor that must end up with each thing once."""

    claims = Bundle("claims")
    calls = Bundle("calls")
    examples = 0

    def __init__(self, ledger: Ledger, clock: HandClock) -> None:
        super().__init__()
        DeliveryMachine.examples += 1
        self.deliveries = ledger.deliveries
        self.clock = clock
        self.firm = f"firm-{DeliveryMachine.examples}"
        self.vendor: list[str] = []
        self.reserved: dict[str, Reservation] = {}
        self.fences: dict[str, int] = {}

    @rule(number=st.integers(0, 5), case_id=st.sampled_from("ab"))
    def reserve(self, number: int, case_id: str) -> None:
        marker = f"{case_id}{number}"
        item = Reservation(marker, case_id, NOON + timedelta(seconds=number))
        new = self.deliveries.reserve(self.firm, STREAM, [item, item])
        assert new == ([] if marker in self.reserved else [marker])
        self.reserved.setdefault(marker, item)

    @rule(target=claims, owner=st.sampled_from("xy"), seconds=st.integers(1, 20), limit=st.integers(1, 3))
    def claim(self, owner: str, seconds: int, limit: int) -> list[Delivery]:
        pending = {delivery.marker for delivery in self.deliveries.pending(self.firm, STREAM)}
        taken = self.deliveries.claim(self.firm, STREAM, owner, seconds, limit=limit)
        for delivery in taken:
            assert delivery.state in (State.RESERVED, State.FAILED, State.UNKNOWN)
            assert delivery.fence > self.fences.get(delivery.marker, 0)
            assert not [other for other in pending if other[0] == delivery.case_id and other < delivery.marker]
            self.fences[delivery.marker] = delivery.fence
        return taken

    def mine(self, delivery: Delivery) -> bool:
        return self.fences[delivery.marker] == delivery.fence

    @rule(target=calls, claimed=claims, written=st.booleans(), died=st.booleans())
    def call(self, *, claimed: list[Delivery], written: bool, died: bool) -> list[Delivery]:
        calling = []
        for delivery in claimed:
            try:
                calling.append(self.deliveries.calling(delivery))
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
                    self.deliveries.failed(delivery, "refused")
            except LeaseLost:
                assert not self.mine(delivery)

    @rule(claimed=claims)
    def look_up(self, claimed: list[Delivery]) -> None:
        for delivery in claimed:
            now = self.deliveries.get(self.firm, STREAM, delivery.marker)
            assert now is not None
            if now.state is not State.UNKNOWN:
                continue
            try:
                if delivery.marker in self.vendor:
                    self.deliveries.settle_delivered(delivery, "7")
                else:
                    self.deliveries.failed(delivery, "not found by its marker")
            except LeaseLost:
                assert not self.mine(delivery)

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        self.clock.turn(seconds=seconds)

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        assert len(self.vendor) == len(set(self.vendor))

    def teardown(self) -> None:
        """A steady worker finishes what is left: everything arrives, once."""
        for _ in range(4 * len(self.reserved) + 4):
            self.clock.turn(minutes=1)
            for delivery in self.deliveries.claim(self.firm, STREAM, "steady", 30):
                if delivery.state is State.UNKNOWN and delivery.marker in self.vendor:
                    self.deliveries.settle_delivered(delivery, "7")
                elif delivery.state is State.UNKNOWN:
                    self.deliveries.failed(delivery, "not found by its marker")
                else:
                    self.vendor.append(delivery.marker)
                    self.deliveries.settle_delivered(self.deliveries.calling(delivery), "7")
        assert self.deliveries.pending(self.firm, STREAM) == []
        assert sorted(self.vendor) == sorted(self.reserved)


def test_any_order_of_events_delivers_everything_once(ledger: Ledger, clock: HandClock) -> None:
    run_state_machine_as_test(
        lambda: DeliveryMachine(ledger, clock),
        settings=settings(max_examples=40, stateful_step_count=30, deadline=None),
    )
