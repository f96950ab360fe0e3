"""Lists: which records a query means, in which order, cut into pages.

Two kinds of paging [doc]: by cursor (``order=id(asc)`` sent, no ``offset``; unlimited) and by offset (any order, at most
10,000 records). Tokens are opaque; a cursor's token says after which id to go on, so no page scans what came before.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import orjson

from sandbox.clio.answers import bad_argument
from sandbox.clio.table import Record

OFFSET_CEILING = 10_000
_UNLIMITED_ORDER = "id(asc)"
T = TypeVar("T")
Predicate = Callable[[Record], bool]
SortKey = Callable[[Record], tuple[bool, Any]]
"""Whether the record has no such value, and the value: records without come last."""


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one page; tokens of its neighbours, None where there is none; how many records there are in all."""

    records: list[Record]
    next_token: str | None
    previous_token: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Selection:
    """The records a query means: candidate ids in ascending order, and what each must fulfil."""

    ids: Sequence[int]
    get: Callable[[int], Record | None]
    predicates: Sequence[Predicate] = ()

    def matching(self, ids: Iterable[int]) -> Iterable[Record]:
        """The records among ``ids`` that fulfil every predicate."""
        for record_id in ids:
            record = self.get(record_id)
            if record is not None and all(predicate(record) for predicate in self.predicates):
                yield record

    def count(self) -> int:
        """How many records the query means."""
        return sum(1 for _ in self.matching(self.ids)) if self.predicates else len(self.ids)


@dataclass(frozen=True, slots=True)
class Paging:
    """The paging parameters of a request."""

    limit: int
    order: str | None
    offset: int | None
    token: dict[str, Any] | None

    @classmethod
    def of(cls, params: dict[str, str], *, most: int) -> "Paging":
        """Read ``limit``, ``order``, ``offset`` and ``page_token``. Raises Refusal (400)."""
        limit = _whole("limit", params.get("limit", str(most)))
        if not 1 <= limit <= most:
            raise bad_argument(f"limit must be between 1 and {most}")
        offset = _whole("offset", params["offset"]) if params.get("offset") else None
        if offset is not None and not 0 <= offset < OFFSET_CEILING:
            raise bad_argument(f"offset must be below {OFFSET_CEILING}; page by cursor for more")
        token = _opened(params["page_token"]) if params.get("page_token") else None
        return cls(limit, params.get("order") or None, offset, token)

    @property
    def by_cursor(self) -> bool:
        """Whether this is the unlimited kind."""
        return self.offset is None and self.order == _UNLIMITED_ORDER and not (self.token and "offset" in self.token)


def page_of(selection: Selection, paging: Paging, orders: dict[str, SortKey], default_order: str) -> Page:
    """One page. ``orders`` maps the field names that may be ordered by to sort keys. Raises Refusal (400)."""
    if paging.by_cursor:
        return _by_cursor(selection, paging)
    name, backwards = _direction(paging, orders, default_order)
    if name == "id":
        ids = selection.ids
        if selection.predicates:
            ids = [record["id"] for record in selection.matching(ids)]
        ordered = ids[::-1] if backwards else ids
    else:
        records = list(selection.matching(selection.ids))
        ordered = [record["id"] for record in _sorted(records, orders[name], backwards=backwards)]
    page, following, preceding = _slice(ordered, paging)
    found = (selection.get(record_id) for record_id in page)
    return Page([record for record in found if record is not None], following, preceding, len(ordered))


def page_of_few(records: list[Record], paging: Paging, orders: dict[str, SortKey], default_order: str) -> Page:
    """One page of a short list that is at hand. Raises Refusal (400)."""
    name, backwards = _direction(paging, orders, default_order)
    page, following, preceding = _slice(_sorted(records, orders[name], backwards=backwards), paging)
    return Page(list(page), following, preceding, len(records))


def page_url(url: str, params: Sequence[tuple[str, str]], token: str) -> str:
    """The absolute address of another page: the same parameters and a token."""
    kept = [(name, value) for name, value in params if name not in {"page_token", "offset"}]
    return f"{url}?{urlencode([*kept, ('page_token', token)], quote_via=quote)}"


def _by_cursor(selection: Selection, paging: Paging) -> Page:
    token = paging.token or {}
    total = token["total"] if "total" in token else selection.count()
    ids = selection.ids
    if "before" in token:
        backwards = reversed(ids[: bisect_left(ids, token["before"])])
        found = _first(selection.matching(backwards), paging.limit + 1)
        earlier, found = len(found) > paging.limit, found[: paging.limit][::-1]
        later = True
    else:
        start = bisect_right(ids, token["after"]) if "after" in token else 0
        found = _first(selection.matching(ids[start:]), paging.limit + 1)
        later, found = len(found) > paging.limit, found[: paging.limit]
        earlier = "after" in token
    return Page(
        found,
        _sealed({"after": found[-1]["id"], "total": total}) if later and found else None,
        _sealed({"before": found[0]["id"], "total": total}) if earlier and found else None,
        total,
    )


def _direction(paging: Paging, orders: dict[str, SortKey], default_order: str) -> tuple[str, bool]:
    """The field to order by, and whether backwards. Raises Refusal (400)."""
    name, _, direction = (paging.order or default_order).removesuffix(")").partition("(")
    if name not in orders or direction not in {"asc", "desc"}:
        raise bad_argument(f"{paging.order} is not a valid order")
    return name, direction == "desc"


def _sorted(records: list[Record], key: SortKey, *, backwards: bool) -> list[Record]:
    """In order, equal keys by id."""
    return sorted(records, key=lambda record: (*key(record), record["id"]), reverse=backwards)


def _slice(ordered: Sequence[T], paging: Paging) -> tuple[Sequence[T], str | None, str | None]:
    """An offset page, and the tokens of the next and the previous one."""
    start = (paging.token or {}).get("offset", paging.offset or 0)
    end = min(start + paging.limit, OFFSET_CEILING)
    more = end < min(len(ordered), OFFSET_CEILING)
    following = _sealed({"offset": end}) if more else None
    return ordered[start:end], following, _sealed({"offset": max(0, start - paging.limit)}) if start else None


def _first(records: Iterable[Record], wanted: int) -> list[Record]:
    found = []
    for record in records:
        found.append(record)
        if len(found) == wanted:
            break
    return found


def _sealed(content: dict[str, Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def _opened(token: str) -> dict[str, Any]:
    try:
        content = orjson.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError) as error:
        raise bad_argument("page_token is not valid") from error
    if not isinstance(content, dict) or not all(isinstance(value, int) for value in content.values()):
        raise bad_argument("page_token is not valid")
    return content


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise bad_argument(f"{name} must be a whole number") from error
