"""Many cases: reading them stays flat in memory, and a quiet night stays cheap."""

import gc
import json
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.outcome import Result
from ledger import Lease, Ledger
from tests.ledger.samples import FIRM, case, outcome, portal_case, start

PAGE = 200


def fill(ledger: Ledger, lease: Lease, count: int) -> str:
    """Stage and settle ``count`` cases; the run's id."""
    run = start(ledger, lease)
    for first in range(0, count, PAGE):
        numbers = range(first, first + PAGE)
        ledger.links.stage_source(lease, run.id, FIRM, [case(n) for n in numbers], cursor=str(first), done=False)
        ledger.links.stage_portal(lease, run.id, FIRM, [portal_case(n) for n in numbers], cursor=str(first), done=False)
        outcomes = [outcome(n, Result.REJECTED, "stage_unknown") for n in numbers]
        ledger.links.settle(lease, run.id, FIRM, outcomes, {}, night=True)
    return run.id


def peak_of(work: Callable[[], object]) -> int:
    """Bytes allocated at the worst moment of ``work``."""
    gc.collect()  # when the collector runs next then depends on ``work`` alone, not on the tests before it
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_four_times_as_many_takes_no_more_memory(ledger: Ledger, lease: Lease) -> None:
    peaks: list[tuple[int, ...]] = []
    for count in (1000, 4000):
        run_id = fill(ledger, lease, count)

        def read_links(run_id: str = run_id) -> int:
            return sum(len(page) for page in ledger.links.pages(FIRM, run_id, select="night"))

        def read_attempts(run_id: str = run_id) -> int:
            return sum(len(page) for page in ledger.attempts.iterate(run_id))

        assert read_links() == read_attempts() == count
        peaks.append((peak_of(read_links), peak_of(read_attempts)))
    small, large = peaks
    assert [late < 1.5 * early for early, late in zip(small, large, strict=True)] == [True, True], peaks


def night(ledger: Ledger, lease: Lease, count: int) -> dict[str, float]:
    """One night in which the portal has every case and nothing is to be done: CPU by step, in µs a case."""
    run = start(ledger, lease)
    facts = (lease, run.id, FIRM)
    cost: Counter[str] = Counter()

    def timed(step: str, work: Callable[[], object]) -> None:
        began = time.process_time()
        work()
        cost[step] += time.process_time() - began  # type: ignore[assignment]

    def page(numbers: range) -> None:
        cases, portal = [case(n) for n in numbers], [portal_case(n) for n in numbers]
        outcomes = [outcome(n) for n in numbers]
        timed("stage_source", lambda: ledger.links.stage_source(*facts, cases, cursor="c", done=False))
        timed("stage_portal", lambda: ledger.links.stage_portal(*facts, portal, cursor="c", done=False))
        timed("settle", lambda: ledger.links.settle(*facts, outcomes, {}, night=True))

    for first in range(0, count, PAGE):
        page(range(first, first + PAGE))
    timed("pages", lambda: sum(len(page) for page in ledger.links.pages(FIRM, run.id, select="night")))
    return {step: round(seconds / count * 1e6, 1) for step, seconds in cost.items()}


@pytest.mark.bench
def test_a_quiet_night_of_twenty_thousand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        lease = ledger.leases.acquire(f"cases:{FIRM}", "bench", 600)
        first, quiet = (night(ledger, lease, 20_000) for _ in range(2))
    with capsys.disabled():
        sys.stdout.write(json.dumps({"ledger_us_per_case": {"first": first, "quiet": quiet}}) + "\n")
    assert sum(quiet.values()) < 300, quiet
