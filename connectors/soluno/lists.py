"""Soluno's lists: pages by number, in the order of changes [assumed].

What changes while a list is read goes to its end, and every later row slips forward past a page that is asked for by its
number. So each page asks for what changed since the last row of the one before, that row included.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from connectors.errors import UnexpectedAnswer
from connectors.http import Connection
from connectors.paging import last_change
from connectors.soluno.hosts import SYSTEM
from connectors.soluno.wire import ListedRecord
from connectors.wiring import parsed, record_id

PAGE = 200
"""Rows of a page: the most that there are [assumed]."""
_CHANGED = "ModifiedOn"
_PARTS = "@"

Record = TypeVar("Record", bound=ListedRecord)


@dataclass(frozen=True, slots=True)
class Rows(Generic[Record]):
    """What is new on a page; ``cursor`` continues after it, None at the end."""

    records: list[Record]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """The page of that number of what changed since ``since``."""

    since: datetime | None
    number: int = 1

    @classmethod
    def at(cls, cursor: str) -> "_Place":
        since, _, number = cursor.partition(_PARTS)
        return cls(datetime.fromisoformat(since) if since else None, int(number))

    @property
    def cursor(self) -> str:
        return f"{self.since.isoformat() if self.since else ''}{_PARTS}{self.number}"

    @property
    def query(self) -> dict[str, str]:
        # Changes are stamped in whole seconds: a part of one would leave out what changed earlier in that second.
        since = {"ModifiedSince": self.since.replace(microsecond=0).isoformat()} if self.since else {}
        return {**since, "Page": str(self.number), "PageSize": str(PAGE)}

    def after(self, rows: list[Any]) -> "_Place":
        """Where the next page is. Rows of one and the same instant are left behind page by page."""
        moved = last_change(rows, _CHANGED)
        if moved is not None and (self.since is None or moved > self.since):
            return _Place(moved)
        return _Place(self.since, self.number + 1)


async def pages(
    connection: Connection,
    shape: type[Record],
    query: Mapping[str, str] | None = None,
    *,
    since: datetime | None = None,
    cursor: str | None = None,
) -> AsyncGenerator[Rows[Record], None]:
    """A list from change to change, or on from ``cursor``: each row at least once, and again if it changes meanwhile.

    Raises:
        UnexpectedAnswer: a row cannot be read, since it may be the one that counts.
        ConnectorError: whatever else.
    """
    place = _Place.at(cursor) if cursor else _Place(since)
    id_field, before = shape.id_field(), set[tuple[str, str]]()
    more = True
    while more:
        rows, more = await _page(connection, shape.path, {**(query or {}), **place.query})
        marks = {_mark(row, id_field) for row in rows}
        new = [row for row in rows if _mark(row, id_field) not in before]
        place, before = place.after(rows), marks
        more = more and bool(rows)
        yield Rows([parsed(SYSTEM, shape, row, id_field) for row in new], place.cursor if more else None)


async def whole(connection: Connection, shape: type[Record], query: Mapping[str, str] | None = None) -> list[Record]:
    """All records of a list, each once and as it came last. Raises as :func:`pages`."""
    found: dict[str, Record] = {}
    async for page in pages(connection, shape, query):
        found |= {record.id: record for record in page.records}
    return list(found.values())


async def _page(connection: Connection, path: str, query: Mapping[str, str]) -> tuple[list[Any], bool]:
    """The rows of a page, and whether another one follows."""
    answer = await connection.request("GET", f"{path}?{urlencode(query)}", route=path)
    items = answer.body.get("Items") if isinstance(answer.body, dict) else None
    if not isinstance(items, list):
        raise UnexpectedAnswer(f"Soluno sent a list without items ({path.strip('/')}).", field="Items", system=SYSTEM)
    return items, answer.body.get("HasMore") is True


def _mark(row: Any, id_field: str) -> tuple[str, str]:
    """A record as it is at one moment."""
    return record_id(row, id_field), str(row.get(_CHANGED)) if isinstance(row, dict) else ""
