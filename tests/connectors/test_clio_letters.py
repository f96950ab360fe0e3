"""Messages in Clio: communications with all their fields, found again by their markers, never twice."""

import httpx
import pytest

from connectors.clio.filing import MESSAGE_PROPERTY, SUBJECT
from connectors.errors import AnswerLost, ConnectorError, FixData, NotPermitted, UnexpectedAnswer
from connectors.http.transport import Substitute
from connectors.ports import CaseFiles
from domain.relay import Correspondent, PartyKind
from sandbox.faults import FaultKind
from tests.connectors.fakes import json_answer
from tests.connectors.filing import LETTERS, marked


def test_the_files_are_what_the_relays_ask_for(cabinet):
    files: CaseFiles = cabinet.files
    assert files.system == "clio"
    assert cabinet.matter in files.case_url(cabinet.matter)


async def test_a_letter_is_stored_with_all_its_fields(cabinet):
    filed = await cabinet.files.file_letter(cabinet.letter())
    [kept] = cabinet.letters()
    assert str(kept["id"]) == filed
    assert kept["type"] == "EmailCommunication"
    assert kept["subject"] == SUBJECT == "Case Status Message"
    assert kept["body"] == "Hi, my next appointment is on Friday."
    assert kept["received_at"] == "2026-10-02T14:05:00Z"
    assert kept["matter_id"] == int(cabinet.matter)
    assert kept["senders"] == [{"type": "Contact", "id": int(cabinet.client.external_id)}]
    assert kept["receivers"] == [{"type": "User", "id": int(cabinet.attorney.external_id)}]
    assert marked(kept) == [(MESSAGE_PROPERTY, "message:1")]


async def test_the_firms_letter_goes_the_other_way(cabinet):
    letter = cabinet.letter(inbound=False, sender=cabinet.attorney, recipients=(cabinet.client,))
    await cabinet.files.file_letter(letter)
    [kept] = cabinet.letters()
    assert [one["type"] for one in kept["senders"] + kept["receivers"]] == ["User", "Contact"]


async def test_a_letter_may_have_no_people_at_all(cabinet):
    await cabinet.files.file_letter(cabinet.letter(sender=None, recipients=()))
    [kept] = cabinet.letters()
    assert (kept["senders"], kept["receivers"]) == ([], [])


@pytest.mark.parametrize(
    "body", ["😀 שלום\r\n\ttab", "<script>alert(1)</script>", "\0", '"\\u0000"', " x ", "a" * 100_000]
)
async def test_words_arrive_byte_for_byte(cabinet, body):
    await cabinet.files.file_letter(cabinet.letter(body=body))
    assert [kept["body"] for kept in cabinet.letters()] == [body]


async def test_a_letter_is_found_by_its_marker_and_no_other(cabinet):
    markers = ["message:1", "message:11", "message:1:edit:0a", "a&b=c d+é%/\\?#[]{}"]
    filed = {marker: await cabinet.files.file_letter(cabinet.letter(marker)) for marker in markers}
    for marker in markers:
        assert await cabinet.files.find_letter(marker, cabinet.matter) == filed[marker]
    for marker in ("message:2", "message:", "MESSAGE:1", "%", "*"):
        assert await cabinet.files.find_letter(marker, cabinet.matter) is None


async def test_it_is_found_on_whatever_matter_somebody_has_put_it(cabinet):
    filed = await cabinet.files.file_letter(cabinet.letter())
    table = cabinet.clio.tables["communications"]
    table.change(table.get(int(filed)), {"_matter": int(cabinet.other_matter), "subject": "Renamed"}, 0)
    assert await cabinet.files.find_letter("message:1", cabinet.matter) == filed
    table.change(table.get(int(filed)), {"_matter": None}, 0)
    assert await cabinet.files.find_letter("message:1", cabinet.matter) == filed


@pytest.mark.parametrize(
    "properties", [None, [], [{"id": 1, "name": MESSAGE_PROPERTY, "value": "message:2"}], ["x"], "x"]
)
async def test_a_look_up_that_finds_everything_is_no_find(cabinet, properties):
    """An unknown parameter is ignored without a word [seen]: a filter that is renamed would give any record."""
    body = {"data": [{"id": 660145, "external_properties": properties}], "meta": {"paging": {}}}
    cabinet.spoil(FaultKind.STATUS, "GET", LETTERS, status=200, body=body)
    with pytest.raises(UnexpectedAnswer, match="another marker"):
        await cabinet.files.find_letter("message:1", cabinet.matter)


async def test_of_two_the_first_is_found(cabinet):
    filed = [await cabinet.files.file_letter(cabinet.letter()) for _ in range(3)]
    assert await cabinet.files.find_letter("message:1", cabinet.matter) == filed[0]


async def test_one_that_we_may_not_see_still_counts_as_found(cabinet):
    stub = {"data": [{"id": 660145, "etag": '"x"', "redacted": True}], "meta": {"paging": {}}}
    cabinet.spoil(FaultKind.STATUS, "GET", LETTERS, status=200, body=stub)
    assert await cabinet.files.find_letter("message:1", cabinet.matter) == "660145"


@pytest.mark.parametrize(
    ("kind", "rule", "takes_effect"),
    [
        (FaultKind.CUT_BEFORE, {}, False),
        (FaultKind.CUT_UPLOAD, {"after_bytes": 20}, False),
        (FaultKind.CUT_AFTER, {}, True),
        (FaultKind.CUT_DOWNLOAD, {"after_bytes": 5}, True),
        (FaultKind.TRUNCATED_JSON, {}, True),
        (FaultKind.STATUS, {"status": 500}, False),
        (FaultKind.STATUS, {"status": 504, "after_work": True}, True),
        (FaultKind.HTML, {"status": 200, "after_work": True}, True),
    ],
)
async def test_a_lost_answer_is_never_repeated_and_the_letter_is_found_if_it_is_there(
    cabinet, kind, rule, takes_effect
):
    cabinet.spoil(kind, "POST", LETTERS, **rule)
    with pytest.raises(AnswerLost):
        await cabinet.files.file_letter(cabinet.letter())
    assert cabinet.asked("clio", "POST /api/v4/communications") == 1
    found = await cabinet.files.find_letter("message:1", cabinet.matter)
    assert (found is not None) == takes_effect == (len(cabinet.letters()) == 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"case_id": "999"},
        {"sender": Correspondent(PartyKind.CLIENT, "999", "Gone")},
        {"recipients": (Correspondent(PartyKind.STAFF, "999", "Gone"),)},
        {"body": " "},
    ],
)
async def test_what_clio_refuses_is_surely_not_filed(cabinet, changes):
    with pytest.raises(FixData) as refused:
        await cabinet.files.file_letter(cabinet.letter(**changes))
    assert refused.value.status == 422
    assert cabinet.letters() == []


@pytest.mark.parametrize("external_id", ["c-5501", "", "12.5", "٣", "-1", "1e3", "9" * 30])
async def test_somebody_whose_id_cannot_be_clios_is_refused_like_somebody_unknown(cabinet, external_id):
    somebody = Correspondent(PartyKind.CLIENT, external_id, "Della Vance")
    for people in ({"sender": somebody}, {"recipients": (cabinet.attorney, somebody)}):
        with pytest.raises(FixData, match="Della Vance") as refused:
            await cabinet.files.file_letter(cabinet.letter(**people))
        assert refused.value.status == 422
    assert cabinet.asked("clio", "POST /api/v4/communications") == 0


async def test_a_matter_that_is_hidden_is_refused(cabinet):
    cabinet.clio.hidden_matters = {int(cabinet.matter)}
    with pytest.raises(FixData) as refused:
        await cabinet.files.file_letter(cabinet.letter())
    assert refused.value.status in (404, 422)


async def test_a_missing_permission_is_named(cabinet):
    cabinet.clio.denied = {"communications"}
    for call in (cabinet.files.file_letter(cabinet.letter()), cabinet.files.find_letter("message:1", cabinet.matter)):
        with pytest.raises(NotPermitted, match="'Communications' permission"):
            await call


async def test_staff_are_listed_also_those_who_have_left(cabinet):
    table = cabinet.clio.tables["users"]
    gone = table.get(int(cabinet.attorney.external_id))
    table.change(gone, {"enabled": False}, 0)
    staff = {one.external_id: one for one in await cabinet.files.staff()}
    assert len(staff) > 3
    assert staff[cabinet.attorney.external_id].email == gone["email"]


def scripted(cabinet, *answers):
    """The connector with these answers to what it asks of the API; tokens come from the sandbox."""
    left = iter(answers)
    files = cabinet.connect()
    files._connection._wire = Substitute(httpx.MockTransport(lambda _: next(left)))
    return files


@pytest.mark.parametrize("body", [None, [], {}, {"data": None}, {"data": []}, {"data": {}}, {"data": {"id": None}}])
async def test_a_creation_that_does_not_say_what_it_made_is_not_taken_for_success(cabinet, body):
    files = scripted(cabinet, json_answer(body, 201))
    with pytest.raises((UnexpectedAnswer, AnswerLost)):
        await files.file_letter(cabinet.letter())


@pytest.mark.parametrize(
    "body", [None, [], {}, {"data": None}, {"data": {}}, {"data": [None]}, {"data": [{}]}, {"data": ["x"]}]
)
async def test_a_look_up_that_cannot_be_read_is_not_taken_for_not_found(cabinet, body):
    files = scripted(cabinet, json_answer(body))
    with pytest.raises(ConnectorError):
        await files.find_letter("message:1", cabinet.matter)
