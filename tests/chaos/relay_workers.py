"""Processes that run the relays tick after tick, in a hurry, and that can be killed from outside or at a chosen point."""

import asyncio
import contextlib
import functools
import os
import random
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy import select

from connectors.casepeer import CasePeerFiles
from connectors.clio.filing import ClioFiles
from connectors.http import connection, streams
from connectors.http.connection import Timeouts
from connectors.http.patience import Patience
from connectors.smartadvocate import client
from connectors.smartadvocate.filing import SmartAdvocateFiles
from ledger.deliveries import Deliveries
from ledger.feeds import Feeds
from ledger.leases import Leases
from ledger.tables import deliveries, delivery_steps
from sandbox.faults import FaultRule
from tasks import hold
from tasks.relay import delivering, documents, polling, tick
from tests.chaos.fleet import Fleet, House
from tests.chaos.tries import FLOWS, PATIENCE, Place, enter, let_holds_expire, processes

Put = Callable[[Any, str, Any], None]

POINTS: dict[str, tuple[type, str, str]] = {
    "before a page is reserved": (Deliveries, "reserve", "before"),
    "after a page was reserved": (Deliveries, "reserve", "after"),
    "after the feed's place was moved": (Feeds, "advance", "after"),
    "after a claim": (Deliveries, "claim", "after"),
    "before a call is announced": (Deliveries, "calling", "before"),
    "after a call was announced": (Deliveries, "calling", "after"),
    "while a letter is under way": (ClioFiles, "file_letter", "during"),
    "after a letter was answered": (ClioFiles, "file_letter", "after"),
    "while a document is begun": (ClioFiles, "_begin", "during"),
    "after a document was begun": (ClioFiles, "_begin", "after"),
    "while its bytes are under way": (ClioFiles, "_put", "during"),
    "after its bytes were stored": (ClioFiles, "_put", "after"),
    "while it is completed": (ClioFiles, "_finish", "during"),
    "after it was completed": (ClioFiles, "_finish", "after"),
    "before it is settled": (Deliveries, "settle_delivered", "before"),
    "after it was settled": (Deliveries, "settle_delivered", "after"),
    "before its answer counts as lost": (Deliveries, "unknown", "before"),
    "after its answer counted as lost": (Deliveries, "unknown", "after"),
    "after it was looked up": (ClioFiles, "find_letter", "after"),
    "before it may be made again": (Deliveries, "absent", "before"),
    "after it may be made again": (Deliveries, "absent", "after"),
}
"""Where a worker may kill itself: before or after a step, or while the step's request is under way."""
AT_SMARTADVOCATE: dict[str, tuple[type, str, str]] = {
    "while a note is under way": (SmartAdvocateFiles, "file_letter", "during"),
    "after a document was answered": (SmartAdvocateFiles, "file_paper", "after"),
}
"""The same where the firm's case system is SmartAdvocate."""
AT_CASEPEER: dict[str, tuple[type, str, str]] = {
    "while a case note is under way": (CasePeerFiles, "file_letter", "during"),
    "after a case document was answered": (CasePeerFiles, "file_paper", "after"),
}
"""The same where it is CASEpeer."""
_UNDER_WAY, _BETWEEN_TICKS = 0.02, 0.3


@dataclass(frozen=True)
class Pace:
    """Seconds that stand for the minutes of production, in the same order of size.

    What a vendor is late with (``late``) comes after the client has given up (``answer``), and before a look-up that finds
    nothing is believed (``settling``).
    """

    lease: float = 4.0
    answer: float = 1.0
    late: float = 2.0
    settling: float = 5.0
    overlap: float = 30.0
    sweep_every: float = 20.0


AT_PACE, IN_HASTE = Pace(), Pace(lease=3.0, answer=0.8, late=1.3, settling=3.5)
AT_ONCE = Pace(lease=60.0, settling=1.0)


def hurry(put: Put, pace: Pace) -> None:
    """Shorten what the relays wait for; ``put`` as :func:`setattr`."""
    put(hold, "LEASE_SECONDS", pace.lease)
    put(delivering, "SETTLING", timedelta(seconds=pace.settling))
    put(delivering, "_FIRST_PAUSE", timedelta(seconds=0.1))
    put(delivering, "_LONGEST_PAUSE", timedelta(seconds=1.5))
    put(delivering, "_HELD_PAUSE", timedelta(seconds=1))
    put(documents, "_SCANNING", timedelta(seconds=0.5))
    put(polling, "OVERLAP", timedelta(seconds=pace.overlap))
    put(polling, "SWEEP_EVERY", timedelta(seconds=pace.sweep_every))
    put(tick, "TIME_FOR_ONE", 20.0)
    timeouts = functools.partial(Timeouts, connect=2.0, read=pace.answer, total=3 * pace.answer)
    put(connection, "Timeouts", timeouts)
    put(client, "_TIMEOUTS", timeouts())
    patience = functools.partial(Patience, attempts=3, first_pause=0.02, longest_pause=0.2, total_wait=5.0)
    put(connection, "Patience", patience)
    put(streams.Streams.__init__, "__kwdefaults__", streams.Streams.__init__.__kwdefaults__ | {"silence": pace.answer})


@dataclass(frozen=True)
class Orders:
    """What a worker does: ticks of these flows in turn, so many or without end.

    ``dies_at`` names a point, and how often it is passed unharmed.
    """

    name: str
    flows: tuple[str, ...] = ("message_relay", "document_relay")
    firm: str | None = None
    ticks: int | None = None
    pace: Pace = AT_PACE
    dies_at: tuple[str, int] | None = None


class Worker:
    """A process that follows its orders."""

    def __init__(self, place: Place, orders: Orders) -> None:
        self.name = orders.name
        self._place = place
        self._process = processes.Process(target=_work, args=(place, orders), daemon=True)
        self._process.start()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def was_killed(self) -> bool:
        return self._process.exitcode == -signal.SIGKILL

    def send(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self._process.join()

    def end(self, *, killed: bool = False) -> None:
        """Wait for its end: by its own hand, or after its last tick."""
        self._process.join(PATIENCE)
        assert not self.alive, self._place.said()
        assert self.was_killed is killed, f"{self._process.exitcode}\n{self._place.said()}"

    def ended_by(self, deadline: float) -> bool:
        """Whether it ends before ``deadline`` (monotonic seconds)."""
        self._process.join(max(0.0, deadline - time.monotonic()))
        return not self.alive


def _work(place: Place, orders: Orders) -> None:
    hurry(setattr, orders.pace)
    # The ledger's notes of who works on what then name this worker.
    tick.Tick.owner = property(lambda _tick: orders.name)
    if orders.dies_at is not None:
        _die_at(*orders.dies_at)
    with enter(place):
        asyncio.run(_ticks(orders))


async def _ticks(orders: Orders) -> None:
    done = 0
    while orders.ticks is None or done < orders.ticks:
        for name in orders.flows:
            state = await FLOWS[name](firm=orders.firm, return_state=True)
            print(f"TICK {orders.name} {name} {state.name}: {state.message}", flush=True)  # noqa: T201 - for who runs it by hand
        done += 1
        await asyncio.sleep(_BETWEEN_TICKS)


def _die_at(point: str, unharmed: int) -> None:
    """Have this process kill itself when it passes ``point`` once more than ``unharmed`` times."""
    owner, name, when = (POINTS | AT_SMARTADVOCATE | AT_CASEPEER)[point]
    step = getattr(owner, name)
    left = unharmed

    def passes() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(step)
    def in_thread(*given: Any, **named: Any) -> Any:
        if when == "before" and passes():
            die()
        answer = step(*given, **named)
        if when == "after" and answer != [] and passes():
            die()
        return answer

    @functools.wraps(step)
    async def in_loop(*given: Any, **named: Any) -> Any:
        if when == "during" and passes():
            asyncio.get_running_loop().call_later(random.uniform(0.0, _UNDER_WAY), die)
        answer = await step(*given, **named)
        if when == "after" and passes():
            die()
        return answer

    setattr(owner, name, in_loop if asyncio.iscoroutinefunction(step) else in_thread)


def dies_there(fleet: Fleet, house: House, place: Place, flow: str, point: str, fault: FaultRule | None) -> set[str]:
    """Let a worker meet its death there; the states of what was in its hands, and those it brought things to."""
    if fault is not None:
        fleet.sandbox.controls.faults.add(fault)
    name = f"doomed {uuid.uuid4()}"
    Worker(place, Orders(name, (flow,), house.slug, pace=AT_ONCE, dies_at=(point, 0))).end(killed=True)
    fleet.sandbox.controls.faults.clear()
    let_holds_expire(fleet.ledger)
    owned = select(deliveries.c.state).where(deliveries.c.owner == name)
    brought = select(delivery_steps.c.state).where(delivery_steps.c.by == name)
    with fleet.ledger._database.reading() as connection:
        return set(connection.execute(owned).scalars()) | set(connection.execute(brought).scalars())


def relay_together(place: Place, firm: str, rounds: int, gates: tuple[Barrier, Barrier], ended: "Queue[str]") -> None:
    """Run a firm's message relay again and again, each time taking hold of it in the same moment as a rival.

    The first gate is passed with the test when a round begins, the second one with the rival before the hold is asked for.
    """
    began, asks = gates
    acquire = Leases.acquire

    def acquire_together(*given: Any, **named: Any) -> Any:
        asks.wait(PATIENCE)
        return acquire(*given, **named)

    async def run() -> None:
        for _ in range(rounds):
            await asyncio.to_thread(began.wait, PATIENCE)
            state = await FLOWS["message_relay"](firm=firm, return_state=True)
            ended.put(state.name or "")

    Leases.acquire = acquire_together
    with enter(place):
        asyncio.run(run())
