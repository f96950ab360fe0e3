"""What a process has counted reaches the ledger once, or waits."""

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from connectors.http import Counts, usage
from ledger import Ledger
from tasks.usage import close_ledger, count_cases, keep_usage


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    usage.take()
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")


async def test_each_count_is_kept_once(ledger: Ledger, tmp_path: Path) -> None:
    counts = Counts()
    for status in (200, 201, 304, 404, 429, 503, 0):
        counts.asked("Clio", "GET /matters.json", status)
    counts.waited("Clio", 0.5)
    keep_usage(ledger)
    await close_ledger(ledger)
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as again:
        assert again.usage.totals() == {
            ("Clio", "2xx"): 2,
            ("Clio", "3xx"): 1,
            ("Clio", "4xx"): 1,
            ("Clio", "429"): 1,
            ("Clio", "5xx"): 1,
            ("Clio", "none"): 1,
            ("Clio", "throttled_seconds"): 0.5,
        }
    assert counts.total == 7


def test_what_cannot_be_kept_waits_for_the_next_time(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_sums: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    Counts().asked("Clio", "GET /matters.json", 200)
    with monkeypatch.context() as locked:
        locked.setattr(ledger.usage, "add", refuse)
        keep_usage(ledger)
    assert ledger.usage.totals() == {}
    keep_usage(ledger)
    assert ledger.usage.totals() == {("Clio", "2xx"): 1}
    ledger.close()


def test_a_retry_counts_only_what_it_changed() -> None:
    usage.take()
    count_cases({"created": 5, "failed": 3, "closed": 0}, None)
    assert usage.take() == {("cases", "created"): 5, ("cases", "failed"): 3}
    count_cases({"created": 7, "failed": 1, "closed": 0}, {"counts": {"created": 5, "failed": 3}})
    assert usage.take() == {("cases", "created"): 2}
