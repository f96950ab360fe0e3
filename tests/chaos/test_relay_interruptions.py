"""Ticks that meet each other, freeze, are ended, or lose Prefect's server: what they were to deliver is filed once."""

import asyncio
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from flows.message_relay import message_relay
from ledger import State
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.chaos.fleet import Fleet, House
from tests.chaos.relay_workers import AT_ONCE, Orders, Worker, relay_together
from tests.chaos.tries import PATIENCE, Place, let_holds_expire, processes, requests_made
from tests.chaos.way import Way
from tests.flows.processes import PrefectServer

COMMUNICATIONS = "/api/v4/communications*"
STOPS_WITHIN = 10.0


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=20, shares=Shares.trouble_free())


def slowly(fleet: Fleet, seconds: float, *, skip: int = 0) -> None:
    """Clio files a message at once, and is slow to say so."""
    rule = FaultRule("clio", FaultKind.DELAY, "POST", COMMUNICATIONS, seconds=seconds, skip=skip, count=None)
    rule.after_work = True
    fleet.sandbox.controls.faults.add(rule)


async def until_filed(fleet: Fleet, house: House, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(fleet.letters(house)) < count:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("rounds", [4, pytest.param(200, marks=[pytest.mark.chaos, pytest.mark.timeout(1800)])])
async def test_of_two_ticks_started_at_once_one_delivers_and_the_other_ends(
    rounds: int, fleet: Fleet, prefect_server: PrefectServer, home: Path
) -> None:
    [house] = fleet.houses
    gates, ended = (processes.Barrier(3), processes.Barrier(2)), processes.Queue()
    work = (Place.of(prefect_server, home), house.slug, rounds, gates, ended)
    rivals = [processes.Process(target=relay_together, args=work, daemon=True) for _ in range(2)]
    for rival in rivals:
        rival.start()
    slowly(fleet, 0.1)
    for _ in range(rounds):
        fleet.write(house, 3)
        await fleet.read(house, "messages")
        await asyncio.to_thread(gates[0].wait, PATIENCE)
        names = Counter([await asyncio.to_thread(ended.get, timeout=PATIENCE) for _ in rivals])
        assert names == {"Completed": 1, "AlreadyRunning": 1}
        fleet.assert_exactly_once()
    for rival in rivals:
        rival.join(PATIENCE)


async def test_a_tick_frozen_past_its_hold_sends_nothing_more(
    fleet: Fleet, prefect_server: PrefectServer, home: Path
) -> None:
    [house] = fleet.houses
    for case in house.cases:
        fleet.write(house, 1, cases=[case])
    slowly(fleet, 0.4)
    place = Place.of(prefect_server, home)
    pace = replace(AT_ONCE, lease=2.0)
    frozen = Worker(place, Orders("frozen", ("message_relay",), house.slug, ticks=1, pace=pace))
    await until_filed(fleet, house, 8)
    frozen.send(signal.SIGSTOP)
    try:
        fleet.sandbox.controls.faults.clear()
        while fleet.ledger.leases.holder(f"messages:{house.slug}") is not None:
            await asyncio.sleep(0.05)
        await fleet.tick_until_done(message_relay)
        fleet.assert_exactly_once()
        made = requests_made(fleet.sandbox)
    finally:
        frozen.send(signal.SIGCONT)
    await asyncio.to_thread(frozen.end)
    assert "TICK frozen message_relay Overtaken" in place.said()
    assert requests_made(fleet.sandbox) == made
    fleet.assert_exactly_once()


async def test_a_tick_that_is_ended_stops_soon_and_leaves_nothing_unmarked(
    fleet: Fleet, prefect_server: PrefectServer, home: Path
) -> None:
    [house] = fleet.houses
    for case in house.cases:
        fleet.write(house, 1, cases=[case])
    slowly(fleet, 25.0, skip=6)
    pace = replace(AT_ONCE, answer=30.0)
    ended = Worker(Place.of(prefect_server, home), Orders("ended", ("message_relay",), house.slug, ticks=1, pace=pace))
    await until_filed(fleet, house, 10)
    ended.send(signal.SIGTERM)
    assert await asyncio.to_thread(ended.ended_by, time.monotonic() + STOPS_WITHIN)
    fleet.sandbox.controls.faults.clear()
    for marker in fleet.letters(house):
        delivery = fleet.ledger.deliveries.get(house.slug, "messages", marker)
        assert delivery is not None
        assert delivery.state in {State.DELIVERED, State.CALLING, State.UNKNOWN}, (
            "made, and nothing says that it may be"
        )
    assert fleet.ledger.leases.holder(f"messages:{house.slug}") is None, "the hold was not let go"
    await fleet.tick_until_done(message_relay)
    fleet.assert_exactly_once()


async def test_a_tick_goes_on_while_prefects_server_is_away(
    way: Way, fleet: Fleet, prefect_server: PrefectServer, home: Path
) -> None:
    [house] = fleet.houses
    for case in house.cases * 2:
        fleet.write(house, 1, cases=[case])
    slowly(fleet, 0.1)
    place = Place.of(replace(prefect_server, url=f"http://127.0.0.1:{way.port}"), home)
    worker = Worker(place, Orders("cut off", ("message_relay",), house.slug, ticks=1, pace=AT_ONCE))
    await until_filed(fleet, house, 8)
    way.block()
    await until_filed(fleet, house, len(house.messages))
    await asyncio.sleep(1)
    await way.open()
    await asyncio.to_thread(worker.end)
    assert "TICK cut off message_relay Completed" in place.said()
    fleet.assert_exactly_once()


async def test_a_tick_killed_while_prefects_server_is_away_is_made_good_by_the_next(
    way: Way, fleet: Fleet, prefect_server: PrefectServer, home: Path
) -> None:
    [house] = fleet.houses
    for case in house.cases:
        fleet.write(house, 1, cases=[case])
    slowly(fleet, 0.3)
    place = Place.of(replace(prefect_server, url=f"http://127.0.0.1:{way.port}"), home)
    worker = Worker(place, Orders("cut off", ("message_relay",), house.slug, ticks=1, pace=AT_ONCE))
    await until_filed(fleet, house, 4)
    way.block()
    await until_filed(fleet, house, 12)
    await asyncio.to_thread(worker.kill)
    fleet.sandbox.controls.faults.clear()
    let_holds_expire(fleet.ledger)
    await fleet.tick_until_done(message_relay)
    fleet.assert_exactly_once()
