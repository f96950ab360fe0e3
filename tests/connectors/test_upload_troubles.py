"""RELIABILITY.md row 18: whatever breaks during an upload, one whole document comes of it, and nothing half is left."""

import hashlib
from dataclasses import replace

import pytest

from connectors.clio.filing import _upload
from connectors.errors import AnswerLost, FixData, Unavailable, UnexpectedAnswer, Wait
from connectors.http import AddressRefused, Damaged
from sandbox.clio.storage import StoredObject
from sandbox.faults import FaultKind
from tests.connectors.filing import ONE_PAPER, PAPERS, STORAGE, Content, trace_of
from tests.connectors.test_drift import SUBSTITUTES, dotted, paths, spoiled

PICTURE = bytes(range(256)) * 1024
WHOLE = (len(PICTURE), hashlib.sha256(PICTURE).hexdigest())


async def file_until_done(cabinet, content=None, tries=5):
    """As the relay does it: what may have been done is looked up before it is gone on with."""
    content = content or Content(PICTURE)
    paper = cabinet.paper(content.content)
    for number in range(tries):
        try:
            return await cabinet.files.file_paper(paper, content, resuming=number > 0)
        except Wait:
            found = await cabinet.files.find_paper(trace_of(paper.marker, cabinet.matter, paper.size))
            if found is not None:
                return found
    raise AssertionError("It was never filed.")


def only_paper(cabinet):
    [kept] = cabinet.papers()
    assert kept["fully_uploaded"]
    assert (kept["size"], kept["sha256"]) == WHOLE
    return str(kept["id"])


STEPS = {"begin": ("POST", PAPERS), "put": ("PUT", STORAGE), "finish": ("PATCH", ONE_PAPER)}
TROUBLES = {
    "cut before": (FaultKind.CUT_BEFORE, {}),
    "cut midway in": (FaultKind.CUT_UPLOAD, {"after_bytes": 10}),
    "cut after": (FaultKind.CUT_AFTER, {}),
    "cut midway out": (FaultKind.CUT_DOWNLOAD, {"after_bytes": 5}),
    "500 before": (FaultKind.STATUS, {"status": 500}),
    "500 after": (FaultKind.STATUS, {"status": 500, "after_work": True}),
    "a web page": (FaultKind.HTML, {"status": 502, "after_work": True}),
    "half a body": (FaultKind.TRUNCATED_JSON, {}),
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("step", STEPS)
async def test_each_step_may_break_once(cabinet, step, trouble):
    kind, rule = TROUBLES[trouble]
    cabinet.spoil(kind, *STEPS[step], **rule)
    filed = await file_until_done(cabinet)
    assert filed == only_paper(cabinet)


@pytest.mark.parametrize("trouble", ["cut before", "cut after"])
async def test_every_step_may_break_in_turn(cabinet, trouble):
    kind, rule = TROUBLES[trouble]
    for step in STEPS.values():
        cabinet.spoil(kind, *step, **rule)
    assert await file_until_done(cabinet) == only_paper(cabinet)


async def test_a_lost_beginning_is_not_repeated_but_gone_on_with(cabinet):
    cabinet.spoil(FaultKind.CUT_AFTER, "POST", PAPERS)
    with pytest.raises(AnswerLost):
        await cabinet.file(PICTURE)
    [begun] = cabinet.papers()
    assert await cabinet.file(PICTURE, resuming=True) == str(begun["id"]) == only_paper(cabinet)
    assert cabinet.asked("clio", "POST /api/v4/documents") == 1


async def test_an_unfinished_upload_is_gone_on_with_and_further_ones_are_cleared_away(cabinet):
    first, *_ = [await cabinet.begin(marker="file:1") for _ in range(3)]
    other = await cabinet.begin(marker="file:2")
    assert await cabinet.file(PICTURE, resuming=True) == first
    assert [str(kept["id"]) for kept in cabinet.papers()] == [first, other]


async def test_a_complete_one_is_not_sent_again_and_its_unfinished_twins_are_cleared_away(cabinet):
    await cabinet.begin()
    complete = await cabinet.file(PICTURE)
    await cabinet.begin()
    content = Content(PICTURE)
    paper = cabinet.paper(PICTURE)
    assert await cabinet.files.file_paper(paper, content, resuming=True) == complete == only_paper(cabinet)
    assert content.times == 0


async def test_two_complete_ones_are_both_kept(cabinet):
    filed = [await cabinet.file(PICTURE) for _ in range(2)]
    assert await cabinet.file(PICTURE, resuming=True) == filed[0]
    assert [str(kept["id"]) for kept in cabinet.papers()] == filed


async def test_one_in_the_trash_is_not_gone_on_with(cabinet):
    trashed = await cabinet.begin()
    cabinet.change(trashed, deleted_at="2026-10-02T14:05:00Z")
    assert await cabinet.file(PICTURE, resuming=True) == only_paper(cabinet) != trashed


async def test_an_address_that_has_expired_is_asked_for_again(cabinet):
    cabinet.spoil(FaultKind.CLOCK_SKEW, "POST", PAPERS, seconds=-601)
    content = Content(PICTURE)
    filed = await cabinet.files.file_paper(cabinet.paper(PICTURE), content, resuming=False)
    assert filed == only_paper(cabinet)
    assert content.times <= 2
    assert cabinet.files.counts.requests["Clio", "PUT (file)", 403] == 1
    assert cabinet.asked("clio", "POST /api/v4/documents") == 1


async def test_where_the_address_stays_the_same_the_document_is_begun_anew(cabinet):
    cabinet.server.controls.clock.freeze()
    cabinet.spoil(FaultKind.CLOCK_SKEW, "PUT", STORAGE, seconds=601)
    filed = await cabinet.file(PICTURE)
    assert filed == only_paper(cabinet)
    assert cabinet.asked("clio", "POST /api/v4/documents") == 2


async def test_a_second_refusal_in_a_row_is_left_to_the_next_try(cabinet):
    cabinet.spoil(FaultKind.CLOCK_SKEW, "PUT", STORAGE, seconds=601, count=2)
    with pytest.raises(AddressRefused):
        await cabinet.file(PICTURE)
    assert cabinet.asked("storage", "PUT /uploads/{id}/intake photo.jpg") == 2
    assert await cabinet.file(PICTURE, resuming=True) == only_paper(cabinet)


async def test_a_document_that_somebody_renames_meanwhile_keeps_its_new_name(cabinet):
    """If-Match tells (412); the next try goes on with the document as it now is."""
    begun = await cabinet.begin()
    content = Content(PICTURE, before=lambda: cabinet.change(begun, name="renamed.jpg"))
    with pytest.raises(Unavailable, match="changed in Clio during its upload"):
        await cabinet.files.file_paper(cabinet.paper(PICTURE), content, resuming=True)
    assert [kept["fully_uploaded"] for kept in cabinet.papers()] == [False]
    assert await cabinet.file(PICTURE, resuming=True) == begun == only_paper(cabinet)
    assert cabinet.papers()[0]["name"] == "renamed.jpg"


async def test_a_document_that_somebody_deletes_meanwhile_is_begun_anew(cabinet):
    begun = await cabinet.begin()
    content = Content(PICTURE, before=lambda: cabinet.change(begun, deleted_at="2026-10-02T14:05:00Z"))
    assert await file_until_done(cabinet, content) != begun
    only_paper(cabinet)


async def test_a_mark_that_has_been_made_already_is_no_refusal(cabinet):
    refusal = {"error": {"type": "UnprocessableEntityError", "message": "It is already marked as fully uploaded."}}
    cabinet.spoil(FaultKind.STATUS, "PATCH", ONE_PAPER, status=422, body=refusal, after_work=True)
    assert await cabinet.file(PICTURE) == only_paper(cabinet)


async def test_a_lost_mark_is_repeated_and_known_again(cabinet):
    cabinet.spoil(FaultKind.CUT_AFTER, "PATCH", ONE_PAPER)
    assert await cabinet.file(PICTURE) == only_paper(cabinet)
    assert cabinet.asked("clio", "PATCH /api/v4/documents/{id}") == 2


async def test_bytes_that_storage_has_lost_are_sent_again(cabinet):
    cabinet.spoil(FaultKind.STATUS, "PUT", STORAGE, status=200)
    with pytest.raises(Unavailable, match="Clio has not received the file"):
        await cabinet.file(PICTURE)
    assert await cabinet.file(PICTURE, resuming=True) == only_paper(cabinet)


async def test_verifying_that_times_out_is_tried_again(cabinet):
    cabinet.clio.upload_timeouts = 2
    assert await cabinet.file(PICTURE) == only_paper(cabinet)


@pytest.mark.parametrize("status", [400, 404, 409])
async def test_what_storage_refuses_otherwise_is_not_taken_for_success(cabinet, status):
    cabinet.spoil(FaultKind.STATUS, "PUT", STORAGE, status=status, body="<Error/>")
    with pytest.raises(UnexpectedAnswer, match=str(status)):
        await cabinet.file(PICTURE)
    assert cabinet.asked("clio", "PATCH /api/v4/documents/{id}") == 0


async def test_a_document_that_is_not_complete_after_its_mark_is_said_so(cabinet):
    version = {"uuid": "u", "fully_uploaded": False, "size": None, "put_url": "", "put_headers": []}
    body = {"data": {"id": 1, "etag": '"x"', "created_at": "2026-10-02T14:05:00Z", "latest_document_version": version}}
    cabinet.spoil(FaultKind.STATUS, "PATCH", ONE_PAPER, status=200, body=body)
    with pytest.raises(UnexpectedAnswer, match="did not take the upload as complete"):
        await cabinet.file(PICTURE)


async def test_another_size_in_clio_than_was_sent_is_said_so(cabinet):
    cabinet.spoil(FaultKind.STATUS, "PATCH", ONE_PAPER, status=500, count=5)
    with pytest.raises(Unavailable):
        await cabinet.file(PICTURE)
    objects = cabinet.server.clio.storage.objects
    [(uuid, kept)] = objects.items()
    assert isinstance(kept, StoredObject)
    objects[uuid] = replace(kept, size=7)
    cabinet.spoil(FaultKind.STATUS, "PUT", STORAGE, status=200)
    with pytest.raises(Damaged, match="Clio holds 7 bytes of a file of 262,144"):
        await cabinet.file(PICTURE, resuming=True)


@pytest.mark.parametrize("error", [Damaged("Another SHA-256."), Unavailable("Cut."), FixData("No.", status=404)])
async def test_what_stops_the_source_is_told_and_leaves_nothing_complete(cabinet, error):
    def stop():
        raise error

    with pytest.raises(type(error)) as stopped:
        await cabinet.files.file_paper(cabinet.paper(PICTURE), Content(PICTURE, before=stop), resuming=False)
    assert stopped.value is error
    assert [kept["fully_uploaded"] for kept in cabinet.papers()] == [False]
    assert cabinet.server.clio.storage.objects == {}
    assert await cabinet.file(PICTURE, resuming=True) == only_paper(cabinet)


@pytest.mark.parametrize("announced", [0, 1, len(PICTURE) // 2, len(PICTURE) - 1, len(PICTURE) + 1])
async def test_a_source_of_another_length_than_announced_completes_nothing(cabinet, announced):
    paper = replace(cabinet.paper(PICTURE), size=announced)
    with pytest.raises(Damaged, match="more" if announced < len(PICTURE) else "fewer"):
        await cabinet.files.file_paper(paper, Content(PICTURE), resuming=False)
    assert [kept["fully_uploaded"] for kept in cabinet.papers()] == [False]
    assert cabinet.server.clio.storage.objects == {}


async def test_the_last_step_is_not_taken_when_it_may_not_be(cabinet):
    """The hold is lost while the bytes go out: nothing more is asked of Clio."""

    class LeaseLost(Exception):
        pass

    def lose():
        def refuse():
            raise LeaseLost

        cabinet.files._connection._may_send = refuse

    with pytest.raises(LeaseLost):
        await cabinet.files.file_paper(cabinet.paper(PICTURE), Content(PICTURE, before=lose), resuming=False)
    assert cabinet.asked("clio", "PATCH /api/v4/documents/{id}") == 0


DOCUMENT = {
    "id": 770031,
    "etag": '"9a10"',
    "created_at": "2026-10-02T14:05:00Z",
    "latest_document_version": {
        "uuid": "0c7a7d1e-5b7e-4d0a-9c3e-2f6f1f0f9a11",
        "fully_uploaded": False,
        "size": None,
        "put_url": "https://storage.example/uploads/0c7a7d1e/intake-photo.jpg?X-Amz-Expires=600",
        "put_headers": [{"name": "x-amz-server-side-encryption", "value": "AES256"}],
    },
}


@pytest.mark.parametrize("path", paths(DOCUMENT), ids=dotted)
def test_a_spoiled_field_is_an_error_we_know_or_does_no_harm(path):
    for value in [*SUBSTITUTES, "a\r\nHost: evil.test", "\0", 10**30]:
        try:
            upload = _upload(spoiled(DOCUMENT, path, value))
        except UnexpectedAnswer as error:
            assert error.field  # noqa: PT017 - both ways out are right
            continue
        assert isinstance(upload.complete, bool)
        for name, text in upload.headers.items():
            assert name.isascii()
            assert not {"\r", "\n", "\0"} & {*name, *text}
