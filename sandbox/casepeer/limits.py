"""The request budget of a key: a bucket that fills evenly."""

from math import ceil

from sandbox.controls import RateLimit


class Bucket:
    """Holds up to ``burst`` requests; a clock that steps back neither fills nor empties it."""

    def __init__(self) -> None:
        self._used = 0.0
        self._at = 0.0

    def wait(self, limit: RateLimit, now: float) -> int:
        """Take one request out; when there is none, the whole seconds until there is one."""
        rate = limit.requests / limit.window_seconds
        self._used = max(0.0, self._used - max(0.0, now - self._at) * rate)
        self._at = now
        missing = self._used + 1 - (limit.burst or limit.requests)
        if missing > 0:
            return max(1, ceil(missing / rate))
        self._used += 1
        return 0
