"""Messages in CASEpeer: case notes that begin as clients' firms know them, whole, in parts if need be, and found again."""

from html import unescape

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.casepeer.filing import LONGEST_NOTE, PREFIX, note_texts
from connectors.errors import (
    AnswerLost,
    ConnectorError,
    FixData,
    LogInAgain,
    NotFound,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
)
from connectors.http.transport import Substitute
from connectors.ports import CaseFiles
from sandbox.faults import FaultKind
from tests.connectors.casefile import CASEPEER_NOTES as NOTES
from tests.connectors.fakes import json_answer, page_answer

BEGINNING = "Received message from Case Status: Message from Case Status: "
"""As the vendors' articles have it [seed][help]; written down a second time."""


def test_the_files_are_what_the_relays_ask_for(binder):
    files: CaseFiles = binder.files
    assert files.system == "casepeer"
    assert binder.case in files.case_url(binder.case)


async def test_a_letter_is_a_note_that_begins_as_it_must(binder):
    filed = await binder.files.file_letter(binder.letter())
    [note] = binder.notes
    assert (str(note["id"]), str(note["case_id"])) == (filed, binder.case)
    assert note["note"] == BEGINNING + "Hi, my next appointment is on Friday.\n\n--\nFrom: Dana"
    assert (note["external_ref"], note["createdby"]) == ("message:1", "Case Status")
    assert binder.requests() == {"POST /case/{id}/notes/": 1}


WORDS = [
    "😀 שלום \u202eabc",
    "<script>alert(1)</script><p>x</p>",
    "a & b &amp; c &lt;",
    "\"q\" 'q' \\n %00",
    "  x\ttab  ",
    "a\r\nb\rc\n\n",
    "(A message without text.)",
    "é" * 4_000,
]


@pytest.mark.parametrize("as_html", [False, True])
@pytest.mark.parametrize("body", WORDS)
async def test_words_arrive_as_they_were_written(binder, body, as_html):
    binder.records.switches.notes_as_html = as_html
    filed = await binder.files.file_letter(binder.letter(body=body))
    [kept] = binder.records.notes.new()
    assert kept.text == BEGINNING + body
    [note] = binder.notes
    shown = unescape(note["note"].removeprefix("<p>").removesuffix("</p>").replace("<br>", "\n"))
    assert shown == BEGINNING + body if as_html else note["note"] == kept.text
    assert await binder.files.find_letter("message:1", binder.case) == filed


async def test_what_no_database_can_hold_is_shown_as_such(binder):
    await binder.files.file_letter(binder.letter(body="a\0b"))
    assert binder.records.notes.new()[0].text == BEGINNING + "a\N{REPLACEMENT CHARACTER}b"


# Longer than a note may be.


def rejoined(texts: list[str]) -> str:
    """The message that these notes are parts of."""
    parts = []
    for number, text in enumerate(texts, start=1):
        words, counted, _ = text.removeprefix(BEGINNING).rpartition(
            f"\n\n(Part {number} of {len(texts)} of one message.)"
        )
        assert text.startswith(BEGINNING)
        assert counted
        parts.append(words)
    return "".join(parts)


@pytest.mark.parametrize("surplus", [0, 1])
def test_a_note_is_as_long_as_it_may_be_before_there_are_two(surplus):
    texts = note_texts("x" * (LONGEST_NOTE - len(BEGINNING) + surplus))
    assert len(texts) == 1 + surplus
    assert all(len(text) <= LONGEST_NOTE for text in texts)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=9), st.integers(1, 9_000))
def test_no_word_of_a_long_message_is_lost(words, times):
    message = " ".join(words) * times
    texts = note_texts(message)
    assert all(len(text) <= LONGEST_NOTE for text in texts)
    wanted = message.replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert (texts[0].removeprefix(BEGINNING) if len(texts) == 1 else rejoined(texts)) == wanted


def test_it_is_parted_between_words():
    texts = note_texts("word " * 5_000)
    assert all(text.partition("\n\n(Part")[0].endswith("word ") for text in texts)
    assert len(texts) == 3


async def test_a_message_too_long_for_a_note_is_several_in_order(binder):
    body = "".join(f"{number} " for number in range(5_000))
    filed = await binder.files.file_letter(binder.letter(body=body))
    notes = binder.notes
    assert len(notes) == 3
    assert rejoined([note["note"] for note in notes]) == body
    refs = [note["external_ref"] for note in notes]
    assert refs == ["message:1:part:1", "message:1:part:2", "message:1"]
    assert filed == str(notes[-1]["id"]) == await binder.files.find_letter("message:1", binder.case)


@pytest.mark.parametrize("lost", [0, 1, 2])
@pytest.mark.parametrize("kind", [FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER])
async def test_whichever_part_gets_no_answer_each_is_there_once(binder, lost, kind):
    letter = binder.letter(body="word " * 5_000)
    binder.spoil(kind, "POST", NOTES, skip=lost)
    with pytest.raises(AnswerLost):
        await binder.files.file_letter(letter)
    whole = lost == 2 and kind is FaultKind.CUT_AFTER
    assert (await binder.files.find_letter("message:1", binder.case) is not None) == whole
    if not whole:
        await binder.files.file_letter(letter)
    assert rejoined([note["note"] for note in binder.notes]) == letter.body
    assert len(binder.notes) == 3


# Found again.


async def test_a_letter_is_found_by_its_marker_with_its_case_and_no_other(binder):
    markers = ["message:1", "message:11", "message:1:edit:20261002T140500.000000", "a&b=<c>d+é%/\\?#[]{},"]
    filed = {marker: await binder.files.file_letter(binder.letter(marker)) for marker in markers}
    for marker in markers:
        assert await binder.files.find_letter(marker, binder.case) == filed[marker]
        assert await binder.files.find_letter(marker, binder.other_case) is None
    for marker in ("message:2", "message:", "MESSAGE:1"):
        assert await binder.files.find_letter(marker, binder.case) is None


async def test_nothing_that_anybody_writes_is_taken_for_a_marker(binder):
    binder.records.write_note(int(binder.case), BEGINNING + "message:2")
    await binder.files.file_letter(binder.letter("message:3", body="external_ref: message:2"))
    assert await binder.files.find_letter("message:2", binder.case) is None


async def test_of_two_the_first_is_found(binder):
    """Markers are not unique [assumed]."""
    filed = [await binder.files.file_letter(binder.letter()) for _ in range(3)]
    assert await binder.files.find_letter("message:1", binder.case) == filed[0]


async def test_a_filter_that_is_not_heeded_hides_nothing(binder, monkeypatch):
    """Django leaves out filters that it does not know: then all notes come, on however many pages."""
    monkeypatch.setattr("sandbox.casepeer.notes._wanted", lambda _, notes: notes)
    for number in range(230):
        binder.records.write_note(int(binder.case), f"{number}", external_ref=f"else:{number}")
    filed = await binder.files.file_letter(binder.letter())
    assert await binder.files.find_letter("message:1", binder.case) == filed
    assert await binder.files.find_letter("message:2", binder.case) is None


@pytest.mark.parametrize(
    "body",
    [
        '"x"',
        {},
        {"results": 7},
        [7],
        [{}],
        [{"id": None, "external_ref": ""}],
        [{"id": 1}],
        [{"id": 1, "external_ref": 7}],
    ],
)
async def test_a_look_up_that_cannot_be_read_is_not_taken_for_not_found(binder, body):
    binder.spoil(FaultKind.STATUS, "GET", NOTES, status=200, body=body, count=9)
    with pytest.raises(ConnectorError):
        await binder.files.find_letter("message:1", binder.case)


# What can happen to a write.


@pytest.mark.parametrize(
    ("kind", "rule", "takes_effect"),
    [
        (FaultKind.CUT_BEFORE, {}, False),
        (FaultKind.CUT_UPLOAD, {"after_bytes": 20}, False),
        (FaultKind.CUT_AFTER, {}, True),
        (FaultKind.CUT_DOWNLOAD, {"after_bytes": 5}, True),
        (FaultKind.TRUNCATED_JSON, {}, True),
        (FaultKind.STATUS, {"status": 500, "body": "<h1>Server Error (500)</h1>"}, False),
        (FaultKind.HTML, {"status": 502}, False),
        (FaultKind.HTML, {"status": 502, "after_work": True}, True),
        (FaultKind.HTML, {"status": 200, "after_work": True}, True),
    ],
)
async def test_a_lost_answer_is_never_repeated_and_the_note_is_found_if_it_is_there(binder, kind, rule, takes_effect):
    binder.spoil(kind, "POST", NOTES, **rule)
    with pytest.raises(AnswerLost):
        await binder.files.file_letter(binder.letter())
    assert binder.requests()["POST /case/{id}/notes/"] == 1
    found = await binder.files.find_letter("message:1", binder.case)
    assert (found is not None) == takes_effect == (len(binder.notes) == 1)


@pytest.mark.parametrize("way", ["page", "redirect"])
async def test_a_login_page_that_stays_says_that_the_key_is_not_accepted(binder, way):
    binder.records.switches.login_page = way
    with pytest.raises(LogInAgain, match="Account Settings › Integrations › Case Status › Manage"):
        await binder.files.file_letter(binder.letter())
    with pytest.raises(LogInAgain):
        await binder.files.find_letter("message:1", binder.case)
    assert binder.notes == []


async def test_a_redirect_of_a_write_is_no_success(binder):
    binder.spoil(FaultKind.STATUS, "POST", NOTES, status=302, headers={"Location": "/elsewhere/"})
    with pytest.raises(UnexpectedAnswer):
        await binder.files.file_letter(binder.letter())


async def test_when_nobody_can_tell_whether_the_key_is_accepted_the_answer_counts_as_lost(binder):
    binder.spoil(FaultKind.HTML, "POST", NOTES, status=200, after_work=True)
    binder.spoil(FaultKind.HTML, "GET", "*/account/", status=502, count=9)
    with pytest.raises(AnswerLost):
        await binder.files.file_letter(binder.letter())


async def test_a_key_that_was_renewed_writes_nothing(binder):
    binder.records.keys.renew("integration")
    with pytest.raises(LogInAgain):
        await binder.files.file_letter(binder.letter())
    assert binder.notes == []


async def test_one_view_may_be_closed_to_the_key(binder):
    binder.records.keys.integration.denied = {"case/*/notes"}
    with pytest.raises(NotPermitted, match="the right to write to 'case/"):
        await binder.files.file_letter(binder.letter())
    with pytest.raises(NotPermitted, match="the right to read 'case/"):
        await binder.files.find_letter("message:1", binder.case)
    assert await binder.file() == str(binder.documents[0].id)


async def test_a_case_that_is_gone_takes_nothing_and_hides_what_it_had(binder):
    for ask in (binder.files.file_letter(binder.letter(case_id="999")), binder.files.find_letter("message:1", "999")):
        with pytest.raises(NotFound):
            await ask
    assert binder.notes == []


async def test_a_404_for_a_case_that_is_there_concerns_this_message_only(binder):
    binder.spoil(FaultKind.STATUS, "POST", NOTES, status=404)
    with pytest.raises(FixData, match="has the case and does not take this for it") as refused:
        await binder.files.file_letter(binder.letter())
    assert not isinstance(refused.value, NotFound)


async def test_a_closed_case_still_takes_messages(binder):
    binder.records.update_case(int(binder.case), closed=True)
    await binder.files.file_letter(binder.letter())
    assert len(binder.notes) == 1


async def test_what_casepeer_refuses_is_surely_not_filed(binder):
    with pytest.raises(FixData, match="external_ref: Ensure this field has no more than 100 characters") as refused:
        await binder.files.file_letter(binder.letter("m" * 101))
    assert refused.value.status == 400
    assert binder.notes == []


async def test_too_many_requests_are_waited_for(binder):
    rule = {"status": 429, "headers": {"Retry-After": "0"}}
    binder.spoil(FaultKind.STATUS, "POST", NOTES, **rule)
    await binder.files.file_letter(binder.letter())
    assert len(binder.notes) == 1
    binder.spoil(FaultKind.STATUS, "POST", NOTES, count=99, **rule)
    with pytest.raises(RateLimited):
        await binder.files.file_letter(binder.letter("message:2"))
    assert len(binder.notes) == 1


@pytest.mark.parametrize("body", [None, [], {}, "7", True, {"id": None}, {"id": True}, {"pk": 7}])
async def test_an_answer_that_does_not_say_what_it_made_is_not_taken_for_success(binder, body):
    binder.files._connection._wire = Substitute(httpx.MockTransport(lambda _: json_answer(body)))
    with pytest.raises((UnexpectedAnswer, AnswerLost)):
        await binder.files.file_letter(binder.letter())


async def test_a_firewalls_page_is_no_refusal_of_the_case(binder):
    binder.files._connection._wire = Substitute(httpx.MockTransport(lambda _: page_answer(403)))
    with pytest.raises(NotPermitted, match="firewall"):
        await binder.files.file_letter(binder.letter())


async def test_notes_need_nothing_set_up_and_nobody_is_listed_as_staff(binder):
    await binder.files.check(letters=True, papers=False)
    assert list(await binder.files.staff()) == []
    assert binder.files.counts.total == 0


def test_the_beginning_is_what_the_vendors_say():
    assert f"{PREFIX} " == BEGINNING
