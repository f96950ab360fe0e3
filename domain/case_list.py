"""Reading a list of cases that a person hands in: plain ids, addresses, a CSV, or a run's report edited down."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.case_reference import UnusableReference, case_id
from domain.errors import BadInput
from domain.report import restore_cell
from domain.systems import CASE_SYSTEMS

ID_COLUMN = "integration_id"
_HEADERS = re.compile(r"(?:integration|case|matter)?[\s_-]*(?:id|ids|url|link)|(?:case|matter)s?", re.IGNORECASE)
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+|\d+[.,]0+", re.IGNORECASE)
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class CaseIds:
    """The integration ids of a list, in its order, each once; ``duplicates`` tells how many lines repeated one."""

    ids: tuple[str, ...]
    duplicates: int = 0


class UnusableCaseList(BadInput):
    """Lines of the list name no case. ``problems`` holds (line number, what is wrong with it)."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        told = " ".join(f"Line {number}: {problem}" for number, problem in problems[:_MOST_TOLD])
        more = len(problems) - _MOST_TOLD
        super().__init__(f"{told} And {more} more lines." if more > 0 else told)
        self.problems = tuple(problems)


def parse_case_ids(source: str | bytes, system: str) -> CaseIds:
    """The ids named by a list: one a line, or the column ``integration_id`` of a CSV, else its first column.

    Tolerates a byte order mark, a header, blank lines, repeated ids and the delimiters of spreadsheets.

    Args:
        source: The text, or the bytes of a file in UTF-8 or UTF-16.
        system: Key of the firm's case system.

    Raises:
        UnusableCaseList: lines that name no case, or nothing but blank lines.
    """
    text = source if isinstance(source, str) else _decoded(source)
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    ids: dict[str, None] = {}
    duplicates = 0
    problems: list[tuple[int, str]] = []
    for number, entry in _entries(text):
        try:
            found = case_id(entry, system)
        except UnusableReference as error:
            problems.append((number, _explained(entry, system, error)))
            continue
        duplicates += found in ids
        ids[found] = None
    if not ids and not problems:
        problems = [(1, f"The list is empty. Enter one {CASE_SYSTEMS[system].name} case id or address a line.")]
    if problems:
        raise UnusableCaseList(problems)
    return CaseIds(tuple(ids), duplicates)


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """(line number, entry) of every entry, the header aside. Without a header, a line of ids only is several entries."""
    rows = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    column: int | None = None
    headed = False
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"(not a readable line: {error})"
            continue
        cells = [restore_cell(cell).strip() for cell in row]
        if not any(cells):
            continue
        if column is None:
            column, headed = _column(cells)
            if headed:
                continue
        if not headed and all(cell.isdecimal() for cell in cells if cell):
            yield from ((line, cell) for cell in cells if cell)
        else:
            yield line, cells[column] if column < len(cells) else ""


def _column(first_row: list[str]) -> tuple[int, bool]:
    """Which column holds the ids, and whether the first row is a header."""
    plain = [cell.lower().replace(" ", "_") for cell in first_row]
    if ID_COLUMN in plain:
        return plain.index(ID_COLUMN), True
    return 0, _HEADERS.fullmatch(first_row[0]) is not None


def _delimiter(text: str) -> str:
    """The delimiter of the first line that is not blank: comma, semicolon or tab."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)


def _decoded(source: bytes) -> str:
    encoding = "utf-16" if source[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return source.decode(encoding, errors="replace")


def _explained(entry: str, system: str, error: UnusableReference) -> str:
    if not entry:
        return f"The column {ID_COLUMN} is empty."
    if _ROUNDED.fullmatch(entry):
        return (
            f"“{entry}” was changed by a spreadsheet. Format the column {ID_COLUMN} as text, or copy the ids again from "
            f"{CASE_SYSTEMS[system].name}."
        )
    return str(error)
