"""Pages by number: ``{"count", "next", "previous", "results"}`` [seen but for count and previous]."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from sandbox.answers import Answer
from sandbox.casepeer.answers import json_answer, no_such_page
from sandbox.casepeer.call import Call

PAGE_SIZE, LARGEST_PAGE = 25, 200
"""The default is [assumed]; up to 200 was seen. A larger wish is cut down to that [assumed]."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list. ``more`` says whether another one follows."""

    number: int
    items: Sequence[T]
    more: bool


def page_of(call: Call, items: Sequence[T], *, overlap: int = 0) -> Page[T]:
    """The wanted part; it begins with the last ``overlap`` items of the one before. Raises Refusal (404)."""
    number, size = _number(call.query.get("page", "1")), _size(call.query.get("page_size", ""))
    overlap = min(overlap, size - 1)
    start = (number - 1) * (size - overlap)
    if number > 1 and start + overlap >= len(items):
        raise no_such_page()
    return Page(number, items[start : start + size], more=start + size < len(items))


def paged(call: Call, items: Sequence[T], render: Callable[[T], Any]) -> Answer:
    """The wanted page of a list. Raises Refusal (404)."""
    page = page_of(call, items)
    return envelope(call, page, len(items), [render(item) for item in page.items])


def paged_by_change(call: Call, items: Sequence[T], render: Callable[[T], Any], touch: Callable[[T], None]) -> Answer:
    """The wanted page of a list whose order is that of the changes, with what may go wrong in one (6.6).

    A page may begin with the last row of the page before it; once a page is answered, somebody may touch some of its
    rows, so that as many others slip past the next page. Raises Refusal (404).
    """
    switches = call.firm.switches
    page = page_of(call, items, overlap=int(switches.duplicate_at_boundary))
    answer = envelope(call, page, len(items), [render(item) for item in page.items])
    if page.more:
        for item in page.items[: switches.rows_move_while_paging]:
            touch(item)
    return answer


def envelope(call: Call, page: Page[Any], count: int, rows: list[Any]) -> Answer:
    """The rows of a page of a list of so many items."""
    return json_answer(
        {
            "count": count,
            "next": _address(call, page.number + 1) if page.more else None,
            "previous": _address(call, page.number - 1) if page.number > 1 else None,
            "results": rows,
        }
    )


def short_list(call: Call, rows: Sequence[Any]) -> Answer:
    """A list that may be a bare array [seen]. Raises Refusal (404)."""
    return json_answer(rows) if call.firm.switches.bare_arrays else paged(call, rows, lambda row: row)


def _address(call: Call, number: int) -> str:
    host, switches = call.host, call.firm.switches
    if switches.next_host is not None:
        host = switches.next_host.rstrip("/")
    return f"{host}/{call.path}?{urlencode({**call.query, 'page': str(number)})}"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise no_such_page()
    return int(text)


def _size(text: str) -> int:
    size = int(text) if text.isascii() and text.isdigit() else 0
    return min(size, LARGEST_PAGE) or PAGE_SIZE
