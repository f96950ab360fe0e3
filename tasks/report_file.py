"""The CSV of a run: one row per attempted case, unchanged ones included."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import get_run_logger, task

from domain.outcome import Result
from domain.report import COLUMNS, RunFacts, report_row
from ledger import Attempt
from ledger.database import home
from tasks.csv_file import csv_at
from tasks.patience import STEP
from tasks.sync_run import SyncRun

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Report:
    """A run's report: how many cases had which result and why, and where the CSV with all of them is."""

    run_id: str
    firm: str
    counts: Mapping[Result, int]
    reasons: Mapping[str, int]
    notified: int
    csv: Path
    seconds: float
    requests: int

    @property
    def attempted(self) -> int:
        """How many cases were attempted."""
        return sum(self.counts.values())

    def count(self, result: Result) -> int:
        """How many cases had this result."""
        return self.counts.get(result, 0)

    @property
    def troubled(self) -> int:
        """How many cases need attention."""
        return self.count(Result.REJECTED) + self.count(Result.FAILED)

    def sentence(self, firm_name: str) -> str:
        """The run in one sentence."""
        if self.attempted == 0:
            return f"No case of {firm_name} was in the asked window or list; nothing was to be done."
        skipped = self.count(Result.SKIPPED)
        if self.troubled == 0 and skipped:
            return f"{self.attempted - skipped:,} cases of {firm_name} are in step, {skipped:,} were skipped."
        if self.troubled == 0:
            return f"All {self.attempted:,} cases of {firm_name} are in step."
        verb = "needs" if self.troubled == 1 else "need"
        return f"{self.troubled:,} of {self.attempted:,} cases of {firm_name} {verb} attention."

    def as_dict(self) -> dict[str, Any]:
        """The report as a flow returns it."""
        return {
            "run_id": self.run_id,
            "firm": self.firm,
            "counts": {result.value: self.count(result) for result in Result},
            "reasons": dict(self.reasons),
            "clients_notified": self.notified,
            "csv": str(self.csv),
            "seconds": round(self.seconds, 1),
            "requests": self.requests,
        }


@task(name="write_report", **STEP)
async def write_report(run: SyncRun) -> Report:
    """Write the CSV, a chunk at a time, and count what is in it."""
    path = home() / "reports" / run.slug / f"{run.id}.csv"
    notified = await asyncio.to_thread(_write_csv, run, path)
    report = Report(
        run_id=run.id,
        firm=run.slug,
        counts=await asyncio.to_thread(run.ledger.attempts.counts, run.id),
        reasons=await asyncio.to_thread(run.ledger.attempts.reasons, run.id),
        notified=notified,
        csv=path.resolve(),
        seconds=(datetime.now(UTC) - run.record.started_at).total_seconds(),
        requests=sum(run.requests().values()),
    )
    get_run_logger().info("The report of %s cases is at %s.", f"{report.attempted:,}", report.csv)
    return report


def rows_of(run: SyncRun, attempts: Sequence[Attempt]) -> list[dict[str, str]]:
    """The report's rows of some attempts."""
    facts = RunFacts(
        run_id=run.id,
        started_at=run.record.started_at,
        trigger="retry" if run.retrying else run.record.trigger,
        source=run.rules.case_system,
        requested_by=run.record.requested_by or "",
    )
    return [
        report_row(
            attempt.outcome,
            facts,
            case_link=run.portal.case_url(attempt.outcome.portal_id) if attempt.outcome.portal_id else "",
            attempts=attempt.tries,
        )
        for attempt in attempts
    ]


def _write_csv(run: SyncRun, path: Path) -> int:
    """Write the file. Returns the clients told."""
    notified = 0
    with csv_at(path, COLUMNS) as rows:
        for attempts in run.ledger.attempts.iterate(run.id, ROWS_AT_ONCE):
            notified += sum(attempt.outcome.notifies_client for attempt in attempts)
            rows.writerows(rows_of(run, attempts))
    return notified
