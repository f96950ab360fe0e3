"""Writing a report's CSV: nobody ever reads half of one."""

import contextlib
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path


@contextlib.contextmanager
def csv_at(path: Path, columns: Sequence[str]) -> Iterator["csv.DictWriter[str]"]:
    """Where to write rows to, below a row with ``columns``; the file has its name only once the block has come to its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, columns)
        rows.writeheader()
        yield rows
    unfinished.replace(path)
