"""Small stand-ins for what connectors are given: shared state in memory, and answers without a socket."""

import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import orjson

from connectors.http import Connection, Counts, MemoryLimitStore, Patience
from connectors.ports import SharedState
from domain.token import Token

Handler = Callable[[httpx.Request], httpx.Response] | Callable[[httpx.Request], Awaitable[httpx.Response]]


class MemoryTokenStore:
    """A TokenStore in memory, safe between threads, with real leases."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.token: Token | None = None
        self._fence, self._until = 0, 0.0

    def load(self, key: str) -> Token | None:
        return self.token

    def hold(self, key: str, owner: str, seconds: float) -> int | None:
        with self._lock:
            if time.monotonic() < self._until:
                return None
            self._fence, self._until = self._fence + 1, time.monotonic() + seconds
            return self._fence

    def save(self, key: str, fence: int, token: Token) -> Token | None:
        with self._lock:
            if fence != self._fence:
                return None
            self.token = replace(token, version=(self.token.version if self.token else 0) + 1)
            return self.token

    def release(self, key: str, fence: int) -> None:
        with self._lock:
            if fence == self._fence:
                self._until = 0.0

    def forget(self, key: str) -> None:
        with self._lock:
            self.token, self._fence, self._until = None, self._fence + 1, 0.0


def shared(key: str = "test:harrow-pike") -> SharedState:
    return SharedState(key, MemoryLimitStore(), MemoryTokenStore())


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(
        status, content=orjson.dumps(body), headers={"content-type": "application/json", **(headers or {})}
    )


def page_answer(status: int = 200) -> httpx.Response:
    return httpx.Response(
        status, content=b"<html><h1>Down for maintenance</h1></html>", headers={"content-type": "text/html"}
    )


def connection(handler: Handler, **options: Any) -> Connection:
    """A connection to ``https://vendor.test/api`` whose answers come from ``handler``; it hardly waits."""
    from connectors.errors import FixData  # noqa: PLC0415  (only the simplest explanation is needed here)

    settings: dict[str, Any] = {
        "explain": lambda answer: FixData(f"refused with {answer.status}", status=answer.status),
        "patience": Patience(first_pause=0.0),
        "counts": Counts(),
        "transport": httpx.MockTransport(handler),
        **options,
    }
    return Connection("Vendor", "https://vendor.test/api", **settings)
