"""Documents in CASEpeer: uploaded whole in one request, under a name for people, and known again by what they are."""

import hashlib
from datetime import timedelta

import pytest

from connectors.casepeer.filing import DocumentRecord, recognised
from connectors.errors import (
    AnswerLost,
    ConnectorError,
    FixData,
    LogInAgain,
    Misconfigured,
    NotFound,
    NotPermitted,
    RateLimited,
)
from connectors.http import Damaged
from sandbox.casepeer.records import Document
from sandbox.faults import FaultKind
from tests.connectors.casefile import CASEPEER_DOCUMENTS as DOCUMENTS
from tests.connectors.filing import LONG_AGO, SENT, Content, trace_of

CATEGORIES = "*/document-categories/"


def trace(binder, **changes):
    return trace_of("file:1", binder.case, **changes)


async def test_a_document_is_stored_under_its_name_and_nothing_else_is_said(binder):
    filed = await binder.file(b"picture")
    [kept] = binder.documents
    assert (str(kept.id), str(kept.case_id), kept.name) == (filed, binder.case, "intake photo.jpg")
    assert (kept.content, kept.size, kept.sha256) == (b"picture", 7, hashlib.sha256(b"picture").hexdigest())
    assert (kept.parts, kept.category, kept.folder_id) == ({"docname": "intake photo.jpg"}, None, None)
    assert binder.requests() == {"POST /case/case-documents/{id}/": 1}


async def test_it_is_put_into_the_firms_category_which_is_looked_up_once(binder):
    files = binder.connect(" Client Portal ")
    for number in range(2):
        content = Content(b"picture")
        await files.file_paper(binder.paper(marker=f"file:{number}"), content, resuming=False)
    names = binder.records.document_categories
    assert [names[kept.category] for kept in binder.documents] == ["Client Portal"] * 2
    assert files.counts.requests[("CASEpeer", "GET /document-categories/", 200)] == 1
    await files.close()


@pytest.mark.parametrize("bare_arrays", [False, True])
async def test_a_category_that_is_not_there_is_named_with_its_setting_and_never_created(binder, bare_arrays):
    binder.records.switches.bare_arrays = bare_arrays
    files = binder.connect("client portal")
    for ask in (
        files.check(letters=True, papers=True),
        files.file_paper(binder.paper(), Content(b"picture"), resuming=False),
    ):
        with pytest.raises(Misconfigured, match="no document category “client portal”") as refused:
            await ask
        assert "*Document category* in CASEpeer Credentials" in str(refused.value)
        assert "“Accounting”, “Attorney Designation”, “Case Notes”" in str(refused.value)
    assert binder.documents == []
    await files.check(letters=True, papers=False)
    await files.close()


async def test_without_a_category_there_is_nothing_to_look_for(binder):
    await binder.files.check(letters=True, papers=True)
    assert binder.files.counts.total == 0


async def test_categories_that_cannot_be_read_are_no_empty_list(binder):
    files = binder.connect("Client Portal")
    binder.spoil(
        FaultKind.STATUS, "GET", CATEGORIES, status=200, body={"results": [{"id": "x", "name": "Client Portal"}]}
    )
    with pytest.raises(ConnectorError) as odd:
        await files.check(letters=False, papers=True)
    assert not isinstance(odd.value, Misconfigured)
    await files.close()


@pytest.mark.parametrize("size", [1, 65_536, 1024 * 1024 + 1])
async def test_every_size_arrives(binder, size):
    content = bytes(size)
    await binder.file(content)
    [kept] = binder.documents
    assert (kept.size, kept.sha256) == (size, hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.pdf", ""), ("Röntgen 👨‍👩‍👧 #1 100% [a]{b}&c=d;e'f.jpg", "image/jpeg"), ("n" * 200, "application/x-strange")],
)
async def test_names_and_types_arrive_as_they_are(binder, name, content_type):
    await binder.file(name=name, content_type=content_type)
    assert [kept.name for kept in binder.documents] == [name]


# Known again.


@pytest.mark.parametrize(
    ("kind", "rule", "takes_effect"),
    [
        (FaultKind.CUT_BEFORE, {}, False),
        (FaultKind.CUT_UPLOAD, {"after_bytes": 700_000}, False),
        (FaultKind.CUT_AFTER, {}, True),
        (FaultKind.TRUNCATED_JSON, {}, True),
        (FaultKind.STATUS, {"status": 500, "after_work": True}, True),
        (FaultKind.HTML, {"status": 502, "after_work": True}, True),
        (FaultKind.HTML, {"status": 200, "after_work": True}, True),
    ],
)
async def test_a_lost_answer_is_never_repeated_and_the_document_is_found_if_it_is_there(
    binder, kind, rule, takes_effect
):
    content = bytes(1_000_000)
    binder.spoil(kind, "POST", DOCUMENTS, **rule)
    with pytest.raises(AnswerLost):
        await binder.file(content)
    assert binder.requests()["POST /case/case-documents/{id}/"] == 1
    left = trace(binder, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    found = await binder.files.find_paper(left)
    assert (found is not None) == takes_effect == (len(binder.documents) == 1)


async def test_it_is_found_in_whatever_folder_somebody_has_put_it_on_whatever_page(binder):
    filed = await binder.file()
    for number in range(230):
        binder.records.file_document(int(binder.case), f"{number}.pdf", b"x")
    outer, inner = (add_folder(binder, name) for name in ("Outer", "Inner"))
    binder.records.documents.change(binder.records.documents.get(inner), folder_id=outer)
    binder.records.documents.change(binder.records.documents.get(int(filed)), folder_id=inner)
    assert await binder.files.find_paper(trace(binder)) == filed
    assert await binder.files.find_paper(trace_of("file:1", binder.other_case)) is None


def add_folder(binder, name):
    records = binder.records.documents
    moment = binder.records.seconds()
    return records.add(Document(records.next_id(), int(binder.case), name, moment, folder=True)).id


async def test_folders_that_contain_each_other_are_walked_once(binder, monkeypatch):
    first, second = (add_folder(binder, name) for name in ("First", "Second"))
    listed = {None: first, first: second, second: first}
    monkeypatch.setattr(
        type(binder.records.documents),
        "of_case",
        lambda *_: [
            Document(inner, int(binder.case), "x", 0, folder=True, folder_id=outer) for outer, inner in listed.items()
        ],
    )
    assert await binder.files.find_paper(trace(binder)) is None
    assert binder.requests()["GET /case/case-documents/{id}/"] == 3


async def test_a_list_that_moves_while_it_is_read_is_read_again(binder, monkeypatch):
    """A row that moves to the end pushes the first row of the next page out of sight."""
    monkeypatch.setattr("connectors.casepeer.lists.PAGE", 10)
    others = [binder.records.file_document(int(binder.case), f"{number}.pdf", b"x") for number in range(12)]
    filed = await binder.file()
    before = [*others[:10], binder.documents[-1], *others[10:]]
    readings = iter([before])
    monkeypatch.setattr(type(binder.records.documents), "of_case", lambda *_: next(readings, [*before[1:], before[0]]))
    assert await binder.files.find_paper(trace(binder)) == filed
    assert binder.requests()["GET /case/case-documents/{id}/"] == 4, "the first reading was one row short"


async def test_a_list_that_never_comes_to_rest_is_not_taken_for_not_found(binder):
    numbers = iter(range(1, 100))
    for _ in range(5):
        body = {"count": 99, "next": None, "results": [{"id": next(numbers), **ROW}]}
        binder.spoil(FaultKind.STATUS, "GET", DOCUMENTS, status=200, body=body)
    with pytest.raises(ConnectorError, match="changed again and again"):
        await binder.files.find_paper(trace(binder))


ROW = {
    "docname": "intake photo.jpg",
    "file_type": "jpg",
    "size": 7,
    "sha256": hashlib.sha256(b"picture").hexdigest(),
    "created": "2026-11-24T10:00:00-05:00",
}


def row(number=7, **changes):
    return DocumentRecord.model_validate(ROW | {"id": number} | changes)


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, True),
        ({"sha256": ROW["sha256"].upper()}, True),
        ({"sha256": None}, True),
        ({"docname": "renamed.jpg"}, True),
        ({"docname": "renamed.jpg", "sha256": None}, False),
        ({"docname": None}, True),
        ({"docname": "another of ours.jpg"}, False),
        ({"size": 8}, False),
        ({"size": None, "file_type": "Folder"}, False),
        ({"sha256": "0" * 64}, False),
        ({"created": "2026-11-24T09:59:59-05:00"}, False),
    ],
)
def test_what_tells_our_own_document(changes, known):
    since = row().created
    left = trace_of("file:1", "1", since=since, other_names=frozenset({"another of ours.jpg"}))
    assert recognised([row(**changes)], left) == ("7" if known else None)


def test_where_the_portal_tells_no_hash_the_name_has_to():
    left = trace_of("file:1", "1", sha256=None)
    assert recognised([row(docname="renamed.jpg")], left) is None
    assert recognised([row(5, docname="renamed.jpg"), row(9)], left) == "9"


def test_another_document_of_ours_is_never_taken_for_it():
    left = trace_of("file:1", "1", other_records=frozenset({"7"}))
    assert recognised([row(7)], left) is None
    assert recognised([row(7), row(12), row(9)], left) == "9", "of two the first"


def test_its_own_name_goes_before_a_new_one():
    assert recognised([row(7, docname="renamed.jpg"), row(10)], trace_of("file:1", "1")) == "10"


async def test_what_was_there_before_it_could_be_filed_is_not_it(binder):
    """Somebody of the firm had the same file on the case already: ours is filed beside it."""
    binder.records.file_document(int(binder.case), "intake photo.jpg", b"picture", at=SENT.timestamp())
    assert await binder.files.find_paper(trace(binder, since=SENT + timedelta(hours=1))) is None
    assert await binder.files.find_paper(trace(binder, since=LONG_AGO)) is not None


@pytest.mark.parametrize(
    "body",
    [
        '"x"',
        {},
        [7],
        [{}],
        [ROW],
        [ROW | {"id": 1, "size": "x"}],
        [ROW | {"id": 1, "sha256": 7}],
        [ROW | {"id": 1, "created": None}],
    ],
)
async def test_a_look_up_that_cannot_be_read_is_not_taken_for_not_found(binder, body):
    binder.spoil(FaultKind.STATUS, "GET", DOCUMENTS, status=200, body=body, count=9)
    with pytest.raises(ConnectorError):
        await binder.files.find_paper(trace(binder))


# What can happen to an upload.


async def test_one_that_is_too_large_for_casepeer_says_so(binder):
    binder.records.switches.max_upload_bytes = 6
    with pytest.raises(FixData, match="too large") as refused:
        await binder.file(b"picture")
    assert (refused.value.status, binder.documents) == (413, [])


async def test_the_page_of_a_server_in_front_of_it_says_so_too(binder):
    binder.spoil(FaultKind.HTML, "POST", DOCUMENTS, status=413)
    with pytest.raises(FixData) as refused:
        await binder.file(b"picture")
    assert refused.value.status == 413


@pytest.mark.parametrize(("status", "kind"), [(415, FixData), (400, FixData), (409, FixData)])
async def test_what_casepeer_refuses_is_surely_not_filed(binder, status, kind):
    binder.spoil(FaultKind.STATUS, "POST", DOCUMENTS, status=status, body={"detail": "No."})
    with pytest.raises(kind, match=r"CASEpeer refused: No\.") as refused:
        await binder.file()
    assert (refused.value.status, binder.documents) == (status, [])


async def test_an_empty_one_is_refused_by_casepeer(binder):
    """400 [assumed]."""
    with pytest.raises(FixData, match="file: The submitted file is empty") as refused:
        await binder.file(b"")
    assert refused.value.status == 400


async def test_a_case_that_is_gone_takes_nothing_and_hides_what_it_had(binder):
    with pytest.raises(NotFound):
        await binder.file(case_id="999")
    with pytest.raises(NotFound):
        await binder.files.find_paper(trace_of("file:1", "999"))


async def test_a_404_for_a_case_that_is_there_concerns_this_document_only(binder):
    binder.spoil(FaultKind.STATUS, "POST", DOCUMENTS, status=404)
    with pytest.raises(FixData, match="has the case and does not take this for it") as refused:
        await binder.file()
    assert not isinstance(refused.value, NotFound)


async def test_a_closed_case_still_takes_documents(binder):
    binder.records.update_case(int(binder.case), closed=True)
    assert await binder.file() == str(binder.documents[0].id)


async def test_one_view_may_be_closed_to_the_key(binder):
    binder.records.keys.integration.denied = {"case/case-documents/*"}
    with pytest.raises(NotPermitted, match="the right to write to 'case/case-documents/"):
        await binder.file()
    assert await binder.files.file_letter(binder.letter())


async def test_a_key_that_is_not_accepted_files_nothing(binder):
    for spoil in ({"login_page": "redirect"}, {"login_page": "page"}):
        binder.records.switches.turn(spoil)
        with pytest.raises((LogInAgain, AnswerLost)):
            await binder.file()
        with pytest.raises(LogInAgain):
            await binder.files.find_paper(trace(binder))
    assert binder.documents == []


@pytest.mark.parametrize("kind", [NotFound, LogInAgain, NotPermitted])
async def test_what_the_portal_says_of_itself_is_not_taken_for_casepeers(binder, kind):
    def refuse():
        raise kind("The portal says so.", system="Case Status")

    with pytest.raises(kind, match="The portal says so"):
        await binder.files.file_paper(binder.paper(), Content(b"picture", before=refuse), resuming=False)
    assert "GET /case/{id}/" not in binder.requests()
    assert "GET /account/" not in binder.requests()


async def test_too_many_requests_are_left_to_the_next_tick(binder):
    binder.spoil(FaultKind.STATUS, "POST", DOCUMENTS, status=429, headers={"Retry-After": "1"})
    with pytest.raises(RateLimited) as limited:
        await binder.file()
    assert limited.value.retry_after == 1
    assert await binder.file() == str(binder.documents[0].id)


async def test_what_stops_the_source_is_told_and_leaves_nothing(binder):
    def stop():
        raise Damaged("Another SHA-256.")

    with pytest.raises(Damaged):
        await binder.files.file_paper(binder.paper(), Content(b"picture", before=stop), resuming=False)
    assert binder.documents == []


async def test_nothing_is_ever_left_unfinished(binder):
    assert await binder.files.clear_unfinished(SENT) == 0
    assert binder.files.counts.total == 0
