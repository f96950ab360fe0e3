"""Amounts: what was said to the cent is kept to the cent, and what cannot be said to the cent is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import ZERO, exact, shown, total, written

TRILLION = 10**12
cents = st.integers(-TRILLION * 100 + 1, TRILLION * 100 - 1)
amounts = cents.map(lambda number: Decimal(number) / 100)


@given(cents)
def test_every_amount_to_the_cent_survives_being_written_and_read(number: int) -> None:
    text = f"{'-' if number < 0 else ''}{abs(number) // 100}.{abs(number) % 100:02}"
    assert written(exact(text)) == text
    assert exact(text) * 100 == number


@given(st.integers(-TRILLION + 1, TRILLION - 1))
def test_a_whole_number_is_the_amount_that_it_is_as_a_text(number: int) -> None:
    assert written(exact(number)) == written(exact(str(number))) == f"{number}.00"


@given(amounts, st.integers(0, 4))
def test_noughts_behind_the_cents_change_nothing(amount: Decimal, noughts: int) -> None:
    assert written(exact(f" {amount:.2f}{'0' * noughts} ")) == written(amount)


@pytest.mark.parametrize("text", ["38.755", "0.001", "-75.009", "1e-3", "1e-2000000", "999999999999.994"])
def test_a_part_of_a_cent_is_not_rounded_but_refused(text: str) -> None:
    for said in (text, Decimal(text)):
        with pytest.raises(ValueError, match=r"^has a part of a cent$"):
            exact(said)


@given(amounts, st.integers(1, 9), st.integers(0, 40))
def test_no_part_of_a_cent_is_too_small_to_be_refused(amount: Decimal, digit: int, noughts: int) -> None:
    with pytest.raises(ValueError, match=r"^(has a part of a cent|is not an amount)$"):
        exact(f"{amount:.2f}{'0' * noughts}{digit}")


@pytest.mark.parametrize("said", [38.75, 38.0, float("nan"), True, False, None, b"38.75", ["38.75"]])
def test_what_cannot_say_an_amount_is_refused(said: object) -> None:
    with pytest.raises(ValueError, match=r"^is not an amount$"):
        exact(said)


@pytest.mark.parametrize("text", ["", " ", "twelve", "1,250.00", "$5", "12.5.0", "NaN", "sNaN", "Infinity", "-inf"])
def test_texts_that_are_no_number_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not an amount$"):
        exact(text)


@pytest.mark.parametrize("said", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_decimals_that_are_no_number_are_refused(said: Decimal) -> None:
    with pytest.raises(ValueError, match=r"^is not an amount$"):
        exact(said)


@pytest.mark.parametrize("said", ["1000000000000", "-1e12", "1e1000000", "-9e999999", TRILLION, -(10**4000)])
def test_a_trillion_and_more_is_refused(said: object) -> None:
    with pytest.raises(ValueError, match=r"^is not an amount$"):
        exact(said)


@pytest.mark.parametrize("said", ["-0", "-0.00", 0, Decimal("-0"), Decimal("-0E-20"), Decimal("0E+5")])
def test_nothing_has_no_minus_and_two_decimals(said: object) -> None:
    assert (str(exact(said)), written(exact(said)), shown(exact(said))) == ("0.00",) * 3


def test_the_total_of_nothing_is_written_as_an_amount() -> None:
    assert (str(ZERO), str(total([]))) == ("0.00", "0.00")


@given(st.lists(amounts.map(exact), max_size=20))
def test_a_total_loses_no_cent(some: list[Decimal]) -> None:
    assert total(some) * 100 == sum(int(amount * 100) for amount in some)
    assert total(some) == total(reversed(some))


def test_people_see_separators_and_vendors_do_not() -> None:
    assert shown(Decimal("-1250.00")) == "-1,250.00"
    assert written(Decimal("-1250.00")) == "-1250.00"
    assert written(Decimal(75)) == shown(Decimal(75)) == "75.00"
