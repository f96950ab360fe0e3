"""What was asked of each vendor: counts by route, and the most recent requests without their secrets."""

import re
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

_IDENTIFIER = re.compile(r"^(?!v\d+$)(?=.*\d)")
_SECRET_PARAMETER = re.compile(
    r"((?:^|&)(?:code|client_secret|token|access_token|refresh_token|sig|X-Amz-Signature)=)[^&]*"
)


def route_template(path: str) -> str:
    """The path with identifiers replaced and ``.json`` dropped: ``/api/v4/matters/7.json`` → ``/api/v4/matters/{id}``.

    A segment is an identifier when it holds a digit and is not a version such as ``v4``.
    """
    segments = path.removesuffix(".json").split("/")
    return "/".join("{id}" if _IDENTIFIER.match(segment) else segment for segment in segments)


@dataclass(slots=True)
class Entry:
    """One request. ``status`` is None when no answer was given (yet)."""

    vendor: str
    method: str
    path: str
    query: str
    at: float
    """Unix seconds of the sandbox's clock."""
    status: int | None = None
    fault: str = ""


class Journal:
    """Counts every request under ``(vendor, "METHOD /route/{id}")`` and keeps the last ``keep`` entries."""

    def __init__(self, keep: int = 2000) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.recent: deque[Entry] = deque(maxlen=keep)

    def arrived(self, vendor: str, method: str, path: str, query: str, at: float) -> Entry:
        """Note a request the moment it arrives; the returned entry takes the status later."""
        self.counts[vendor, f"{method} {route_template(path)}"] += 1
        entry = Entry(vendor, method, path, _SECRET_PARAMETER.sub(r"\1***", query), at)
        self.recent.append(entry)
        return entry

    def by_route(self, vendor: str) -> Counter[str]:
        """Requests of a vendor by ``METHOD /route/{id}``; ``clio`` takes in ``clio/us`` and the other regions."""
        routes: Counter[str] = Counter()
        for (name, route), count in list(self.counts.items()):
            if covers(vendor, name):
                routes[route] += count
        return routes

    def clear(self) -> None:
        """Forget everything."""
        self.counts.clear()
        self.recent.clear()

    def as_json(self, vendor: str | None = None, last: int = 100) -> dict[str, Any]:
        """Counts by vendor and route, and the ``last`` requests, oldest first."""
        routes: dict[str, dict[str, int]] = {}
        for (name, route), count in list(self.counts.items()):
            if vendor is None or covers(vendor, name):
                routes.setdefault(name, {})[route] = count
        recent = [entry for entry in list(self.recent) if vendor is None or covers(vendor, entry.vendor)]
        return {
            "total": sum(sum(by_route.values()) for by_route in routes.values()),
            "routes": routes,
            "recent": [asdict(entry) for entry in recent[-last:]] if last else [],
        }


def covers(wanted: str, name: str) -> bool:
    """Whether ``wanted`` means the vendor app ``name``: ``clio`` covers ``clio/us``, ``*`` covers all."""
    return wanted in {"*", name} or name.startswith(wanted + "/")
