"""Adds up what this whole process has asked of the vendors and done, until somebody takes the sum away to be kept."""

from collections import defaultdict
from threading import Lock

THROTTLED = "throttled_seconds"
"""The measure of how long limits made us wait; the others of a vendor are classes of answers."""
_TOO_MANY_REQUESTS = 429

_lock = Lock()
_sums: defaultdict[tuple[str, str], float] = defaultdict(float)


def status_class(status: int) -> str:
    """``2xx`` to ``5xx``, ``429`` by itself, ``none`` when no answer came (0)."""
    if status == _TOO_MANY_REQUESTS:
        return "429"
    return f"{status // 100}xx" if status else "none"


def add(system: str, measure: str, amount: float = 1) -> None:
    """Count ``amount`` more, in requests, seconds or cases."""
    with _lock:
        _sums[system, measure] += amount


def take() -> dict[tuple[str, str], float]:
    """What was counted since it was last taken, by system and measure; whoever takes it must keep it."""
    with _lock:
        taken = dict(_sums)
        _sums.clear()
    return taken
