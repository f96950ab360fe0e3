"""Readings: which cases are to be read for replies, in which order, and that no change is lost between two of them."""

from datetime import datetime, timedelta

import pytest

from domain.case import CaseState
from ledger import Lease, Ledger, Reading, Run
from tests.ledger.samples import FIRM, NOON, HandClock, case, portal_case

LONG_AGO = NOON - timedelta(days=400)


@pytest.fixture
def clock(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    return HandClock(ledger, monkeypatch)


def due(ledger: Ledger, *, read_before: datetime = LONG_AGO, limit: int = 10, firm: str = FIRM) -> list[str]:
    return [one.case_id for one in ledger.readings.due(firm, "clio", read_before=read_before, limit=limit)]


def read(ledger: Ledger, case_id: str, *passed_over: str) -> None:
    ledger.readings.done(FIRM, ledger.readings.of(FIRM, case_id), passed_over, "Plaintiff")


def test_what_changed_is_read_once_and_the_longest_noticed_first(ledger: Ledger, clock: HandClock) -> None:
    assert ledger.readings.of(FIRM, "7") == Reading("7")
    ledger.readings.notice(FIRM, {"7": NOON, "9": NOON})
    clock.turn(minutes=2)
    ledger.readings.notice(FIRM, {"1": NOON, "9": NOON})
    assert due(ledger) == ["7", "9", "1"]
    assert due(ledger, limit=2) == ["7", "9"]
    assert due(ledger, firm="another") == []
    read(ledger, "7", "note:4", "note:1")
    assert ledger.readings.of(FIRM, "7") == Reading("7", NOON, clock.now, frozenset({"note:1", "note:4"}), "Plaintiff")
    ledger.readings.notice(FIRM, {"7": NOON})
    assert due(ledger) == ["9", "1"], "listed again because of the overlap, and not changed since"
    ledger.readings.notice(FIRM, {"7": NOON + timedelta(milliseconds=1)})
    assert due(ledger) == ["9", "1", "7"]
    assert ledger.readings.of(FIRM, "7").passed_over == {"note:1", "note:4"}, "what was found is still known"


def test_a_change_during_a_reading_is_read_again(ledger: Ledger, clock: HandClock) -> None:
    ledger.readings.notice(FIRM, {"7": NOON})
    under_way = ledger.readings.of(FIRM, "7")
    ledger.readings.notice(FIRM, {"7": NOON + timedelta(seconds=1)})
    ledger.readings.done(FIRM, under_way, (), "Plaintiff")
    assert due(ledger) == ["7"]
    read(ledger, "7")
    assert due(ledger) == []


def test_a_case_that_waits_keeps_its_place_when_it_changes_again(ledger: Ledger, clock: HandClock) -> None:
    for minute, case_id in enumerate(("7", "9", "7")):
        clock.turn(minutes=2)
        ledger.readings.notice(FIRM, {case_id: NOON + timedelta(minutes=minute)})
    assert due(ledger) == ["7", "9"]


def test_what_is_left_over_goes_to_open_cases_in_the_portal_not_read_for_long(
    ledger: Ledger, lease: Lease, run: Run, clock: HandClock
) -> None:
    cases = [case(1), case(2), case(3), case(4, state=CaseState.CLOSED), case(5)]
    ledger.links.stage_source(lease, run.id, FIRM, cases, cursor=None, done=True)
    in_portal = [portal_case(number) for number in (1, 2, 4, 5)]
    ledger.links.stage_portal(lease, run.id, FIRM, in_portal, cursor=None, done=True)
    one, two, _, _, five = (each.integration_id for each in cases)
    assert due(ledger) == [one, two, five], "neither the closed one nor the one that is not in the portal"
    ledger.readings.notice(FIRM, {"77": NOON, five: NOON + timedelta(seconds=1)})
    assert due(ledger, limit=3) == ["77", five, one], "what changed goes first, in the portal or not"
    for case_id in ("77", five, two, one):
        clock.turn(minutes=1)
        read(ledger, case_id)
    assert due(ledger) == []
    assert due(ledger, read_before=clock.now) == [five, two]
    assert due(ledger, read_before=clock.now + timedelta(seconds=1), limit=1) == [five]
    assert ledger.readings.due(FIRM, "smartadvocate", read_before=clock.now, limit=9) == []


def test_a_case_that_could_not_be_read_is_tried_later_and_nothing_is_known_of_it(
    ledger: Ledger, clock: HandClock
) -> None:
    ledger.readings.notice(FIRM, {"7": NOON})
    ledger.readings.done(FIRM, ledger.readings.of(FIRM, "7"), None, None)
    assert due(ledger) == []
    assert ledger.readings.of(FIRM, "7") == Reading("7", NOON, NOON, None)
    read(ledger, "7")
    assert ledger.readings.of(FIRM, "7").passed_over == frozenset()


def test_what_is_listed_again_on_request_is_read_whether_or_not_it_changed(ledger: Ledger, clock: HandClock) -> None:
    ledger.readings.notice(FIRM, {"7": NOON, "9": NOON})
    for case_id in ("7", "9"):
        read(ledger, case_id, "note:1")
    ledger.readings.list_again("another")
    ledger.readings.notice(FIRM, {"7": NOON})
    assert due(ledger) == []
    ledger.readings.list_again(FIRM)
    ledger.readings.notice(FIRM, {"7": NOON})
    assert due(ledger) == ["7"]
    assert ledger.readings.of(FIRM, "7").passed_over == {"note:1"}
