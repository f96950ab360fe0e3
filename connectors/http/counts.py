"""Counts what was asked of a vendor, for the report of a run and for the sums of the process."""

from collections import Counter
from dataclasses import dataclass, field

from connectors.http import usage

NO_ANSWER = 0
"""Stands for the status of a request whose answer never came."""


@dataclass(slots=True)
class Counts:
    """Requests by ``(system, "GET /matters.json", status)``, and how long the limits made us wait."""

    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    throttled_seconds: float = 0.0

    @property
    def total(self) -> int:
        """All requests sent, repeats included."""
        return self.requests.total()

    def asked(self, system: str, route: str, status: int) -> None:
        """One request was sent; ``status`` is NO_ANSWER when nothing came."""
        self.requests[system, route, status] += 1
        usage.add(system, usage.status_class(status))

    def waited(self, system: str, seconds: float) -> None:
        """A limit made us wait."""
        self.throttled_seconds += seconds
        usage.add(system, usage.THROTTLED, seconds)
