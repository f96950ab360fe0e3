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
    """``seconds`` of silence first; combines with other rules. A small request has come in before: it takes effect after
    the silence even if its sender has given up meanwhile."""
    CUT_BEFORE = "cut_before"
    """The connection is dropped before the vendor has done anything."""
    CUT_AFTER = "cut_after"
    """The vendor does the work, then the connection is dropped without an answer."""
    CUT_UPLOAD = "cut_upload"
    """The connection is dropped once ``after_bytes`` of the request's body have come in, or just before its end."""
    CUT_DOWNLOAD = "cut_download"
    """The connection ends once ``after_bytes`` of the answer's body have gone out, or just before its end."""
    TRUNCATED_JSON = "truncated_json"
    """The vendor's answer ends in the middle of its body."""
    HTML = "html"
    """A web page (``status``, default 502) where JSON belongs."""
    CLOCK_SKEW = "clock_skew"
    """The vendor's clock is off by ``seconds`` for this request; combines with other rules."""


_COMBINES = {FaultKind.DELAY, FaultKind.CLOCK_SKEW}
_MOMENT = 0.001
_TAKEN_IN = 1_048_576
_ids = count(1)


@dataclass(slots=True)
class FaultRule:
    """Spoils the next ``count`` requests (None: all) that match, after letting ``skip`` of them through.

    ``vendor`` is ``clio`` (all regions), ``clio/us``, ``storage``, ``smartadvocate``, ``casepeer``, ``casestatus``, ``soluno`` or ``*``;
    ``path`` is a glob over the path below the vendor's prefix, e.g. ``/api/v4/matters*``, ``/harrow-pike/CaseSyncAPI/case/*``. With ``probability`` below 1 each match is drawn with ``seed``; only
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
    after_bytes: int = 0
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
        late = sum(rule.seconds for rule in delays if rule.after_work)
        replaced = last.kind in {FaultKind.STATUS, FaultKind.HTML}
        early = sum(rule.seconds for rule in delays if not rule.after_work)
        if early and _announced(scope) <= _TAKEN_IN:
            receive = await _taken_in(receive)
        await asyncio.sleep(early)
        if last.kind is FaultKind.CUT_BEFORE:
            await answer.drop()
        elif replaced and not last.after_work:
            await answer.replace(last)
        elif replaced or last.kind is FaultKind.CUT_AFTER:
            await self.app(scope, receive, _nowhere)
            await asyncio.sleep(late)
            await (answer.replace(last) if replaced else answer.drop())
        else:
            await self._let_through(last, late, scope, receive, answer)

    async def _let_through(
        self, rule: FaultRule, late: float, scope: Scope, receive: Receive, answer: "_Answer"
    ) -> None:
        """Serve the request with its body or its answer cut short; neither is held in memory."""
        send: Send = answer
        if rule.kind is FaultKind.CUT_UPLOAD:
            receive = answer.cut_upload(receive, rule.after_bytes)
        elif rule.kind is FaultKind.CUT_DOWNLOAD:
            send = answer.cut_download(rule.after_bytes)
        elif rule.kind is FaultKind.TRUNCATED_JSON:
            send = answer.truncated()
        try:
            await self.app(scope, receive, _delayed(send, late))
        except Exception:
            if not answer.dropped:
                raise


def _announced(scope: Scope) -> int:
    """How long the body of a request is said to be."""
    return int(dict(scope["headers"]).get(b"content-length", b"0"))


async def _taken_in(receive: Receive) -> Receive:
    """The whole request as one message; after it, whatever comes next."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return receive
        body += message.get("body", b"")
        more = message.get("more_body", False)
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def hand_over() -> Message:
        return waiting.pop() if waiting else await receive()

    return hand_over


async def _nowhere(_message: Message) -> None:
    """Stands in for the client where the vendor's answer is lost."""


def _delayed(send: Send, seconds: float) -> Send:
    """Lets the answer wait before its first byte."""

    async def pass_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(seconds)
        await send(message)

    return pass_on if seconds else send


def _length(start: Message) -> int:
    """How long the body of an answer is; every vendor app announces it."""
    return int(dict(start["headers"]).get(b"content-length", b"0"))


class _Answer:
    """The vendor's answer on its way out: stamped and logged, cut short, replaced, or never sent."""

    def __init__(self, send: Send, entry: Entry, clock: Clock) -> None:
        self._send = send
        self._entry = entry
        self._clock = clock
        self.dropped = False

    async def __call__(self, message: Message) -> None:
        """Pass one ASGI message on to the client. Raises ConnectionResetError when its connection was dropped."""
        self._require_line()
        if message["type"] == "http.response.start":
            self._entry.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"date", self._clock.http_date())]
        await self._send(message)

    def _require_line(self) -> None:
        """Stop a vendor that goes on sending after the connection was dropped."""
        if self.dropped:
            raise ConnectionResetError("The sandbox dropped the connection.")

    def truncated(self) -> Send:
        """A way out for half of the body, announced as if it were all."""
        left = 0

        async def pass_half(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.start":
                left = _length(message) // 2
                kept = [(name, value) for name, value in message["headers"] if name.lower() != b"content-length"]
                message["headers"] = [*kept, (b"content-length", str(left).encode())]
                await self(message)
                return
            piece = message.get("body", b"")[:left]
            left -= len(piece)
            await self({**message, "body": piece})

        return pass_half

    def cut_download(self, after_bytes: int) -> Send:
        """A way out that ends in the middle of the body, whose whole length was announced."""
        left = 0

        async def pass_some(message: Message) -> None:
            nonlocal left
            self._require_line()
            if message["type"] == "http.response.start":
                left = min(after_bytes, _length(message) - 1)
                if left >= 0:
                    await self(message)
                    return
            piece = message.get("body", b"")[: max(left, 0)]
            left -= len(piece)
            if piece:
                await self({"type": "http.response.body", "body": piece, "more_body": True})
            if left <= 0:
                await self.drop(flushed=True)

        return pass_some

    def cut_upload(self, receive: Receive, after_bytes: int) -> Receive:
        """A way in that ends in the middle of the body; the vendor sees a client that went away."""
        left = after_bytes

        async def take_some() -> Message:
            nonlocal left
            message = {"type": "http.disconnect"} if self.dropped else await receive()
            left -= len(message.get("body", b""))
            if message["type"] == "http.disconnect" or (left > 0 and message.get("more_body", False)):
                return message
            await self.drop()
            return {"type": "http.disconnect"}

        return take_some

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

    async def drop(self, *, flushed: bool = False) -> None:
        """Drop the TCP connection, so that the client sees a server that went away; ``flushed``: after what was sent."""
        self.dropped = True
        # ASGI has no message for this: uvicorn's transport is an attribute of the object that `send` is bound to.
        # Its `receive` would resume reading from a dropped connection when a body is still coming in.
        cycle: Any = self._send.__self__  # type: ignore[attr-defined]
        if flushed:
            cycle.transport.close()
        else:
            cycle.transport.abort()
        while not cycle.disconnected:  # noqa: ASYNC110 - uvicorn keeps a flag, its event is taken by `receive`
            await asyncio.sleep(_MOMENT)
