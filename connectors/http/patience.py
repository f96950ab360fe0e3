"""Says how long and how often a request is tried again: full jitter, the vendor's hints, and an end."""

import random
from dataclasses import dataclass

from tenacity import RetryCallState

from connectors.errors import RateLimited, Wait

_LEAST_PAUSE = 0.1
_LEAST_PAUSE_WHEN_LIMITED = 1.0
"""A 429 that says nothing, or says "now", must not become a hot loop."""


@dataclass(frozen=True, slots=True)
class Patience:
    """``attempts`` in all; together they wait at most ``total_wait`` seconds, else the error goes to the caller."""

    attempts: int = 5
    total_wait: float = 150.0
    first_pause: float = 0.5
    longest_pause: float = 30.0

    def pause(self, state: RetryCallState) -> float:
        """Seconds before the next attempt: never less than the vendor told, never nothing."""
        backoff = min(self.longest_pause, self.first_pause * 2 ** (state.attempt_number - 1))
        jitter = random.uniform(0.0, backoff)  # noqa: S311  (spreads load, guards nothing)
        error = state.outcome.exception() if state.outcome else None
        told = error.retry_after if isinstance(error, Wait) and error.retry_after else 0.0
        if told > 0:
            return told + min(jitter, self.first_pause) + _LEAST_PAUSE
        return max(jitter, _LEAST_PAUSE_WHEN_LIMITED if isinstance(error, RateLimited) else _LEAST_PAUSE)

    def exhausted(self, state: RetryCallState) -> bool:
        """True when the attempts are used up or the next pause would exceed ``total_wait``."""
        return state.attempt_number >= self.attempts or state.idle_for + state.upcoming_sleep > self.total_wait
