"""A worker that dies at each boundary of a delivery, one after the other: the next one finds what it left, and nothing is made twice."""

from pathlib import Path

import pytest

from flows.document_relay import document_relay
from flows.message_relay import message_relay
from ledger import State
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.chaos.fleet import Fleet
from tests.chaos.relay_workers import dies_there
from tests.chaos.tries import Place
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
        left = dies_there(fleet, house, Place.of(prefect_server, home), "message_relay", point, fault)
        assert left_in is None or left_in in left, (point, left)
    await fleet.tick_until_done(message_relay)
    fleet.assert_exactly_once()


async def test_a_document_at_whose_every_boundary_a_worker_dies_is_filed_once(
    fleet: Fleet, prefect_server: PrefectServer, home: Path
) -> None:
    [house] = fleet.houses
    for number, (point, fault, left_in) in enumerate(OF_A_DOCUMENT):
        fleet.put(house, 1, cases=[house.cases[number]], size=400_000)
        left = dies_there(fleet, house, Place.of(prefect_server, home), "document_relay", point, fault)
        assert left_in in left, (point, left)
    await fleet.tick_until_done(document_relay)
    fleet.assert_exactly_once()
    assert len(fleet.papers(house)) == len(OF_A_DOCUMENT), (
        "what was half done was begun anew instead of being gone on with"
    )
