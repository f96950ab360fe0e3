"""Which of a case's replies go out: what is new or newly shared, once, and never what clients could see before."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.relay import Correspondent, PartyKind
from domain.replies import ChangedCases, Reply, reply_marker, sort_out

BEGAN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BEFORE, AFTER = BEGAN - timedelta(days=300), BEGAN + timedelta(minutes=5)


def reply(number: int = 1, **changes: Any) -> Reply:
    values = {"written_at": AFTER, "edited_at": None} | changes
    return Reply(f"note:{number}", "7", "Hello", Correspondent(PartyKind.STAFF, "230", "Reed, Sam"), **values)


def sent(*replies: Reply, known: tuple[str, ...] = (), passed_over: frozenset[str] | None = frozenset()) -> list[str]:
    return [one.id for one in sort_out(replies, known, passed_over, BEGAN).send]


def test_what_was_written_since_the_relay_began_goes_out_once() -> None:
    assert sent(reply(1), reply(2, written_at=BEGAN)) == ["note:1", "note:2"]
    assert sent(reply(1), known=("note:1",)) == []
    assert sent(reply(1), passed_over=None) == ["note:1"], "however little is known of the case"
    assert sent(reply(1), passed_over=frozenset({"note:1"})) == ["note:1"], "passed over when the relay began later"


def test_what_clients_could_see_before_is_passed_over_for_good() -> None:
    old = reply(1, written_at=BEFORE)
    first = sort_out([old], (), None, BEGAN)
    assert (first.send, first.passed_over) == ((), {"note:1"})
    edited = reply(1, written_at=BEFORE, edited_at=AFTER)
    later = sort_out([edited], (), first.passed_over, BEGAN)
    assert (later.send, later.passed_over) == ((), {"note:1"})
    gone = sort_out([], (), later.passed_over, BEGAN)
    assert gone.passed_over == frozenset()
    assert sent(edited, passed_over=gone.passed_over) == ["note:1"], "unshared, and shared anew"


def test_an_old_one_that_is_shared_only_now_goes_out() -> None:
    assert sent(reply(1, written_at=BEFORE)) == ["note:1"], "it was not there when the case was last read"
    assert sent(reply(1, written_at=BEFORE, edited_at=AFTER), passed_over=None) == ["note:1"], "nobody knows better"
    assert sent(reply(1, written_at=BEFORE, edited_at=BEFORE), passed_over=None) == []


def test_a_marker_says_which_system_and_which_record() -> None:
    assert reply_marker(reply(771204), "smartadvocate") == "smartadvocate:note:771204"


def test_the_newest_change_of_a_page() -> None:
    assert ChangedCases({}, AFTER).newest is None
    assert ChangedCases({"1": BEFORE, "2": BEGAN}, AFTER).newest == BEGAN
