"""`make bench`: measure, and print one JSON document."""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from tests.bench.books import measure_books
from tests.bench.deployments import measure_deployments
from tests.bench.fleet_night import measure_fleet_night
from tests.bench.nights import measure_nights
from tests.bench.relays import relays
from tests.bench.requests import CASEPEER, SMARTADVOCATE, measure_requests
from tests.bench.sizes import growth, memory

PARTS = ("nights", "memory", "growth", "relays", "smartadvocate", "casepeer", "books", "deployments", "fleet-night")


def main() -> None:
    """Run the wanted parts."""
    arguments = _arguments()
    started = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.0f} s  {what}\n")

    measures = _measures(arguments, say)
    found: dict[str, Any] = {"matters": arguments.matters, "machine": _machine()}
    with tempfile.TemporaryDirectory(prefix="casebridge-bench-") as directory:
        for part in arguments.only or measures:
            say(f"== {part}")
            (home := Path(directory) / part).mkdir()
            found[part] = measures[part](home)
    found["machine"]["load_after"] = os.getloadavg()[0]
    found["seconds"] = time.monotonic() - started
    sys.stdout.write(orjson.dumps(_rounded(found), option=orjson.OPT_INDENT_2).decode() + "\n")


def _measures(arguments: argparse.Namespace, say: Any) -> dict[str, Callable[[Path], Any]]:
    """What can be measured; each is given an empty directory."""
    matters, firms = arguments.matters, arguments.firms
    return {
        "nights": lambda home: measure_nights(matters, home, say),
        "memory": lambda home: memory([matters // 4, matters * 5 // 2], home, say),
        "growth": lambda home: growth([matters // 2, matters, matters * 2], home, say),
        "relays": lambda home: relays(firms, home, say),
        "smartadvocate": lambda home: measure_requests(SMARTADVOCATE, matters // 4, home, say),
        "casepeer": lambda home: measure_requests(CASEPEER, matters // 4, home, say),
        "books": lambda home: measure_books(matters // 20, home, say),
        "deployments": lambda home: measure_deployments(firms // 2, home, say),
        "fleet-night": lambda home: measure_fleet_night(firms // 50, home, say),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Speed and size of nightly case sync, relays and cost pushes; prints JSON.",
    )
    parser.add_argument("--matters", type=int, default=20_000, help="the firm's size (default 20000)")
    parser.add_argument("--firms", type=int, default=1000, help="the fleet of the relays (default 1000)")
    parser.add_argument(
        "--only",
        choices=PARTS,
        action="append",
        help="one part, may be given again: nights (three nights beside a bare script), memory (peak RSS at 1/4 and "
        "2 1/2 times the size), growth (time at 1/2, 1 and 2 times the size), relays (a quiet tick, a delivering one, a "
        "large file), smartadvocate and casepeer (their requests at 1/4 of the size), books (requests of pushes at 1/20), "
        "deployments (of half the fleet), fleet-night (1/50 of the fleet's firms through a worker). Default: all",
    )
    return parser.parse_args()


def _machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "python": platform.python_version(), "load_before": os.getloadavg()[0]}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value


if __name__ == "__main__":
    main()
