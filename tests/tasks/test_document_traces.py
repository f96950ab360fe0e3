"""What a document is looked for by when its answer was lost: everything on record of it, and of the others of its case."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from domain.relay import PaperTrace
from ledger import Delivery, Lease, Ledger
from tasks.relay.documents import DocumentCourier, reservations
from tests.tasks.relayed import PLACE, document

FIRM, STREAM, CASE = "harrow-pike", "documents", "1480021"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


@pytest.fixture
def hold(ledger: Ledger) -> Lease:
    return ledger.leases.acquire(f"{STREAM}:{FIRM}", "tick", 60)


class Cabinet:
    """A case system in which equal documents lie; it finds whichever is not said to be another one."""

    def __init__(self, *there: str) -> None:
        self._there = there
        self.asked: list[PaperTrace] = []

    async def find_paper(self, trace: PaperTrace) -> str | None:
        self.asked.append(trace)
        await asyncio.sleep(0)
        return next((record for record in self._there if record not in trace.other_records), None)


def courier(ledger: Ledger, cabinet: Cabinet) -> DocumentCourier:
    nobody: Any = None
    return DocumentCourier(ledger, nobody, cast("Any", cabinet), nobody, "CASEpeer", largest=1)


def reserve(ledger: Ledger, *numbers: int, **changes: Any) -> None:
    found = [document(number, "scan.pdf", **changes) for number in numbers]
    ledger.deliveries.reserve(FIRM, STREAM, reservations(found, {}, {}, system="casepeer"))


def call(ledger: Ledger, hold: Lease, case_id: str = CASE) -> dict[str, Delivery]:
    """Everything that is due is called for this case; by marker."""
    claimed = ledger.deliveries.claim(hold, FIRM, STREAM)
    return {one.marker: ledger.deliveries.calling(hold, one, case_id) for one in claimed}


async def test_a_trace_says_what_is_on_record(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, 1, 2, 3)
    called = call(ledger, hold)
    ledger.deliveries.settle_delivered(called["file:2"], "8002")
    cabinet, one = Cabinet("8001"), called["file:1"]
    assert await courier(ledger, cabinet).find(one) == "8001"
    [trace] = cabinet.asked
    assert (trace.marker, trace.case_id, trace.name) == ("file:1", CASE, "scan.pdf")
    assert (trace.size, trace.sha256) == (48_210, "9b1f" * 16)
    assert trace.since == one.reserved_at - timedelta(hours=1)
    assert trace.other_records == {"8002"}
    assert trace.other_names == {"scan (2).pdf", "scan (3).pdf"}


async def test_of_two_equal_ones_looked_up_at_once_each_is_found_for_one(ledger: Ledger, hold: Lease) -> None:
    """Of the same name, too: one of them came before its case was linked."""
    reserve(ledger, 1)
    reserve(ledger, 2, place=replace(PLACE, integration_id=None))
    called = call(ledger, hold)
    assert {one.payload["name"] for one in called.values()} == {"scan.pdf"}
    both = courier(ledger, Cabinet("8001", "8002"))
    assert sorted(await asyncio.gather(*map(both.find, called.values()))) == ["8001", "8002"]
    only = courier(ledger, Cabinet("8001"))
    assert sorted(map(str, await asyncio.gather(*map(only.find, called.values())))) == ["8001", "None"]
    again = called["file:1"]
    assert await both.find(again) == await both.find(again), "its own find is no other document's"


async def test_what_was_called_for_another_case_is_no_other_document_of_this_one(ledger: Ledger, hold: Lease) -> None:
    reserve(ledger, 1)
    elsewhere = call(ledger, hold, "1480099")
    ledger.deliveries.settle_delivered(elsewhere["file:1"], "8001")
    reserve(ledger, 2)
    cabinet = Cabinet("8001")
    await courier(ledger, cabinet).find(call(ledger, hold)["file:2"])
    assert (cabinet.asked[0].other_records, cabinet.asked[0].other_names) == (frozenset(), frozenset())
