"""Documents in SmartAdvocate: uploaded whole in one request, into the firm's category, and found again by their markers."""

import hashlib
from dataclasses import replace

import pytest

from connectors.errors import AnswerLost, ConnectorError, FixData, Misconfigured, NotFound, NotPermitted, RateLimited
from connectors.http import Damaged
from connectors.smartadvocate.filing import USUAL_NAMES
from sandbox.faults import FaultKind
from tests.connectors.casefile import DOCUMENTS
from tests.connectors.filing import Content, trace_of


async def test_a_document_is_stored_with_all_its_fields(casefile):
    filed = await casefile.file(b"picture")
    [kept] = casefile.documents
    assert (str(kept.id), str(kept.case_id), kept.name) == (filed, casefile.case, "intake photo.jpg")
    assert (kept.content, kept.size, kept.sha256) == (b"picture", 7, hashlib.sha256(b"picture").hexdigest())
    assert kept.parts == {
        "documentname": "intake photo.jpg",
        "description": "From Case Status",
        "categoryid": str(casefile.records.document_categories.id_of("Case Documents")),
        "documentdate": "2026-10-02T14:05:00.999Z",
        "documentdirection": "1",
        "comments": "casebridge file:1",
        "issharedinportal": "false",
    }
    assert casefile.requests() == {"GET /case/documents/categories": 1, "POST /case/{id}/documents": 1}


async def test_what_the_firm_shared_itself_went_out(casefile):
    await casefile.file(inbound=False)
    assert [kept.direction for kept in casefile.documents] == [2]


@pytest.mark.parametrize("size", [1, 65_536, 1024 * 1024 + 1])
async def test_every_size_arrives(casefile, size):
    content = bytes(size)
    await casefile.file(content)
    [kept] = casefile.documents
    assert (kept.size, kept.sha256) == (size, hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.pdf", ""), ("Röntgen 👨‍👩‍👧 #1 100% [a]{b}&c=d;e'f.jpg", "image/jpeg"), ("n" * 200, "application/x-strange")],
)
async def test_names_and_kinds(casefile, name, content_type):
    await casefile.file(name=name, content_type=content_type)
    assert [kept.name for kept in casefile.documents] == [name]


async def test_a_category_that_is_not_there_is_named_with_its_setting_and_never_created(casefile):
    files = casefile.connect(replace(USUAL_NAMES, category="Portal"))
    content = Content(b"picture")
    with pytest.raises(Misconfigured, match=r"no document category “Portal”.*Document category.*“Case Documents”"):
        await files.file_paper(casefile.paper(), content, resuming=False)
    assert content.times == 0
    await files.close()


async def test_a_document_is_found_by_its_marker_with_its_case_and_no_other(casefile):
    markers = ["file:1", "file:11"]
    filed = {marker: await casefile.file(marker=marker) for marker in markers}
    for marker in markers:
        assert await casefile.files.find_paper(trace_of(marker, casefile.case, 7)) == filed[marker]
        assert await casefile.files.find_paper(trace_of(marker, casefile.other_case)) is None
    assert await casefile.files.find_paper(trace_of("file:2", casefile.case)) is None


@pytest.mark.parametrize("envelope", ["bare", "named", "records"])
async def test_it_is_found_on_whatever_page_it_is(casefile, envelope):
    casefile.records.switches.list_envelope = envelope
    for number in range(200):
        casefile.records.file_document(int(casefile.case), f"{number}.pdf", b"x")
    filed = await casefile.file()
    assert await casefile.files.find_paper(trace_of("file:1", casefile.case)) == filed
    assert casefile.requests()["GET /case/{id}/documents"] == 2


async def test_one_that_was_deleted_counts_no_more(casefile):
    """Deleted rows are listed, too [seen]."""
    filed = await casefile.file()
    casefile.records.update_document(int(filed), deleted=True)
    assert await casefile.files.find_paper(trace_of("file:1", casefile.case)) is None
    again = await casefile.file()
    assert await casefile.files.find_paper(trace_of("file:1", casefile.case)) == again


async def test_it_is_found_though_somebody_has_renamed_it_and_written_more(casefile):
    filed = await casefile.file()
    [kept] = casefile.documents
    casefile.records.update_document(kept.id, name="other.jpg", comments=f"{kept.comments}\r\nFor the deposition")
    assert await casefile.files.find_paper(trace_of("file:1", casefile.case)) == filed


@pytest.mark.parametrize("body", ['"x"', {}, [7], [{}], [{"documentID": None}], [{"documentID": 1, "comments": 7}]])
async def test_a_look_up_that_cannot_be_read_is_not_taken_for_not_found(casefile, body):
    casefile.spoil(FaultKind.STATUS, "GET", DOCUMENTS, status=200, body=body, count=9)
    with pytest.raises(ConnectorError):
        await casefile.files.find_paper(trace_of("file:1", casefile.case))


@pytest.mark.parametrize(
    ("kind", "rule", "takes_effect"),
    [
        (FaultKind.CUT_BEFORE, {}, False),
        (FaultKind.CUT_UPLOAD, {"after_bytes": 700_000}, False),
        (FaultKind.CUT_AFTER, {}, True),
        (FaultKind.TRUNCATED_JSON, {}, True),
        (FaultKind.STATUS, {"status": 500, "after_work": True}, True),
        (FaultKind.HTML, {"status": 200, "after_work": True}, True),
    ],
)
async def test_a_lost_answer_is_never_repeated_and_the_document_is_found_if_it_is_there(
    casefile, kind, rule, takes_effect
):
    casefile.spoil(kind, "POST", DOCUMENTS, **rule)
    with pytest.raises(AnswerLost):
        await casefile.file(bytes(1_000_000))
    assert casefile.requests()["POST /case/{id}/documents"] == 1
    found = await casefile.files.find_paper(trace_of("file:1", casefile.case))
    assert (found is not None) == takes_effect == (len(casefile.documents) == 1)


async def test_one_that_is_too_large_for_smartadvocate_says_so(casefile):
    casefile.records.switches.max_upload_bytes = 6
    with pytest.raises(FixData) as refused:
        await casefile.file(b"picture")
    assert refused.value.status == 413
    assert casefile.documents == []


async def test_a_404_for_a_case_that_is_there_concerns_this_document_only(casefile):
    """As of a server that says so what is too large for it; the relay goes on with the others [assumed]."""
    casefile.spoil(FaultKind.STATUS, "POST", DOCUMENTS, status=404)
    with pytest.raises(FixData, match="has the case and does not take this for it") as refused:
        await casefile.file()
    assert not isinstance(refused.value, NotFound)


async def test_what_the_portal_no_longer_has_is_not_taken_for_a_missing_case(casefile):
    def gone():
        raise NotFound("The file was deleted.", status=404, system="Case Status")

    with pytest.raises(NotFound, match="deleted"):
        await casefile.files.file_paper(casefile.paper(), Content(b"picture", before=gone), resuming=False)
    assert "GET /case/{id}" not in casefile.requests()


async def test_an_empty_one_is_refused_by_smartadvocate(casefile):
    """400 [assumed]."""
    with pytest.raises(FixData, match="file: The file is empty") as refused:
        await casefile.file(b"")
    assert refused.value.status == 400


async def test_too_many_requests_are_left_to_the_next_tick(casefile):
    casefile.spoil(FaultKind.STATUS, "POST", DOCUMENTS, status=429, headers={"Retry-After": "1"})
    with pytest.raises(RateLimited) as limited:
        await casefile.file()
    assert limited.value.retry_after == 1
    assert await casefile.file() == str(casefile.documents[0].id)


async def test_a_token_that_ends_in_between_is_replaced_and_the_document_made_once(casefile):
    await casefile.file()
    casefile.records.tokens.end_all()
    content = Content(b"picture")
    await casefile.files.file_paper(casefile.paper(marker="file:2"), content, resuming=False)
    assert [kept.comments for kept in casefile.documents] == ["casebridge file:1", "casebridge file:2"]
    assert content.times == 2


async def test_what_stops_the_source_is_told_and_leaves_nothing(casefile):
    def stop():
        raise Damaged("Another SHA-256.")

    with pytest.raises(Damaged):
        await casefile.files.file_paper(casefile.paper(), Content(b"picture", before=stop), resuming=False)
    assert casefile.documents == []


async def test_who_may_not_file_is_told_apart_from_a_hidden_case(casefile):
    casefile.records.users["hub_admin"].denied = {"insert_document"}
    with pytest.raises(NotPermitted, match="right to insert notes and documents"):
        await casefile.file()
    casefile.records.hidden_cases = {int(casefile.case)}
    with pytest.raises(NotFound):
        await casefile.file()
    with pytest.raises(NotFound):
        await casefile.files.find_paper(trace_of("file:1", casefile.case))
    assert casefile.documents == []


async def test_nothing_is_ever_left_unfinished(casefile):
    assert await casefile.files.clear_unfinished(casefile.server.controls.clock.now()) == 0
    assert casefile.files.counts.total == 0
