"""Finding a practice area or stage by the name a case system gives it: exact to the letter, with a hint when close."""

from collections.abc import Iterable
from typing import Generic, TypeVar

Named = TypeVar("Named")


class NameIndex(Generic[Named]):
    """Things under several names each: their display name first, then their integration mappings.

    Matching is exact and case-sensitive [help]. One name may lead to several things; who asks decides
    whether that is ambiguous (stages) or the first one counts (practice areas).
    """

    def __init__(self, things: Iterable[tuple[Named, Iterable[str]]]) -> None:
        self._exact: dict[str, list[Named]] = {}
        self._close: dict[str, str] = {}
        for thing, names in things:
            for name in names:
                found = self._exact.setdefault(name, [])
                if all(thing is not other for other in found):
                    found.append(thing)
                self._close.setdefault(_loosened(name), name)

    def find(self, name: str) -> list[Named]:
        """Everything that has exactly this name."""
        return self._exact.get(name, [])

    def closest(self, name: str) -> str | None:
        """A known name that differs from ``name`` only in letter case or spaces, or None."""
        return self._close.get(_loosened(name))

    def shared(self) -> list[str]:
        """The names that lead to more than one thing."""
        return [name for name, things in self._exact.items() if len(things) > 1]


def _loosened(name: str) -> str:
    return "".join(name.split()).casefold()
