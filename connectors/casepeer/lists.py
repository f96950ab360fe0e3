"""CASEpeer's lists: pages by number [seen], ordered by ``updated_at`` and id [assumed].

What moves while a list is read goes to its end or leaves it, and every later row slips forward past a page that is asked
for by its number. So each page of cases or costs asks for what changed since the last row of the one before, that row
included; other lists tell how long they are [assumed], and are read again when they turn out shorter.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from connectors.casepeer.hosts import SYSTEM
from connectors.errors import Unavailable, UnexpectedAnswer
from connectors.http import Connection
from connectors.paging import last_change
from connectors.wiring import record_id

PAGE = 200
"""Rows of a page: the most that were seen to be accepted."""
AT_ONCE = 100
"""Ids that may be asked for at once [assumed]."""
CASES = "/case/"
SEARCH = "/case/case-search/"
_PARTS = "@"
_READINGS = 5


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list: ``more`` says whether another one follows, ``total`` how many rows the whole list has."""

    rows: list[Any]
    more: bool = False
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new on a page of a list by changes; ``cursor`` continues after it, None at the end."""

    rows: list[Any]
    cursor: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list by changes is: the page of that number of what changed since ``since``."""

    since: datetime | None
    number: int = 1

    @classmethod
    def at(cls, cursor: str) -> "Place":
        """The place of a cursor."""
        since, _, number = cursor.partition(_PARTS)
        return cls(datetime.fromisoformat(since) if since else None, int(number))

    @property
    def cursor(self) -> str:
        """The place as text."""
        return f"{self.since.isoformat() if self.since else ''}{_PARTS}{self.number}"

    def after(self, rows: list[Any]) -> "Place":
        """Where the next page is. Rows of one and the same instant are left behind page by page."""
        moved = last_change(rows, "updated_at")
        if moved is not None and (self.since is None or moved > self.since):
            return Place(moved)
        return Place(self.since, self.number + 1)


async def by_change(
    connection: Connection, path: str, place: Place, filters: Mapping[str, str] | None = None
) -> AsyncGenerator[Changes, None]:
    """A list from change to change: each row at least once, and again only if it has changed. Raises ConnectorError.

    Goes on from the first page of the instant of ``place``, whatever its number: which rows of that instant were on the
    pages before is known only to who has read them.
    """
    known: set[tuple[str, str]] = set()
    place, more = Place(place.since), True
    while more:
        found, read = await _reached(connection, path, filters or {}, place, known)
        new = [row for row in found.rows if _mark(row) not in known]
        marks = {_mark(row) for row in found.rows}
        place, more = read.after(found.rows), found.more
        known = marks if place.number == 1 else known | marks
        yield Changes(new, place.cursor if more else None, found.total)


async def _reached(
    connection: Connection, path: str, filters: Mapping[str, str], place: Place, known: set[tuple[str, str]]
) -> tuple[Rows, Place]:
    """The page at ``place`` and where it is: an earlier one if rows nobody knows yet have slipped forward onto that.

    The rows of an instant come by their ids, so that a page with a known row on it leaves none out before that row.
    Another one is believed once the page before it turns out to have only known rows afterwards.
    """
    since = {"updated__gte": place.since.isoformat()} if place.since else {}
    query = {**filters, **since, "page": str(place.number), "page_size": str(PAGE)}
    found = await _page(connection, path, path, query)
    if place.number == 1 or any(_mark(row) in known for row in found.rows):
        return found, place
    earlier, there = await _reached(connection, path, filters, Place(place.since, place.number - 1), known)
    slipped = any(_mark(row) not in known for row in earlier.rows)
    return (earlier, there) if slipped else (found, place)


def _mark(row: Any) -> tuple[str, str]:
    """A record as it is at one moment: its version counts up with every change [assumed]."""
    return record_id(row, "id"), str(row.get("version")) if isinstance(row, dict) else ""


async def by_ids(connection: Connection, ids: set[str]) -> list[Any]:
    """Those of at most ``AT_ONCE`` cases that are there. Raises ConnectorError.

    What a page leaves out is asked for again without what has come: so nothing is lost where fewer rows than asked for
    fit on a page, or move.
    """
    rows: list[Any] = []
    due, more = set(ids), bool(ids)
    while more:
        wanted = ",".join(sorted(due, key=int))
        page = await _page(connection, CASES, CASES, {"id__in": wanted, "page": "1", "page_size": str(AT_ONCE)})
        found = {record_id(row, "id") for row in page.rows} - {""}
        if not found <= ids:
            # Django leaves filters out that it does not know: this would be every case of the firm.
            raise UnexpectedAnswer("CASEpeer sent cases that were not asked for.", field="id__in", system=SYSTEM)
        rows.extend(page.rows)
        due -= found
        more = page.more and bool(due) and bool(found)
    return rows


async def by_words(connection: Connection, words: str) -> list[str]:
    """Ids of the cases that CASEpeer's search finds [seen], each once. Raises ConnectorError."""
    rows = await whole(connection, SEARCH, SEARCH, {"search": words})
    return [found for row in rows if (found := record_id(row, "id"))]


async def whole(
    connection: Connection, path: str, route: str, query: Mapping[str, str] | None = None, key: str = "id"
) -> list[Any]:
    """All rows of a list that fits into memory, each once; where their ``key`` does not tell, as often as they come.

    It is read again until one reading brings as many as the list ever was long meanwhile, or the same as the one before.

    Raises:
        ConnectorError: among them Unavailable for a list that never comes to rest, as then nobody knows what is in it.
    """
    rows: dict[str, Any] = {}
    before: set[str] | None = None
    for _ in range(_READINGS):
        found, total = await _one_reading(connection, path, route, query or {}, key)
        rows |= found
        if len(found) >= total or found.keys() == before:
            return list(rows.values())
        before = set(found)
    message = f"CASEpeer's list '{route.strip('/')}' changed again and again while it was read."
    raise Unavailable(message, system=SYSTEM)


async def _one_reading(
    connection: Connection, path: str, route: str, query: Mapping[str, str], key: str
) -> tuple[dict[str, Any], int]:
    """The rows by their keys, and how many there were at most while they were read, as far as the list says."""
    rows: dict[str, Any] = {}
    total, number, more = 0, 1, True
    while more:
        page = await _page(connection, path, route, {**query, "page": str(number), "page_size": str(PAGE)})
        rows |= {record_id(row, key) or f"{number}/{place}": row for place, row in enumerate(page.rows)}
        total = max(total, page.total or 0)
        number, more = number + 1, page.more and bool(page.rows)
    return rows, total


async def _page(connection: Connection, path: str, route: str, query: Mapping[str, str]) -> Rows:
    """A page in its envelope, or bare [seen]; ``next`` is believed no more than that there is one. A page too far is empty."""
    beyond = (HTTPStatus.NOT_FOUND,) if query["page"] != "1" else ()
    target = f"{path}?{urlencode(query, safe=',')}"
    answer = await connection.request("GET", target, route=route, accept=beyond)
    body = answer.body
    if answer.status in beyond:
        return Rows([])
    if isinstance(body, list):
        return Rows(body)
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list):
        raise UnexpectedAnswer("CASEpeer sent a list without results.", field="results", system=SYSTEM)
    total = body.get("count")
    return Rows(results, body.get("next") is not None, total if isinstance(total, int) else None)
