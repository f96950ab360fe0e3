"""Walks a list page by page, a long list of ids batch by batch, and a list in the order of changes from change to change."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

_BATCH = "ids:"
"""Starts the cursor of a list of ids: how many of them have been read."""


class Page(Protocol):
    """Anything with a place to go on from."""

    @property
    def cursor(self) -> str | None:
        """Where the next page starts; None on the last."""
        ...


SomePage = TypeVar("SomePage", bound=Page)


async def in_turn(
    read: Callable[[str | None], Awaitable[SomePage]], cursor: str | None
) -> AsyncGenerator[SomePage, None]:
    """Every page from ``cursor`` on; each is asked for when the caller is done with the one before.

    Never earlier: a caller writes a page down before it comes back, and a process that dies has then at most one page of
    the list to read again. What an answer takes to come is filled by the other lists that are read at the same time.
    """
    while True:
        page = await read(cursor)
        yield page
        if page.cursor is None:
            return
        cursor = page.cursor


async def no_pages() -> AsyncGenerator[Any, None]:
    """A list of nothing, not even an empty page."""
    nothing: tuple[Any, ...] = ()
    for page in nothing:
        yield page


def batch(ids: Sequence[str], size: int, cursor: str | None) -> tuple[Sequence[str], str | None]:
    """The ``size`` ids at ``cursor`` (None: the first ones), and the cursor of those that come after them, if any do."""
    start = int(cursor.removeprefix(_BATCH)) if cursor else 0
    end = start + size
    return ids[start:end], f"{_BATCH}{end}" if end < len(ids) else None


def last_change(rows: Sequence[Any], field: str) -> datetime | None:
    """When the last of these rows changed; None when they do not come in that order, or say nothing of it."""
    try:
        stamps = [datetime.fromisoformat(row[field]).astimezone(UTC) for row in rows]
    except (KeyError, TypeError, ValueError):
        return None
    return stamps[-1] if stamps and stamps == sorted(stamps) else None
