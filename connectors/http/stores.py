"""Shared state for a single process: for tests, and for tools that work alone."""

import threading
from collections.abc import Callable
from typing import Any


class MemoryLimitStore:
    """A :class:`connectors.ports.LimitStore` in memory, safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, dict[str, Any]] = {}

    def change(self, key: str, decide: Callable[[dict[str, Any] | None], dict[str, Any]]) -> dict[str, Any]:
        """Replace the state under ``key`` by ``decide(state)``; return the new state."""
        with self._lock:
            self._states[key] = decide(self._states.get(key))
            return self._states[key]
