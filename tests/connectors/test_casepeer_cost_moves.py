"""What became of a cost is told to CASEpeer over a real socket: once, whatever becomes of the answer, and never over other people's work."""

import pytest

from connectors.casepeer.costs import cost_from
from connectors.errors import FixData, NotFound, Stale, UnexpectedAnswer
from domain.costs import Cost, CostStatus
from sandbox.faults import FaultKind
from tests.connectors.cost_desk import DAY, NOW, CostDesk, speaking
from tests.connectors.fakes import json_answer
from tests.connectors.samples import CASEPEER_COST

MOVES = {
    "pending": (CostStatus.OPEN, lambda books, cost: books.mark_pending(cost, "D-77", "general-1", NOW)),
    "paid": (CostStatus.PENDING, lambda books, cost: books.mark_paid(cost, "10441", DAY)),
    "void": (CostStatus.PENDING, lambda books, cost: books.mark_void(cost)),
    "void after it was paid": (CostStatus.PAID, lambda books, cost: books.mark_void(cost)),
}
moves = pytest.mark.parametrize(("start", "move"), MOVES.values(), ids=MOVES)


async def test_a_cost_goes_from_open_to_pending_to_paid_to_void(cost_desk: CostDesk) -> None:
    stored = cost_desk.ask()
    cost = await cost_desk.books.cost(str(stored.id))
    pending = await cost_desk.books.mark_pending(cost, "D-77", "general-1", NOW)
    told = stored.accounting
    assert (told.system, told.sent_at, told.entry_id, told.bank_account) == (
        "soluno",
        NOW.timestamp(),
        "D-77",
        "general-1",
    )
    assert (pending.status, pending.entry_id, pending.bank_account) == (CostStatus.PENDING, "D-77", "general-1")
    paid = await cost_desk.books.mark_paid(pending, "10441", DAY)
    assert (paid.status, paid.check_number, paid.paid_on) == (CostStatus.PAID, "10441", DAY)
    assert (stored.check_number, stored.paid_on) == ("10441", DAY)
    assert (await cost_desk.books.mark_void(paid)).status == stored.status == CostStatus.VOID
    assert cost_desk.client.counts.total == 4


@moves
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (FaultKind.CUT_AFTER, {}),
        (FaultKind.CUT_BEFORE, {}),
        (FaultKind.TRUNCATED_JSON, {}),
        (FaultKind.HTML, {"status": 502}),
        (FaultKind.HTML, {"status": 503, "after_work": True}),
    ],
)
async def test_what_passes_is_waited_for_and_a_lost_answer_does_no_harm(
    cost_desk: CostDesk, start: CostStatus, move, kind: FaultKind, more
) -> None:
    cost = await cost_desk.at(start)
    cost_desk.spoil(kind, "PATCH", "/costs/*", **more)
    now = await move(cost_desk.books, cost)
    assert now == await cost_desk.books.cost(cost.id)
    assert int(now.version) == int(cost.version) + 1, "it was moved once"


@moves
async def test_the_same_move_of_the_same_cost_again_is_no_trouble(cost_desk: CostDesk, start: CostStatus, move) -> None:
    cost = await cost_desk.at(start)
    now = await move(cost_desk.books, cost)
    assert await move(cost_desk.books, cost) == now
    assert await move(cost_desk.books, now) == now


@moves
async def test_a_cost_that_somebody_has_changed_is_stale(cost_desk: CostDesk, start: CostStatus, move) -> None:
    cost = await cost_desk.at(start)
    cost_desk.firm.edit_cost(int(cost.id), memo="Films, second set")
    with pytest.raises(Stale, match="changed in CASEpeer since it was read") as refused:
        await move(cost_desk.books, cost)
    assert refused.value.problems[0].code == "stale_version"
    read = await cost_desk.books.cost(cost.id)
    assert (read.status, read.memo) == (start, "Films, second set")
    assert (await move(cost_desk.books, read)).memo == "Films, second set"


@moves
async def test_a_cost_that_was_deleted_is_not_found(cost_desk: CostDesk, start: CostStatus, move) -> None:
    cost = await cost_desk.at(start)
    cost_desk.firm.delete_cost(int(cost.id))
    with pytest.raises(NotFound):
        await move(cost_desk.books, cost)


async def test_a_cost_that_stands_under_another_entry_or_number_is_not_as_asked_for(cost_desk: CostDesk) -> None:
    cost = await cost_desk.at(CostStatus.OPEN)
    pending = await cost_desk.books.mark_pending(cost, "D-77", "general-1", NOW)
    with pytest.raises(Stale):
        await cost_desk.books.mark_pending(cost, "D-78", "general-1", NOW)
    await cost_desk.books.mark_paid(pending, "10441", DAY)
    with pytest.raises(Stale):
        await cost_desk.books.mark_paid(pending, "10442", DAY)


async def test_a_cost_cannot_be_paid_or_voided_before_it_was_sent_nor_sent_once_it_was_split(
    cost_desk: CostDesk,
) -> None:
    split, _ = cost_desk.split()
    cost, superseded = await cost_desk.at(CostStatus.OPEN), await cost_desk.books.cost(str(split.id))
    for move in (
        cost_desk.books.mark_paid(cost, "10441", DAY),
        cost_desk.books.mark_void(cost),
        cost_desk.books.mark_pending(superseded, "D-77", "general-1", NOW),
    ):
        with pytest.raises(FixData) as refused:
            await move
        assert (type(refused.value), refused.value.problems[0].code) == (FixData, "invalid_transition")


async def test_what_is_refused_as_data_says_so(cost_desk: CostDesk) -> None:
    cost = await cost_desk.at(CostStatus.OPEN)
    with pytest.raises(FixData, match="entry_id"):
        await cost_desk.books.mark_pending(cost, " ", "general-1", NOW)


async def test_a_move_that_is_answered_and_not_made_is_noticed() -> None:
    """Django takes fields that must not be written, and leaves them as they are."""
    books, cost = speaking(lambda _: json_answer(CASEPEER_COST)), cost_from(CASEPEER_COST)
    assert isinstance(cost, Cost)
    with pytest.raises(UnexpectedAnswer, match="did not make it"):
        await books.mark_pending(cost, "D-77", "general-1", NOW)
    await books.close()
