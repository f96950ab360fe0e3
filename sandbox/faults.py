"""Faults on demand: rules that spoil chosen requests, and the ASGI wrapper that applies them to a vendor's app.

The wrapper also writes the request log and the ``Date`` header (by the sandbox's clock), so every vendor app gets all
three by being wrapped once::

    app = Wrapper(vendor_app, "casestatus", controls)
    controls.faults.add(FaultRule("casestatus", FaultKind.CUT_AFTER, method="PUT", path="/v1/api/cases/*"))
"""

import asyncio
import random
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import count
from typing import TYPE_CHECKING, Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.journal import Entry, covers

if TYPE_CHECKING:
    from sandbox.controls import Controls

HTML_PAGE = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>We'll be right back</h1></body></html>"


class FaultKind(StrEnum):
    """What can go wrong with one request."""

    STATUS = "status"
    """An answer with ``status``, ``body`` (text as it is, anything else as JSON) and ``headers``."""
    DELAY = "delay"
    """``seconds`` of silence first; combines with other rules."""
    CUT_BEFORE = "cut_before"
    """The connection is dropped before the vendor has done anything."""
    CUT_AFTER = "cut_after"
    """The vendor does the work, then the connection is dropped without an answer."""
    TRUNCATED_JSON = "truncated_json"
    """The vendor's answer ends in the middle of its body."""
    HTML = "html"
    """A web page (``status``, default 502) where JSON belongs."""
    CLOCK_SKEW = "clock_skew"
    """The vendor's clock is off by ``seconds`` for this request; combines with other rules."""


_COMBINES = {FaultKind.DELAY, FaultKind.CLOCK_SKEW}
_ids = count(1)


@dataclass(slots=True)
class FaultRule:
    """Spoils the next ``count`` requests (None: all) that match, after letting ``skip`` of them through.

    ``vendor`` is ``clio`` (all regions), ``clio/us``, ``casestatus`` or ``*``; ``path`` is a glob over the path below
    the vendor's prefix, e.g. ``/api/v4/matters*``. With ``probability`` below 1 each match is drawn with ``seed``; only
    requests that are spoiled count. ``after_work`` lets the vendor do its work before a status, html or delay.
    """

    vendor: str
    kind: FaultKind
    method: str = "*"
    path: str = "*"
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    after_work: bool = False
    id: int = field(default_factory=lambda: next(_ids))
    spoiled: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.kind = FaultKind(self.kind)
        self._dice = random.Random(self.seed)

    def takes(self, vendor: str, method: str, path: str) -> bool:
        """Whether this request is to be spoiled; uses up ``skip`` and ``count``."""
        if not (covers(self.vendor, vendor) and fnmatchcase(method, self.method) and fnmatchcase(path, self.path)):
            return False
        if self.count is not None and self.spoiled >= self.count:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1.0 and self._dice.random() >= self.probability:
            return False
        self.spoiled += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """The rule as the control routes show it."""
        names = [name for name in self.__slots__ if not name.startswith("_")]
        return {name: getattr(self, name) for name in names}


class FaultBook:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: tuple[FaultRule, ...] = ()

    def add(self, rule: FaultRule) -> FaultRule:
        """Put a rule in force."""
        self.rules = (*self.rules, rule)
        return rule

    def remove(self, rule_id: int) -> bool:
        """Withdraw one rule; False when there is none of that id."""
        before = self.rules
        self.rules = tuple(rule for rule in before if rule.id != rule_id)
        return len(self.rules) < len(before)

    def clear(self) -> None:
        """Withdraw all rules."""
        self.rules = ()

    def take(self, vendor: str, method: str, path: str) -> list[FaultRule]:
        """The rules that spoil this request: any number of delays and skews, and at most one other, the last."""
        taken: list[FaultRule] = []
        ending: FaultRule | None = None
        for rule in self.rules:
            if ending is not None and rule.kind not in _COMBINES:
                continue
            if rule.takes(vendor, method, path):
                if rule.kind in _COMBINES:
                    taken.append(rule)
                else:
                    ending = rule
        return taken if ending is None else [*taken, ending]


class Wrapper:
    """Puts request log, clock and faults around a vendor's app."""

    def __init__(self, app: ASGIApp, vendor: str, controls: "Controls") -> None:
        self.app = app
        self.vendor = vendor
        self.controls = controls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        controls = self.controls
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        entry = controls.requests.arrived(
            self.vendor, scope["method"], path, scope["query_string"].decode("latin-1"), controls.clock.timestamp()
        )
        answer = _Answer(send, entry, controls.clock)
        rules = controls.faults.take(self.vendor, scope["method"], path)
        if not rules:
            await self.app(scope, receive, answer)
            return
        entry.fault = "+".join(rule.kind for rule in rules)
        with controls.clock.skewed(sum(rule.seconds for rule in rules if rule.kind is FaultKind.CLOCK_SKEW)):
            await self._spoil(rules, scope, receive, answer)

    async def _spoil(self, rules: list[FaultRule], scope: Scope, receive: Receive, answer: "_Answer") -> None:
        last = rules[-1]
        delays = [rule for rule in rules if rule.kind is FaultKind.DELAY]
        replaced = last.kind in {FaultKind.STATUS, FaultKind.HTML}
        await asyncio.sleep(sum(rule.seconds for rule in delays if not rule.after_work))
        if last.kind is FaultKind.CUT_BEFORE:
            await answer.cut(receive)
            return
        if replaced and not last.after_work:
            await answer.replace(last)
            return
        await self.app(scope, receive, answer.hold())
        await asyncio.sleep(sum(rule.seconds for rule in delays if rule.after_work))
        if last.kind is FaultKind.CUT_AFTER:
            await answer.cut(receive)
        elif replaced:
            await answer.replace(last)
        else:
            await answer.release(truncated=last.kind is FaultKind.TRUNCATED_JSON)


class _Answer:
    """The vendor's answer on its way out: stamped and logged, or held back, spoiled, never sent."""

    def __init__(self, send: Send, entry: Entry, clock: Clock) -> None:
        self._send = send
        self._entry = entry
        self._clock = clock
        self._held: list[Message] = []

    async def __call__(self, message: Message) -> None:
        """Pass one ASGI message on to the client."""
        if message["type"] == "http.response.start":
            self._entry.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"date", self._clock.http_date())]
        await self._send(message)

    def hold(self) -> Send:
        """A stand-in for the client that keeps what the vendor answers."""

        async def keep(message: Message) -> None:
            self._held.append(message)

        return keep

    async def release(self, *, truncated: bool) -> None:
        """Send what was held; ``truncated`` keeps back half of the body."""
        start, *rest = self._held
        body = b"".join(message.get("body", b"") for message in rest)
        if truncated:
            body = body[: len(body) // 2]
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            start["headers"] = [*kept, (b"content-length", str(len(body)).encode())]
        await self(start)
        await self({"type": "http.response.body", "body": body})

    async def replace(self, rule: FaultRule) -> None:
        """Answer with the rule's own status, body and headers."""
        if rule.kind is FaultKind.HTML:
            status, body, content_type = rule.status or 502, HTML_PAGE, "text/html; charset=utf-8"
        elif isinstance(rule.body, str):
            status, body, content_type = rule.status or 500, rule.body.encode(), "text/plain; charset=utf-8"
        else:
            status, content_type = rule.status or 500, "application/json; charset=utf-8"
            body = b"" if rule.body is None else orjson.dumps(rule.body)
        headers = {"content-type": content_type, **{name.lower(): value for name, value in rule.headers.items()}}
        headers["content-length"] = str(len(body))
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self({"type": "http.response.start", "status": status, "headers": encoded})
        await self({"type": "http.response.body", "body": body})

    async def cut(self, receive: Receive) -> None:
        """Drop the TCP connection, so that the client sees a server that went away."""
        # ASGI has no message for this: uvicorn's transport is an attribute of the object that `send` is bound to.
        self._send.__self__.transport.abort()  # type: ignore[attr-defined]
        while (await receive())["type"] != "http.disconnect":
            pass
