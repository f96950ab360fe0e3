"""Workers that die one after another while work keeps coming in, and a count of where death met them."""

import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from ledger.tables import deliveries, leases
from sandbox.faults import FaultKind, FaultRule
from tests.chaos.fleet import Fleet
from tests.chaos.relay_workers import AT_PACE, POINTS, Orders, Pace, Worker
from tests.chaos.tries import Place, let_holds_expire, requests_made

PASSED_UNHARMED = 3
REQUESTS, SECONDS, BY_POINT_WITHIN = (1, 120), (1.0, 5.0), 8.0
WAITED_OUT = 0.3
"""The share of the dead whose holds run out by themselves; those of the others end at once, to be taken over sooner."""
STILL = 240.0
"""Seconds within which work must be done when nobody is killed any more."""


@dataclass
class Doomed:
    """A worker, and how it is to die: at a moment, at a request, or by its own hand at a point."""

    worker: Worker
    how: str
    until: float
    request: int = 0

    def is_due(self, made: int) -> bool:
        return time.monotonic() >= self.until or (self.request > 0 and made >= self.request)


class Crew:
    """Several workers over one ledger, each replaced when it has been killed."""

    def __init__(self, fleet: Fleet, place: Place, dice: random.Random, size: int, pace: Pace = AT_PACE) -> None:
        self._fleet, self._place, self._dice, self._size, self._pace = fleet, place, dice, size, pace
        self._hired = 0
        self._doomed: list[Doomed] = []
        self.ways: Counter[str] = Counter()
        """How workers were killed."""
        self.met: Counter[str] = Counter()
        """What they were killed at: the delivery that had come furthest."""

    @property
    def kills(self) -> int:
        return sum(self.ways.values())

    def work(self, kills: int, supply: Callable[[int], None]) -> None:
        """Kill workers so often; ``supply`` is told of each kill, and has more work arrive."""
        supply(0)
        while self.kills < kills:
            while len(self._doomed) < self._size:
                self._doomed.append(self._hire())
            time.sleep(0.005)
            made = requests_made(self._fleet.sandbox)
            for doomed in list(self._doomed):
                if doomed.worker.alive and doomed.is_due(made) and not self._may_wait(doomed):
                    doomed.how = doomed.how if doomed.request or not doomed.how.startswith("point") else "moment"
                    doomed.worker.kill()
                if not doomed.worker.alive:
                    self._bury(doomed)
                    supply(self.kills)
        for doomed in self._doomed:
            doomed.worker.kill()
        self._doomed.clear()

    def _may_wait(self, doomed: Doomed) -> bool:
        """Whether it is to be killed at work, and has none in its hands yet."""
        if doomed.how != "at work" or time.monotonic() > doomed.until + BY_POINT_WITHIN:
            return False
        owned = select(deliveries.c.id).where(deliveries.c.owner == doomed.worker.name, deliveries.c.ended_at.is_(None))
        with self._fleet.ledger._database.reading() as connection:
            return connection.execute(owned.limit(1)).one_or_none() is None

    def finish(self) -> None:
        """Let workers work that nobody kills, until nothing waits."""
        workers = [self._new(None) for _ in range(self._size)]
        try:
            deadline = time.monotonic() + STILL
            while self._fleet.waiting:
                assert time.monotonic() < deadline, f"{self._fleet.waiting} still wait\n{self._place.said()}"
                assert all(worker.alive for worker in workers), self._place.said()
                time.sleep(0.3)
        finally:
            for worker in workers:
                worker.kill()

    def _new(self, dies_at: tuple[str, int] | None) -> Worker:
        self._hired += 1
        return Worker(self._place, Orders(f"worker-{self._hired}", pace=self._pace, dies_at=dies_at))

    def _hire(self) -> Doomed:
        now, dice = time.monotonic(), self._dice
        match dice.choice(["moment", "at work", "request", "point", "point"]):
            case "moment" | "at work" as how:
                return Doomed(self._new(None), how, now + dice.uniform(*SECONDS))
            case "request":
                at = requests_made(self._fleet.sandbox) + dice.randint(*REQUESTS)
                return Doomed(self._new(None), "request", now + BY_POINT_WITHIN, at)
        point = dice.choice(list(POINTS))
        unharmed = dice.randrange(PASSED_UNHARMED) if "lost" not in point and "again" not in point else 0
        return Doomed(self._new((point, unharmed)), f"point: {point}", now + BY_POINT_WITHIN)

    def _bury(self, doomed: Doomed) -> None:
        assert doomed.worker.was_killed, self._place.said()
        self._doomed.remove(doomed)
        self.ways[doomed.how] += 1
        self.met[self._state_of(doomed.worker.name)] += 1
        if self._dice.random() > WAITED_OUT:
            let_holds_expire(self._fleet.ledger, doomed.worker.name)

    def _state_of(self, name: str) -> str:
        """What the dead worker had in its hands."""
        wanted = select(deliveries).where(deliveries.c.owner == name, deliveries.c.ended_at.is_(None))
        with self._fleet.ledger._database.reading() as connection:
            rows = connection.execute(wanted).all()
            holds = connection.execute(select(leases.c.name).where(leases.c.owner == name)).all()
        states = sorted(
            (row.stream[:-1], row.state, self._standing(row) if row.state in ("calling", "unknown", "failed") else "")
            for row in rows
        )
        if not states:
            return "holding a firm, between deliveries" if holds else "reading feeds, or between ticks"
        rank = ["reserved", "failed", "unknown", "calling"]
        stream, state, standing = max(states, key=lambda one: (rank.index(one[1]), one[2]))
        return f"{stream} {state}{f', {standing}' if standing else ''}"

    def _standing(self, row: Row[Any]) -> str:
        [house] = [one for one in self._fleet.houses if one.slug == row.firm]
        for _ in range(5):
            with contextlib.suppress(RuntimeError):  # the sandbox goes on writing meanwhile
                return self._fleet.standing_of(house, row.stream, row.marker)
        return "?"


def bad_weather(fleet: Fleet, dice: random.Random, pace: Pace, share: float) -> None:
    """Everything that can go wrong between us and the vendors, each with ``share`` of the requests it can befall."""

    def add(vendor: str, kind: FaultKind, method: str, path: str, **more: object) -> None:
        rule = {"count": None, "probability": share, "seed": dice.randrange(2**32)} | more
        fleet.sandbox.controls.faults.add(FaultRule(vendor, kind, method, path, **rule))

    writes = [("clio", "POST", "/api/v4/communications*"), ("clio", "POST", "/api/v4/documents*")]
    completions = [("clio", "PATCH", "/api/v4/documents*"), ("storage", "PUT", "*")]
    reads = [("clio", "GET", "*"), ("casestatus", "GET", "*")]
    for vendor, method, path in writes + completions:
        add(vendor, FaultKind.CUT_AFTER, method, path)
        add(vendor, FaultKind.CUT_BEFORE, method, path)
        add(vendor, FaultKind.DELAY, method, path, seconds=pace.late)
        add(vendor, FaultKind.DELAY, method, path, seconds=pace.late, after_work=True)
        add(vendor, FaultKind.STATUS, method, path, status=500, after_work=True)
        add(vendor, FaultKind.HTML, method, path, status=200, after_work=True)
        add(vendor, FaultKind.TRUNCATED_JSON, method, path)
    for vendor, method, path in writes + completions + reads:
        add(vendor, FaultKind.STATUS, method, path, status=500)
        add(vendor, FaultKind.HTML, method, path)
        add(
            vendor, FaultKind.STATUS, method, path, status=429, headers={"Retry-After": "1"}, body={}, probability=0.002
        )
    for vendor, method, path in reads:
        add(vendor, FaultKind.CUT_AFTER, method, path)
        add(vendor, FaultKind.DELAY, method, path, seconds=pace.late, probability=share / 3)
    add("storage", FaultKind.CUT_UPLOAD, "PUT", "*", after_bytes=1_000, probability=5 * share)
    add("casestatus", FaultKind.CUT_DOWNLOAD, "GET", "/blob/*", after_bytes=100_000, probability=5 * share)
    fleet.sandbox.casestatus.portal.page_overlap = 3


def burst(fleet: Fleet, count: int = 6) -> None:
    """The next requests to Clio are all too many."""
    rule = FaultRule("clio", FaultKind.STATUS, status=429, headers={"Retry-After": "1"}, body={}, count=count)
    fleet.sandbox.controls.faults.add(rule)
