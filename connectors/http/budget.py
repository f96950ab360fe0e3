"""Waits for a vendor's permission to send: one budget per connection, shared between processes by a store."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from connectors.errors import RateLimited
from connectors.http.counts import Counts
from connectors.http.hints import retry_after
from connectors.http.limits import Bucket, FixedWindow, Reading, Spent, State, block, block_size
from connectors.http.messages import Incoming
from connectors.http.redaction import redacting_logger
from connectors.http.stores import MemoryLimitStore
from connectors.ports import LimitStore

log = redacting_logger("casebridge.http.budget")

_FREE_SECONDS = 2.0
"""How long a process trusts "no limit" before it looks at the shared state again."""
_TOO_MANY_REQUESTS = 429
_LAST_SUCCESS = 399


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send one request: the window it was given in, and its place in the order of all."""

    serial: int
    number: int


_FREE = Permit(-1, 0)
"""Given while the vendor sets no limit: nothing is counted."""


class Budget:
    """Hands out permits in the order they were asked for; belongs to one event loop.

    Args:
        store: shared between all processes of the connection.
        key: names the connection in the store.
        rule: how this vendor counts.
        share: the part of the budget these callers may use; what is above it stays free for urgent work.
        patience: seconds to sit out a 429 before :class:`RateLimited` goes to the caller.
        now: the clock, replaced in tests.
    """

    def __init__(
        self,
        store: LimitStore,
        key: str,
        rule: FixedWindow | Bucket,
        *,
        system: str = "",
        share: float = 1.0,
        patience: float = 150.0,
        counts: Counts | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._key, self._rule, self._system = store, f"limit:{key}", rule, system
        self._share, self._patience, self._now = share, patience, now
        self._counts = counts if counts is not None else Counts()
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._spent: list[Spent] = []
        self._serial, self._number, self._left, self._until, self._want = 0, 0, 0, 0.0, 1
        self._free_until = 0.0
        self._in_air = 0

    async def acquire(self) -> Permit:
        """Wait for leave to send one request. Raises RateLimited when a 429 lasts longer than our patience."""
        if self._free_until > self._now():
            return _FREE
        async with self._turn:
            while not self._left or self._now() >= self._until:
                await self._refill()
                if self._free_until > self._now():
                    return _FREE
            self._left -= 1
            self._in_air += 1
            return Permit(self._serial, self._number)

    async def settle(self, permit: Permit, answer: Incoming | None, *, sent: bool = True) -> None:
        """Hand a permit back with the answer it brought (None: no answer came; ``sent`` False: it never left)."""
        if answer is not None and answer.status_code == _TOO_MANY_REQUESTS:
            await self._close_the_gate(answer)
        reading = None
        if answer is not None and answer.status_code <= _LAST_SUCCESS:
            reading = self._rule.read(answer.headers, self._now())
        if permit is _FREE:
            if reading is None or reading.limit is None:
                return
            self._free_until = 0.0
        else:
            self._in_air -= 1
        self._spent.append(Spent(permit.serial, permit.number, sent=sent, reading=reading))
        if not self._in_air or self._is_news(reading):
            try:
                await self._report()
            except Exception:
                # The answer in hand is worth more than the count: what could not be reported goes with the next report.
                log.exception("The request budget %s could not be updated.", self._key)

    async def aclose(self) -> None:
        """Give back what was taken and not used, so that the other processes may use it."""
        self._give_back()
        if self._spent:
            await self._report()

    async def _refill(self) -> None:
        """Take the next block of permits, or sleep until there may be some."""
        self._give_back()  # the window may have ended with permits unused
        self._news.clear()
        now = self._now()
        state = await self._change(partial(self._take, now))
        if state["grant"]:
            self._serial, self._number, self._left = state["serial"], state["number"], state["grant"]
            self._until = state.get("end") or self._now() + 60.0
            self._want = 1 if state["limit"] is None else block_size(state["limit"])
            if state["limit"] is None:
                self._left = 0
                self._free_until = self._now() + _FREE_SECONDS
            return
        wait = state["wait"]
        if state["blocked"] > self._now() and wait > self._patience:
            message = f"{self._system or 'The vendor'} asked us to pause for another {wait:.0f} seconds."
            raise RateLimited(message, system=self._system, retry_after=wait)
        started = self._now()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), wait)
        self._counts.waited(self._system, self._now() - started)

    def _give_back(self) -> None:
        """Note the permits we hold as unused, so that nobody counts them as requests in flight."""
        if self._left:
            self._spent.append(Spent(self._serial, sent=False, count=self._left))
            self._left = 0

    def _take(self, now: float, spent: list[Spent], state: State | None) -> State:
        settled = self._rule.settle(state, spent) if spent else state
        return self._rule.take(settled, now, self._want, self._share)

    def _is_news(self, reading: Reading | None) -> bool:
        """True when others must hear of this at once: someone of ours is waiting, or the limit itself moved."""
        return reading is not None and (self._turn.locked() or reading.limit is None)

    async def _report(self) -> None:
        await self._change(lambda spent, state: self._rule.settle(state, spent))
        self._news.set()

    async def _close_the_gate(self, answer: Incoming) -> None:
        """After a 429 nobody of this connection sends until the vendor's time is over."""
        self._free_until = 0.0
        self._give_back()
        now = self._now()
        told = retry_after(answer.headers, now) or 0.0
        start = self._rule.start
        await self._call(lambda state: block(state, start, now + max(told, 1.0)))

    async def _change(self, decide: Callable[[list[Spent], State | None], State]) -> State:
        """One atomic step on the shared state that also reports what came back since the last one."""
        spent, self._spent = self._spent, []
        try:
            return await self._call(partial(decide, spent))
        except BaseException:
            self._spent = spent + self._spent
            raise

    async def _call(self, decide: Callable[[State | None], State]) -> State:
        if isinstance(self._store, MemoryLimitStore):
            return self._store.change(self._key, decide)
        return await asyncio.to_thread(self._store.change, self._key, decide)
