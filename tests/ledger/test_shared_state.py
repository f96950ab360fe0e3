"""Watermarks, request budgets, landlines: what runs and processes tell each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ledger import Lease, LeaseLost, Ledger, Watermark
from tests.ledger.samples import FIRM, NOON


def test_a_watermark_only_goes_forward(ledger: Ledger, lease: Lease) -> None:
    assert ledger.watermarks.get(FIRM, "clio:cases") is None
    noon = ledger.watermarks.advance(lease, FIRM, "clio:cases", NOON, {"seen": ["1"]})
    assert noon == ledger.watermarks.get(FIRM, "clio:cases") == Watermark(NOON, {"seen": ["1"]})
    assert ledger.watermarks.advance(lease, FIRM, "clio:cases", NOON - timedelta(microseconds=1), {"seen": []}) == noon
    assert ledger.watermarks.get(FIRM, "clio:cases") == noon
    same = ledger.watermarks.advance(lease, FIRM, "clio:cases", NOON, {"seen": ["1", "2"]})
    assert same == ledger.watermarks.get(FIRM, "clio:cases") == Watermark(NOON, {"seen": ["1", "2"]})
    later = ledger.watermarks.advance(lease, FIRM, "clio:cases", NOON + timedelta(microseconds=1))
    assert later == ledger.watermarks.get(FIRM, "clio:cases") == Watermark(NOON + timedelta(microseconds=1), None)
    back = ledger.watermarks.advance(lease, FIRM, "clio:cases", NOON - timedelta(days=1), reset=True)
    assert back == ledger.watermarks.get(FIRM, "clio:cases") == Watermark(NOON - timedelta(days=1), None)


def test_streams_and_firms_have_watermarks_of_their_own(ledger: Ledger, lease: Lease) -> None:
    ledger.watermarks.advance(lease, FIRM, "clio:cases", NOON)
    assert ledger.watermarks.get(FIRM, "clio:clients") is None
    assert ledger.watermarks.get("another", "clio:cases") is None


def test_a_watermark_is_not_moved_without_the_lease(ledger: Ledger, lease: Lease) -> None:
    ledger.leases.release(lease)
    with pytest.raises(LeaseLost):
        ledger.watermarks.advance(lease, FIRM, "clio:cases", NOON)
    assert ledger.watermarks.get(FIRM, "clio:cases") is None


def test_a_time_without_a_zone_is_refused(ledger: Ledger, lease: Lease) -> None:
    with pytest.raises(Exception, match="has no time zone"):
        ledger.watermarks.advance(lease, FIRM, "clio:cases", NOON.replace(tzinfo=None))


def test_a_budget_starts_from_nothing_and_keeps_its_state(ledger: Ledger) -> None:
    seen: list[dict[str, Any] | None] = []

    def spend(state: dict[str, Any] | None) -> dict[str, Any]:
        seen.append(state)
        return {"left": (state or {"left": 50})["left"] - 1, "until": 1.5}

    assert ledger.limits.change("clio:a", spend) == {"left": 49, "until": 1.5}
    assert ledger.limits.change("clio:a", spend) == {"left": 48, "until": 1.5}
    assert ledger.limits.change("clio:b", spend) == {"left": 49, "until": 1.5}
    assert seen == [None, {"left": 49, "until": 1.5}, None]


def test_no_change_of_a_budget_is_lost_among_many_callers(url: str) -> None:
    with Ledger.open(url) as here, Ledger.open(url) as there, ThreadPoolExecutor(16) as pool:
        both = [here, there]

        def spend(number: int) -> int:
            state = both[number % 2].limits.change(
                "clio:a", lambda state: {"spent": (state or {"spent": 0})["spent"] + 1}
            )
            return int(state["spent"])

        assert sorted(pool.map(spend, range(200))) == list(range(1, 201))


def test_a_decision_that_fails_changes_nothing(ledger: Ledger) -> None:
    ledger.limits.change("clio:a", lambda _: {"left": 5})
    with pytest.raises(ZeroDivisionError):
        ledger.limits.change("clio:a", lambda _: {"left": 1 // 0})
    assert ledger.limits.change("clio:a", lambda state: state or {}) == {"left": 5}


def test_landlines_are_learnt_once_per_firm(ledger: Ledger) -> None:
    ledger.phones.learn_landlines(FIRM, ["+13035550112", "+13035550112"])
    ledger.phones.learn_landlines(FIRM, ["+13035550112", "+13035550113"])
    ledger.phones.learn_landlines("another", [])
    assert ledger.phones.landlines(FIRM) == {"+13035550112", "+13035550113"}
    assert ledger.phones.landlines("another") == set()
