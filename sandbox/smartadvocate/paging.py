"""Two of the vendor's ways to page: ``currentPage`` (from 0) in the query, and ``pageRequest`` in the body [seen]."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.answers import Answer
from sandbox.smartadvocate.answers import bad_field, json_answer
from sandbox.smartadvocate.call import Call, Fields, fields_of, instant, whole_number
from sandbox.smartadvocate.switches import Envelope

_PAGE_SIZE, _LARGEST_PAGE = 100, 5000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    number: int
    size: int

    def of(self, items: Sequence[T]) -> Sequence[T]:
        """That part."""
        return items[self.number * self.size : (self.number + 1) * self.size]

    def answer(self, name: str, rows: list[Any], total: int, envelope: Envelope) -> Answer:
        """The rows of this page in an envelope, with how many there are in all."""
        if envelope == "bare":
            return json_answer(rows)
        told = {
            "currentPage": self.number,
            "pageSize": self.size,
            "totalPages": -(-total // self.size),
            "totalRecords": total,
        }
        return json_answer({name if envelope == "named" else "records": rows, "pageRequest": told})


def page_of_query(call: Call) -> Page:
    """``?currentPage=0&pageSize=200`` [seen]. Raises Refusal (400)."""
    return _page(call.number("currentPage", 0), call.number("pageSize", _PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class Window:
    """A search by modified date: from and to (both included) in milliseconds, numbers, and the page."""

    low: int
    high: int
    numbers: frozenset[str]
    page: Page
    newest_first: bool

    @classmethod
    def of_body(cls, body: bytes) -> "Window":
        """What a body asks for; from and to are required [doc-3p]. Raises Refusal (400)."""
        fields = fields_of(body)
        request: Fields = fields.get("pagerequest") or {}
        for name in ("modifiedFromDateTime", "modifiedToDateTime"):
            if not fields.get(name.lower()):
                raise bad_field(name, f"The {name} field is required.")
        size = whole_number("pageRequest.pageSize", request.get("pagesize", _PAGE_SIZE))
        return cls(
            low=instant("modifiedFromDateTime", fields["modifiedfromdatetime"]),
            high=instant("modifiedToDateTime", fields["modifiedtodatetime"]),
            numbers=frozenset(str(number) for number in fields.get("casenumbers") or ()),
            page=_page(whole_number("pageRequest.currentPage", request.get("currentpage", 0)), size),
            newest_first=_newest_first(request.get("sorts") or []),
        )

    def select(self, ids: Sequence[int], wanted: Callable[[int], bool]) -> list[int]:
        """Those ids of a window (the earliest first) that are wanted, in the order that was asked for."""
        chosen = [record_id for record_id in ids if wanted(record_id)]
        return chosen[::-1] if self.newest_first else chosen


def _newest_first(sorts: list[Fields]) -> bool:
    """By modified date, ascending unless the body says otherwise; there is no other order here [assumed]."""
    return any(str(sort.get("sortdirection", "")).lower() == "descending" for sort in sorts)


def _page(number: int, size: int) -> Page:
    if not 1 <= size <= _LARGEST_PAGE:
        raise bad_field("pageSize", f"The page size must be from 1 to {_LARGEST_PAGE}.")
    return Page(number, size)
