"""The portal's two kinds of list: by cursor in the order of changes, and by page number."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from sandbox.casestatus.answers import Answer, json_answer
from sandbox.casestatus.call import Call
from sandbox.casestatus.register import BEGINNING, Position, Record

PAGING: Final = frozenset({"cursor", "limit"})
CHANGES: Final = PAGING | {"updated_since"}
"""Query parameters of every cursor list."""
PAGE_NUMBER: Final = "page[number]"
_DEFAULT_LIMIT, _HIGHEST_LIMIT = 25, 100

AnyRecord = TypeVar("AnyRecord", bound=Record)
Walk = Callable[[Position], Iterable[AnyRecord]]
"""Gives the records beyond a position, oldest change first."""


def cursor_list(
    call: Call,
    walk: Walk[AnyRecord],
    render: Callable[[AnyRecord], Any],
    accept: Callable[[AnyRecord], bool] | None = None,
) -> Answer:
    """One page, oldest change first; a record that changes while somebody pages moves to the end and is met again.

    With ``page_overlap`` set on the portal, the rows at the end of a page are met again on the next one.
    """
    limit = call.whole_number("limit", _DEFAULT_LIMIT, _HIGHEST_LIMIT)
    filters = {name: value for name, value in call.query.items() if name not in PAGING}
    filters["route"] = call.route + str(sorted(call.arguments.items()))
    given = call.query.get("cursor")
    position = call.portal.cursors.read(given, filters, call.now) if given else BEGINNING
    since = call.instant("updated_since")
    if since is not None:
        position = max(position, (since, -1))
    records: Iterator[AnyRecord] = iter(walk(position))
    found = list(islice(filter(accept, records) if accept else records, limit + 1))
    shown, more = found[:limit], len(found) > limit
    # A page must get further by one row at least, or its reader would never reach the end.
    last = shown[-1 - min(call.portal.page_overlap, limit - 1)] if more else None
    following = None if last is None else call.portal.cursors.make((last.updated_at, last.id), filters, call.now)
    page = {"limit": limit, "has_more": more, "next_cursor": following}
    return json_answer({"data": [render(record) for record in shown], "page": page})


def walk_list(records: Iterable[AnyRecord]) -> Walk[AnyRecord]:
    """A walk over a short list that nobody keeps in order."""

    def walk(position: Position) -> Iterable[AnyRecord]:
        beyond = (record for record in records if (record.updated_at, record.id) > position)
        return sorted(beyond, key=lambda record: (record.updated_at, record.id))

    return walk


def numbered_page(call: Call, records: Iterable[AnyRecord], size: int) -> list[AnyRecord]:
    """Page ``page[number]`` (from 1) of records in the order they came; empty past the end."""
    number = call.whole_number(PAGE_NUMBER, 1)
    return list(islice(records, (number - 1) * size, number * size))
