"""Lists by page: ``{"Items", "Page", "PageSize", "TotalCount", "HasMore"}`` in the order of change [assumed]."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sandbox.soluno.call import Call
from sandbox.soluno.drawers import CasefileDrawer, Drawer, Filed, Referenced
from sandbox.soluno.entries import Entry

PAGE_SIZE, LARGEST_PAGE = 50, 200
"""A larger wish is cut down; the answer says to what."""

T = TypeVar("T")
R = TypeVar("R", bound=Referenced)
F = TypeVar("F", bound=Filed)
E = TypeVar("E", bound=Entry)
Rendered = dict[str, Any]


def paged(call: Call, items: Sequence[T], render: Callable[[T], Rendered]) -> Rendered:
    """The wanted page of a list in its own order. Raises Refused (400)."""
    number, size = call.whole_number("Page", 1), min(call.whole_number("PageSize", PAGE_SIZE), LARGEST_PAGE)
    end = number * size
    return {
        "Items": [render(item) for item in items[end - size : end]],
        "Page": number,
        "PageSize": size,
        "TotalCount": len(items),
        "HasMore": end < len(items),
    }


def changed(call: Call, found: Iterable[R], render: Callable[[R], Rendered]) -> Rendered:
    """Of those found, what has changed since ``ModifiedSince``, by ``ModifiedOn`` and id. Raises Refused (400)."""
    since = call.instant("ModifiedSince")
    wanted = [record for record in found if record.moment >= since]
    return paged(call, sorted(wanted, key=lambda record: (record.moment, record.id)), render)


def referenced(call: Call, drawer: Drawer[R]) -> list[R]:
    """The records of a drawer, or those with ``ExternalReference``."""
    reference = call.query.get("ExternalReference")
    return drawer.with_reference(reference) if reference else drawer.listed()


def filed(call: Call, drawer: CasefileDrawer[F]) -> list[F]:
    """The same with ``CasefileId``. Raises Refused (400)."""
    if not call.query.get("CasefileId"):
        return referenced(call, drawer)
    there = drawer.of_casefile(call.whole_number("CasefileId", 1))
    reference = call.query.get("ExternalReference")
    return [record for record in there if not reference or record.reference == reference]


def entries(call: Call, drawer: CasefileDrawer[E], render: Callable[[E], Rendered]) -> Rendered:
    """A list of entries by ``ExternalReference``, ``CasefileId`` and ``Date`` [assumed: 7.7 needs them]. Raises Refused (400)."""
    day = call.day("Date")
    return changed(call, [entry for entry in filed(call, drawer) if day in {None, entry.day}], render)
