"""A firm's own list of names, such as its note types or document categories: what is called how has another number in every firm."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from connectors.errors import Misconfigured

_SHOWN = 20


class Picklist:
    """Such a list, read when it is first needed.

    Args:
        system: the vendor's plain name.
        what: what the list is of, in the singular.
        read: gives names and ids; of equal names the first counts.
    """

    def __init__(self, system: str, what: str, read: Callable[[], Awaitable[Sequence[tuple[str, int]]]]) -> None:
        self._system, self._what, self._read = system, what, read
        self._ids: dict[str, int] | None = None
        self._reading = asyncio.Lock()

    async def id_of(self, name: str, setting: str) -> int:
        """The id of exactly this name. Raises Misconfigured, naming the setting and what it can be; ConnectorError."""
        async with self._reading:
            if self._ids is None:
                self._ids = {one.strip(): number for one, number in reversed(await self._read())}
        found = self._ids.get(name.strip())
        if found is None:
            message = (
                f"The firm's {self._system} has no {self._what} “{name}”. Enter one that it has as *{setting}* in "
                f"{self._system} Credentials, or have it added in {self._system}; it has {_shown(self._ids)}."
            )
            raise Misconfigured(message, system=self._system)
        return found


def _shown(names: Iterable[str]) -> str:
    known = sorted(names)
    return (
        ", ".join(f"“{one}”" for one in known[:_SHOWN]) + (" and others" if len(known) > _SHOWN else "")
        or "none at all"
    )
