"""A worker that dies at each boundary of a delivery, one after the other: the next one finds what it left, and nothing is made twice."""

import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from flows.document_relay import document_relay
from flows.message_relay import message_relay
from ledger import State
from ledger.tables import deliveries, delivery_steps
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.chaos.fleet import Fleet, House
from tests.chaos.relay_workers import AT_ONCE, Orders, Worker
from tests.chaos.tries import Place, let_holds_expire
from tests.flows.processes import PrefectServer

COMMUNICATIONS, DOCUMENTS = "/api/v4/communications*", "/api/v4/documents*"
LATE = 0.3
OF_A_MESSAGE = [
    ("before a page is reserved", None, None),
    ("after a page was reserved", None, None),
    ("before a call is announced", None, State.RESERVED),
    ("after a call was announced", None, State.CALLING),
    ("while a letter is under way", FaultRule("clio", FaultKind.DELAY, "POST", COMMUNICATIONS, seconds=LATE), State.CALLING),
    (
        "while a letter is under way",
        FaultRule("clio", FaultKind.DELAY, "POST", COMMUNICATIONS, seconds=LATE, after_work=True),
        State.CALLING,
    ),
    ("after a letter was answered", None, State.CALLING),
    ("before it is settled", None, State.CALLING),
    ("after it was settled", None, State.DELIVERED),
]  # fmt: skip
"""Where it dies, what holds up Clio meanwhile, and in which state the message is left."""
OF_A_DOCUMENT = [
    ("after a call was announced", None, State.CALLING),
    (
        "while a document is begun",
        FaultRule("clio", FaultKind.DELAY, "POST", DOCUMENTS, seconds=LATE, after_work=True),
        State.CALLING,
    ),
    ("after a document was begun", None, State.CALLING),
    ("while its bytes are under way", FaultRule("storage", FaultKind.DELAY, "PUT", seconds=LATE), State.CALLING),
    ("after its bytes were stored", None, State.CALLING),
    (
        "while it is completed",
        FaultRule("clio", FaultKind.DELAY, "PATCH", DOCUMENTS, seconds=LATE, after_work=True),
        State.CALLING,
    ),
    ("after it was completed", None, State.CALLING),
    ("after it was settled", None, State.DELIVERED),
]


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=12, shares=Shares.trouble_free())


async def test_a_message_at_whose_every_boundary_a_worker_dies_is_filed_once(
    fleet: Fleet, prefect_server: PrefectServer, home: Path
) -> None:
    [house] = fleet.houses
    for number, (point, fault, left_in) in enumerate(OF_A_MESSAGE):
        fleet.write(house, 1, cases=[house.cases[number]])
        left = _dies(fleet, house, Place.of(prefect_server, home), "message_relay", point, fault)
        assert left_in is None or left_in in left, (point, left)
    await fleet.tick_until_done(message_relay)
    fleet.assert_exactly_once()


async def test_a_document_at_whose_every_boundary_a_worker_dies_is_filed_once(
    fleet: Fleet, prefect_server: PrefectServer, home: Path
) -> None:
    [house] = fleet.houses
    for number, (point, fault, left_in) in enumerate(OF_A_DOCUMENT):
        fleet.put(house, 1, cases=[house.cases[number]], size=400_000)
        left = _dies(fleet, house, Place.of(prefect_server, home), "document_relay", point, fault)
        assert left_in in left, (point, left)
    await fleet.tick_until_done(document_relay)
    fleet.assert_exactly_once()
    assert len(fleet.papers(house)) == len(OF_A_DOCUMENT), (
        "what was half done was begun anew instead of being gone on with"
    )


def _dies(fleet: Fleet, house: House, place: Place, flow: str, point: str, fault: FaultRule | None) -> set[str]:
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
