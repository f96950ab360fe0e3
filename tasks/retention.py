"""Clearing away old details: in the ledger, and the report files of this machine."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import task
from prefect.artifacts import acreate_markdown_artifact

from domain.errors import BadInput
from ledger import Forgotten, Ledger
from ledger.database import home
from tasks.patience import STEP

LEAST_DAYS = 30
"""Nobody may forget what operators still work with."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was cleared away, or would be."""

    rows: Forgotten
    files: int

    @property
    def sentence(self) -> str:
        """In a line."""
        return (
            f"{self.rows.attempts:,} rows about single cases, {self.rows.steps:,} steps of deliveries and {self.files:,} "
            "report files"
        )


@task(name="clear_history", **STEP)
async def clear_history(run_days: int, delivery_days: int, *, dry_run: bool) -> Cleared:
    """Forget what is older. Raises BadInput for fewer days than are safe."""
    for name, days in (("keep_run_days", run_days), ("keep_delivery_days", delivery_days)):
        if days < LEAST_DAYS:
            raise BadInput(f"{name}={days} is too few: keep at least {LEAST_DAYS} days.")
    now = datetime.now(UTC)
    ledger = await asyncio.to_thread(Ledger.open)
    try:
        rows = await asyncio.to_thread(
            ledger.retention.forget,
            runs_before=now - timedelta(days=run_days),
            deliveries_before=now - timedelta(days=delivery_days),
            dry_run=dry_run,
        )
    finally:
        ledger.close()
    files = await asyncio.to_thread(_clear_reports, now - timedelta(days=delivery_days), dry_run=dry_run)
    return Cleared(rows, files)


def _clear_reports(before: datetime, *, dry_run: bool) -> int:
    """Delete the report files of before, on this machine; how many."""
    old = [path for path in _reports() if path.stat().st_mtime < before.timestamp()]
    if not dry_run:
        for path in old:
            path.unlink(missing_ok=True)
    return len(old)


def _reports() -> list[Path]:
    return [path for path in (home() / "reports").glob("*/*.csv") if path.is_file()]


@task(name="show_cleared", **STEP)
async def show_cleared(cleared: Cleared, *, dry_run: bool) -> str:
    """Publish what was done; its sentence."""
    sentence = f"{'Would be deleted' if dry_run else 'Deleted'}: {cleared.sentence}."
    await acreate_markdown_artifact(
        key="history",
        markdown=f"# History\n\n{sentence}\n\nRuns keep their counts, deliveries what became of them.",
        description="What was forgotten",
    )
    return sentence
