"""Counts what was asked of a vendor, for the report of a run."""

from collections import Counter
from dataclasses import dataclass, field

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
