"""Keeps what a process has counted: its sums go into the ledger when a flow is done with it."""

import asyncio
from typing import Any

from connectors.http import redacting_logger, usage
from connectors.http.usage import THROTTLED
from ledger import Ledger
from tasks.report_file import Report

__all__ = ["CASES", "THROTTLED", "close_ledger", "keep_usage", "newly_ended"]

CASES = "cases"
"""Stands for the system in sums of cases by result."""

log = redacting_logger("casebridge.usage")


async def close_ledger(ledger: Ledger) -> None:
    """Note what was asked of the vendors since it was last noted, in one statement, and close the ledger."""
    try:
        await asyncio.to_thread(keep_usage, ledger)
    finally:
        ledger.close()


def keep_usage(ledger: Ledger) -> None:
    """Move the sums of this process into the ledger; where it cannot be written they wait for the next time."""
    taken = usage.take()
    try:
        ledger.usage.add(taken)
    except Exception:
        # A figure for a graph is no reason for a night to fail.
        log.exception("The counts of requests could not be noted.")
        for (system, measure), amount in taken.items():
            usage.add(system, measure, amount)


def newly_ended(report: Report, told_before: dict[str, Any] | None) -> dict[tuple[str, str], float]:
    """Cases by result that an earlier end of the same run had not told of: a retry counts only what it changed."""
    before = (told_before or {}).get("counts", {})
    return {
        (CASES, result): count - before.get(result, 0)
        for result, count in report.as_dict()["counts"].items()
        if count > before.get(result, 0)
    }
