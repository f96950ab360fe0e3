"""`make bench`: measure, and print one JSON document."""

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson

from tests.bench.books import measure_books
from tests.bench.nights import measure_nights
from tests.bench.relays import relays
from tests.bench.requests import CASEPEER, SMARTADVOCATE, measure_requests
from tests.bench.sizes import growth, memory

PARTS = ("nights", "memory", "growth", "relays", "smartadvocate", "casepeer", "books")


def main() -> None:
    """Run the wanted parts."""
    arguments = _arguments()
    matters = arguments.matters
    started = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.0f} s  {what}\n")

    found: dict[str, Any] = {"matters": matters, "machine": _machine()}
    with tempfile.TemporaryDirectory(prefix="casebridge-bench-") as directory:
        for part in arguments.only or PARTS:
            say(f"== {part}")
            (home := Path(directory) / part).mkdir()
            match part:
                case "nights":
                    found[part] = measure_nights(matters, home, say)
                case "memory":
                    found[part] = memory([matters // 4, matters * 5 // 2], home, say)
                case "growth":
                    found[part] = growth([matters // 2, matters, matters * 2], home, say)
                case "relays":
                    found[part] = relays(arguments.firms, home, say)
                case "smartadvocate":
                    found[part] = measure_requests(SMARTADVOCATE, matters // 4, home, say)
                case "casepeer":
                    found[part] = measure_requests(CASEPEER, matters // 4, home, say)
                case "books":
                    found[part] = measure_books(matters // 20, home, say)
    found["machine"]["load_after"] = os.getloadavg()[0]
    found["seconds"] = time.monotonic() - started
    sys.stdout.write(orjson.dumps(_rounded(found), option=orjson.OPT_INDENT_2).decode() + "\n")


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
        "large file), smartadvocate and casepeer (their requests at 1/4 of the size), books (requests of pushes at 1/20). Default: all",
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
