"""Messages and files on their way into case systems that know no keys: whatever breaks, each is there once and whole."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.document_relay import document_relay
from flows.message_relay import message_relay
from ledger import Ledger, State
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.chaos.fleet import Fleet, close_every_firm
from tests.chaos.relay_workers import AT_ONCE, dies_there, hurry
from tests.chaos.tries import Place
from tests.flows.processes import PrefectServer

LATE = 0.3


@dataclass(frozen=True)
class Keyless:
    """A case system: where it takes notes and documents, and the points at which a worker dies."""

    system: str
    notes: str
    documents: str
    note_under_way: str
    document_answered: str


SYSTEMS = {
    "smartadvocate": Keyless(
        "smartadvocate",
        "/*/CaseSyncAPI/case/{}/notes",
        "/*/CaseSyncAPI/case/{}/documents",
        "while a note is under way",
        "after a document was answered",
    ),
    "casepeer": Keyless(
        "casepeer",
        "/*/api/v1/case/{}/notes/",
        "/*/api/v1/case/case-documents/{}/",
        "while a case note is under way",
        "after a case document was answered",
    ),
}
TROUBLES = [
    FaultRule("*", FaultKind.CUT_BEFORE),
    FaultRule("*", FaultKind.CUT_UPLOAD, after_bytes=20),
    FaultRule("*", FaultKind.CUT_AFTER),
    FaultRule("*", FaultKind.TRUNCATED_JSON),
    FaultRule("*", FaultKind.HTML, status=200, after_work=True),
    FaultRule("*", FaultKind.STATUS, status=500, after_work=True),
    FaultRule("*", FaultKind.STATUS, status=429, headers={"Retry-After": "1"}),
    FaultRule("*", FaultKind.DELAY, seconds=1.5, after_work=True),
]
"""What befalls the first write to a case: every other case has another trouble."""


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=10, shares=Shares.trouble_free())


@pytest.fixture
def database_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, home: Path) -> str | None:
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgresql_url")
    monkeypatch.setenv("CASEBRIDGE_DATABASE_URL", url)
    return url


@pytest.fixture
def keyless(request: pytest.FixtureRequest) -> Keyless:
    return SYSTEMS[request.param]


@pytest.fixture
async def fleet(
    keyless: Keyless,
    database_url: str | None,
    prefect_server: PrefectServer,
    sandbox: SandboxServer,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Fleet]:
    """A firm in step, its relays on; ticks in this process wait for nothing."""
    with Ledger.open() as ledger:
        fleet = Fleet(sandbox, ledger, random.Random(7))
        where = "postgresql" if database_url else "sqlite"
        await fleet.open([f"{keyless.system}-{where}"], system=keyless.system, relay_replies=False)
        hurry(monkeypatch.setattr, AT_ONCE)
        yield fleet
    await close_every_firm()


@pytest.mark.parametrize(
    ("keyless", "database_url"),
    [
        ("casepeer", "sqlite"),
        ("smartadvocate", "postgresql"),
        pytest.param("casepeer", "postgresql", marks=pytest.mark.chaos),
        pytest.param("smartadvocate", "sqlite", marks=pytest.mark.chaos),
    ],
    indirect=True,
)
async def test_each_message_and_file_is_there_once_whatever_breaks(
    fleet: Fleet, keyless: Keyless, database_url: str | None, prefect_server: PrefectServer, home: Path
) -> None:
    [house] = fleet.houses
    place = Place.of(prefect_server, home, database_url)
    first, second, *others = house.cases
    fleet.write(house, 1, cases=[first])
    # What the case system is slow to take in is done after that death.
    slow = FaultRule(keyless.system, FaultKind.DELAY, "POST", keyless.notes.format(first), seconds=LATE)
    assert State.CALLING in dies_there(fleet, house, place, "message_relay", keyless.note_under_way, slow)
    fleet.put(house, 1, cases=[second], size=1_300_000)
    assert State.CALLING in dies_there(fleet, house, place, "document_relay", keyless.document_answered, None)
    for case, trouble in zip(others, TROUBLES, strict=True):
        fleet.write(house, 2, cases=[case])
        fleet.put(house, 2, cases=[case], size=300_000, alike=True)
        for path in (keyless.notes, keyless.documents):
            fleet.sandbox.controls.faults.add(_befalling(trouble, keyless.system, path.format(case)))
    await fleet.tick_until_done(message_relay, of="messages")
    await fleet.tick_until_done(document_relay)
    assert all(rule.spoiled for rule in fleet.sandbox.controls.faults.rules)
    fleet.assert_exactly_once()


def _befalling(trouble: FaultRule, system: str, path: str) -> FaultRule:
    told = {name: getattr(trouble, name) for name in ("status", "headers", "seconds", "after_bytes", "after_work")}
    return FaultRule(system, trouble.kind, "POST", path, **told)
