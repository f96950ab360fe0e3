"""Feeds: each firm's place in each stream, which begins earlier but never later, and goes forward but never back."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import Feed, Ledger
from tests.ledger.samples import FIRM, NOON, HandClock

STREAM = "messages"
HOUR = timedelta(hours=1)


@pytest.fixture
def clock(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    return HandClock(ledger, monkeypatch)


def feed(ledger: Ledger, firm: str = FIRM, stream: str = STREAM) -> Feed:
    return ledger.feeds.of(stream, firm)[firm]


def test_a_feed_begins_where_it_is_switched_on(ledger: Ledger) -> None:
    assert ledger.feeds.of(STREAM) == {}
    begun = ledger.feeds.begin(FIRM, STREAM, NOON)
    assert begun == Feed(FIRM, NOON, NOON, None, None, None)
    assert ledger.feeds.of(STREAM) == {FIRM: begun}


def test_it_begins_earlier_when_asked_to_but_never_later(ledger: Ledger) -> None:
    ledger.feeds.begin(FIRM, STREAM, NOON)
    assert ledger.feeds.begin(FIRM, STREAM, NOON + HOUR).begins_at == NOON
    earlier = ledger.feeds.begin(FIRM, STREAM, NOON - HOUR)
    assert (earlier.begins_at, earlier.read_to) == (NOON - HOUR, NOON), "what was read since stays read"


def test_its_place_only_goes_forward(ledger: Ledger) -> None:
    ledger.feeds.begin(FIRM, STREAM, NOON)
    ledger.feeds.advance(FIRM, STREAM, NOON + HOUR)
    ledger.feeds.advance(FIRM, STREAM, NOON + HOUR / 2)
    assert (feed(ledger).begins_at, feed(ledger).read_to) == (NOON, NOON + HOUR)


def test_a_feed_that_has_not_begun_has_no_place_to_move(ledger: Ledger) -> None:
    ledger.feeds.advance(FIRM, STREAM, NOON)
    ledger.feeds.tidied(FIRM, STREAM)
    ledger.feeds.polled(STREAM, [FIRM], swept=[FIRM])
    assert ledger.feeds.of(STREAM) == {}


def test_firms_and_streams_have_places_of_their_own(ledger: Ledger) -> None:
    for firm, stream in ((FIRM, STREAM), (FIRM, "documents"), ("another", STREAM)):
        ledger.feeds.begin(firm, stream, NOON)
    ledger.feeds.advance(FIRM, STREAM, NOON + HOUR)
    ledger.feeds.tidied(FIRM, "documents")
    assert set(ledger.feeds.of(STREAM)) == {FIRM, "another"}
    assert set(ledger.feeds.of(STREAM, FIRM)) == {FIRM}
    assert feed(ledger).tidied_at is None
    for firm, stream in ((FIRM, "documents"), ("another", STREAM)):
        assert feed(ledger, firm, stream).read_to == NOON


def test_when_feeds_were_polled_and_swept_is_noted_by_the_databases_clock(ledger: Ledger, clock: HandClock) -> None:
    for firm in (FIRM, "another", "a third"):
        ledger.feeds.begin(firm, STREAM, NOON - HOUR)
    ledger.feeds.polled(STREAM, [FIRM, "another"], swept=[FIRM])
    clock.turn(minutes=2)
    ledger.feeds.polled(STREAM, {"another"})
    ledger.feeds.tidied(FIRM, STREAM)
    two_later = NOON + timedelta(minutes=2)
    found = {firm: (one.polled_at, one.swept_at, one.tidied_at) for firm, one in ledger.feeds.of(STREAM).items()}
    assert found == {FIRM: (NOON, NOON, two_later), "another": (two_later, None, None), "a third": (None, None, None)}


def test_a_reading_counts_from_its_beginning(ledger: Ledger, clock: HandClock) -> None:
    ledger.feeds.begin(FIRM, STREAM, NOON)
    clock.turn(minutes=3)
    ledger.feeds.polled(STREAM, [FIRM], swept=[FIRM], at=NOON + timedelta(minutes=1))
    assert (feed(ledger).polled_at, feed(ledger).swept_at) == (NOON + timedelta(minutes=1),) * 2


def test_a_thousand_firms_are_noted_at_once(ledger: Ledger) -> None:
    firms = [f"firm-{number}" for number in range(1_000)]
    for firm in firms[::100]:
        ledger.feeds.begin(firm, STREAM, NOON)
    ledger.feeds.polled(STREAM, firms, swept=firms)
    assert all(one.polled_at and one.swept_at for one in ledger.feeds.of(STREAM).values())


moments = st.integers(-3, 3).map(lambda hours: NOON + hours * HOUR)
orders = st.lists(st.tuples(st.sampled_from(["begin", "advance"]), moments), min_size=1, max_size=8)


def test_in_whatever_order_it_happens(ledger: Ledger) -> None:
    numbers = iter(range(10**6))

    @settings(max_examples=25, deadline=None)
    @given(orders)
    def check(order: list[tuple[str, datetime]]) -> None:
        firm = f"firm-{next(numbers)}"
        does: dict[str, Callable[[str, str, datetime], object]] = {
            "begin": ledger.feeds.begin,
            "advance": ledger.feeds.advance,
        }
        for what, at in order:
            does[what](firm, STREAM, at)
        begun = [place for place, (what, _) in enumerate(order) if what == "begin"]
        if not begun:
            assert ledger.feeds.of(STREAM, firm) == {}
            return
        found, first = feed(ledger, firm), begun[0]
        assert found.begins_at == min(at for what, at in order if what == "begin")
        advanced = [at for what, at in order[first:] if what == "advance"]
        assert found.read_to == max([order[first][1], *advanced])

    check()
