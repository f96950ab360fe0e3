"""Messages and files of the portal in CASEpeer: notes every two minutes, documents after the firm's night, each once."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from blocks.casepeer import CasePeerCredentials
from blocks.firm import Firm
from flows.check_connection import check_connection
from flows.document_relay import document_relay
from flows.initial_bulk_import import initial_bulk_import
from flows.message_relay import message_relay
from ledger import State
from ledger.tables import deliveries, feeds
from sandbox.faults import FaultKind
from sandbox.seed import Shares, WorldOptions
from tasks.fleet import Fleet
from tests.flows.peers import Peers, open_peers
from tests.flows.processes import PrefectServer
from tests.flows.relaying import Desk

WORLD = WorldOptions(matters=20, shares=Shares.trouble_free())
BEGINNING = "Received message from Case Status: Message from Case Status: "
NOTES, DOCUMENTS = "*/case/{}/notes/", "*/case/case-documents/{}/"


@pytest.fixture(scope="module")
def desk(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A firm in step, its relays switched on; every test takes cases of its own."""
    with open_peers("by-case-note", tmp_path_factory.mktemp("peers") / "casebridge", WORLD) as office:
        office.run_now(initial_bulk_import, cases="\n".join(map(str, office.seed.matter_ids)))
        office.activate_all()
        for relay in (message_relay, document_relay):
            asyncio.run(relay(office.slug))
        office.sandbox.controls.clock.advance(2)
        yield Desk(office)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may have been done is looked up in the next tick."""
    monkeypatch.setattr("tasks.relay.delivering.SETTLING", timedelta(0))
    monkeypatch.setattr("connectors.http.patience.Patience.exhausted", lambda *_: True)


def records(desk: Desk) -> Any:
    """The firm's CASEpeer."""
    assert isinstance(desk.office, Peers)
    return desk.office.records


def notes(desk: Desk, case: str) -> list[Any]:
    return [note for note in records(desk).notes.new() if str(note.case_id) == case]


def words(note: Any) -> str:
    """What a note says between its beginning and its lines of people."""
    assert note.text.startswith(BEGINNING)
    said: str = note.text.removeprefix(BEGINNING).rpartition("\n\n--\nFrom: ")[0]
    return said


def documents(desk: Desk, case: str) -> list[Any]:
    return [kept for kept in records(desk).documents.new() if str(kept.case_id) == case]


async def until(desk: Desk, flow: Any, ticks: int) -> Any:
    for _ in range(ticks):
        state = await desk.tick(flow)
        desk.make_due()
    return state


async def test_messages_are_case_notes_that_say_who_wrote_to_whom_and_when(desk: Desk) -> None:
    case = next(desk.office.resting)
    lead = records(desk).people[records(desk).cases.get(int(case)).team["lead_attorney"]]
    said = ["Hi 😀 <b>bold</b> &amp; שלום", "  two\n\nlines", "No: --\nFrom: nobody"]
    sent = [desk.write(case, text) for text in said]
    sent.append(desk.write(case, "It went out today.", type="outbound", sender_email=lead.email))
    desk.write(case, "  ")
    for _ in range(2):
        state = await desk.tick(message_relay)
        assert state.is_completed(), state
    kept = notes(desk, case)
    assert [words(note) for note in kept] == [*said, "It went out today.", "(A message without text.)"]
    assert [note.external_ref for note in kept][:4] == [f"message:{number}" for number in sent]
    shown = desk.office.case(case)
    assert shown is not None
    client = shown["clients"][0]
    name = f"{client['first_name']} {client['last_name']}"
    assert f"\n\n--\nFrom: {name}\nTo: {lead.name}\nWhen: " in kept[0].text
    assert f"\n\n--\nFrom: {lead.name} <{lead.email}>\nTo: {name}\nWhen: " in kept[3].text
    delivery = desk.receipt("messages", f"message:{sent[0]}").delivery
    assert (delivery.state, delivery.remote_id) == (State.DELIVERED, str(kept[0].id))


async def test_a_message_longer_than_a_note_and_its_edit_lose_nothing(desk: Desk) -> None:
    case = next(desk.office.resting)
    said = "".join(f"{number} " for number in range(3_000))
    message = desk.write(case, said)
    desk.spoil("casepeer", FaultKind.CUT_AFTER, "POST", NOTES.format(case))
    await until(desk, message_relay, 2)
    desk.edit(message, "Never mind.")
    await until(desk, message_relay, 2)
    *parts, edit = notes(desk, case)
    assert "".join(note.text.removeprefix(BEGINNING).partition("\n\n(Part ")[0] for note in parts).startswith(said)
    assert [note.external_ref.partition(":part:")[2] for note in parts] == ["1", ""]
    assert words(edit).startswith("Edited in Case Status on ")
    assert words(edit).endswith("now reads:\n\nNever mind.")


async def test_files_are_documents_of_the_case_under_names_for_people(desk: Desk) -> None:
    case = next(desk.office.resting)
    file = desk.put(case, "er-bill.pdf", "the bill")
    desk.put(case, "er-bill.pdf", "another bill")
    desk.put(case, "..\\..\\etc/Röntgen 👨‍👩‍👧\u202efdp.exe", size=700_000, seed=5)
    empty = desk.put(case, "empty.txt", "")
    await desk.tick(document_relay)
    kept = {document.name: document for document in documents(desk, case)}
    assert kept.keys() == {"er-bill.pdf", "er-bill (2).pdf", "Röntgen 👨‍👩‍👧fdp.exe"}
    assert kept["er-bill.pdf"].sha256 == hashlib.sha256(b"the bill").hexdigest()
    assert kept["Röntgen 👨‍👩‍👧fdp.exe"].size == 700_000
    delivery = desk.receipt("documents", f"file:{file}").delivery
    assert (delivery.state, delivery.remote_id) == (State.DELIVERED, str(kept["er-bill.pdf"].id))
    refused = desk.receipt("documents", f"file:{empty}").delivery
    assert (refused.state, refused.code, refused.tries) == (State.GIVEN_UP, "vendor_refused", 1)
    assert refused.reason == "“empty.txt” is empty, and CASEpeer takes no empty files: ask for it again."


async def test_equal_files_are_each_there_once_whichever_answers_are_lost(desk: Desk) -> None:
    case = next(desk.office.resting)
    earlier = records(desk).file_document(
        int(case), "scan.pdf", b"same", at=datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    )
    files = [desk.put(case, "scan.pdf", "same") for _ in range(4)]
    for kind in (FaultKind.CUT_AFTER, FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER):
        desk.spoil("casepeer", kind, "POST", DOCUMENTS.format(case))
    await until(desk, document_relay, 3)
    kept = [document for document in documents(desk, case) if document.id != earlier.id]
    assert sorted(document.name for document in kept) == ["scan (2).pdf", "scan (3).pdf", "scan (4).pdf", "scan.pdf"]
    told = [desk.receipt("documents", f"file:{file}").delivery for file in files]
    assert {delivery.state for delivery in told} == {State.DELIVERED}
    assert {delivery.remote_id: delivery.payload["name"] for delivery in told} == {
        str(document.id): document.name for document in kept
    }


async def test_a_file_too_large_for_casepeer_ends_at_once(desk: Desk) -> None:
    case = next(desk.office.resting)
    records(desk).switches.max_upload_bytes = 1_000_000
    large = desk.put(case, "film.mp4", size=1_048_577)
    state = await desk.tick(document_relay)
    records(desk).switches.max_upload_bytes = 100 * 1_048_576
    assert state.name == "Exceptions"
    refused = desk.receipt("documents", f"file:{large}").delivery
    assert (refused.state, refused.code) == (State.GIVEN_UP, "document_too_large")
    assert "has 1 MB, more than CASEpeer takes" in (refused.reason or "")


async def test_a_login_page_in_the_place_of_an_answer_is_told_and_nothing_is_lost_or_twice(desk: Desk) -> None:
    case = next(desk.office.resting)
    desk.write(case, "Before.")
    desk.spoil("casepeer", FaultKind.HTML, "POST", NOTES.format(case), status=200, after_work=True)
    await desk.tick(message_relay)
    records(desk).switches.login_page = "redirect"
    desk.write(case, "Meanwhile.")
    state = await desk.tick(message_relay)
    records(desk).switches.login_page = "never"
    assert state.name == "ReconnectNeeded"
    assert "Account Settings › Integrations › Case Status › Manage" in str(state.message)
    await until(desk, message_relay, 2)
    assert [words(note) for note in notes(desk, case)] == ["Before.", "Meanwhile."]


async def test_one_view_that_is_closed_to_the_key_stops_only_what_goes_there(desk: Desk) -> None:
    case = next(desk.office.resting)
    key = records(desk).keys.integration
    key.denied = {"case/*/notes"}
    desk.write(case, "Hello?")
    desk.put(case, "form.pdf", "form")
    said = await desk.tick(message_relay)
    await desk.tick(document_relay)
    key.denied = set()
    assert said.name == "SetupNeeded"
    assert "the right to write to 'case/{id}/notes'" in str(said.message)
    assert [document.name for document in documents(desk, case)] == ["form.pdf"]
    await until(desk, message_relay, 1)
    assert [words(note) for note in notes(desk, case)] == ["Hello?"]


async def test_a_case_that_is_gone_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, other = next(desk.office.resting), next(desk.office.resting)
    there = records(desk).cases.get
    held = desk.write(gone, "Are you there?")
    desk.write(other, "I am.")
    with monkeypatch.context() as patch:
        patch.setattr(records(desk).cases, "get", lambda number: None if number == int(gone) else there(number))
        await desk.tick(message_relay)
    waiting = desk.receipt("messages", f"message:{held}").delivery
    assert (waiting.state, waiting.code, waiting.held) == (State.FAILED, "case_gone", True)
    assert [words(note) for note in notes(desk, other)] == ["I am."]
    await until(desk, message_relay, 2)
    assert [words(note) for note in notes(desk, gone)] == ["Are you there?"]


async def test_a_category_that_is_missing_is_told_at_the_check_and_stops_documents(desk: Desk) -> None:
    block, case = f"{desk.office.slug}-casepeer", next(desk.office.resting)
    credentials = await CasePeerCredentials.aload(block)
    credentials.document_category = "Portal"
    await credentials.asave(block, overwrite=True)
    desk.put(case, "photo.jpg", "photo")
    for flow in (check_connection, document_relay):
        state = await desk.tick(flow)
        assert state.name == "SetupNeeded"
        assert "no document category “Portal”. Enter one that it has as *Document category*" in str(state.message)
    credentials.document_category = "Client Portal"
    await credentials.asave(block, overwrite=True)
    assert (await desk.tick(check_connection)).name == "Completed"
    await until(desk, document_relay, 1)
    [kept] = documents(desk, case)
    assert records(desk).document_categories[kept.category] == "Client Portal"
    credentials.document_category = ""
    await credentials.asave(block, overwrite=True)


class Evenings:
    """The fleet's ticks for this firm, whose hour of the night was five minutes ago."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk, self.ledger, self.slug = desk, desk.office.ledger, desk.office.slug
        monkeypatch.setattr("tasks.relay.tick.load_fleet", self._alone)

    async def _alone(self) -> Fleet:
        firm = await Firm.aload(self.slug)
        hour = datetime.now(UTC) - timedelta(minutes=5)
        return Fleet({self.slug: firm.model_copy(update={"nightly_at": f"{hour:%H:%M}", "nightly_zone": "UTC"})})

    async def tick(self) -> tuple[str | None, bool]:
        """A tick of all firms: how it ended, and whether this one's files were asked for."""
        self.desk.office.forget_requests()
        state = await document_relay(return_state=True)
        return state.name, bool(self.desk.office.asked("casestatus", "GET", "/v1/api/files"))

    def was_read(self, minutes_ago: float) -> None:
        with self.ledger._database.writing() as connection:
            at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
            connection.execute(update(feeds).where(feeds.c.stream == "documents").values(polled_at=at))

    def waits_since(self, hours_ago: float) -> None:
        with self.ledger._database.writing() as connection:
            pending = deliveries.c.ended_at.is_(None)
            since = datetime.now(UTC) - timedelta(hours=hours_ago)
            connection.execute(update(deliveries).where(pending).values(waiting_since=since, due_at=None))


async def test_documents_come_once_a_night_after_the_sync_and_retries_at_any_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, evenings = next(desk.office.resting), Evenings(desk, monkeypatch)
    desk.put(case, "first.pdf", "first")
    assert await evenings.tick() == ("Completed", False), "read by hand after the hour of this night"
    evenings.was_read(60)
    assert await evenings.tick() == ("Completed", False), "its sync may still begin"
    hold = evenings.ledger.leases.acquire(f"cases:{evenings.slug}", "the night", 60)
    evenings.ledger.runs.start(hold, firm=evenings.slug, kind="nightly_case_sync", trigger="nightly", system="casepeer")
    assert await evenings.tick() == ("Completed", False), "its sync is running"
    evenings.ledger.leases.release(hold)
    desk.spoil("casepeer", FaultKind.STATUS, "POST", DOCUMENTS.format(case), status=415, count=3)
    assert await evenings.tick() == ("Completed", True)
    desk.put(case, "second.pdf", "second")
    evenings.waits_since(hours_ago=24)
    assert await evenings.tick() == ("Completed", False), "a day is no reason to wake anybody"
    evenings.waits_since(hours_ago=25.1)
    assert await evenings.tick() == ("Exceptions", False)
    evenings.waits_since(hours_ago=24)
    assert await evenings.tick() == ("Completed", False)
    assert [document.name for document in documents(desk, case)] == ["first.pdf"], "tried again, nothing else read"
    await desk.tick(document_relay)
    assert [document.name for document in documents(desk, case)] == ["first.pdf", "second.pdf"], "read by hand"


async def test_what_appears_late_between_two_nights_is_still_found(desk: Desk) -> None:
    """With a time from before the last reading, and further back than a reading of every hour looks."""
    case, ledger, now = next(desk.office.resting), desk.office.ledger, datetime.now(UTC)
    ledger.feeds.begin(desk.office.slug, "documents", now - timedelta(days=3))
    with ledger._database.writing() as connection:
        read = {"read_to": now - timedelta(hours=24), "swept_at": now - timedelta(hours=24)}
        connection.execute(update(feeds).where(feeds.c.stream == "documents").values(read))
    desk.put(case, "late.pdf", "late", updated_at=(now - timedelta(hours=40)).isoformat())
    await desk.tick(document_relay)
    assert [document.name for document in documents(desk, case)] == ["late.pdf"]
