"""The exporter between two scrapes, and without its ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from deployments.metrics import LedgerCollector
from ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


def served(collector: LedgerCollector) -> dict[str, list[float]]:
    return {metric.name: [sample.value for sample in metric.samples] for metric in collector.collect()}


def test_an_unreadable_ledger_is_told_and_no_old_figure_is_served(ledger: Ledger) -> None:
    collector = LedgerCollector(ledger, fresh_seconds=0)
    ledger.usage.add({("Clio", "2xx"): 3})
    assert served(collector)["casebridge_vendor_requests"] == [3]
    with ledger._database.writing() as connection:
        connection.execute(text("ALTER TABLE usage RENAME TO away"))
    assert served(collector) == {"casebridge_ledger_up": [0]}
    with ledger._database.writing() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO usage"))
    assert served(collector)["casebridge_ledger_up"] == [1]


def test_scrapes_close_together_share_one_reading(ledger: Ledger) -> None:
    collector = LedgerCollector(ledger, fresh_seconds=600)
    assert served(collector)["casebridge_vendor_requests"] == []
    ledger.usage.add({("Clio", "2xx"): 3})
    assert served(collector)["casebridge_vendor_requests"] == []
