"""The metrics exporter for Prometheus: `python -m deployments.metrics` answers each scrape out of the ledger."""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from ledger import Figures, Ledger, LedgerError
from tasks.set_up import STREAM as SET_UP
from tasks.usage import CASES, THROTTLED

FRESH_SECONDS = 5.0
"""Scrapes within this time share one reading of the ledger."""


class LedgerCollector(Collector):
    """Makes metrics of what is in the ledger; one per process, safe with scrapes at the same time."""

    def __init__(self, ledger: Ledger, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._ledger, self._fresh_seconds = ledger, fresh_seconds
        self._turn = threading.Lock()
        self._metrics: list[Metric] = []
        self._until = 0.0

    def collect(self) -> Iterable[Metric]:
        """All metrics; only `casebridge_ledger_up` when the ledger cannot be read, for old figures would mislead."""
        with self._turn:
            if time.monotonic() >= self._until:
                self._metrics = self._read()
                self._until = time.monotonic() + self._fresh_seconds
            return self._metrics

    def _read(self) -> list[Metric]:
        up = GaugeMetricFamily("casebridge_ledger_up", "1 when the ledger could be read, else 0.")
        try:
            figures = self._ledger.figures.now(besides=(SET_UP,))
            sums = self._ledger.usage.totals()
        except (SQLAlchemyError, LedgerError, OSError):
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *_sums(sums), *_figures(figures)]


def _sums(sums: dict[tuple[str, str], float]) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "casebridge_vendor_requests", "Requests sent to outside systems.", labels=["system", "status"]
    )
    throttled = CounterMetricFamily(
        "casebridge_vendor_throttled_seconds", "Seconds spent waiting for rate limits.", labels=["system"]
    )
    cases = CounterMetricFamily("casebridge_cases", "Cases that runs have ended with, by result.", labels=["result"])
    for (system, measure), amount in sorted(sums.items()):
        if system == CASES:
            cases.add_metric([measure], amount)
        elif measure == THROTTLED:
            throttled.add_metric([system], amount)
        else:
            requests.add_metric([system, measure], amount)
    yield from (requests, throttled, cases)


def _figures(figures: Figures) -> Iterator[Metric]:
    last = GaugeMetricFamily(
        "casebridge_last_run_cases", "Cases of each firm's last night or import, by result.", labels=["firm", "result"]
    )
    for firm, counts in sorted(figures.last_cases.items()):
        for result, count in counts.items():
            last.add_metric([firm, result], count)
    fresh = GaugeMetricFamily(
        "casebridge_firm_freshness_seconds", "Seconds since the firm's last good night or import.", labels=["firm"]
    )
    for firm, at in sorted(figures.synced_at.items()):
        fresh.add_metric([firm], (figures.at - at).total_seconds())
    waiting = GaugeMetricFamily("casebridge_deliveries_waiting", "Deliveries that have not ended.", labels=["stream"])
    oldest = GaugeMetricFamily(
        "casebridge_deliveries_oldest_waiting_seconds",
        "Seconds the oldest delivery has waited that nobody holds back; 0 when none waits.",
        labels=["stream"],
    )
    for stream, pending in sorted(figures.waiting.items()):
        waiting.add_metric([stream], pending.count)
        age = (figures.at - pending.since).total_seconds() if pending.since is not None else 0.0
        oldest.add_metric([stream], max(age, 0.0))
    wrong = GaugeMetricFamily("casebridge_incidents_open", "Firms with an open incident.", labels=["code"])
    for code, firms in sorted(figures.incidents.items()):
        wrong.add_metric([code], firms)
    yield from (last, fresh, waiting, oldest, wrong)


def serve(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 9464,
    address: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
) -> None:
    """Answer scrapes at /metrics until told to stop."""
    registry = CollectorRegistry()
    with Ledger.open() as ledger:
        registry.register(LedgerCollector(ledger))
        _server, thread = start_http_server(port, address, registry)
        typer.echo(f"Metrics are served at http://{address}:{port}/metrics")
        thread.join()


if __name__ == "__main__":
    typer.run(serve)
