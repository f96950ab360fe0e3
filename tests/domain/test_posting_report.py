"""The report of a push: cells that are safe to open, amounts that stay numbers, sums that add up."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.money import total
from domain.posting_report import (
    COLUMNS,
    Line,
    Links,
    Outcome,
    PushFacts,
    row_of,
    sentence,
    sums_by_case,
    sums_by_kind,
)
from domain.postings import ItemKind

FACTS = PushFacts("run-1", "2031-02-03T12:00:00+00:00", "books@harrow-pike.example")
lines = st.lists(
    st.builds(
        Line,
        kind=st.sampled_from(ItemKind),
        case_id=st.sampled_from(["1", "2", "3"]),
        source_id=st.just("7"),
        outcome=st.sampled_from(Outcome),
        amount=st.none() | st.integers(-99_999, 99_999).map(lambda cents: Decimal(cents) / 100),
    )
)


def test_a_row_has_every_column_and_a_negative_amount_stays_a_number() -> None:
    line = Line(ItemKind.PROPERTY_DAMAGE, "41873", "41873", Outcome.POSTED, Decimal("-75.00"), dated=date(2031, 2, 3))
    row = row_of(line, FACTS, Links("https://case", "https://entry"), "=cmd()")
    assert tuple(row) == COLUMNS
    assert (row["amount"], row["client_name"], row["dated"]) == ("-75.00", "'=cmd()", "2031-02-03")
    assert (row["casepeer_link"], row["soluno_link"]) == ("https://case", "https://entry")


def test_an_amount_that_cannot_be_read_leaves_its_cell_empty() -> None:
    row = row_of(Line(ItemKind.COST, "", "7", Outcome.ATTENTION, None, payee="@home"), FACTS, Links(), "")
    assert (row["amount"], row["payee"]) == ("", "'@home")


@given(lines)
def test_sums_by_kind_and_by_case_add_up_to_the_same(some: list[Line]) -> None:
    by_kind, by_case = sums_by_kind(some), sums_by_case(some)
    assert total(one.amount for one in by_kind) == total(one.amount for one in by_case)
    assert sum(one.count for one in by_kind) == sum(one.count for one in by_case)


def test_the_sentence_says_what_counts() -> None:
    some = [
        Line(ItemKind.COST, "1", "7", Outcome.POSTED, Decimal("1250.00")),
        Line(ItemKind.COST, "1", "8", Outcome.PAID, Decimal("3.00")),
        Line(ItemKind.COST, "1", "9", Outcome.WAITING, Decimal("3.00")),
    ]
    assert sentence(some, "Harrow Pike LLP") == (
        "1 entry of Harrow Pike LLP was posted, 1,250.00 in all; 1 cost was paid; 1 needs attention."
    )
