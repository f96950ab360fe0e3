"""Files of the portal in Clio: every byte, once, under a fit name; and what is done about those that cannot come."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from blocks.firm import Firm
from flows.document_relay import document_relay
from flows.nightly_case_sync import nightly_case_sync
from ledger import State
from ledger.tables import deliveries, feeds
from sandbox.faults import FaultKind
from sandbox.seed import Shares, WorldOptions
from tests.flows.office import open_office
from tests.flows.processes import PrefectServer
from tests.flows.relaying import Desk

WORLD = WorldOptions(matters=50, shares=Shares.trouble_free())


@pytest.fixture(scope="module")
def desk(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A firm in step, its relay switched on; every test takes cases of its own."""
    with open_office("by-file", tmp_path_factory.mktemp("documents") / "casebridge", WORLD) as office:
        office.run_now(nightly_case_sync)
        asyncio.run(document_relay(office.slug))
        office.sandbox.controls.clock.advance(2)
        yield Desk(office)


async def test_a_file_is_filed_with_its_case_once(desk: Desk) -> None:
    case = next(desk.office.resting)
    file = desk.put(case, "er-bill.pdf", "the bill")
    state = await desk.tick(document_relay)
    assert state.is_completed(), state
    await desk.tick(document_relay)
    [paper] = desk.papers(case)
    assert (paper["name"], paper["content_type"], paper["fully_uploaded"]) == ("er-bill.pdf", "application/pdf", True)
    assert paper["sha256"] == hashlib.sha256(b"the bill").hexdigest()
    assert paper["external_properties"] == [{"name": "case_status_file_id", "value": f"file:{file}"}]
    assert desk.receipt("documents", f"file:{file}").delivery.remote_id == str(paper["id"])


async def test_odd_files_come_through(desk: Desk) -> None:
    case = next(desk.office.resting)
    desk.put(case, "empty.txt", "")
    desk.put(case, "no extension", "abc", content_type="application/x-strange")
    desk.put(case, "..\\..\\etc/pass\x00wd\u202efdp.exe", "x")
    desk.put(case, "n" * 300 + ".docx", "long")
    await desk.tick(document_relay)
    papers = {paper["name"]: paper for paper in desk.papers(case)}
    assert papers.keys() == {"empty.txt", "no extension", "pass wdfdp.exe", "n" * 195 + ".docx"}
    assert papers["empty.txt"]["size"] == 0
    assert all(paper["fully_uploaded"] for paper in papers.values())


async def test_equal_names_are_kept_apart(desk: Desk) -> None:
    case, other = next(desk.office.resting), next(desk.office.resting)
    for target, content in ((case, "1"), (case, "2"), (other, "3")):
        desk.put(target, "scan.pdf", content)
    await desk.tick(document_relay)
    desk.put(case, "SCAN.pdf", "4")
    await desk.tick(document_relay)
    assert sorted(paper["name"] for paper in desk.papers(case)) == ["SCAN (3).pdf", "scan (2).pdf", "scan.pdf"]
    assert [paper["name"] for paper in desk.papers(other)] == ["scan.pdf"]


async def test_a_file_that_is_still_scanned_waits(desk: Desk) -> None:
    case = next(desk.office.resting)
    file = desk.put(case, "slow.pdf", "slow", ready_in=30)
    await desk.tick(document_relay)
    assert desk.papers(case) == []
    waiting = desk.receipt("documents", f"file:{file}").delivery
    assert (waiting.state, waiting.code, waiting.tries) == (State.RESERVED, "file_not_ready", 0)
    desk.sandbox.controls.clock.advance(31)
    desk.make_due()
    await desk.tick(document_relay)
    assert [paper["name"] for paper in desk.papers(case)] == ["slow.pdf"]


async def test_a_file_too_large_for_the_firm_is_refused_until_a_person_asks_again(desk: Desk) -> None:
    case = next(desk.office.resting)
    firm = await Firm.aload(desk.office.slug)
    firm.largest_document_mb = 1
    await firm.asave(desk.office.slug, overwrite=True)
    file = desk.put(case, "film.mp4", size=3_000_000)
    state = await desk.tick(document_relay)
    assert state.name == "Exceptions"
    refused = desk.receipt("documents", f"file:{file}").delivery
    assert (refused.state, refused.code) == (State.GIVEN_UP, "document_too_large")
    assert "Raise *Largest document*" in (refused.reason or "")
    firm.largest_document_mb = 1024
    await firm.asave(desk.office.slug, overwrite=True)
    assert desk.office.ledger.deliveries.revive(desk.office.slug, "documents", "ops") == [f"file:{file}"]
    await desk.tick(document_relay)
    [paper] = desk.papers(case)
    assert (paper["size"], paper["sha256"]) == (
        3_000_000,
        desk.receipt("documents", f"file:{file}").delivery.payload["document"]["sha256"],
    )


@pytest.mark.parametrize(
    ("vendor", "kind", "method", "path"),
    [
        ("clio", FaultKind.CUT_BEFORE, "POST", "/api/v4/documents*"),
        ("clio", FaultKind.CUT_AFTER, "POST", "/api/v4/documents*"),
        ("storage", FaultKind.CUT_BEFORE, "PUT", "*"),
        ("storage", FaultKind.CUT_UPLOAD, "PUT", "*"),
        ("storage", FaultKind.CUT_AFTER, "PUT", "*"),
        ("clio", FaultKind.CUT_BEFORE, "PATCH", "/api/v4/documents*"),
        ("clio", FaultKind.CUT_AFTER, "PATCH", "/api/v4/documents*"),
        ("casestatus", FaultKind.CUT_DOWNLOAD, "GET", "/blob/*"),
    ],
)
async def test_a_cut_at_any_step_leaves_one_document(
    desk: Desk, vendor: str, kind: FaultKind, method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.relay.delivering.SETTLING", timedelta(0))
    case = next(desk.office.resting)
    file = desk.put(case, "large.bin", size=700_000, seed=5)
    desk.spoil(vendor, kind, method, path, after_bytes=300_000)
    for _ in range(4):
        await desk.tick(document_relay)
        desk.make_due()
    complete = [paper for paper in desk.papers(case) if paper["fully_uploaded"]]
    assert [paper["sha256"] for paper in complete] == [
        desk.receipt("documents", f"file:{file}").delivery.payload["document"]["sha256"]
    ]
    unfinished = [paper for paper in desk.papers(case) if not paper["fully_uploaded"] and not paper["deleted"]]
    assert unfinished == []


async def test_uploads_that_nobody_finished_are_cleared_away_after_a_day(desk: Desk) -> None:
    case = next(desk.office.resting)
    desk.put(case, "half.pdf", "half")
    desk.spoil("storage", FaultKind.STATUS, "PUT", "*", status=503, count=None)
    await desk.tick(document_relay)
    desk.sandbox.controls.faults.clear()
    [shell] = desk.papers(case)
    assert not shell["fully_uploaded"]
    long_ago = datetime.now(UTC) - timedelta(days=2)
    with desk.office.ledger._database.writing() as connection:
        connection.execute(update(feeds).values(tidied_at=long_ago))
        # Nobody goes on with it: somebody has given it up.
        connection.execute(
            update(deliveries).where(deliveries.c.state == "failed").values(due_at=datetime.max.replace(tzinfo=UTC))
        )
    desk.office.clio.documents.get(shell["id"])["created_at"] = "2026-11-20T10:00:00Z"
    await desk.tick(document_relay)
    assert [paper["deleted"] for paper in desk.papers(case)] == [True]


async def test_a_signed_address_of_another_host_is_not_followed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(desk.office.resting)
    file = desk.put(case, "bait.pdf", "bait")
    monkeypatch.setattr(
        "sandbox.casestatus.filing.signed_address", lambda *_: ("http://127.0.0.1:9/blob/1", 1_900_000_000_000_000)
    )
    await desk.tick(document_relay)
    monkeypatch.undo()
    refused = desk.receipt("documents", f"file:{file}").delivery
    assert "127.0.0.1, which is not one of its hosts" in (refused.reason or "")
    assert not [paper for paper in desk.papers(case) if paper["fully_uploaded"]]
