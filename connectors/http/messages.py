"""A request as it goes out and an answer as it came: as little of both as vendors need, since every case costs one."""

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, and for one request in all.

    A form may take longer in all: there the last one is for each piece to be taken, and for the answer after the last.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 60.0


@dataclass(slots=True)
class Outgoing:
    """A request: its whole address and exactly the headers and the body that shall go out."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | AsyncIterable[bytes] = b""


@dataclass(slots=True)
class Incoming:
    """A whole answer; its headers are found whatever their letter case, its content is no longer compressed."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
