"""Request budgets of one key: a bucket for all requests, a window for uploads; switched and sized by the controls."""

from dataclasses import dataclass
from math import ceil
from typing import Protocol

from sandbox.casestatus.refusals import Refusal, refuse


class Budget(Protocol):
    """The numbers of a budget, as :class:`sandbox.controls.RateLimit` has them."""

    requests: int
    window_seconds: float
    burst: int
    window_offset: float
    on: bool


@dataclass(slots=True)
class Standing:
    """What is left of a budget, for the ``RateLimit-*`` headers."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """The three headers of every answer."""
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(self.reset),
        }


class Bucket:
    """Holds up to ``burst`` requests and fills evenly; a clock that steps back neither fills nor empties it."""

    def __init__(self) -> None:
        self._used = 0.0
        self._at = 0.0

    def standing(self, budget: Budget, now: float) -> Standing:
        """What is left at ``now``; reset is whole seconds until full [assumed: 6.12(12)]."""
        rate, size = budget.requests / budget.window_seconds, _size(budget)
        self._used = max(0.0, self._used - max(0.0, now - self._at) * rate)
        self._at = now
        return Standing(size, max(0, int(size - self._used)), ceil(self._used / rate))

    def require(self, budget: Budget, now: float) -> None:
        """See that there is one request left. Raises Refusal (429)."""
        standing = self.standing(budget, now)
        if standing.remaining < 1:
            missing = 1 - (_size(budget) - self._used)
            raise _rate_limited(ceil(missing * budget.window_seconds / budget.requests), standing)

    def spend(self, budget: Budget, now: float) -> None:
        """Take one request out. Raises Refusal (429) when there is none."""
        self.require(budget, now)
        self._used += 1


def _size(budget: Budget) -> int:
    return budget.burst or budget.requests


class Window:
    """Counts requests in fixed windows."""

    def __init__(self) -> None:
        self._number = -1
        self._count = 0

    def spend(self, budget: Budget, now: float) -> None:
        """Count one request. Raises Refusal (429) when the window is used up."""
        elapsed = now - budget.window_offset
        number = int(elapsed // budget.window_seconds)
        if number != self._number:
            self._number, self._count = number, 0
        if self._count >= budget.requests:
            wait = ceil((number + 1) * budget.window_seconds - elapsed)
            raise _rate_limited(wait, Standing(budget.requests, 0, wait))
        self._count += 1


def _rate_limited(wait: int, standing: Standing) -> Refusal:
    seconds = max(1, wait)
    return refuse(
        429,
        "rate_limited",
        f"Too many requests; try again in {seconds} s.",
        headers={"retry-after": str(seconds), **standing.headers()},
    )
