"""Relays killed again and again in bad weather: every message and document is in its firm's Clio exactly once."""

import random
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from flows.document_relay import document_relay
from ledger import Ledger
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tasks.relay import tick
from tests.chaos.crew import Crew, bad_weather, burst
from tests.chaos.fleet import Fleet, close_every_firm
from tests.chaos.relay_workers import AT_PACE, IN_HASTE, hurry
from tests.chaos.tries import Place
from tests.flows.processes import PrefectServer

FIRMS, WORKERS, LONG = 3, 3, 100
LATE, BURST_EVERY = 0.03, 15


@pytest.mark.parametrize(
    ("database", "kills", "messages", "files"),
    [
        ("sqlite", 4, 60, 6),
        ("postgresql", 4, 60, 6),
        pytest.param("sqlite", 220, 5_200, 320, marks=[pytest.mark.chaos, pytest.mark.timeout(5400)]),
        pytest.param("postgresql", 220, 5_200, 320, marks=[pytest.mark.chaos, pytest.mark.timeout(5400)]),
    ],
)
async def test_killed_relays_deliver_everything_exactly_once(
    database: str,
    kills: int,
    messages: int,
    files: int,
    seed: int,
    prefect_server: PrefectServer,
    home: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = request.getfixturevalue("postgresql_url") if database == "postgresql" else None
    if url:
        monkeypatch.setenv("CASEBRIDGE_DATABASE_URL", url)
    world = WorldOptions(matters=8 if kills < LONG else 40, firms=FIRMS, shares=Shares.trouble_free())
    with SandboxServer(world) as sandbox, Ledger.open() as ledger:
        dice = random.Random(seed)
        fleet = Fleet(sandbox, ledger, dice)
        await fleet.open([f"{name}-{database}" for name in ("red", "green", "blue")])
        pace = IN_HASTE if kills < LONG else AT_PACE
        bad_weather(fleet, dice, pace, share=0.015 if kills < LONG else 0.01)
        place = Place.of(prefect_server, home, url)
        crew = Crew(fleet, place, dice, WORKERS, pace)
        began = time.monotonic()
        crew.work(kills, lambda done: _supply(fleet, done, kills, messages, files))
        killing = time.monotonic() - began
        faults = Counter(f"{rule.kind.value} {rule.status or ''}" for rule in sandbox.controls.faults.rules)
        for rule in sandbox.controls.faults.rules:
            faults[f"{rule.kind.value} {rule.status or ''}"] += rule.spoiled - 1
        crew.finish()
        _tell(crew, faults, killing, time.monotonic() - began)

        assert crew.kills >= kills
        assert sum(len(house.messages) for house in fleet.houses) >= messages
        assert sum(len(house.files) for house in fleet.houses) >= files
        fleet.assert_exactly_once()
        assert "hit a fault" not in place.log.read_text(), "a fault of casebridge itself"
        await _nothing_unfinished_is_left(fleet, monkeypatch)
    await close_every_firm()


def _supply(fleet: Fleet, done: int, kills: int, messages: int, files: int) -> None:
    """With each kill so much arrives that all has arrived with the last one."""
    for house in fleet.houses:
        arrived = sum(len(one.messages) for one in fleet.houses)
        if (missing := messages * (done + 1) // kills - arrived) > 0:
            fleet.write(house, -(-missing // FIRMS), late_share=LATE)
        arrived = sum(len(one.files) for one in fleet.houses)
        if (missing := files * (done + 1) // kills - arrived) > 0:
            fleet.put(house, -(-missing // FIRMS))
    if done % BURST_EVERY == BURST_EVERY - 1:
        burst(fleet)


async def _nothing_unfinished_is_left(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun and never completed is cleared away a day later, of which this is the end."""
    left = sum(len(fleet.unfinished(house)) for house in fleet.houses)
    fleet.sandbox.controls.faults.clear()
    hurry(monkeypatch.setattr, AT_PACE)
    monkeypatch.setattr(tick, "_TIDY_EVERY", timedelta(0))
    state = await document_relay(return_state=True)
    assert state.name == "Completed", state
    assert [fleet.unfinished(house) for house in fleet.houses] == [[] for _ in fleet.houses]
    print(f"unfinished documents cleared away: {left}")  # noqa: T201 - for who runs it by hand
    fleet.assert_exactly_once()


def _tell(crew: Crew, faults: Counter[str], killing: float, took: float) -> None:
    print(f"{crew.kills} kills in {killing:.0f} s, all done after {took:.0f} s")  # noqa: T201 - for who runs it by hand
    for title, counted in (("killed by", crew.ways), ("killed at", crew.met), ("faults", faults)):
        print(f"  {title}:")  # noqa: T201 - for who runs it by hand
        for what, count in counted.most_common():
            print(f"    {count:5} {what}")  # noqa: T201 - for who runs it by hand
