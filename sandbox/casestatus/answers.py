"""What a handler gives back: status, headers, and bytes or a stream of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

JSON: Final = "application/json; charset=utf-8"
_SUCCESSES: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; ``stream`` replaces ``body`` where the bytes are many, and then ``size`` says how many."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    stream: Iterator[bytes] | None = None
    size: int = 0

    @property
    def succeeded(self) -> bool:
        """True for a 2xx."""
        return self.status in _SUCCESSES

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return len(self.body) if self.stream is None else self.size

    def replayed(self) -> "Answer":
        """The same answer, marked as a repetition."""
        return replace(self, headers={**self.headers, "idempotent-replayed": "true"})

    def compact(self) -> "Answer":
        """The same answer in the room it needs; orjson hands out bytes in a buffer of 8 KiB."""
        return replace(self, body=bytes(memoryview(self.body)))


def json_answer(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body; the payload may contain ``orjson.Fragment``."""
    return Answer(status, orjson.dumps(payload), headers or {})
