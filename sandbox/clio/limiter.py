"""Clio's request budget: so many requests per token in each fixed window [doc]."""

import math

from sandbox.controls import RateLimit

_TOKENS_BEFORE_SWEEP = 5000


class Limiter:
    """Counts requests by access token; the budget itself may change at any moment."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[int, int]] = {}

    def spend(self, token: str, limit: RateLimit, now: float) -> tuple[bool, dict[str, str]]:
        """Count one request: whether it is within the budget, and the headers that say how things stand."""
        window = math.floor((now - limit.window_offset) / limit.window_seconds)
        reset = (window + 1) * limit.window_seconds + limit.window_offset
        counted, used = self._used.get(token, (window, 0))
        used = used if counted == window else 0
        allowed = used < limit.requests
        if allowed:
            used += 1
        if len(self._used) > _TOKENS_BEFORE_SWEEP:
            self._used = {text: kept for text, kept in self._used.items() if kept[0] == window}
        self._used[token] = (window, used)
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(max(0, limit.requests - used)),
            "X-RateLimit-Reset": str(math.ceil(reset)),
        }
        if not allowed:
            headers["Retry-After"] = str(max(1, math.ceil(reset - now)))
        return allowed, headers
