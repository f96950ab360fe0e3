"""What of a firm's money is posted: which costs, which lines of a trust ledger, charges by differences, and the invoice."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.costs import Charge, Charges, Cost, CostKind, CostStatus, Payee, TrustKind, TrustLedger, TrustLine
from domain.money import ZERO, total
from domain.postings import (
    ChargeStanding,
    Item,
    ItemKind,
    Note,
    from_charges,
    from_cost,
    from_settlement,
    from_trust,
    is_settling,
)

FIRM, CASE = "harrow-pike", "41873"
COST = Cost(
    "55120",
    CASE,
    CostKind.CASE_COST,
    Decimal("38.75"),
    CostStatus.OPEN,
    "3",
    Payee("8802", "Lakeside Imaging"),
    "Records fee",
)
IN, OUT = (TrustKind.DEPOSIT, TrustKind.REIMBURSEMENT), (TrustKind.LIEN_PAYMENT, TrustKind.CLIENT_PAYMENT)
cents = st.integers(-500_000, 500_000).map(lambda number: Decimal(number) / 100)


def line(kind: TrustKind, amount: str, *, posted: bool = True, number: str = "1", **values: Any) -> TrustLine:
    return TrustLine(number, kind, Decimal(amount), posted, payee=values.pop("payee", "Meridian Mutual"), **values)


def ledger(*lines: TrustLine) -> TrustLedger:
    balance = total(one.amount for one in lines if one.posted)
    return TrustLedger(CASE, balance, total(one.amount for one in lines), lines)


def of_trust(*lines: TrustLine, pushed: bool = False) -> list[Item | Note]:
    return list(from_trust(ledger(*lines), FIRM, pushed=pushed, client_id="90551"))


def test_an_open_cost_is_a_cheque_to_its_payee() -> None:
    item = from_cost(COST, FIRM)
    assert isinstance(item, Item)
    assert (item.marker, item.amount, item.payee) == ("CP:harrow-pike:cost:55120", Decimal("38.75"), "Lakeside Imaging")
    assert item.payee_marker == "CP:harrow-pike:contact:8802"


@pytest.mark.parametrize(
    ("changed", "code", "skipped"),
    [
        ({"superseded": True}, "superseded", True),
        ({"kind": CostKind.COPP}, "goes_with_settlement", True),
        ({"amount": ZERO}, "amount_not_positive", False),
        ({"amount": Decimal("-1.00")}, "amount_not_positive", False),
        ({"payee": None}, "payee_missing", False),
        ({"payee": Payee("1", " ")}, "payee_missing", False),
    ],
)
def test_some_costs_are_no_cheques(changed: dict[str, Any], code: str, *, skipped: bool) -> None:
    told = from_cost(replace(COST, **changed), FIRM)
    assert isinstance(told, Note)
    assert (told.code, told.skipped) == (code, skipped)
    assert told.sentence
    assert told.fix


@pytest.mark.parametrize("kind", IN)
def test_money_into_trust_is_a_receipt_once_it_is_posted(kind: TrustKind) -> None:
    [item] = of_trust(line(kind, "100.00", check_number="7", check_date=date(2031, 1, 30)))
    assert isinstance(item, Item)
    assert (item.kind, item.amount, item.check_number) == (ItemKind.TRUST_RECEIPT, Decimal("100.00"), "7")
    assert item.on == date(2031, 1, 30)
    [told] = of_trust(line(kind, "100.00", posted=False))
    assert isinstance(told, Note)
    assert told.code == "not_posted_yet"


@pytest.mark.parametrize("kind", OUT)
def test_money_out_of_trust_is_a_cheque_of_a_positive_amount(kind: TrustKind) -> None:
    [item] = of_trust(line(kind, "-100.00"))
    assert isinstance(item, Item)
    assert (item.kind, item.amount) == (ItemKind.TRUST_CHEQUE, Decimal("100.00"))
    whom = "CP:harrow-pike:client:90551" if kind is TrustKind.CLIENT_PAYMENT else "CP:harrow-pike:payee:"
    assert item.payee_marker.startswith(whom)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (line(TrustKind.IMPORTED_BALANCE, "5.00"), "imported_balance"),
        (line(TrustKind.LIEN_PAYMENT, "-5.00", do_not_distribute=True), "do_not_distribute"),
        (line(TrustKind.FEE, "-5.00", posted=False), "not_posted_yet"),
        (line(TrustKind.DEPOSIT, "-5.00"), "wrong_sign"),
        (line(TrustKind.CLIENT_PAYMENT, "5.00"), "wrong_sign"),
        (line(TrustKind.LIEN_PAYMENT, "-5.00", payee=" "), "payee_missing"),
    ],
)
def test_what_may_not_be_posted_is_told(one: TrustLine, code: str) -> None:
    [told] = of_trust(one)
    assert isinstance(told, Note)
    assert told.code == code


def test_nothing_is_paid_out_before_it_came_in() -> None:
    lines = (line(TrustKind.CLIENT_PAYMENT, "-5.00", number="1"), line(TrustKind.DEPOSIT, "9.00", number="2"))
    assert [one.kind for one in of_trust(*lines)] == [ItemKind.TRUST_RECEIPT, ItemKind.TRUST_CHEQUE]


@pytest.mark.parametrize(("posted", "pushed"), [(True, False), (False, True), (True, True)])
def test_a_fee_is_earned_when_it_is_pushed_or_posted_and_its_money_goes_with_the_invoice(
    *, posted: bool, pushed: bool
) -> None:
    lines = (
        line(TrustKind.FEE, "-60.00", posted=posted, number="1"),
        line(TrustKind.COST_REIMBURSEMENT, "-4.50", posted=posted, number="2"),
        line(TrustKind.FEE, "-9.00", posted=posted, number="3", do_not_distribute=True),
    )
    earned = [one for one in of_trust(*lines, pushed=pushed) if isinstance(one, Item)]
    assert [(one.kind, one.amount) for one in earned] == [(ItemKind.FEE, Decimal("60.00"))]
    invoice = from_settlement(ledger(*lines), FIRM, pushed=pushed, carried=(), revisions=0)
    assert invoice is not None
    assert (invoice.marker, invoice.amount) == ("CP:harrow-pike:inv:41873:fee:1", Decimal("64.50"))
    assert invoice.lines == ("1", "2")


def test_each_line_is_carried_by_one_invoice() -> None:
    first, second = (line(TrustKind.FEE, "-60.00", number=number) for number in ("1", "2"))
    later = from_settlement(ledger(first, second), FIRM, pushed=True, carried={"1"}, revisions=1)
    assert later is not None
    assert (later.marker, later.lines) == ("CP:harrow-pike:inv:41873:fee:2", ("2",))
    assert from_settlement(ledger(first, second), FIRM, pushed=True, carried={"1", "2"}, revisions=2) is None
    assert is_settling(ledger(first), ())
    assert not is_settling(ledger(first), {"1"})


def charges(copp: Decimal, damage: Decimal, *, pushed: bool = True) -> Charges:
    return Charges(CASE, Charge(copp, pushed=pushed), Charge(damage, pushed=pushed))


def test_charges_wait_for_the_disbursement_and_for_a_revision_under_way() -> None:
    assert list(from_charges(charges(Decimal("150.00"), ZERO, pushed=False), FIRM, {})) == []
    under_way = {ItemKind.COPP: ChargeStanding(ZERO, 0, is_open=True)}
    assert list(from_charges(charges(Decimal("150.00"), ZERO), FIRM, under_way)) == []


@given(st.lists(st.tuples(cents, cents), min_size=1, max_size=8))
def test_the_differences_add_up_to_the_last_amounts(history: list[tuple[Decimal, Decimal]]) -> None:
    standing: dict[ItemKind, ChargeStanding] = {}
    markers: list[str] = []
    for copp, damage in history:
        for item in from_charges(charges(copp, damage), FIRM, standing):
            before = standing.get(item.kind, ChargeStanding())
            standing[item.kind] = ChargeStanding(before.posted + item.amount, before.revisions + 1)
            markers.append(item.marker)
    posted = [standing.get(kind, ChargeStanding()).posted for kind in (ItemKind.COPP, ItemKind.PROPERTY_DAMAGE)]
    assert posted == list(history[-1])
    assert len(set(markers)) == len(markers)


def test_only_amount_payee_and_case_must_not_change() -> None:
    item = from_cost(COST, FIRM)
    assert isinstance(item, Item)
    same = replace(item, memo="else", invoice_number="9", on=date(2031, 1, 1), payee="Lakeside Imaging Inc.")
    assert same.digest == item.digest
    others = [{"amount": Decimal("38.76")}, {"payee_marker": "CP:harrow-pike:contact:1"}, {"case_id": "1"}]
    assert len({item.digest, *(replace(item, **other).digest for other in others)}) == 4
