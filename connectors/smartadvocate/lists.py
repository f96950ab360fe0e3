"""SmartAdvocate's lists: plain arrays, pages asked for in the query, and pages asked for in the body [doc][seen].

A page comes in an envelope or as a bare array, whatever was asked; a list of nothing may be a 404 [seen]. All names of what
comes are in lower case.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from connectors.errors import UnexpectedAnswer
from connectors.http import Connection
from connectors.http.hints import answered_at
from connectors.paging import last_change
from connectors.smartadvocate.hosts import SYSTEM
from connectors.smartadvocate.wire import lower_keys

PAGE = 200
"""Rows of a page; larger ones are slow [seen]."""
_NONE = (HTTPStatus.NOT_FOUND,)


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list. ``last`` is None when the answer does not say whether another one follows."""

    rows: list[Any]
    last: bool | None = None

    @property
    def ends(self) -> bool:
        """Whether the list ends here: as its envelope says [seen], else when it is short or empty [seen]."""
        if self.last is not None and self.rows:
            return self.last
        return len(self.rows) < PAGE


async def array(connection: Connection, target: str, route: str) -> list[Any]:
    """A list without pages; a single object is a list of one, and 404 is none [seen].

    Raises:
        ConnectorError: as :meth:`Connection.request`; UnexpectedAnswer for what is no list.
    """
    answer = await connection.request("GET", target, route=route, accept=_NONE)
    if answer.status in _NONE or answer.body is None:
        return []
    found = lower_keys(answer.body)
    return [found] if isinstance(found, dict) and "caseid" in found else _rows(found).rows


async def pages(connection: Connection, path: str, route: str) -> AsyncIterator[list[Any]]:
    """A list that is paged by ``currentPage``, which counts from 0, and ``pageSize`` [seen]. Raises as :func:`array`."""
    number, ends = 0, False
    while not ends:
        target = f"{path}?{urlencode({'currentPage': number, 'pageSize': PAGE})}"
        answer = await connection.request("GET", target, route=route, accept=_NONE)
        found = Rows([]) if answer.status in _NONE else _rows(lower_keys(answer.body))
        yield found.rows
        number, ends = number + 1, found.ends


async def pages_by_date(
    connection: Connection, path: str, since: datetime, until: datetime
) -> AsyncIterator[tuple[list[Any], datetime]]:
    """A firm-wide list of what was modified from ``since`` to ``until``, the earliest first; both are always sent [doc-3p].

    With each page comes what SmartAdvocate's clock showed when it answered.

    Each page asks for what was modified since the last row of the one before, as long as the rows do come in that order:
    a record that moves while the list is read would else push another one out of sight. Rows may therefore come twice.
    Raises as :func:`array`.
    """
    number, ends = 0, False
    while not ends:
        body = {
            "modifiedFromDateTime": stamp(since),
            "modifiedToDateTime": stamp(until),
            "pageRequest": {
                "currentPage": number,
                "pageSize": PAGE,
                "filterExpression": {},
                "sorts": [{"propertyPath": "modifiedDate", "sortDirection": "Ascending"}],
            },
        }
        answer = await connection.request("POST", path, route=path, body=body, repeatable=True, accept=_NONE)
        found = Rows([]) if answer.status in _NONE else _rows(lower_keys(answer.body))
        yield found.rows, answered_at(answer.headers)
        ends = found.ends
        moved = last_change(found.rows, "modifieddate")
        since, number = (moved, 0) if moved is not None and moved > since else (since, number + 1)


def _rows(body: Any) -> Rows:
    """The rows of a page: in an envelope under any name, or bare [seen]. Raises UnexpectedAnswer."""
    if body is None:
        return Rows([])  # an empty 200 [seen]
    if isinstance(body, list):
        return Rows(body)
    lists = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else []
    if len(lists) != 1:
        raise UnexpectedAnswer("SmartAdvocate sent something else than a list.", field="records", system=SYSTEM)
    return Rows(lists[0], _is_last(body.get("pagerequest")))


def _is_last(told: Any) -> bool | None:
    number, total = (told.get("currentpage"), told.get("totalpages")) if isinstance(told, Mapping) else (None, None)
    return number >= total - 1 if isinstance(number, int) and isinstance(total, int) else None


def stamp(moment: datetime) -> str:
    """UTC with milliseconds and ``Z`` [seen]."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
