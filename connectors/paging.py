"""Walks a list page by page."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Protocol, TypeVar


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
