"""The portal's feeds over a real socket: every message and file, oldest change first, as the portal has it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.casestatus import CaseStatusClient
from connectors.errors import CursorExpired, NotFound, Unavailable
from domain.relay import Message, MessageKind, Party, PartyKind
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.clients import portal_client
from tests.connectors.fakes import json_answer, shared
from tests.connectors.mailroom import KEY, TWO_CLIENTS, Mailroom
from tests.connectors.samples import MESSAGE

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def served():
    with SandboxServer(WorldOptions(matters=3), limits_on=False) as server:
        yield server


@pytest.fixture
def room(served):
    served.reset()
    return Mailroom(served)


@pytest.fixture
async def portal(room):
    client = portal_client(room.server, KEY)
    yield client
    await client.close()


async def messages(portal, since=EPOCH):
    return [page async for page in portal.messages(since)]


async def documents(portal, since=EPOCH):
    return [page async for page in portal.documents(since)]


def items(pages):
    return [one for page in pages for one in page.items]


async def test_a_clients_message_is_read_as_the_portal_has_it(room, portal):
    number = room.write("Hi, my next appointment is on Friday. 😀 <b>שלום</b>\r\n\0")
    kept = room.firm.messages.get(int(number))
    [message] = items(await messages(portal))
    client = kept.case.links[0].client
    assert message.id == number
    assert (message.kind, message.content) == (
        MessageKind.INBOUND,
        "Hi, my next appointment is on Friday. 😀 <b>שלום</b>\r\n\0",
    )
    assert message.sender == Party(PartyKind.CLIENT, client.id, "Della Vance")
    assert (message.place.case_id, message.place.integration_id, message.place.source) == (
        kept.case.id,
        TWO_CLIENTS,
        "clio",
    )
    assert message.place.readable_id == "F-1"
    assert (message.recipients, message.attachments, message.external_id) == ((), (), None)
    assert message.sent_at == message.created_at == message.updated_at
    assert abs(datetime.now(UTC) - message.sent_at) < timedelta(seconds=5)


async def test_staff_and_the_portal_write_to_all_clients_of_a_case(room, portal):
    clients = [link.client.id for link in room.firm.case_with_integration_id("clio", TWO_CLIENTS).links]
    for kind in ("outbound", "automation", "system"):
        room.write("To both of you.", type=kind, external_id=f"clio:{kind}")
    found = items(await messages(portal))
    assert [(one.kind.value, one.external_id) for one in found] == [
        (kind, f"clio:{kind}") for kind in ("outbound", "automation", "system")
    ]
    assert {one.recipients for one in found} == {tuple(clients)}
    assert found[0].sender == Party(
        PartyKind.STAFF, found[0].sender.portal_id, "Olive Counsel", "of.counsel@fixture.example"
    )
    assert {one.sender for one in found[1:]} == {Party(PartyKind.SYSTEM, None, "Case Status")}


async def test_a_file_is_read_with_an_address_that_works(room, portal):
    message = room.write("See the bill.")
    number = room.put("er bill.pdf", "words", message_id=int(message))
    [page] = await documents(portal)
    [document] = page.items
    kept = room.file(number)
    assert (document.id, document.name, document.content_type) == (number, "er bill.pdf", "application/pdf")
    assert (document.size, document.sha256, document.message_id) == (5, kept.blob.sha256, int(message))
    assert (document.uploader.kind, document.place.integration_id) == (PartyKind.CLIENT, TWO_CLIENTS)
    assert document.place.case_id == kept.case.id
    assert httpx.get(document.address).content == b"words"
    assert items(await messages(portal))[0].attachments == (int(number),)
    asked = await portal.document(number)
    assert (asked.id, asked.sha256, asked.place) == (document.id, document.sha256, document.place)


async def test_a_file_that_is_being_scanned_has_no_address_yet(room, portal):
    number = room.put("big.pdf", "words", ready_in=60)
    assert items(await documents(portal))[0].address is None
    room.server.controls.clock.advance(61)
    [ready] = items(await documents(portal))
    assert ready.address is not None
    assert (await portal.document(number)).address is not None


async def test_one_that_is_gone_is_not_found(portal):
    with pytest.raises(NotFound):
        await portal.document("999")
    with pytest.raises(NotFound):
        await portal.document("../cases/7?x=")


@pytest.mark.parametrize("overlap", [0, 1, 20])
async def test_every_page_is_read_whatever_comes_twice(room, portal, overlap):
    sent = [room.write(f"Message {number}") for number in range(205)]
    room.portal.page_overlap = overlap
    pages = await messages(portal)
    found = items(pages)
    assert list(dict.fromkeys(one.id for one in found)) == sent
    assert len(pages) >= 3
    assert all(page.cursor for page in pages[:-1])
    assert pages[-1].cursor is None
    for page in pages:
        assert page.newest == page.items[-1].updated_at


async def test_since_is_inclusive_and_exact_to_the_microsecond(room, portal):
    at = datetime(2026, 3, 2, 12, 0, 0, 123_456, tzinfo=UTC)
    stamps = [at - timedelta(microseconds=1), at, at, at + timedelta(microseconds=1)]
    sent = [room.write("x", sent_at=stamp.isoformat()) for stamp in stamps]
    assert [one.id for one in items(await messages(portal, at))] == sent[1:]
    there = at.astimezone(datetime.strptime("-0700", "%z").tzinfo)
    assert [one.id for one in items(await messages(portal, there))] == sent[1:]


async def test_an_edit_is_met_again_with_its_new_words_and_old_instants(room, portal):
    number = room.write("Friday.")
    [before] = items(await messages(portal))
    room.write("Something in between.")
    room.edit(number, "Monday.")
    after = items(await messages(portal, before.updated_at + timedelta(microseconds=1)))[-1]
    assert (after.id, after.content, after.sent_at) == (number, "Monday.", before.sent_at)
    assert after.updated_at > before.updated_at


async def test_an_empty_feed_still_tells_the_portals_time(room, portal):
    [page] = await messages(portal)
    assert (page.items, page.unreadable, page.newest, page.cursor) == ((), (), None, None)
    assert abs(datetime.now(UTC) - page.at) < timedelta(seconds=5)


@pytest.mark.parametrize("seconds", [-86_400, 300, 86_400])
async def test_the_portals_clock_is_told_and_not_ours(room, portal, seconds):
    room.server.controls.clock.advance(seconds)
    [page] = await documents(portal)
    assert abs(datetime.now(UTC) + timedelta(seconds=seconds) - page.at) < timedelta(seconds=5)


async def test_without_a_date_header_our_own_clock_must_do():
    transport = httpx.MockTransport(lambda _: json_answer({"data": [MESSAGE], "page": {"has_more": False}}))
    client = CaseStatusClient("k", shared=shared(), transport=transport)
    [page] = await messages(client)
    assert abs(datetime.now(UTC) - page.at) < timedelta(seconds=5)
    assert isinstance(page.items[0], Message)


async def test_what_cannot_be_read_is_reported_and_passed():
    records = [MESSAGE, MESSAGE | {"id": 7, "type": "poll", "updated_at": "2025-06-04T00:00:00Z"}, 5]
    transport = httpx.MockTransport(lambda _: json_answer({"data": records, "page": {"has_more": False}}))
    client = CaseStatusClient("k", shared=shared(), transport=transport)
    [page] = await messages(client)
    assert [one.id for one in page.items] == ["550812"]
    assert [(trouble.integration_id, trouble.field) for trouble in page.unreadable] == [("7", "type"), ("", "record")]
    assert page.newest == datetime(2025, 6, 4, tzinfo=UTC)


async def test_a_place_that_has_been_forgotten_is_said_to_be():
    first = json_answer({"data": [MESSAGE], "page": {"has_more": True, "next_cursor": "c2"}})
    refusal = json_answer({"errors": [{"code": "invalid_cursor", "message": "Too old."}]}, 400)
    answers = iter([first, refusal])
    client = CaseStatusClient("k", shared=shared(), transport=httpx.MockTransport(lambda _: next(answers)))
    pages = client.messages(EPOCH)
    assert (await anext(pages)).cursor == "c2"
    with pytest.raises(CursorExpired):
        await anext(pages)


@pytest.mark.parametrize("kind", [FaultKind.CUT_BEFORE, FaultKind.CUT_DOWNLOAD, FaultKind.HTML])
async def test_a_page_that_does_not_come_through_is_asked_for_again(room, portal, kind):
    sent = [room.write(f"Message {number}") for number in range(101)]
    room.server.controls.faults.add(FaultRule("casestatus", kind, path="/v1/api/messages", skip=1))
    assert [one.id for one in items(await messages(portal))] == sent
    assert room.asked("casestatus", "GET /v1/api/messages") == 3


async def test_a_portal_that_does_not_answer_is_unavailable_after_some_tries(room, portal):
    portal.connection._patience = type(portal.connection._patience)(attempts=2, first_pause=0.0)
    room.server.controls.faults.add(FaultRule("casestatus", FaultKind.STATUS, status=503, count=None))
    with pytest.raises(Unavailable):
        await messages(portal)
    assert room.asked("casestatus", "GET /v1/api/messages") == 2
