"""Documents of firms of CASEpeer: in which ticks their portal is read, by what the ledger knows of the firm's night."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.firm import Firm
from ledger import Lease, Ledger
from tasks.relay.nightly import comes_nightly, is_to_be_read, stale_after
from tasks.relay.streams import DOCUMENTS, MESSAGES
from tests.blocks import samples
from tests.ledger.conftest import ledger as ledger  # noqa: PLC0414
from tests.ledger.conftest import postgresql_server, postgresql_url, url
from tests.ledger.samples import FIRM, HandClock, start

__all__ = ["postgresql_server", "postgresql_url", "url"]
NIGHT = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
"""21:00 in New York."""
DAY = timedelta(days=1)


@pytest.fixture
def clock(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    return HandClock(ledger, monkeypatch)


def peers(**settings: Any) -> Firm:
    of_its_own = {"nightly_at": "21:00", "nightly_zone": "America/New_York"}
    return samples.firm(FIRM, case_system=samples.casepeer(), **(of_its_own | settings))


def reads(ledger: Ledger, clock: HandClock, firm: Firm) -> Callable[[float], bool]:
    """Whether a tick so many minutes after the hour of the night reads the firm's files, read last the evening before."""
    clock.now = NIGHT - DAY
    ledger.feeds.begin(FIRM, "documents", clock.now)
    ledger.feeds.polled("documents", [FIRM])

    def ask(minutes: float) -> bool:
        clock.now = NIGHT + timedelta(minutes=minutes)
        feed = ledger.feeds.of("documents", FIRM)[FIRM]
        return asyncio.run(is_to_be_read(DOCUMENTS, firm, ledger, feed))

    return ask


def sync(ledger: Ledger, clock: HandClock, minutes: float, **facts: Any) -> Lease:
    """A run of the firm begins."""
    clock.now = NIGHT + timedelta(minutes=minutes)
    lease = ledger.leases.acquire(f"cases:{FIRM}", "a run", 60)
    start(ledger, lease, **facts)
    return lease


def test_only_casepeers_documents_come_nightly() -> None:
    assert comes_nightly(DOCUMENTS, peers())
    assert not comes_nightly(MESSAGES, peers())
    for system in (samples.clio(), samples.smartadvocate()):
        assert not comes_nightly(DOCUMENTS, samples.firm(case_system=system))


def test_what_comes_nightly_is_too_old_after_a_day_and_an_hour() -> None:
    assert stale_after(DOCUMENTS, peers()) == timedelta(hours=25)
    assert stale_after(MESSAGES, peers()) == timedelta(minutes=10)
    assert stale_after(DOCUMENTS, samples.firm()) == timedelta(hours=1)


async def test_the_others_are_read_in_every_tick_and_a_new_firm_at_once(ledger: Ledger, clock: HandClock) -> None:
    feed = ledger.feeds.begin(FIRM, "documents", clock.now)
    ledger.feeds.polled("documents", [FIRM])
    feed = ledger.feeds.of("documents")[FIRM]
    assert await is_to_be_read(DOCUMENTS, samples.firm(FIRM), ledger, feed)
    assert await is_to_be_read(MESSAGES, peers(), ledger, feed)
    assert await is_to_be_read(DOCUMENTS, peers(), ledger, None)
    assert not await is_to_be_read(DOCUMENTS, peers(), ledger, feed)


def test_the_firms_sync_is_waited_for_from_its_hour_to_its_end(ledger: Ledger, clock: HandClock) -> None:
    ask = reads(ledger, clock, peers())
    assert [ask(minutes) for minutes in (-20, 0, 7)] == [False, False, False]
    lease = sync(ledger, clock, 8)
    assert not ask(8.5)
    lease = ledger.leases.renew(lease, 3600)
    assert not ask(50)
    ledger.leases.release(lease)
    assert ask(51)
    ledger.feeds.polled("documents", [FIRM])
    assert [ask(minutes) for minutes in (71, 24 * 60 - 1)] == [False, False]
    assert ask(24 * 60 + 30)


def test_a_sync_that_dies_holds_up_nothing(ledger: Ledger, clock: HandClock) -> None:
    ask = reads(ledger, clock, peers())
    sync(ledger, clock, 1)
    assert (ask(1.5), ask(3)) == (False, True)


def test_a_sync_that_does_not_begin_is_waited_for_half_an_hour(ledger: Ledger, clock: HandClock) -> None:
    ask = reads(ledger, clock, peers())
    assert (ask(29), ask(30)) == (False, True)


def test_one_that_is_switched_off_is_not_waited_for(ledger: Ledger, clock: HandClock) -> None:
    ask = reads(ledger, clock, peers(nightly_sync=False))
    assert (ask(-1), ask(0)) == (False, True)
    sync(ledger, clock, 1, kind="sync_one_case")
    assert not ask(1.5), "somebody is at the firm's cases"


def test_another_run_over_the_firms_cases_is_no_sync(ledger: Ledger, clock: HandClock) -> None:
    ask = reads(ledger, clock, peers())
    sync(ledger, clock, 1)
    clock.turn(minutes=2)
    ledger.leases.release(sync(ledger, clock, 5, kind="sync_one_case"))
    assert ask(6), "the night was before it"
    ask = reads(ledger, clock, peers())
    assert not ask(-23 * 60)


def test_a_run_by_hand_alone_does_not_end_the_wait(ledger: Ledger, clock: HandClock) -> None:
    ask = reads(ledger, clock, peers())
    ledger.leases.release(sync(ledger, clock, 5, kind="sync_one_case"))
    assert (ask(6), ask(31)) == (False, True)


def test_the_firms_own_hour_counts(ledger: Ledger, clock: HandClock) -> None:
    ask = reads(ledger, clock, peers(nightly_sync=False, nightly_at="22:00", nightly_zone="America/New_York"))
    assert ask(-23 * 60), "that night has not been read yet"
    ledger.feeds.polled("documents", [FIRM])
    assert (ask(59), ask(60)) == (False, True)
