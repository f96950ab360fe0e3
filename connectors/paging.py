"""Walks a list page by page, asking for the next page while the caller still works on the last."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar


class Page(Protocol):
    """Anything with a place to go on from."""

    @property
    def cursor(self) -> str | None:
        """Where the next page starts; None on the last."""
        ...


SomePage = TypeVar("SomePage", bound=Page)


async def ahead(
    read: Callable[[str | None], Awaitable[SomePage]], cursor: str | None
) -> AsyncGenerator[SomePage, None]:
    """Every page from ``cursor`` on, one page in advance and never more: memory stays bounded.

    A caller that stops early cancels the reading of the page it did not want.
    """
    upcoming: asyncio.Task[SomePage] | None = asyncio.ensure_future(_reading(read, cursor))
    try:
        while upcoming is not None:
            page = await upcoming
            upcoming = asyncio.ensure_future(_reading(read, page.cursor)) if page.cursor is not None else None
            yield page
    finally:
        if upcoming is not None and not upcoming.done():
            upcoming.cancel()
            with suppress(asyncio.CancelledError):
                await upcoming


async def _reading(read: Callable[[str | None], Awaitable[SomePage]], cursor: str | None) -> SomePage:
    return await read(cursor)
