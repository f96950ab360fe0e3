"""An event loop whose time is virtual: it jumps to the next timer instead of waiting, so that hours take milliseconds."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")

EPOCH = 1_790_000_000.4
"""What :func:`wall` shows when a loop starts; not a whole second, as real clocks are not."""


class _Jump(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        events = super().select(0)
        if not events:
            self.elapsed += timeout
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time starts at 0 and moves only when everybody waits."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.elapsed


def wall() -> float:
    """The wall clock that belongs to the running virtual loop."""
    return EPOCH + asyncio.get_running_loop().time()


def run(main: Coroutine[Any, Any, Value]) -> Value:
    """Run ``main`` in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
