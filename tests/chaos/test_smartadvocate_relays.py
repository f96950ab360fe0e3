"""Messages and files on their way into SmartAdvocate, which knows no keys: whatever breaks, each is there once and whole."""

import random
from collections.abc import AsyncIterator
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

NOTES, DOCUMENTS = "/*/CaseSyncAPI/case/{}/notes", "/*/CaseSyncAPI/case/{}/documents"
LATE = 0.3
DEATHS = [
    ("message_relay", "while a note is under way", NOTES),
    ("document_relay", "after a document was answered", None),
]
"""In which flow and where a worker dies; what SmartAdvocate is slow to take in meanwhile, to be done after that death."""
TROUBLES = [
    FaultRule("smartadvocate", FaultKind.CUT_BEFORE),
    FaultRule("smartadvocate", FaultKind.CUT_UPLOAD, after_bytes=20),
    FaultRule("smartadvocate", FaultKind.CUT_AFTER),
    FaultRule("smartadvocate", FaultKind.TRUNCATED_JSON),
    FaultRule("smartadvocate", FaultKind.HTML, status=200, after_work=True),
    FaultRule("smartadvocate", FaultKind.STATUS, status=500, after_work=True),
    FaultRule("smartadvocate", FaultKind.STATUS, status=429, headers={"Retry-After": "1"}),
    FaultRule("smartadvocate", FaultKind.DELAY, seconds=1.5, after_work=True),
]
"""What befalls the first write to a case: every other case has another trouble."""


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=10, shares=Shares.trouble_free())


@pytest.fixture(params=["sqlite", "postgresql"])
async def fleet(
    request: pytest.FixtureRequest,
    prefect_server: PrefectServer,
    home: Path,
    sandbox: SandboxServer,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Fleet]:
    """A firm of SmartAdvocate in step, its relays on; ticks in this process wait for nothing."""
    if request.param == "postgresql":
        monkeypatch.setenv("CASEBRIDGE_DATABASE_URL", request.getfixturevalue("postgresql_url"))
    with Ledger.open() as ledger:
        fleet = Fleet(sandbox, ledger, random.Random(7))
        await fleet.open([f"advocates-{request.param}"], system="smartadvocate", relay_replies=False)
        hurry(monkeypatch.setattr, AT_ONCE)
        yield fleet
    await close_every_firm()


async def test_each_message_and_file_is_there_once_whatever_breaks(
    fleet: Fleet, prefect_server: PrefectServer, home: Path, request: pytest.FixtureRequest
) -> None:
    [house] = fleet.houses
    place = Place.of(prefect_server, home, _database(request))
    for number, (flow, point, slow) in enumerate(DEATHS):
        case = house.cases[number]
        if flow == "message_relay":
            fleet.write(house, 1, cases=[case])
        else:
            fleet.put(house, 1, cases=[case], size=1_300_000)
        fault = slow and FaultRule("smartadvocate", FaultKind.DELAY, "POST", slow.format(case), seconds=LATE)
        assert State.CALLING in dies_there(fleet, house, place, flow, point, fault or None)
    for case, trouble in zip(house.cases[len(DEATHS) :], TROUBLES, strict=True):
        fleet.write(house, 2, cases=[case])
        fleet.put(house, 1, cases=[case], size=300_000)
        for path in (NOTES, DOCUMENTS):
            fleet.sandbox.controls.faults.add(_befalling(trouble, path.format(case)))
    await fleet.tick_until_done(message_relay, of="messages")
    await fleet.tick_until_done(document_relay)
    assert all(rule.spoiled for rule in fleet.sandbox.controls.faults.rules)
    fleet.assert_exactly_once()


def _befalling(trouble: FaultRule, path: str) -> FaultRule:
    told = {name: getattr(trouble, name) for name in ("status", "headers", "seconds", "after_bytes", "after_work")}
    return FaultRule("smartadvocate", trouble.kind, "POST", path, **told)


def _database(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgresql_url") if request.node.callspec.params["fleet"] == "postgresql" else None
