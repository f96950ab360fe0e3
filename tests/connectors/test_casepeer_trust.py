"""CASEpeer's settlement charges and trust ledgers over a real socket: no ledger is left out, and no amount is guessed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.casepeer import lists
from connectors.casepeer.trust import ledger_from
from connectors.errors import NotFound, UnexpectedAnswer
from domain.case import Unreadable
from domain.costs import Charge, Charges, TrustKind, TrustLedger, TrustLine
from tests.connectors.cost_desk import CostDesk, speaking
from tests.connectors.fakes import json_answer
from tests.connectors.samples import CASEPEER_CHARGES, CASEPEER_TRUST
from tests.connectors.test_drift import GONE, SUBSTITUTES, dotted, paths, spoiled

LINE = CASEPEER_TRUST["entries"][0]


async def test_charges_of_a_case(cost_desk: CostDesk) -> None:
    case = cost_desk.cases[3]
    pushed = {"amount": "125.00", "staged": True, "pushed_to_disbursement": True}
    waived = {"amount": "-60.00", "staged": False, "pushed_to_disbursement": False}
    cost_desk.firm.set_charges(case, copp=pushed, property_damage=waived)
    copp, damage = Charge(Decimal("125.00"), staged=True, pushed=True), Charge(Decimal("-60.00"))
    assert await cost_desk.books.charges(str(case)) == Charges(str(case), copp, damage)
    with pytest.raises(NotFound):
        await cost_desk.books.charges("999")


@pytest.mark.parametrize(("amount", "said"), [("-125.00", "below zero"), ("125.005", "part of a cent")])
async def test_a_charge_that_cannot_be_taken_says_why(amount: str, said: str) -> None:
    books = speaking(lambda _: json_answer(spoiled(CASEPEER_CHARGES, ("copp", "amount"), amount)))
    with pytest.raises(UnexpectedAnswer, match=said) as refused:
        await books.charges("52918")
    assert (refused.value.field, amount in str(refused.value)) == ("copp.amount", True)
    await books.close()


def test_a_trust_ledger_with_everything() -> None:
    staged = LINE | {"id": 7311, "kind": "lien_payment", "amount": "-8000.00", "status": "staged", "payee": None}
    alone = {"check_number": None, "check_date": "", "do_not_distribute": True, "memo": "Paid by the carrier"}
    assert ledger_from(CASEPEER_TRUST | {"entries": [LINE, staged | alone]}) == TrustLedger(
        "52918",
        Decimal("24500.00"),
        Decimal("0.00"),
        (
            TrustLine(
                "7310", TrustKind.DEPOSIT, Decimal("24500.00"), posted=True, check_number="00467",
                check_date=date(2031, 6, 12), payee="Tallis Insurance",
            ),
            TrustLine(
                "7311", TrustKind.LIEN_PAYMENT, Decimal("-8000.00"), posted=False, do_not_distribute=True,
                memo="Paid by the carrier",
            ),
        ),
    )  # fmt: skip


async def test_every_ledger_comes_once_and_as_it_is_by_itself(
    cost_desk: CostDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 4)
    ledgers = await cost_desk.ledgers()
    assert len(ledgers) > 4
    assert ledgers == cost_desk.in_trust()
    assert await cost_desk.books.trust_of(ledgers[0].case_id) == ledgers[0]
    with pytest.raises(NotFound):
        await cost_desk.books.trust_of("999")


async def test_a_case_without_trust_has_a_ledger_of_nothing(cost_desk: CostDesk) -> None:
    bare = next(one for one in cost_desk.cases if str(one) not in {ledger.case_id for ledger in cost_desk.in_trust()})
    assert await cost_desk.books.trust_of(str(bare)) == TrustLedger(str(bare), Decimal("0.00"), Decimal("0.00"), ())


async def test_only_ledgers_on_which_something_moved_since_then_come(cost_desk: CostDesk) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    cost_desk.firm.write_trust_line(
        cost_desk.cases[2], "deposit", "24500.00", payee="Tallis Insurance", check_number="00467"
    )
    [ledger] = await cost_desk.ledgers(since)
    assert (ledger.case_id, ledger.lines[-1].amount) == (str(cost_desk.cases[2]), Decimal("24500.00"))


@pytest.mark.parametrize("at_a_time", [1, 2, 3])
async def test_a_ledger_that_slips_past_a_page_is_not_left_out(
    cost_desk: CostDesk, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    """Lines are written to the first ones while the pages are read: all later ones move forward."""
    monkeypatch.setattr(lists, "PAGE", 3)
    read, left = lists._page, [ledger.case_id for ledger in cost_desk.firm.trust.by_change()][:5]

    async def page(*given):
        found = await read(*given)
        for _ in range(min(at_a_time, len(left))):
            cost_desk.firm.write_trust_line(left.pop(0), "deposit", "1.00")
        return found

    monkeypatch.setattr(lists, "_page", page)
    found = [ledger.case_id for ledger in await cost_desk.ledgers()]
    assert sorted(found) == sorted(str(ledger.case_id) for ledger in cost_desk.firm.trust.by_change())


async def test_a_line_with_a_part_of_a_cent_is_told_beside_the_others(cost_desk: CostDesk) -> None:
    case = cost_desk.cases[2]
    cost_desk.firm.write_trust_line(case, "deposit", "24500.00")
    line = cost_desk.firm.write_trust_line(case, "fee", "-8000.005", status="staged")
    ledger = await cost_desk.books.trust_of(str(case))
    said = "The amount of this trust line in CASEpeer is '-8000.005', which has a part of a cent: correct it there."
    assert ledger.unreadable == (Unreadable(str(line.id), "amount", said),)
    assert ledger.lines[-1].amount == Decimal("24500.00")
    assert ledger in await cost_desk.ledgers()


async def test_a_balance_with_a_part_of_a_cent_is_told_and_keeps_no_other_ledger_back() -> None:
    rows = [CASEPEER_TRUST | {"balance": "24500.005"}, CASEPEER_TRUST | {"case_id": 52919}]
    books = speaking(lambda _: json_answer({"results": rows, "next": None, "count": 2}))
    [page] = [page async for page in books.trust(None)]
    assert [ledger.case_id for ledger in page.ledgers] == ["52919"]
    said = "The balance of this trust ledger in CASEpeer is '24500.005', which has a part of a cent: correct it there."
    assert page.unreadable == (Unreadable("52918", "balance", said),)
    await books.close()


@pytest.mark.parametrize("path", [path for path in paths(CASEPEER_TRUST) if path[-1] != "as_of"], ids=dotted)
def test_a_field_of_a_trust_ledger_that_vanishes_or_changes_its_kind_is_noticed(path: tuple) -> None:
    for value in SUBSTITUTES:
        read = ledger_from(spoiled(CASEPEER_TRUST, path, value))
        if isinstance(read, Unreadable):
            assert (read.field, read.integration_id in ("52918", "")) == (dotted(path), True)
        elif value is GONE and path != ("entries", 0):
            [trouble] = read.unreadable
            assert trouble.field == path[-1]


@pytest.mark.parametrize("path", paths(CASEPEER_CHARGES), ids=dotted)
async def test_a_field_of_charges_that_vanishes_is_noticed(path: tuple) -> None:
    books = speaking(lambda _: json_answer(spoiled(CASEPEER_CHARGES, path, GONE)))
    with pytest.raises(UnexpectedAnswer) as refused:
        await books.charges("52918")
    assert refused.value.field == dotted(path)
    await books.close()
