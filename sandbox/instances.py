"""The firms' instances of one vendor by slug, each made when it is first asked for: of a thousand firms few are."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from sandbox.seed import Firm, World

T = TypeVar("T")


class Instances(Mapping[str, T]):
    """What ``make`` makes of each firm of the world."""

    def __init__(self, world: World, make: Callable[[Firm], T]) -> None:
        self._seeds = {firm.slug: firm for firm in world.firms}
        self._make = make
        self._made: dict[str, T] = {}

    def __getitem__(self, slug: str) -> T:
        if slug not in self._made:
            self._made[slug] = self._make(self._seeds[slug])
        return self._made[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._seeds)

    def __len__(self) -> int:
        return len(self._seeds)
