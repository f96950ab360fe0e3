"""A vendor in memory, a clock that is turned by hand, and engines over a real ledger that die at any boundary."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest

from connectors.errors import AnswerLost, FixData, LogInAgain, Unavailable, UnexpectedAnswer
from ledger import Delivery, Lease, LeaseLost, Ledger, Reservation
from tasks.relay import delivering
from tasks.relay.courier import Courier, Held, NotYet
from tasks.relay.delivering import Engine

STREAM = "messages"
LEASE = 60.0
CERTAIN = 0.95
LONGEST_REQUEST = 60.0
"""Seconds after which whatever was sent has taken effect, or never will: less than the engine's SETTLING."""
START = datetime(2026, 11, 24, 9, tzinfo=UTC)


class Call(StrEnum):
    """What comes of a call: whether it takes effect, and what its caller hears."""

    MADE = "made"
    REFUSED = "refused"
    HELD = "held"
    UNREACHABLE = "unreachable"
    LOGGED_OUT = "logged out"
    LOST_BEFORE = "answer lost, no effect"
    LOST_AFTER = "answer lost after the effect"
    LOST_LATE = "answer lost, the effect comes later"
    ODD = "an answer nobody can read"
    FAULT = "a fault of ours after the effect"
    FAULT_LATE = "a fault of ours, the effect comes later"


EFFECT_NOW = {Call.MADE, Call.LOST_AFTER, Call.ODD, Call.FAULT}
EFFECT_LATER = {Call.LOST_LATE, Call.FAULT_LATE}


class Preparation(StrEnum):
    """What comes of the preparation of a call, which has no effect."""

    READY = "ready"
    NOT_YET = "not yet"
    HELD = "held"
    UNREACHABLE = "unreachable"
    FAULT = "a fault of ours"


class Look(StrEnum):
    """What comes of a look-up; a slow one answers long after it has looked."""

    ANSWERED = "answered"
    SLOW = "slow"
    UNREACHABLE = "unreachable"


@dataclass
class Weather:
    """What is to come, one by one; after that, everything goes well."""

    calls: list[Call] = field(default_factory=list)
    preparations: list[Preparation] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    delay: float = 0.0
    """After how many seconds a late effect comes, and a slow answer."""


class Died(BaseException):
    """The process is no more."""


class Fuse:
    """Ends or freezes an engine at the boundary before which it has passed ``left`` others.

    ``killed``: nothing runs after it. ``ended``: every task is cancelled, as at the end of an event loop; what runs in
    threads is let finish. ``frozen``: everything stands still until it is thawed.
    """

    def __init__(self, how: str = "never", left: int = 0) -> None:
        self.how, self._left = how, left
        self.burnt, self.thawed, self.frozen = False, threading.Event(), asyncio.Event()
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._keep = asyncio.current_task()

    def thaw(self) -> None:
        self.how = "never"
        self.thawed.set()

    def pass_boundary(self) -> None:
        """From a thread of the engine's."""
        with self._lock:
            if not self.burnt and self.how != "never":
                self.burnt = self._left <= 0
                self._left -= 1
                if self.burnt and self.how == "ended":
                    self._loop.call_soon_threadsafe(self._cancel_all)
                if self.burnt and self.how == "frozen":
                    self._loop.call_soon_threadsafe(self.frozen.set)
        if self.burnt and self.how == "killed":
            raise Died
        if self.burnt and self.how == "frozen":
            assert self.thawed.wait(30)

    async def pass_boundary_soon(self) -> None:
        """From the engine's event loop."""
        await asyncio.to_thread(self.pass_boundary)

    def _cancel_all(self) -> None:
        for task in asyncio.all_tasks(self._loop) - {self._keep}:
            task.cancel()


class Breakable:
    """The ledger's deliveries with a boundary before and after everything that is asked of them."""

    def __init__(self, deliveries: Any, fuse: Fuse) -> None:
        self._deliveries, self._fuse = deliveries, fuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        ask = getattr(self._deliveries, name)

        def asked(*given: Any, **named: Any) -> Any:
            self._fuse.pass_boundary()
            answer = ask(*given, **named)
            self._fuse.pass_boundary()
            return answer

        return asked


class World:
    """One firm's stream: what has arrived, what the vendor has, and the time."""

    def __init__(self, ledger: Ledger, firm: str) -> None:
        self.ledger, self.firm = ledger, firm
        self.now = START
        self.made: list[str] = []
        """Markers of the effects, in the order in which they came to be."""
        self._coming: list[tuple[datetime, str]] = []
        self.arrived: dict[str, Reservation] = {}
        self.late: set[str] = set()

    def patched(self) -> pytest.MonkeyPatch:
        """Make engine and ledger go by this world's clock, until undone."""
        world = self

        class Clock(datetime):
            @classmethod
            def now(cls, _zone: Any = None) -> datetime:
                return world.now

        patch = pytest.MonkeyPatch()
        patch.setattr(delivering, "datetime", Clock)
        patch.setattr(self.ledger._database, "now", lambda _connection: world.now)
        return patch

    # Time.

    def spend(self, seconds: float, hold: "VirtualHold | None" = None) -> None:
        """Time passes; a hold that is not frozen is renewed meanwhile."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now = min(end, self.now + timedelta(seconds=LEASE / 4))
            for at, marker in [due for due in self._coming if due[0] <= self.now]:
                self._coming.remove((at, marker))
                self.made.append(marker)
            if hold is not None:
                hold.renew()

    def effect(self, marker: str, after: float = 0.0) -> None:
        if after:
            self._coming.append((self.now + timedelta(seconds=min(after, LONGEST_REQUEST)), marker))
        else:
            self.made.append(marker)

    # What arrives.

    def arrive(self, lanes: list[str], *, ago: float = 0.0) -> None:
        """One thing in each of ``lanes``; ``ago`` seconds old when it appears: late, where that is not nothing."""
        at = self.now - timedelta(seconds=ago)
        fresh = [Reservation(f"item:{len(self.arrived) + number}", lane, at) for number, lane in enumerate(lanes)]
        self.arrived |= {item.marker: item for item in fresh}
        if ago:
            self.late |= {item.marker for item in fresh}
        assert self.ledger.deliveries.reserve(self.firm, STREAM, fresh) == [item.marker for item in fresh]

    def read_again(self) -> None:
        """The feed is read once more from its beginning."""
        assert self.ledger.deliveries.reserve(self.firm, STREAM, list(self.arrived.values())) == []

    # What must be true.

    def check(self) -> None:
        """Nothing was made twice, nothing was made out of order, and what counts as delivered was made."""
        assert len(set(self.made)) == len(self.made), f"made twice: {self.made}"
        for lane in {item.case_id for item in self.arrived.values()}:
            made = [marker for marker in self.made if self.arrived[marker].case_id == lane and marker not in self.late]
            assert made == sorted(made, key=lambda marker: int(marker.partition(":")[2])), made
        for marker in self.arrived:
            delivery = self.ledger.deliveries.get(self.firm, STREAM, marker)
            assert delivery is not None
            if delivery.state == "delivered":
                assert delivery.remote_id == f"record of {marker}"
                assert marker in self.made, f"{marker} counts as delivered and was never made"

    @property
    def waiting(self) -> int:
        standing = self.ledger.deliveries.standing(STREAM, self.firm).get(self.firm)
        return standing.pending if standing else 0

    # Engines.

    def acquire(self, owner: str) -> "VirtualHold":
        """The hold on the stream, after that of a dead holder has run out."""
        holder = self.ledger.leases.holder(f"{STREAM}:{self.firm}")
        if holder is not None:
            self.spend((holder.expires_at - self.now).total_seconds() + 0.001)
        return VirtualHold(self, self.ledger.leases.acquire(f"{STREAM}:{self.firm}", owner, LEASE))

    async def run(self, weather: Weather, how: str = "never", left: int = 0) -> bool:
        """Run an engine; if it is frozen, let another one overtake it. Whether its fuse burnt."""
        fuse = Fuse(how, left)
        hold = self.acquire("first")
        running = asyncio.create_task(self._engine(weather, fuse, hold).run())
        freezing = asyncio.create_task(fuse.frozen.wait())
        await asyncio.wait({running, freezing}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done() and fuse.frozen.is_set():
            self.spend(LEASE + 1.0)
            successor = self.acquire("second")
            await asyncio.gather(self._engine(weather, Fuse(), successor).run(), return_exceptions=True)
            self.ledger.leases.release(successor.renewed)
            self.check()
            fuse.thaw()
        freezing.cancel()
        [end] = await asyncio.gather(running, return_exceptions=True)
        if isinstance(end, BaseException):
            assert isinstance(end, (Died, asyncio.CancelledError, LeaseLost, Unavailable, LogInAgain, AnswerLost,
                                    UnexpectedAnswer)), repr(end)  # fmt: skip
        if not (fuse.burnt and how == "killed"):
            self.ledger.leases.release(hold.renewed)
        return fuse.burnt

    def _engine(self, weather: Weather, fuse: Fuse, hold: "VirtualHold") -> Engine[Delivery]:
        ledger: Any = _Asked(Breakable(self.ledger.deliveries, fuse))
        return Engine(ledger, hold, self.firm, Vendor(self, weather, fuse, hold))


@dataclass
class _Asked:
    deliveries: Breakable


class VirtualHold:
    """As :class:`tasks.hold.Hold`, by the world's clock."""

    def __init__(self, world: World, lease: Lease) -> None:
        self._world = world
        self.renewed = lease
        self._good_until = world.now + timedelta(seconds=CERTAIN * LEASE)

    def renew(self) -> None:
        try:
            self.renewed = self._world.ledger.leases.renew(self.renewed, LEASE)
        except LeaseLost:
            return
        self._good_until = self._world.now + timedelta(seconds=CERTAIN * LEASE)

    @property
    def lease(self) -> Lease:
        if self._world.now >= self._good_until:
            raise LeaseLost("It was not renewed in time.")
        return self.renewed

    def require(self) -> None:
        _ = self.lease


class Vendor(Courier[Delivery]):
    """A courier to a vendor in memory, which does as the weather says."""

    stream = STREAM
    at_once = 3

    def __init__(self, world: World, weather: Weather, fuse: Fuse, hold: VirtualHold) -> None:
        self._world, self._weather, self._fuse, self._hold = world, weather, fuse, hold

    async def prepare(self, delivery: Delivery) -> Delivery:
        await self._fuse.pass_boundary_soon()
        match self._weather.preparations.pop(0) if self._weather.preparations else Preparation.READY:
            case Preparation.NOT_YET:
                raise NotYet("file_not_ready", "It is being scanned.", timedelta(minutes=1))
            case Preparation.HELD:
                raise Held("case_not_linked", "It belongs to no case.")
            case Preparation.UNREACHABLE:
                raise Unavailable("The portal is away.")
            case Preparation.FAULT:
                raise RuntimeError("A mistake of ours.")
        return delivery

    async def call(self, delivery: Delivery, prepared: Delivery) -> tuple[str, str | None]:
        outcome = self._weather.calls.pop(0) if self._weather.calls else Call.MADE
        await self._fuse.pass_boundary_soon()
        self._hold.require()
        if outcome in EFFECT_NOW | EFFECT_LATER:
            self._world.effect(delivery.marker, after=self._weather.delay if outcome in EFFECT_LATER else 0.0)
        await self._fuse.pass_boundary_soon()
        match outcome:
            case Call.REFUSED:
                raise FixData("The vendor does not like it.", status=422)
            case Call.HELD:
                raise Held("case_gone", "The case is gone.")
            case Call.UNREACHABLE:
                raise Unavailable("The vendor is away.")
            case Call.LOGGED_OUT:
                raise LogInAgain("Who are you?")
            case Call.LOST_BEFORE | Call.LOST_AFTER | Call.LOST_LATE:
                raise AnswerLost("The answer never came.")
            case Call.ODD:
                raise UnexpectedAnswer("What is that?")
            case Call.FAULT | Call.FAULT_LATE:
                raise RuntimeError("A mistake of ours.")
        return f"record of {delivery.marker}", None

    async def find(self, delivery: Delivery) -> str | None:
        outcome = self._weather.looks.pop(0) if self._weather.looks else Look.ANSWERED
        await self._fuse.pass_boundary_soon()
        self._hold.require()
        found = f"record of {delivery.marker}" if delivery.marker in self._world.made else None
        await self._fuse.pass_boundary_soon()
        if outcome is Look.UNREACHABLE:
            raise Unavailable("The vendor is away.")
        if outcome is Look.SLOW:
            await asyncio.to_thread(self._world.spend, self._weather.delay, self._hold)
        return found
