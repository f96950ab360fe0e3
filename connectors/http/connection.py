"""The one way out: every request to every vendor goes through a :class:`Connection`."""

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from connectors.errors import (
    AnswerLost,
    ConnectorError,
    Misconfigured,
    NotPermitted,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Wait,
)
from connectors.http.auth import Auth
from connectors.http.bodies import parsed
from connectors.http.budget import Budget
from connectors.http.counts import NO_ANSWER, Counts
from connectors.http.forms import Form, timed
from connectors.http.hints import retry_after
from connectors.http.messages import Incoming, Outgoing, Timeouts
from connectors.http.patience import Patience
from connectors.http.redaction import redact, redacting_logger
from connectors.http.transport import wire

log = redacting_logger("casebridge.http")

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_MOST_REDIRECTS = 3
_FORBIDDEN, _REQUEST_TIMEOUT, _TOO_MANY_REQUESTS = 403, 408, 429
_SUCCESS = range(200, 300)
_FIRST_REFUSAL, _FIRST_FAULT = 400, 500
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor said: parsed JSON (None when empty), and its own mark of the call when it sends one."""

    status: int
    headers: Mapping[str, str]
    body: Any
    request_id: str = ""
    route: str = ""
    method: str = "GET"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a connector states it. ``mark`` is our own name for it in the logs."""

    method: str
    route: str
    url: str
    content: bytes | Form
    headers: Mapping[str, str]
    repeatable: bool
    accept: Collection[int]
    mark: str

    @property
    def name(self) -> str:
        """``GET /matters/{id}.json``: the route, which names no record."""
        return f"{self.method} {self.route}"


class Connection:
    """Requests to one vendor for one firm; belongs to one event loop, close it after use.

    Args:
        system: the vendor's plain name, for people.
        base: address that every request starts with, without a slash at its end.
        explain: turns a refusal (status 400 to 499 with a JSON or empty body) into the error to raise.
        auth: proves who we are; None for calls that carry their credentials themselves.
        budget: the vendor's request limit; None when there is none to keep.
        at_once: the most requests under way at the same time; None: as many as come.
        headers: sent with every request.
        transport: replaces the sockets in tests.
        correlation_header: name of a header that carries our mark, for vendors that accept one.
        exact_numbers: whether fractions in answers become ``Decimal`` instead of floats, as amounts of money must.
        may_send: asked in the moment before anything is sent; what it raises goes to the caller.
    """

    def __init__(
        self,
        system: str,
        base: str,
        *,
        explain: Callable[[Answer], ConnectorError],
        auth: Auth | None = None,
        budget: Budget | None = None,
        at_once: int | None = None,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        patience: Patience | None = None,
        counts: Counts | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        correlation_header: str | None = None,
        exact_numbers: bool = False,
        may_send: Callable[[], object] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.system = system
        self.base = _checked(system, base)
        self.counts = counts if counts is not None else Counts()
        self._explain, self._auth, self._budget, self._now = explain, auth, budget, now
        self._headers = {
            "User-Agent": "casebridge/1.0", "Accept": "application/json", "Accept-Encoding": "gzip, deflate",
            **(headers or {}),
        }  # fmt: skip
        self._timeouts, self._patience = timeouts or Timeouts(), patience or Patience()
        self._wire = wire(transport)
        self._places = asyncio.Semaphore(at_once) if at_once is not None else contextlib.nullcontext()
        self._correlation_header, self._may_send = correlation_header, may_send
        self._exact_numbers = exact_numbers
        self._prefix = os.urandom(3).hex()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give unused permits back and close the sockets."""
        if self._budget is not None:
            await self._budget.aclose()
        await self._wire.aclose()

    async def request(
        self,
        method: str,
        target: str,
        *,
        route: str,
        body: Any = None,
        form: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        accept: Collection[int] = (),
    ) -> Answer:
        """Send one request, again if need be, and return its answer (2xx, or a status in ``accept``).

        Args:
            method: GET, POST, ...
            target: path and query below ``base``, written exactly as it shall go out; or an address within ``base``.
            route: the path with placeholders, for counts and logs.
            body: sent as JSON.
            form: sent as ``application/x-www-form-urlencoded`` instead.
            headers: for this request only.
            repeatable: whether a second sending does no harm; by default true for GET, PUT and DELETE.
            accept: statuses besides 2xx that are answers and no refusals.

        Raises:
            RateLimited, Unavailable: after the bounded retries.
            AnswerLost: at once, when a write that must not be repeated got no readable answer.
            ConnectorError: whatever ``explain`` makes of a refusal.
        """
        extra = dict(headers or {})
        content = b""
        if form is not None:
            content, extra["Content-Type"] = form, "application/x-www-form-urlencoded"
        elif body is not None:
            content, extra["Content-Type"] = orjson.dumps(body), "application/json"
        may_repeat = method in _REPEATABLE if repeatable is None else repeatable
        call = self._call(method, target, route, content, extra, repeatable=may_repeat, accept=accept)
        try:
            return await self._attempt(call)
        except (RateLimited, Unavailable) as error:
            return await self._again(call, error)

    async def upload(self, target: str, *, route: str, form: Form) -> Answer:
        """POST a form, once: it may take long, so that the caller says whether and when it is sent again.

        Nothing moving for as long as another request may take in all is too long; waiting for the file itself does not count.

        Raises:
            RateLimited, Unavailable: it had no effect.
            AnswerLost: it may have had, as there was no readable answer.
            ConnectorError: whatever ``explain`` makes of a refusal; or what the file's pieces raised, and Damaged where
                they are not as many bytes as announced: then the form was never sent to its end.
        """
        call = self._call("POST", target, route, form, dict(form.headers), repeatable=False)
        return await self._attempt(call)

    def _call(
        self,
        method: str,
        target: str,
        route: str,
        content: bytes | Form,
        headers: dict[str, str],
        *,
        repeatable: bool,
        accept: Collection[int] = (),
    ) -> Call:
        mark = f"{self._prefix}-{next(_numbers):x}"
        if self._correlation_header:
            headers[self._correlation_header] = mark
        return Call(method, route, self.address(target), content, headers, repeatable, accept, mark)

    async def _again(self, call: Call, failure: Wait) -> Answer:
        """Repeat a request whose first attempt failed; it counts as the first one.

        Apart from :meth:`request`, because the machinery costs as much as a whole request when nothing goes wrong.
        """
        failures = [failure]

        async def attempt() -> Answer:
            if failures:
                raise failures.pop()
            return await self._attempt(call)

        retrying = AsyncRetrying(
            retry=retry_if_exception_type((RateLimited, Unavailable)),
            wait=self._patience.pause,
            stop=self._patience.exhausted,
            before_sleep=lambda state: self._note_retry(call, state),
            reraise=True,
        )
        return await retrying(attempt)

    def address(self, target: str) -> str:
        """The whole address of ``target``. Raises UnexpectedAnswer for one that leads outside ``base``."""
        if target.startswith("/"):
            return self.base + target
        if not target.startswith(self.base + "/"):
            host = urlsplit(target).netloc
            raise UnexpectedAnswer(f"{self.system} points to another address ({host}); we do not follow.",
                                   field="address", system=self.system)  # fmt: skip
        return target

    async def _attempt(self, call: Call) -> Answer:
        try:
            response = await self._exchange(call)
        except _NEVER_SENT as error:
            raise self._unavailable(f"{self.system} could not be reached ({redact(str(error))}).") from error
        except httpx.TimeoutException as error:
            raise self._lost(call, f"{self.system} did not answer in time.") from error
        except httpx.TransportError as error:
            raise self._lost(call, f"{self.system} cut the connection before its answer was complete.") from error
        return self._judge(call, response)

    async def _exchange(self, call: Call) -> Incoming:
        """Drive the auth flow: usually one request, two when a token had to be replaced."""
        request = Outgoing(call.method, call.url, {**self._headers, **call.headers}, call.content)
        if self._auth is None:
            return await self._follow(call, request)
        flow = self._auth.async_auth_flow(request)
        try:
            request = await anext(flow)
            while True:
                answer = await self._follow(call, request)
                try:
                    request = await flow.asend(answer)
                except StopAsyncIteration:
                    return answer
        finally:
            await flow.aclose()

    async def _follow(self, call: Call, request: Outgoing) -> Incoming:
        """Send, and follow redirects on the same host (Clio's 307 of practice areas keeps Authorization [doc])."""
        for _ in range(_MOST_REDIRECTS + 1):
            answer = await self._send(call, request)
            if answer.status_code not in _REDIRECTS or answer.status_code in call.accept:
                return answer
            location = answer.headers.get("location")
            if not location:
                return answer
            request = replace(request, url=self._redirected(call, request.url, location, answer.status_code))
        raise UnexpectedAnswer(f"{self.system} redirects in a circle.", field="location", system=self.system)

    def _redirected(self, call: Call, here: str, location: str, status: int) -> str:
        """Where a redirect leads. Raises UnexpectedAnswer for one that must not be followed."""
        asked, target = httpx.URL(here), httpx.URL(urljoin(here, location))
        if (target.scheme, target.host, target.port) != (asked.scheme, asked.host, asked.port):
            message = f"{self.system} redirects to another host ({target.host}); we do not follow."
            raise UnexpectedAnswer(message, field="location", system=self.system)
        if call.method != "GET" and status not in _KEEP_METHOD:
            message = f"{self.system} answered a write with a redirect ({status})."
            raise UnexpectedAnswer(message, field="location", system=self.system)
        return str(target)

    async def _send(self, call: Call, request: Outgoing) -> Incoming:
        """One request on the wire: wait for the budget, bound the time, count what came."""
        async with self._places:
            return await self._send_in_turn(call, request)

    async def _send_in_turn(self, call: Call, request: Outgoing) -> Incoming:
        permit = await self._budget.acquire() if self._budget is not None else None
        answer, sent = None, False
        started = self._now()
        try:
            if self._may_send is not None:
                self._may_send()  # only now: the wait for the budget, or a frozen process, may have taken long
            sent = True
            async with asyncio.timeout(self._timeouts.total) as limit:
                answer = await self._carry(request, limit)
        except TimeoutError as error:
            raise httpx.ReadTimeout("the time for one request is over") from error
        except _NEVER_SENT:
            sent = False
            raise
        finally:
            status = answer.status_code if answer is not None else NO_ANSWER
            self.counts.asked(self.system, call.name, status)
            if self._budget is not None and permit is not None:
                await self._budget.settle(permit, answer, sent=sent)
            log.debug("%s %s %s: %s in %.3f s", call.mark, self.system, call.name, status, self._now() - started)
        return answer

    async def _carry(self, request: Outgoing, limit: asyncio.Timeout) -> Incoming:
        """Hand a request to the sockets. Raises what a form's file raised, which they would replace by errors of their own."""
        form = request.content
        if not isinstance(form, Form):
            return await self._wire.send(request, self._timeouts)
        pieces = timed(form, limit, self._timeouts.total)
        try:
            return await self._wire.send(replace(request, content=pieces), self._timeouts)
        except httpx.TransportError:
            if form.failure is not None:
                raise form.failure from None
            raise

    def _judge(self, call: Call, response: Incoming) -> Answer:
        """Make an answer of what came, or the error it stands for."""
        status = response.status_code
        request_id = response.headers.get("x-request-id") or response.headers.get(self._correlation_header or "", "")
        if status == _TOO_MANY_REQUESTS:
            hint = retry_after(response.headers, self._now())
            message = f"{self.system} limits how often we may ask."
            raise RateLimited(message, system=self.system, request_id=request_id, retry_after=hint)
        body, complaint = parsed(response, exact_numbers=self._exact_numbers)
        if status >= _FIRST_FAULT or status == _REQUEST_TIMEOUT or (complaint and status < _FIRST_REFUSAL):
            hint = retry_after(response.headers, self._now())
            message = f"{self.system} answered {status}{f' with {complaint}' if complaint else ''}."
            raise self._lost(call, message, request_id=request_id, hint=hint)
        answer = Answer(status, response.headers, body, request_id, call.route, call.method)
        if status in _SUCCESS or status in call.accept:
            return answer
        if complaint and status == _FORBIDDEN:
            message = (
                f"A firewall in front of {self.system} refused our request (403 with {complaint}). "
                "Ask the vendor to let casebridge's address through."
            )
            raise NotPermitted(message, system=self.system, request_id=request_id)
        if status < _FIRST_REFUSAL:
            raise UnexpectedAnswer(f"{self.system} answered {status}.", system=self.system, request_id=request_id)
        raise self._explain(answer)

    def _lost(self, call: Call, message: str, *, request_id: str = "", hint: float | None = None) -> Wait:
        """The error for an answer that did not arrive: repeatable requests wait, others must be looked up."""
        if call.repeatable:
            return self._unavailable(message, request_id=request_id, hint=hint)
        message = f"{message} Whether {call.name} took effect is not known."
        return AnswerLost(message, system=self.system, request_id=request_id, retry_after=hint)

    def _unavailable(self, message: str, *, request_id: str = "", hint: float | None = None) -> Unavailable:
        return Unavailable(message, system=self.system, request_id=request_id, retry_after=hint)

    def _note_retry(self, call: Call, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RateLimited):
            self.counts.waited(self.system, state.upcoming_sleep)
        log.warning(
            "%s %s: %s Trying again in %.1f s (attempt %s).",
            call.mark, call.name, error, state.upcoming_sleep, state.attempt_number + 1,
        )  # fmt: skip


def _checked(system: str, base: str) -> str:
    """``base`` without a slash at its end. Raises Misconfigured when it is no address."""
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Misconfigured(f"The address set for {system} is not a web address.", system=system)
    return base.rstrip("/")
