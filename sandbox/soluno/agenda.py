"""What somebody is to do once so many further requests have come in, so that it happens in the middle of a run."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(slots=True)
class _Item:
    left: int
    route: str
    act: Callable[[], Any]


class Agenda:
    """Acts of one firm that wait for requests."""

    def __init__(self) -> None:
        self._items: list[_Item] = []

    def add(self, act: Callable[[], Any], *, after: int, route: str = "*") -> None:
        """Do something before the request that follows ``after`` further ones of a route (a glob, ``POST CostEntries``)."""
        self._items.append(_Item(after, route, act))

    def arrived(self, route: str) -> None:
        """A request has come in: what is due happens first."""
        for item in [one for one in self._items if fnmatchcase(route, one.route)]:
            if item.left == 0:
                self._items.remove(item)
                item.act()
            item.left -= 1
