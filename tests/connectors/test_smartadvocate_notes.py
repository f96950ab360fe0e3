"""Messages in SmartAdvocate: notes of the right type, whole, marked so that nobody can forge it, and found again."""

from dataclasses import replace
from html import unescape

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import (
    AnswerLost,
    ConnectorError,
    FixData,
    Misconfigured,
    NotFound,
    NotPermitted,
    UnexpectedAnswer,
)
from connectors.http.transport import Substitute
from connectors.ports import CaseFiles
from connectors.smartadvocate.filing import SUBJECT, USUAL_NAMES, marker_in, note_text
from domain.plain_text import plain_text
from sandbox.faults import FaultKind
from tests.connectors.casefile import API, NOTES
from tests.connectors.fakes import json_answer

TYPES = f"{API}/case/notes/types"


def test_the_files_are_what_the_relays_ask_for(casefile):
    files: CaseFiles = casefile.files
    assert files.system == "smartadvocate"
    assert casefile.case in files.case_url(casefile.case)


async def test_a_letter_is_a_note_with_all_its_fields(casefile):
    filed = await casefile.files.file_letter(casefile.letter())
    [note] = casefile.notes
    assert str(note["noteID"]) == filed
    assert (str(note["caseID"]), note["subject"], note["noteTypeName"]) == (
        casefile.case,
        SUBJECT,
        "Case Status - Incoming",
    )
    assert note["noteText"] == (
        "Hi, my next appointment is on Friday.<br><br>--<br>From: Dana<br><small>casebridge message:1</small>"
    )
    assert note["noteDate"] == "2026-10-02T14:05:00Z", "to the minute [doc]"
    assert (note["isSharedinCP"], note["isSharedWithAll"]) == (False, False), "it must not go back to the client"


async def test_it_takes_one_request_and_the_types_are_read_once(casefile):
    for number, inbound in enumerate([True, False, True]):
        await casefile.files.file_letter(casefile.letter(f"message:{number}", inbound=inbound))
    assert casefile.requests() == {"GET /case/notes/types": 1, "POST /case/{id}/notes": 3}
    kinds = [note["noteTypeName"] for note in casefile.notes]
    assert kinds == ["Case Status - Incoming", "Case Status - Outgoing", "Case Status - Incoming"]


async def test_the_types_are_what_the_firm_calls_them(casefile):
    files = casefile.connect(replace(USUAL_NAMES, inbound=" Case ", outbound="Call[ed]"))
    await files.file_letter(casefile.letter())
    await files.file_letter(casefile.letter("message:2", inbound=False))
    assert [note["noteTypeName"] for note in casefile.notes] == ["Case", "Call[ed]"]
    await files.close()


@pytest.mark.parametrize("name", ["Portal", "case status - incoming", ""])
async def test_a_type_that_is_not_there_is_named_with_its_setting_and_never_created(casefile, name):
    files = casefile.connect(replace(USUAL_NAMES, inbound=name))
    with pytest.raises(Misconfigured, match="Note type of incoming messages") as refused:
        await files.file_letter(casefile.letter())
    assert f"no note type “{name}”" in str(refused.value)
    assert "“Adjuster Defendant”, “Call[ed]”, “Case”" in str(refused.value)
    assert casefile.asked("smartadvocate", "POST /harrow-pike/CaseSyncAPI/case/{id}/notes") == 0
    await files.file_letter(casefile.letter(inbound=False))
    await files.close()


@pytest.mark.parametrize("rule", [{"status": 404}, {"status": 200, "body": []}])
async def test_where_no_types_are_listed_it_is_said_so(casefile, rule):
    casefile.spoil(FaultKind.STATUS, "GET", TYPES, **rule)
    with pytest.raises(Misconfigured, match="none at all"):
        await casefile.files.file_letter(casefile.letter())


@pytest.mark.parametrize("body", [{"id": 1}, [{"id": None, "description": "Case"}], [7], '"x"'])
async def test_types_that_cannot_be_read_are_no_empty_list(casefile, body):
    casefile.spoil(FaultKind.STATUS, "GET", TYPES, status=200, body=body)
    with pytest.raises(ConnectorError) as odd:
        await casefile.files.file_letter(casefile.letter())
    assert not isinstance(odd.value, Misconfigured)


WORDS = [
    "😀 שלום",
    "<script>alert(1)</script>",
    "a & b &amp; c",
    "\"q\" 'q'",
    " x\ttab",
    "a\r\nb\rc\n\n",
    "é" * 100_000,
]


@pytest.mark.parametrize("body", WORDS)
async def test_words_arrive_as_they_were_written(casefile, body):
    await casefile.files.file_letter(casefile.letter(body=body))
    [note] = casefile.notes
    words, _, _ = note["noteText"].rpartition("<br>")
    assert "<" not in words.replace("<br>", "")
    assert unescape(words.replace("<br>", "\n")) == body.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("answer", ["note", "object", "id"])
async def test_the_id_of_a_note_is_read_however_it_is_said(casefile, answer):
    casefile.records.switches.insert_answer = answer
    filed = await casefile.files.file_letter(casefile.letter())
    assert filed == str(casefile.notes[0]["noteID"])


def scripted(casefile, *answers):
    """The connector with these answers to what it asks for; it is logged in and knows the types already."""
    left = iter([json_answer([{"id": 33, "description": "Case Status - Incoming"}]), *answers])
    files = casefile.files
    files._connection._wire = Substitute(httpx.MockTransport(lambda _: next(left)))
    return files


@pytest.mark.parametrize("body", [None, [], {}, "7", True, 0, -7, {"noteID": None}, {"noteID": "x"}, {"documentID": 7}])
async def test_an_insertion_that_does_not_say_what_it_made_is_not_taken_for_success(casefile, body):
    files = scripted(casefile, json_answer(body))
    with pytest.raises((UnexpectedAnswer, AnswerLost)):
        await files.file_letter(casefile.letter())


async def test_a_letter_is_found_by_its_marker_with_its_case_and_no_other(casefile):
    markers = ["message:1", "message:11", "message:1:edit:20261002T140500.000000", "a&b=<c>d+é%/\\?#[]{}"]
    filed = {marker: await casefile.files.file_letter(casefile.letter(marker)) for marker in markers}
    for marker in markers:
        assert await casefile.files.find_letter(marker, casefile.case) == filed[marker]
        assert await casefile.files.find_letter(marker, casefile.other_case) is None
    for marker in ("message:2", "message:", "MESSAGE:1", "casebridge"):
        assert await casefile.files.find_letter(marker, casefile.case) is None


async def test_no_client_can_forge_a_marker(casefile):
    """Else a client's message would count as filed that never was."""
    forged = [
        "casebridge message:2",
        "x\n<br><small>casebridge message:2</small>",
        "x</small>\u2028casebridge message:2\x85",
        "x<!--",
        "<script>",
    ]
    for number, body in enumerate(forged):
        await casefile.files.file_letter(casefile.letter(f"message:1{number}", body=body))
    pasted = "<p>He wrote:</p><p>casebridge message:2</p>"
    casefile.records.write_note(int(casefile.case), pasted, kind="Case")
    assert await casefile.files.find_letter("message:2", casefile.case) is None
    for number, _ in enumerate(forged):
        assert await casefile.files.find_letter(f"message:1{number}", casefile.case) is not None


@given(st.text(), st.from_regex(r"message:[0-9]{1,12}(:edit:[0-9T.]+)?", fullmatch=True))
def test_whatever_a_message_says_its_marker_is_ours(words, marker):
    assert marker_in(plain_text(note_text(words, marker))) == marker


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text + "<br>Called her back.",
        lambda text: text.replace("<br>", "<br />").replace("<small>", "").replace("</small>", ""),
        lambda text: "<div>" + text.replace("<br>", "</div><div>") + "</div>",
        lambda text: "<p>See below</p>" + text,
    ],
)
async def test_it_is_found_though_somebody_or_something_has_changed_the_note_around_it(casefile, changed):
    filed = await casefile.files.file_letter(casefile.letter())
    [note] = casefile.notes
    casefile.records.edit_note(note["noteID"], text=changed(note["noteText"]), kind="Other")
    assert await casefile.files.find_letter("message:1", casefile.case) == filed


async def test_of_two_the_first_is_found(casefile):
    filed = [await casefile.files.file_letter(casefile.letter()) for _ in range(3)]
    assert await casefile.files.find_letter("message:1", casefile.case) == filed[0]


@pytest.mark.parametrize("none_is_404", [False, True])
async def test_a_case_without_notes_has_none_of_ours(casefile, none_is_404):
    casefile.records.switches.none_is_404 = none_is_404
    bare = next(case for case in casefile.records.cases.ids() if not casefile.records.notes_of(case))
    assert await casefile.files.find_letter("message:1", str(bare)) is None


@pytest.mark.parametrize(
    "body", ['"x"', {}, {"notes": 7}, [7], [{}], [{"noteID": None}], [{"noteID": 1, "noteText": 7}]]
)
async def test_a_look_up_that_cannot_be_read_is_not_taken_for_not_found(casefile, body):
    casefile.spoil(FaultKind.STATUS, "GET", NOTES, status=200, body=body, count=9)
    with pytest.raises(ConnectorError):
        await casefile.files.find_letter("message:1", casefile.case)


@pytest.mark.parametrize(
    ("kind", "rule", "takes_effect"),
    [
        (FaultKind.CUT_BEFORE, {}, False),
        (FaultKind.CUT_UPLOAD, {"after_bytes": 20}, False),
        (FaultKind.CUT_AFTER, {}, True),
        (FaultKind.CUT_DOWNLOAD, {"after_bytes": 5}, True),
        (FaultKind.TRUNCATED_JSON, {}, True),
        (FaultKind.STATUS, {"status": 500, "body": "An unexpected error occurred."}, False),
        (FaultKind.STATUS, {"status": 504, "after_work": True}, True),
        (FaultKind.HTML, {"status": 200, "after_work": True}, True),
    ],
)
async def test_a_lost_answer_is_never_repeated_and_the_note_is_found_if_it_is_there(casefile, kind, rule, takes_effect):
    casefile.spoil(kind, "POST", NOTES, **rule)
    with pytest.raises(AnswerLost):
        await casefile.files.file_letter(casefile.letter())
    assert casefile.requests()["POST /case/{id}/notes"] == 1
    found = await casefile.files.find_letter("message:1", casefile.case)
    assert (found is not None) == takes_effect == (len(casefile.notes) == 1)


async def test_a_token_that_ends_in_between_is_replaced_and_the_note_made_once(casefile):
    await casefile.files.file_letter(casefile.letter())
    casefile.records.tokens.end_all()
    await casefile.files.file_letter(casefile.letter("message:2"))
    assert [note["noteText"].count("message:2") for note in casefile.notes] == [0, 1]


async def test_a_case_that_is_not_there_or_hidden_is_refused_and_nothing_is_filed(casefile):
    """404 and 403 [assumed]: the relay waits for this case and goes on with the others."""
    casefile.records.hidden_cases = {int(casefile.case)}
    for case in (casefile.case, "999"):
        with pytest.raises(NotFound):
            await casefile.files.file_letter(casefile.letter(case_id=case))
    with pytest.raises(NotFound):
        await casefile.files.find_letter("message:1", casefile.case)
    assert await casefile.files.find_letter("message:1", "999") is None, (
        "its notes are none, as far as anybody can tell"
    )
    assert casefile.notes == []


async def test_an_account_that_may_not_insert_notes_is_told_apart_from_a_hidden_case(casefile):
    """Both are 403 [assumed]; this one concerns every case, so the relay stops and tells the firm."""
    files = casefile.connect(username="hub_limited")
    sees = str(int(casefile.case) + int(casefile.case) % 2)
    with pytest.raises(NotPermitted, match="right to insert notes"):
        await files.file_letter(casefile.letter(case_id=sees))
    with pytest.raises(NotFound):
        await files.file_letter(casefile.letter(case_id=str(int(sees) + 1)))
    await files.close()


async def test_what_smartadvocate_refuses_is_surely_not_filed(casefile):
    casefile.spoil(
        FaultKind.STATUS, "GET", TYPES, status=200, body=[{"ID": 1, "Description": "Case Status - Incoming"}]
    )
    with pytest.raises(FixData, match="noteTypeID: There is no note type 1") as refused:
        await casefile.files.file_letter(casefile.letter())
    assert refused.value.status == 400
    assert casefile.notes == []


async def test_what_filing_needs_is_looked_for_beforehand(casefile):
    await casefile.files.check(letters=True, papers=True)
    assert casefile.requests() == {"GET /case/notes/types": 1, "GET /case/documents/categories": 1}
    for names, setting in (
        (replace(USUAL_NAMES, inbound="x"), "Note type of incoming messages"),
        (replace(USUAL_NAMES, outbound="x"), "Note type of outgoing messages"),
        (replace(USUAL_NAMES, category="x"), "Document category"),
    ):
        files = casefile.connect(names)
        with pytest.raises(Misconfigured, match=setting):
            await files.check(letters=True, papers=True)
        await files.check(letters=setting == "Document category", papers=setting != "Document category")
        await files.close()


async def test_nobody_is_listed_as_staff(casefile):
    assert list(await casefile.files.staff()) == []
    assert casefile.files.counts.total == 0
