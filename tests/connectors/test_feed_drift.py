"""RELIABILITY.md row 19 for the feeds: whatever becomes of one record, the others come, and it is said which field."""

from datetime import UTC, datetime

import httpx
import pytest

from connectors.casestatus import CaseStatusClient
from connectors.casestatus.feeds import documents_from, messages_from, newest_change
from connectors.errors import ConnectorError
from tests.connectors.fakes import json_answer, shared
from tests.connectors.samples import FILE, MESSAGE
from tests.connectors.test_drift import GONE, SUBSTITUTES, dotted, paths, spoiled

EXTREMES = ["\0", "1\0", 10**30, 1e30, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-05:00", "9" * 5000, "٣", "-1"]
USED = {
    "message": set(MESSAGE) - {"direction", "channel"},
    "file": set(FILE) - {"extension", "url_expires_at", "case_practice_area", "direction"},
}
READ = {"message": (messages_from, MESSAGE), "file": (documents_from, FILE)}
each_field = pytest.mark.parametrize(
    ("kind", "path"),
    [(kind, path) for kind, (_, sample) in READ.items() for path in paths(sample)],
    ids=lambda value: value if isinstance(value, str) else dotted(value),
)


@each_field
def test_a_spoiled_field_costs_at_most_its_own_record(kind, path):
    read, sample = READ[kind]
    for value in [*SUBSTITUTES, *EXTREMES]:
        items, troubles = read([spoiled(sample, path, value), {**sample, "id": 1}])
        assert items[-1].id == "1"
        assert len(items) + len(troubles) == 2
        for trouble in troubles:
            assert trouble.field.startswith(dotted(path))
            assert trouble.field in trouble.sentence
            assert trouble.integration_id == ("" if path == ("id",) else str(sample["id"]))
        if value is GONE and len(path) == 1 and path[0] in USED[kind]:
            assert troubles, "a field we use may not vanish unnoticed"


@each_field
def test_what_is_read_can_be_kept(kind, path):
    """Keys go into text columns, which take no NUL; numbers into JSON, which takes 64 bits."""
    read, sample = READ[kind]
    for value in [*SUBSTITUTES, *EXTREMES]:
        items, troubles = read([spoiled(sample, path, value)])
        for one in items:
            keys = [one.id, one.external_id or "", one.place.integration_id or ""]
            assert not [key for key in keys if "\0" in key or len(key) > 200]
            numbers = [one.place.case_id, getattr(one, "size", 0), getattr(one, "message_id", 0) or 0]
            numbers += [*getattr(one, "recipients", ()), *getattr(one, "attachments", ())]
            assert not [number for number in numbers if not 0 <= number < 2**63]
        assert not [one for one in troubles if "\0" in one.integration_id or len(one.integration_id) > 200]


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("record", [None, 5, "text", [], {}, {"id": None}])
def test_a_record_that_is_none(kind, record):
    read, sample = READ[kind]
    items, troubles = read([record, sample])
    assert (len(items), len(troubles)) == (1, 1)


def test_fields_that_may_be_empty():
    [message], troubles = messages_from([MESSAGE | {"content": None, "sender_name": None, "sent_at": None}])
    assert (message.content, message.sender.name, message.sent_at, troubles) == ("", "", message.created_at, ())
    [file], troubles = documents_from([FILE | {"file_name": None, "content_type": None, "sha256": None, "url": None}])
    assert (file.name, file.content_type, file.sha256, file.address, troubles) == ("", "", None, None, ())


@pytest.mark.parametrize("kind", ["robot", "api_key", "system"])
def test_a_sender_of_a_kind_nobody_knows_is_the_portal(kind):
    [message], _ = messages_from([MESSAGE | {"sender": {"kind": kind, "id": None}}])
    assert message.sender.kind == "system"


def test_the_place_moves_past_what_cannot_be_read():
    records = [MESSAGE, {"updated_at": "2025-06-04T00:00:00Z"}, {"updated_at": "soon"}, {"updated_at": None}, 5, None]
    assert newest_change(records) == datetime(2025, 6, 4, tzinfo=UTC)
    assert newest_change([5, {"updated_at": "9999-12-31T23:59:59-05:00"}]) is None


async def messages(*bodies):
    answers = iter(bodies)
    transport = httpx.MockTransport(lambda _: next(answers))
    client = CaseStatusClient("k", shared=shared(), transport=transport)
    return [page async for page in client.messages(datetime(2025, 6, 1, tzinfo=UTC))]


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"data": None, "page": {}},
        {"data": {}, "page": {}},
        {"data": []},
        {"data": [], "page": None},
        {"data": [], "page": {"has_more": True, "next_cursor": 7}},
        {"data": [], "page": {"has_more": True, "next_cursor": ""}},
    ],
)
async def test_a_body_that_is_no_list_is_an_error_we_know(body):
    with pytest.raises(ConnectorError):
        await messages(json_answer(body))


async def test_a_feed_that_leads_back_to_itself_ends():
    page = {"data": [MESSAGE], "page": {"has_more": True, "next_cursor": "again"}}
    with pytest.raises(ConnectorError, match="leads back to itself"):
        await messages(json_answer(page), json_answer(page))


async def test_half_an_emoji_costs_neither_its_message_nor_the_others():
    body = json_answer({"data": [MESSAGE | {"content": "See you! HALF"}, MESSAGE], "page": {"has_more": False}})
    broken = httpx.Response(200, content=body.content.replace(b"HALF", rb"\ud83d"), headers=body.headers)
    [page] = await messages(broken)
    assert [message.content for message in page.items] == ["See you! ?", MESSAGE["content"]]


async def test_a_whole_emoji_in_escapes_stays_whole():
    body = json_answer({"data": [MESSAGE | {"content": "a WHOLE b HALF"}], "page": {"has_more": False}})
    content = body.content.replace(b"WHOLE", rb"\ud83d\ude00").replace(b"HALF", rb"\\ud83d \udc00")
    [page] = await messages(httpx.Response(200, content=content, headers=body.headers))
    assert page.items[0].content == "a 😀 b \\ud83d ?"
