"""The arithmetic of request budgets: pure decisions over a small JSON state that processes share.

Both rules answer the same three questions. ``take``: how many requests may go out now, or how long to wait? ``settle``:
what do finished requests and the vendor's headers teach us? ``read``: what does an answer say about the limit?

``FixedWindow`` does not know how the vendor's windows lie, nor what limit the next one will have, until an answer
tells; so the first request of each window goes alone, and the others follow its answer. A request in flight while a
window ends is counted to the old window and to the new one, until its answer shows which of them it spent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.http.hints import server_time

UNLIMITED = 10_000
"""Requests a minute from which on counting is not worth its cost."""
_PROBE_SECONDS = 10.0
"""How long one unanswered first request may hold up the others; then another one goes."""
_POLL_SECONDS = 0.25

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one answer says. ``limit`` is per minute, None when there is none; ``end`` is on our clock, never early."""

    limit: int | None
    remaining: int = 0
    reset: int = 0
    """The vendor's own name for the window: the Unix second in which it ends."""
    end: float = 0.0


@dataclass(frozen=True, slots=True)
class Spent:
    """A permit that came back. ``sent`` is False for one that was never used."""

    serial: int
    number: int = 0
    sent: bool = True
    reading: Reading | None = None
    count: int = 1


class Rule(Protocol):
    """How one vendor counts requests."""

    def take(self, state: State | None, now: float, want: int, share: float) -> State:
        """The state after handing out ``grant`` permits (0 to ``want``); with none, ``wait`` seconds are due."""
        ...

    def settle(self, state: State | None, spent: Sequence[Spent]) -> State:
        """The state after these permits came back."""
        ...

    def read(self, headers: Mapping[str, str], received: float) -> Reading | None:
        """What the headers of a successful or throttled answer say; None when nothing."""
        ...


def _number(headers: Mapping[str, str], name: str) -> int | None:
    try:
        return int(headers[name])
    except (KeyError, ValueError):
        return None


def block(state: State | None, start: State, until: float) -> State:
    """The state in which nobody sends before ``until``."""
    return {**(state or start), "blocked": max((state or start)["blocked"], until)}


def block_size(limit: int) -> int:
    """How many permits a process takes at once: few enough that no process sits on a sizable part of the budget."""
    return max(1, min(limit // 200, 50))


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """So many requests in each of the vendor's windows, as Clio counts: 50 in 60 seconds per token [doc].

    Learns from ``X-RateLimit-Limit``, ``-Remaining`` and ``-Reset`` (Unix seconds, end of the window) [doc].
    """

    limit: int = 50
    period: float = 60.0

    @property
    def start(self) -> State:
        """Nothing known: no window, no answer yet."""
        return {
            "limit": self.limit, "blocked": 0.0, "probe": 0.0, "end": 0.0, "reset": None, "before": None,
            "serial": 0, "granted": 0, "flying": 0, "carried": 0, "grant": 0, "wait": 0.0,
            "number": 0, "limit_since": 0,
        }  # fmt: skip

    def take(self, state: State | None, now: float, want: int, share: float) -> State:
        """See :class:`Rule`. With ``share`` below 1 the rest of each window is left to other callers."""
        new = {**(state or self.start), "grant": 0, "wait": 0.0}
        if new["blocked"] > now:
            return {**new, "wait": new["blocked"] - now}
        if new["limit"] is None:
            return {**new, "grant": want}
        if now >= new["end"]:
            self._roll(new, now + self.period + 1.0)
        left = int(new["limit"] * share) - new["granted"]
        if left <= 0:
            return {**new, "wait": max(new["end"] - now, 0.01)}
        if new["reset"] is None:
            if new["probe"] > now:
                return {**new, "wait": min(_POLL_SECONDS, new["probe"] - now)}
            return self._grant({**new, "probe": now + _PROBE_SECONDS}, 1)
        return self._grant(new, min(want, left))

    @staticmethod
    def _grant(new: State, grant: int) -> State:
        counted = {key: new[key] + grant for key in ("granted", "flying", "number")}
        return {**new, **counted, "grant": grant}

    def settle(self, state: State | None, spent: Sequence[Spent]) -> State:
        """See :class:`Rule`."""
        new = dict(state or self.start)
        for one in spent:
            self._land(new, one)
            if one.reading is not None:
                self._learn(new, one, one.reading)
        return new

    @staticmethod
    def _roll(new: State, end: float) -> None:
        """Begin the next window: what is in flight is counted in it too, as nobody knows when it will be counted."""
        new["serial"] += 1
        new["before"] = new["reset"] if new["reset"] is not None else new["before"]
        new["reset"] = None
        new["carried"] = new["flying"]
        new["granted"] = new["flying"]
        new["flying"] = 0
        new["probe"] = 0.0
        new["end"] = end

    @staticmethod
    def _land(new: State, one: Spent) -> None:
        """Take a finished request out of the air; one that was never sent gives its permit back."""
        if one.serial == new["serial"]:
            new["flying"] = max(0, new["flying"] - one.count)
            new["probe"] = 0.0  # if this was the first of its window and brought no word on it, the next one asks again
        elif one.serial == new["serial"] - 1 and new["carried"] > 0:
            new["carried"] = max(0, new["carried"] - one.count)
        else:
            return
        if not one.sent:
            new["granted"] = max(0, new["granted"] - one.count)

    def _learn(self, new: State, one: Spent, reading: Reading) -> None:
        """Follow the vendor's own figures, whichever window they are about."""
        if reading.limit is None or reading.limit >= UNLIMITED:
            new["limit"] = None
            return
        if new["limit"] is None:
            kept = {key: new[key] for key in ("blocked", "number", "limit_since")}
            new.update(self.start, serial=new["serial"] + 1, **kept)
        known = new["reset"]
        if new["before"] is not None and reading.reset <= new["before"]:
            if one.serial == new["serial"] - 1:
                new["granted"] = max(0, new["granted"] - one.count)  # it was counted in the old window after all
            return
        if known is not None and reading.reset < known:
            return
        if known is not None and reading.reset > known:
            # The vendor began a new window before we did, and this request is the first we know in it.
            self._roll(new, reading.end)
            new["granted"] += one.count
        self._follow(new, one, reading.limit)
        new["reset"] = reading.reset
        new["end"] = reading.end if known != reading.reset else min(new["end"], reading.end)
        new["granted"] = max(new["granted"], reading.limit - reading.remaining)

    @staticmethod
    def _follow(new: State, one: Spent, limit: int) -> None:
        """Take over a new limit at once; but a higher one not from an answer older than the last change."""
        if limit < new["limit"] or (limit > new["limit"] and one.number > new["limit_since"]):
            new["limit"] = limit
            new["limit_since"] = new["number"]

    def read(self, headers: Mapping[str, str], received: float) -> Reading | None:
        """See :class:`Rule`. No header at all means no limit; the vendor's clock is read from ``Date``."""
        limit = _number(headers, "x-ratelimit-limit")
        if limit is None or limit >= UNLIMITED:
            return Reading(None)
        remaining, reset = _number(headers, "x-ratelimit-remaining"), _number(headers, "x-ratelimit-reset")
        if remaining is None or reset is None:
            return None
        seen = server_time(headers)
        ahead = reset - (seen if seen is not None else received)
        if not -1.0 <= ahead <= self.period + 1.0:
            ahead = self.period  # clocks that disagree wildly: a whole window from now is never too early
        return Reading(limit, max(0, remaining), reset, received + ahead + 1.0)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of ``burst`` requests refilled at ``limit`` a minute, as Case Status counts: 120 and 20 [assumed].

    Learns from ``RateLimit-Limit`` (the size of the bucket, or the limit a minute: both are understood), ``-Remaining``
    and ``-Reset`` (seconds until full, rounded up, which bounds the rate from both sides). Keeps a twentieth below the
    rate and a tenth below the size, so that answers which travel faster or slower than others do not make requests
    bunch up into a 429. A vendor that never sends such headers is ``silent``: their absence then means nothing.
    """

    limit: int = 120
    burst: int = 20
    silent: bool = False

    @property
    def start(self) -> State:
        """A full bucket; but one that the vendor will tell us about is taken as all but empty until then."""
        return {
            "limit": self.limit, "rate": self.limit / 60.0, "size": float(self.burst), "tokens": float(self.burst) if self.silent else 1.0, "known": self.silent,
            "at": 0.0, "blocked": 0.0, "serial": 0, "number": 0, "grant": 0, "wait": 0.0,
        }  # fmt: skip

    def take(self, state: State | None, now: float, want: int, share: float) -> State:
        """See :class:`Rule`. With ``share`` below 1 that part of the bucket is left to other callers."""
        new = {**(state or self.start), "grant": 0, "wait": 0.0}
        if new["blocked"] > now:
            return {**new, "wait": new["blocked"] - now}
        if new["limit"] is None:
            return {**new, "grant": want}
        rate, size = new["rate"] * 0.95, max(1.0, new["size"] * 0.9)
        elapsed = max(0.0, now - new["at"]) if new["at"] else 0.0
        tokens = min(size, new["tokens"] + rate * elapsed)
        # The first request of all asks how large the bucket is: no part of it can be set aside before.
        kept = (size - 1.0) * (1.0 - share) if new["known"] else 0.0
        usable = tokens - kept
        new.update(tokens=tokens, at=max(now, new["at"]))
        if usable < 1.0:
            return {**new, "wait": max((1.0 - usable) / rate, 0.01)}
        grant = min(want, int(usable))
        return {**new, "grant": grant, "tokens": tokens - grant}

    def settle(self, state: State | None, spent: Sequence[Spent]) -> State:
        """See :class:`Rule`."""
        new = dict(state or self.start)
        for one in spent:
            if not one.sent:
                new["tokens"] += one.count
            if one.reading is not None:
                self._learn(new, one.reading)
        return new

    def _learn(self, new: State, reading: Reading) -> None:
        """Follow the vendor's own figures."""
        if reading.limit is None:
            new["limit"] = None
            return
        if new["limit"] is None:
            new.update(self.start, blocked=new["blocked"], number=new["number"])
        size = float(self.burst if reading.limit == self.limit else reading.limit)
        if size != new["size"]:
            new.update(size=size, rate=new["rate"] * size / new["size"])
        # Remaining is rounded down and the seconds up, so the rate lies between these two.
        used = size - reading.remaining
        if reading.reset >= 1:
            new["rate"] = max(new["rate"], (used - 1.0) / reading.reset)
        if reading.reset > 1:
            new["rate"] = min(new["rate"], used / (reading.reset - 1))
        new["limit"] = max(1, int(new["rate"] * 60.0))
        new["tokens"] = min(new["tokens"] if new["known"] else size, float(reading.remaining))
        new["known"] = True

    def read(self, headers: Mapping[str, str], received: float) -> Reading | None:  # noqa: ARG002  (a bucket needs no clock)
        """See :class:`Rule`."""
        limit = _number(headers, "ratelimit-limit")
        if limit is None:
            return None if self.silent else Reading(None)
        if limit >= UNLIMITED:
            return Reading(None)
        remaining = _number(headers, "ratelimit-remaining")
        if remaining is None:
            return None
        if remaining >= limit:
            return Reading(None)  # full right after a request: requests are not counted at present
        return Reading(limit, max(0, remaining), _number(headers, "ratelimit-reset") or 0)
