"""Keeps what a process has counted: its sums go into the ledger when a flow is done with it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from connectors.http import redacting_logger, usage
from connectors.http.usage import THROTTLED
from ledger import Ledger

__all__ = ["CASES", "THROTTLED", "close_ledger", "count_cases", "keep_usage"]

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


def count_cases(counts: Mapping[str, int], told_before: Mapping[str, Any] | None) -> None:
    """Count the cases that an earlier end of the same run had not told of: a retry adds only what it changed.

    Args:
        counts: cases by result, at this end of the run.
        told_before: the report of its earlier end; None when this is the first.
    """
    before = (told_before or {}).get("counts", {})
    for result, count in counts.items():
        if (more := count - before.get(result, 0)) > 0:
            usage.add(CASES, result, more)
