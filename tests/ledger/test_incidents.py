"""Incidents: one for each thing that is wrong, as long as it lasts, told once."""

from datetime import timedelta

import pytest

from ledger import Incident, Ledger
from tests.ledger.samples import FIRM, NOON, HandClock

STREAM = "messages"


@pytest.fixture
def clock(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    return HandClock(ledger, monkeypatch)


def codes(incidents: list[Incident]) -> list[str]:
    return [incident.code for incident in incidents]


def test_what_is_found_is_to_be_told_until_it_was(ledger: Ledger, clock: HandClock) -> None:
    found = {"stale": "It waits.", "reconnect_needed": "Connect again."}
    untold = ledger.incidents.observe(FIRM, STREAM, found)
    assert untold == [
        Incident(FIRM, "reconnect_needed", "Connect again.", NOON, None),
        Incident(FIRM, "stale", "It waits.", NOON, None),
    ]
    assert ledger.incidents.observe(FIRM, STREAM, found) == untold, "nobody was told, so it is still to be told"
    clock.turn(minutes=2)
    ledger.incidents.told(FIRM, STREAM, "stale")
    assert codes(ledger.incidents.observe(FIRM, STREAM, found)) == ["reconnect_needed"]
    told = ledger.incidents.of(STREAM, FIRM)[1]
    assert (told.since, told.told_at) == (NOON, NOON + timedelta(minutes=2))


def test_one_that_lasts_keeps_its_beginning_and_takes_the_newest_sentence(ledger: Ledger, clock: HandClock) -> None:
    ledger.incidents.observe(FIRM, STREAM, {"stale": "It has waited for 10 min."})
    ledger.incidents.told(FIRM, STREAM, "stale")
    clock.turn(minutes=2)
    assert ledger.incidents.observe(FIRM, STREAM, {"stale": "It has waited for 12 min."}) == []
    [lasting] = ledger.incidents.of(STREAM)
    assert (lasting.since, lasting.sentence, lasting.told_at) == (NOON, "It has waited for 12 min.", NOON)


def test_one_that_comes_again_is_a_new_one(ledger: Ledger, clock: HandClock) -> None:
    ledger.incidents.observe(FIRM, STREAM, {"stale": "It waits."})
    ledger.incidents.told(FIRM, STREAM, "stale")
    assert ledger.incidents.observe(FIRM, STREAM, {}) == []
    assert ledger.incidents.of(STREAM) == []
    clock.turn(hours=1)
    [again] = ledger.incidents.observe(FIRM, STREAM, {"stale": "It waits."})
    assert (again.since, again.told_at) == (NOON + timedelta(hours=1), None)


def test_one_that_is_over_leaves_the_others(ledger: Ledger) -> None:
    ledger.incidents.observe(FIRM, STREAM, {"stale": "It waits.", "given_up": "One was given up."})
    ledger.incidents.told(FIRM, STREAM, "given_up")
    assert ledger.incidents.observe(FIRM, STREAM, {"given_up": "One was given up."}) == []
    assert codes(ledger.incidents.of(STREAM)) == ["given_up"]


def test_firms_and_streams_have_incidents_of_their_own(ledger: Ledger) -> None:
    ledger.incidents.observe("another", STREAM, {"stale": "It waits."})
    ledger.incidents.observe(FIRM, "documents", {"stale": "It waits."})
    ledger.incidents.observe(FIRM, STREAM, {"stale": "It waits."})
    ledger.incidents.told(FIRM, STREAM, "stale")
    ledger.incidents.observe(FIRM, STREAM, {})
    assert [(one.firm, one.told_at) for one in ledger.incidents.of(STREAM)] == [("another", None)]
    assert [(one.firm, one.told_at) for one in ledger.incidents.of("documents")] == [(FIRM, None)]
    assert ledger.incidents.of(STREAM, FIRM) == []


def test_telling_of_one_that_is_over_changes_nothing(ledger: Ledger) -> None:
    ledger.incidents.told(FIRM, STREAM, "stale")
    assert ledger.incidents.of(STREAM) == []


def test_a_sentence_may_quote_anything(ledger: Ledger) -> None:
    [found] = ledger.incidents.observe(FIRM, STREAM, {"vendor_refused": "It said “\ud800 and \0 it stopped”."})
    assert found.sentence.startswith("It said “")
    assert ledger.incidents.of(STREAM) == [found]


def test_a_firm_that_was_told_by_one_stream_is_known_to_have_been_told(ledger: Ledger, clock: HandClock) -> None:
    for stream in ("messages", "documents"):
        ledger.incidents.observe(FIRM, stream, {"reconnect_needed": "Connect again."})
    assert not ledger.incidents.is_told(FIRM, "Connect again.")
    ledger.incidents.told(FIRM, "messages", "reconnect_needed")
    assert ledger.incidents.is_told(FIRM, "Connect again.")
    assert not ledger.incidents.is_told(FIRM, "Something else.")
    assert not ledger.incidents.is_told("another-firm", "Connect again.")
