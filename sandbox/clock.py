"""The sandbox's clock: real time, moved or stopped at will, and skewed for single requests."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import formatdate

_skew: ContextVar[float] = ContextVar("skew", default=0.0)


class Clock:
    """Tells every vendor app what time it is. Thread-safe enough for tests that move it while a server runs."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._frozen: float | None = None
        self._date_header = (0, b"")

    def timestamp(self) -> float:
        """Unix seconds."""
        base = time.time() if self._frozen is None else self._frozen
        return base + self.offset + _skew.get()

    def now(self) -> datetime:
        """The instant as aware UTC."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    @property
    def frozen(self) -> bool:
        """True while time stands still."""
        return self._frozen is not None

    def freeze(self, at: datetime | None = None) -> None:
        """Stop at ``at`` (default: now)."""
        stop = self.timestamp() if at is None else at.timestamp()
        self.offset = 0.0
        self._frozen = stop

    def unfreeze(self) -> None:
        """Let time run on from where it stood."""
        if self._frozen is not None:
            self.offset += self._frozen - time.time()
            self._frozen = None

    def advance(self, seconds: float) -> None:
        """Move time forward (back when negative), frozen or not."""
        self.offset += seconds

    def reset(self) -> None:
        """Back to real time."""
        self._frozen = None
        self.offset = 0.0

    @contextmanager
    def skewed(self, seconds: float) -> Iterator[None]:
        """Within this task only, tell a time that is off by ``seconds``."""
        token = _skew.set(_skew.get() + seconds)
        try:
            yield
        finally:
            _skew.reset(token)

    def http_date(self) -> bytes:
        """The value of a ``Date`` header."""
        second = int(self.timestamp())
        if self._date_header[0] != second:
            self._date_header = (second, formatdate(second, usegmt=True).encode())
        return self._date_header[1]
