"""CASEpeer's list of cases: pages by number [seen], ordered by ``updated_at`` and id [assumed].

A case that moves while the list is read goes to its end, and every later one slips forward past a page that is asked for by
its number. So each page asks for what changed since the last row of the one before, that row included.
"""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from connectors.casepeer.hosts import SYSTEM
from connectors.errors import UnexpectedAnswer
from connectors.http import Connection
from connectors.paging import last_change
from connectors.wiring import record_id

PAGE = 200
"""Rows of a page: the most that were seen to be accepted."""
AT_ONCE = 100
"""Ids that may be asked for at once [assumed]."""
CASES = "/case/"
SEARCH = "/case/case-search/"
_ROUNDS = 3
_PARTS = "@"


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list: ``more`` says whether another one follows, ``total`` how many rows the whole list has."""

    rows: list[Any]
    more: bool = False
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the list by changes is: the page of that number of what changed since ``since``."""

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


async def by_change(connection: Connection, place: Place) -> Rows:
    """A page of the list by changes. Raises ConnectorError."""
    query = {"updated__gte": place.since.isoformat()} if place.since else {}
    return await _page(connection, {**query, "page": str(place.number), "page_size": str(PAGE)})


async def by_ids(connection: Connection, ids: set[str]) -> list[Any]:
    """Those of at most ``AT_ONCE`` cases that are there. Raises ConnectorError.

    What a page leaves out is asked for again without what has come: so nothing is lost where fewer rows than asked for
    fit on a page, or move.
    """
    rows: list[Any] = []
    due, more = set(ids), bool(ids)
    while more:
        wanted = ",".join(sorted(due, key=int))
        page = await _page(connection, {"id__in": wanted, "page": "1", "page_size": str(AT_ONCE)})
        found = {record_id(row, "id") for row in page.rows} - {""}
        if not found <= ids:
            # Django leaves filters out that it does not know: this would be every case of the firm.
            raise UnexpectedAnswer("CASEpeer sent cases that were not asked for.", field="id__in", system=SYSTEM)
        rows.extend(page.rows)
        due -= found
        more = page.more and bool(due) and bool(found)
    return rows


async def by_words(connection: Connection, words: str) -> list[str]:
    """Ids of the cases that CASEpeer's search finds [seen], each once. Raises ConnectorError.

    Rows may move between pages here, too, and cannot be asked for by their changes: it is read again until as many have
    come as it says there are.
    """
    found: dict[str, None] = {}
    for _ in range(_ROUNDS):
        number, more, total = 1, True, 0
        while more:
            page = await _page(connection, {"search": words, "page": str(number), "page_size": str(PAGE)}, route=SEARCH)
            found.update(dict.fromkeys(record_id(row, "id") for row in page.rows))
            number, more, total = number + 1, page.more, page.total or 0
        found.pop("", None)
        if len(found) >= total:
            break
    return list(found)


async def _page(connection: Connection, query: dict[str, str], *, route: str = CASES) -> Rows:
    """A page in its envelope, or bare [seen]; ``next`` is believed no more than that there is one. A page too far is empty."""
    beyond = (HTTPStatus.NOT_FOUND,) if query["page"] != "1" else ()
    target = f"{route}?{urlencode(query, safe=',')}"
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
