"""What the tests of kills and faults share: the fixtures of the flows, both databases, hurried pauses, printed seeds."""

import functools
import os
import random
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from connectors.http import connection
from connectors.http.patience import Patience
from ledger import Ledger
from sandbox.testing import SandboxServer
from tasks import reading, writing
from tests.chaos.fleet import Fleet, close_every_firm
from tests.chaos.relay_workers import AT_ONCE, hurry
from tests.chaos.way import Way
from tests.flows.conftest import firm, home, ledger, office, sandbox, world
from tests.flows.processes import PrefectServer
from tests.ledger.conftest import postgresql_server, postgresql_url

__all__ = ["firm", "home", "ledger", "office", "postgresql_server", "postgresql_url", "sandbox", "world"]


@pytest.fixture
def seed() -> int:
    """Of everything random in a test: printed when it fails, and given again by ``CHAOS_SEED``."""
    drawn = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(2**32))
    print(f"CHAOS_SEED={drawn}")  # noqa: T201
    return drawn


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger on either database."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(request.getfixturevalue("postgresql_url") if request.param == "postgresql" else url) as ledger:
        yield ledger


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wants to wait: every pause before a further try is short, and no try is left out."""
    monkeypatch.setattr(connection, "Patience", functools.partial(Patience, first_pause=0.01, longest_pause=0.1))
    for step in (reading.read_directory, reading.read_portal, reading.read_case_system, writing.sync_case):
        monkeypatch.setattr(step, "retry_delay_seconds", [0.1, 0.1])


@pytest.fixture
async def way(prefect_server: PrefectServer) -> AsyncIterator[Way]:
    way = Way(prefect_server.url)
    await way.open()
    yield way
    way.block()


@pytest.fixture
async def fleet(
    prefect_server: PrefectServer, sandbox: SandboxServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Fleet]:
    """The firms of the sandbox's world, each in step and with its relays on; ticks in this process wait for nothing."""
    fleet = Fleet(sandbox, ledger, random.Random(7))
    await fleet.open([f"relayed-{number}" for number, _ in enumerate(sandbox.world.firms)])
    hurry(monkeypatch.setattr, AT_ONCE)
    yield fleet
    await close_every_firm()
