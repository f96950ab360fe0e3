"""Messages and files of the portal in SmartAdvocate: whole, once, in order; and what holds up what when it cannot take them."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from prefect.client.schemas.objects import State as RunState

from blocks.smartadvocate import SmartAdvocateCredentials
from flows.document_relay import document_relay
from flows.message_relay import message_relay
from flows.nightly_case_sync import nightly_case_sync
from ledger import State
from sandbox.casestatus import arrivals
from sandbox.faults import FaultKind
from sandbox.seed import Shares, WorldOptions
from sandbox.smartadvocate.rendering import note_json
from tests.flows.advocates import Advocates, open_advocates
from tests.flows.processes import PrefectServer
from tests.flows.relaying import Desk

WORLD = WorldOptions(matters=16, shares=Shares.trouble_free())


@pytest.fixture(scope="module")
def desk(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A firm in step, its relays switched on; every test takes cases of its own."""
    home = tmp_path_factory.mktemp("smartadvocate") / "casebridge"
    with open_advocates("by-note", home, WORLD, relay_replies=False) as office:
        office.run_now(nightly_case_sync)
        office.activate_all()
        for relay in (message_relay, document_relay):
            asyncio.run(relay(office.slug))
        office.sandbox.controls.clock.advance(2)
        yield Desk(office)


def records(desk: Desk) -> Any:
    """The firm's SmartAdvocate."""
    assert isinstance(desk.office, Advocates)
    return desk.office.records


def notes(desk: Desk, case: str) -> list[dict[str, Any]]:
    """What was filed with a case, in the API's words and in the order in which it came."""
    return [note_json(records(desk), note) for note in records(desk).notes.new() if str(note.case_id) == case]


def words(note: dict[str, Any]) -> str:
    """What a note says above its lines of people."""
    return unescape(note["noteText"].rpartition("<br><br>--<br>From: ")[0].replace("<br>", "\n"))


def documents(desk: Desk, case: str) -> list[Any]:
    return [kept for kept in records(desk).documents.new() if str(kept.case_id) == case]


async def until(desk: Desk, flow: Any, ticks: int) -> RunState[Any]:
    for _ in range(ticks):
        state = await desk.tick(flow)
        desk.make_due()
    return state


async def test_messages_are_notes_whose_types_tell_their_direction(desk: Desk) -> None:
    case = next(desk.office.resting)
    attorney = records(desk).cases.get(int(case)).staff[0]
    said = ["Hi 😀 <b>bold</b> &amp; שלום", "  two\n\nlines", "x" * 60_000, "casebridge message:1"]
    sent = [desk.write(case, text) for text in said]
    sent.append(desk.write(case, "It went out today.", type="outbound", sender_email=attorney.email))
    desk.write(case, "  ")
    for _ in range(2):
        state = await desk.tick(message_relay)
        assert state.is_completed(), state
    kept = notes(desk, case)
    assert [words(note) for note in kept] == [*said, "It went out today.", "(A message without text.)"]
    kinds = [note["noteTypeName"].removeprefix("Case Status - ") for note in kept]
    assert kinds == ["Incoming"] * 4 + ["Outgoing", "Incoming"]
    assert {note["subject"] for note in kept} == {"Case Status Message"}
    assert not any(note["isSharedinCP"] or note["isSharedWithAll"] for note in kept)
    shown = desk.office.case(case)
    assert shown is not None
    client = shown["clients"][0]
    first, out = unescape(kept[0]["noteText"]), unescape(kept[4]["noteText"])
    staff, name = f"{attorney.first_name} {attorney.last_name}", f"{client['first_name']} {client['last_name']}"
    assert f"--<br>From: {name}<br>To: {staff}<br>When: " in first
    assert first.endswith(f" UTC<br><small>casebridge message:{sent[0]}</small>")
    assert f"--<br>From: {staff} <{attorney.email}><br>To: {name}<br>When: " in out
    delivery = desk.receipt("messages", f"message:{sent[0]}").delivery
    assert (delivery.state, delivery.remote_id) == (State.DELIVERED, str(kept[0]["noteID"]))


async def test_an_edit_is_a_note_of_its_own(desk: Desk) -> None:
    case = next(desk.office.resting)
    message = desk.write(case, "Court is at 9.")
    await desk.tick(message_relay)
    desk.edit(message, "Court is at 10.")
    for _ in range(2):
        await desk.tick(message_relay)
    first, second = notes(desk, case)
    assert words(first) == "Court is at 9."
    assert words(second).startswith("Edited in Case Status on ")
    assert words(second).endswith("now reads:\n\nCourt is at 10.")


async def test_files_are_documents_of_the_firms_category(desk: Desk) -> None:
    case = next(desk.office.resting)
    file = desk.put(case, "er-bill.pdf", "the bill")
    desk.put(case, "er-bill.pdf", "another bill")
    desk.put(case, "..\\..\\etc/Röntgen 👨‍👩‍👧\u202efdp.exe", size=700_000, seed=5)
    for _ in range(2):
        state = await desk.tick(document_relay)
        assert state.is_completed(), state
    kept = {document.name: document for document in documents(desk, case)}
    assert kept.keys() == {"er-bill.pdf", "er-bill (2).pdf", "Röntgen 👨‍👩‍👧fdp.exe"}
    assert len(documents(desk, case)) == 3
    categories = records(desk).document_categories.names
    assert {categories[document.category_id] for document in kept.values()} == {"Case Documents"}
    assert kept["er-bill.pdf"].sha256 == hashlib.sha256(b"the bill").hexdigest()
    assert kept["Röntgen 👨‍👩‍👧fdp.exe"].size == 700_000
    delivery = desk.receipt("documents", f"file:{file}").delivery
    assert (delivery.state, delivery.remote_id) == (State.DELIVERED, str(kept["er-bill.pdf"].id))


async def test_a_file_too_large_for_smartadvocate_ends_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.relay.delivering.SETTLING", timedelta(0))
    case = next(desk.office.resting)
    records(desk).switches.max_upload_bytes = 1_000_000
    large, small = desk.put(case, "film.mp4", size=1_048_577), desk.put(case, "note.txt", "small")
    state = await desk.tick(document_relay)
    records(desk).switches.max_upload_bytes = 50 * 1_048_576
    assert state.name == "Exceptions"
    refused = desk.receipt("documents", f"file:{large}").delivery
    assert (refused.state, refused.code, refused.tries) == (State.GIVEN_UP, "document_too_large", 1)
    assert refused.reason is not None
    assert "has 1 MB, more than SmartAdvocate takes" in refused.reason
    assert desk.receipt("documents", f"file:{small}").delivery.state is State.DELIVERED
    assert desk.office.ledger.deliveries.revive(desk.office.slug, "documents", "ops") == [f"file:{large}"]
    await until(desk, document_relay, 2)
    assert [document.name for document in documents(desk, case)] == ["note.txt", "film.mp4"]


async def test_a_case_that_is_hidden_holds_up_no_other(desk: Desk) -> None:
    hidden, other = next(desk.office.resting), next(desk.office.resting)
    records(desk).hidden_cases = {int(hidden)}
    held = desk.write(hidden, "Are you there?")
    desk.write(other, "I am.")
    await desk.tick(message_relay)
    waiting = desk.receipt("messages", f"message:{held}").delivery
    assert (waiting.state, waiting.code, waiting.held) == (State.FAILED, "case_gone", True)
    assert [words(note) for note in notes(desk, other)] == ["I am."]
    records(desk).hidden_cases = set()
    await until(desk, message_relay, 1)
    assert [words(note) for note in notes(desk, hidden)] == []
    await until(desk, message_relay, 1)
    assert [words(note) for note in notes(desk, hidden)] == ["Are you there?"]


async def test_a_case_that_is_hidden_when_a_lost_answer_is_looked_up_holds_up_no_other(desk: Desk) -> None:
    hidden, other = next(desk.office.resting), next(desk.office.resting)
    desk.spoil("smartadvocate", FaultKind.CUT_AFTER, "POST", f"*/case/{hidden}/notes")
    desk.spoil("smartadvocate", FaultKind.STATUS, "GET", f"*/case/{hidden}/notes", status=403)
    lost = desk.write(hidden, "Did you get this?")
    desk.write(other, "I did.")
    await until(desk, message_relay, 1)
    waiting = desk.receipt("messages", f"message:{lost}").delivery
    assert (waiting.state, waiting.code, waiting.held) == (State.UNKNOWN, "case_gone", True)
    assert [words(note) for note in notes(desk, other)] == ["I did."]
    await until(desk, message_relay, 1)
    assert [words(note) for note in notes(desk, hidden)] == ["Did you get this?"]
    assert desk.receipt("messages", f"message:{lost}").delivery.state is State.DELIVERED


async def test_what_was_linked_only_after_it_came_is_looked_for_with_the_case_it_was_filed_with(desk: Desk) -> None:
    like = next(desk.office.resting)
    shown, added = desk.office.case(like), records(desk).add_case(int(like))
    assert shown is not None
    body = {"readable_id": "by-hand", "clients": [{"first_name": "Lee", "last_name": "Ro", "cell_phone": "3035550101"}]}
    known = {"practice_area": shown["practice_area"]["display_name"], "stage": shown["stage"]["display_name"]}
    made = desk.office.portal_call("POST", "/cases", body | known | {"attorney_email": shown["attorney"]["email"]})
    linked = desk.office.portal.case(made["case"]["id"])
    arrived = {"case_id": linked.id, "content": "Where is my file?"}
    message = arrivals.message_arrives(desk.sandbox.casestatus.portal, desk.office.portal, arrived)
    await until(desk, message_relay, 1)
    assert desk.receipt("messages", f"message:{message.id}").delivery.code == "case_not_linked"
    linked.integration_id, linked.source, linked.body = str(added.id), "smartadvocate", None
    desk.spoil("smartadvocate", FaultKind.CUT_AFTER, "POST", f"*/case/{added.id}/notes")
    await until(desk, message_relay, 1)
    delivery = desk.receipt("messages", f"message:{message.id}").delivery
    [note] = notes(desk, str(added.id))
    assert words(note) == "Where is my file?"
    assert (delivery.state, delivery.remote_id) == (State.DELIVERED, str(note["noteID"]))
    assert delivery.case_id == str(added.id)


async def test_a_note_type_that_is_missing_stops_the_relay_until_the_setting_is_right(desk: Desk) -> None:
    case = next(desk.office.resting)
    block = f"{desk.office.slug}-smartadvocate"
    credentials = await SmartAdvocateCredentials.aload(block)
    credentials.inbound_note_type = "Portal in"
    await credentials.asave(block, overwrite=True)
    desk.write(case, "Hello?")
    state = await desk.tick(message_relay)
    assert state.name == "SetupNeeded", state
    assert "no note type “Portal in”" in str(state.message)
    assert "*Note type of incoming messages*" in str(state.message)
    assert notes(desk, case) == []
    credentials.inbound_note_type = "Other"
    await credentials.asave(block, overwrite=True)
    await until(desk, message_relay, 1)
    assert [(words(note), note["noteTypeName"]) for note in notes(desk, case)] == [("Hello?", "Other")]
    credentials.inbound_note_type = "Case Status - Incoming"
    await credentials.asave(block, overwrite=True)


async def test_a_tick_asks_for_little(desk: Desk) -> None:
    cases = [next(desk.office.resting) for _ in range(3)]
    await desk.tick(message_relay)
    desk.office.forget_requests()
    for case in cases:
        desk.write(case, "One.")
        desk.write(case, "Two.")
    await desk.tick(message_relay)
    asked = desk.office.asked("smartadvocate")
    assert sum("/notes/types" in path for path in asked) == 1
    assert len([path for path in asked if "authenticate" not in path]) == 1 + 6
    desk.office.forget_requests()
    await desk.tick(message_relay)
    assert desk.office.asked("smartadvocate") == [], "a tick with nothing to deliver asks for nothing"
