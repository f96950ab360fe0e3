"""What is wrong with one thing or one case holds up nothing else; what was begun and never finished is cleared away."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from connectors.clio.filing import FILE_PROPERTY, ClioFiles
from connectors.ports import SharedState
from domain.relay import Paper
from flows.document_relay import document_relay
from flows.message_relay import message_relay
from ledger.tables import feeds
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tasks.firms import load_firm
from tests.chaos.fleet import Fleet, House

A_DAY = 86_400.0


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=12, firms=2, shares=Shares.trouble_free())


async def test_a_case_that_clio_always_refuses_holds_up_no_other(fleet: Fleet) -> None:
    poisoned, other = fleet.houses
    bad = poisoned.cases[0]
    hidden = f"{fleet.sandbox.url}/__sandbox__/clio/firms/{poisoned.seeded}"
    fleet.control(hidden, {"hidden_matters": [int(bad)]})
    for house in fleet.houses:
        fleet.write(house, 3, cases=[house.cases[0]])
        fleet.put(house, 1, cases=[house.cases[0]])
        fleet.write(house, 20)
        fleet.put(house, 3)
    in_time = len(other.messages) + sum(item.case != bad for item in poisoned.messages.values())
    await message_relay(return_state=True)
    assert sum(len(fleet.letters(house)) for house in fleet.houses) == in_time
    await asyncio.sleep(0.7)  # some files are scanned for so long
    for _ in range(2):
        await document_relay(return_state=True)
        await asyncio.sleep(0.6)
    done = {item.case for house in fleet.houses for item in house.files.values()} - {bad}
    assert {str(paper["matter_id"]) for house in fleet.houses for paper in fleet.finished(house)} == done
    for stream, items in (("messages", poisoned.messages), ("documents", poisoned.files)):
        standing = fleet.ledger.deliveries.standing(stream)
        assert set(standing) == {poisoned.slug}
        assert standing[poisoned.slug].pending == sum(item.case == bad for item in items.values())
        assert standing[poisoned.slug].held, "it waits for the firm and counts as late"

    fleet.control(hidden, {"hidden_matters": []})
    await asyncio.sleep(1.1)  # for so long what is held is left alone
    await fleet.tick_until_done(message_relay, of="messages")
    await fleet.tick_until_done(document_relay)
    fleet.assert_exactly_once()


async def test_uploads_that_were_never_finished_are_cleared_away_after_a_day(fleet: Fleet) -> None:
    house, _ = fleet.houses
    fleet.put(house, 2)
    await fleet.tick_until_done(document_relay)
    await _begun(fleet, house, "file:1", days_ago=2)
    await _begun(fleet, house, "file:2", days_ago=2)
    await _begun(fleet, house, "file:3", days_ago=0)
    await _begun(fleet, house, "file:4", days_ago=2, named="somebody_elses_property")
    with fleet.ledger._database.writing() as connection:
        yesterday = datetime.now(UTC) - timedelta(days=1, minutes=1)
        connection.execute(update(feeds).where(feeds.c.firm == house.slug).values(tidied_at=yesterday))
    state = await document_relay(return_state=True)
    assert state.name == "Completed", state
    left = [paper["external_properties"][0] for paper in fleet.unfinished(house)]
    assert left == [
        {"name": FILE_PROPERTY, "value": "file:3"},
        {"name": "somebody_elses_property", "value": "file:4"},
    ]
    assert len(fleet.finished(house)) == 2


async def _begun(fleet: Fleet, house: House, marker: str, *, days_ago: int, named: str = FILE_PROPERTY) -> None:
    """An upload was begun so long ago, and whoever did it died."""
    fleet.sandbox.controls.faults.add(
        FaultRule("clio", FaultKind.CLOCK_SKEW, "POST", "/api/v4/documents*", seconds=-days_ago * A_DAY)
    )
    firm = await load_firm(house.slug)
    state = SharedState(f"clio:{house.slug}", fleet.ledger.limits, fleet.ledger.tokens)
    files = firm.case_system.case_files(state, firm.rules(), 1.0)
    assert isinstance(files, ClioFiles)
    paper = Paper(marker, house.cases[0], "scan.pdf", "application/pdf", 10, None, datetime.now(UTC), inbound=True)
    await files._begin(paper)
    await files.close()
    if named != FILE_PROPERTY:
        newest = fleet.sandbox.clio.firms[house.seeded].documents.get(fleet.papers(house)[-1]["id"])
        assert newest is not None
        newest["_external_properties"][0]["name"] = named
