"""How memory and time grow with the number of matters."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.bench.nights import place
from tests.bench.processes import prefect_server


def measure_sizes(sizes: Sequence[int], directory: Path, say: Any) -> list[dict[str, Any]]:
    """First sync and quiet night at each size, with a fresh sandbox and an empty ledger each time."""
    found = []
    with prefect_server(directory) as prefect:
        for matters in sizes:
            with place(matters, prefect, directory / f"size-{matters}") as ours:
                say(f"{matters} matters")
                first, quiet = ours.run_job(), ours.run_job()
            found.append({"matters": matters, "first_sync": _kept(first), "quiet_night": _kept(quiet)})
    return found


def memory(sizes: Sequence[int], directory: Path, say: Any) -> dict[str, Any]:
    """Peak RSS at the smallest and the largest of ``sizes``."""
    found = measure_sizes(sizes, directory, say)
    growth = {
        night: found[-1][night]["peak_rss_mib"] - found[0][night]["peak_rss_mib"]
        for night in ("first_sync", "quiet_night")
    }
    return {"sizes": found, "growth_mib": growth, "target": "growth < 40 MiB"}


def growth(sizes: Sequence[int], directory: Path, say: Any) -> dict[str, Any]:
    """Time at ``sizes``, each twice the one before."""
    found = measure_sizes(sizes, directory, say)
    ratios = {
        night: {
            clock: [after[night][clock] / before[night][clock] for before, after in pairwise(found)]
            for clock in ("wall", "cpu")
        }
        for night in ("first_sync", "quiet_night")
    }
    return {"sizes": found, "per_doubling": ratios, "target": "<= 2.2 per doubling"}


def _kept(job: dict[str, Any]) -> dict[str, Any]:
    return {name: job[name] for name in ("wall", "cpu", "peak_rss_mib", "task_runs", "cpu_of_servers")}
