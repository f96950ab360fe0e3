"""A firm with a day's messages to catch up on keeps no other firm waiting, and loses nothing by being made to wait."""

import asyncio
from collections.abc import Iterator

import pytest

from flows.message_relay import message_relay
from flows.nightly_case_sync import nightly_case_sync
from sandbox.casestatus import arrivals
from sandbox.clio import plain
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.flows.office import SEEDED, Office, open_office, save_firm
from tests.flows.processes import PrefectServer

WORLD = WorldOptions(matters=10, firms=2, shares=Shares.trouble_free())
BUSY, QUIET = SEEDED, "lark-quill"
WAITING = 150


@pytest.fixture(scope="module")
def office(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office("busy", tmp_path_factory.mktemp("fair") / "casebridge", WORLD) as office:
        asyncio.run(save_firm("quiet", office.sandbox, of=QUIET))
        for slug in ("busy", "quiet"):
            office.run_now(nightly_case_sync, firm=slug)
        asyncio.run(message_relay(None))
        office.sandbox.controls.clock.advance(2)
        yield office


def write(office: Office, firm: str, number: int) -> None:
    portal = office.sandbox.casestatus.portal
    first = office.sandbox.world.firm(firm).first_matter_id
    bodies = [{"integration_id": str(first + count % 5), "content": f"{count}"} for count in range(number)]
    arrivals.messages_arrive(portal, portal.firm_called(firm), bodies)


def filed(office: Office, firm: str) -> list[dict[str, object]]:
    return plain.communications(office.sandbox.clio.firms[firm])


async def test_the_other_firm_is_served_within_the_same_tick(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.relay.tick.TIME_FOR_ONE", 1.0)
    slow = FaultRule("clio", FaultKind.DELAY, path="/api/v4/communications*", count=None, seconds=0.1)
    office.sandbox.controls.faults.add(slow)
    write(office, BUSY, WAITING)
    write(office, QUIET, 1)
    await message_relay(return_state=True)
    assert len(filed(office, QUIET)) == 1
    assert 0 < len(filed(office, BUSY)) < WAITING
    office.sandbox.controls.faults.clear()
    monkeypatch.setattr("tasks.relay.tick.TIME_FOR_ONE", 60.0)
    await message_relay(return_state=True)
    letters = filed(office, BUSY)
    for matter in {letter["matter_id"] for letter in letters}:
        bodies = [int(str(letter["body"])) for letter in letters if letter["matter_id"] == matter]
        assert bodies == sorted(bodies)
    assert sorted(int(str(letter["body"])) for letter in letters) == list(range(WAITING))
