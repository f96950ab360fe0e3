"""The table of routes: which handler answers what, and what a request must bring."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from sandbox.casestatus.answers import Answer
from sandbox.casestatus.call import Call

Handler = Callable[[Call], Answer]


class Body(Enum):
    """What a route reads from the request's body."""

    NONE = auto()
    JSON = auto()
    UPLOAD = auto()


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. ``{name}`` stands for a segment, ``{name:path}`` for all that is left."""

    method: str
    path: str
    handler: Handler
    scope: str = "read"
    query: frozenset[str] = frozenset()
    body: Body = Body.NONE
    needs_idempotency_key: bool = False


class Routes:
    """Finds the route of a request; those listed first are tried first."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._by_method: dict[str, list[tuple[re.Pattern[str], Route]]] = {}
        for route in routes:
            self._by_method.setdefault(route.method, []).append((_pattern(route.path), route))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and the variable parts of the path, or None."""
        for pattern, route in self._by_method.get(method, ()):
            match = pattern.fullmatch(path)
            if match is not None:
                return route, match.groupdict()
        return None


def _pattern(path: str) -> re.Pattern[str]:
    named = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)
    return re.compile(re.sub(r"{(\w+):path}", r"(?P<\1>.+)", named), re.DOTALL)
