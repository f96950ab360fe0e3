"""What a delivery carries comes back as it was put in: messages hold whatever people type."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import Ledger, Reservation
from tests.ledger.samples import FIRM, NOON

STREAM = "messages"
texts = st.text(st.characters(exclude_categories=("Cs",)))


def test_any_text_comes_back_as_it_is(ledger: Ledger) -> None:
    numbers = iter(range(10**6))

    @settings(max_examples=25, deadline=None)
    @given(texts)
    def check(text: str) -> None:
        marker = f"message:{next(numbers)}"
        ledger.deliveries.reserve(FIRM, STREAM, [Reservation(marker, "1", NOON, {"content": text})])
        found = ledger.deliveries.get(FIRM, STREAM, marker)
        assert found is not None
        assert found.payload == {"content": text}

    check()


@pytest.mark.parametrize("text", ["\0", "a\0b", '"\\u0000"', "😀", "a\r\n\tb", "\x7f\x1b[31m"])
def test_texts_that_databases_dislike(ledger: Ledger, text: str) -> None:
    ledger.deliveries.reserve(FIRM, STREAM, [Reservation("message:1", "1", NOON, {"content": text})])
    assert ledger.deliveries.payloads_of(FIRM, STREAM, ["1"]) == [("1", {"content": text})]
