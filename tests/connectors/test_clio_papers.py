"""Documents in Clio: begun, put, marked as uploaded; found by their markers; what was never finished cleared away."""

from datetime import timedelta

import pytest

from connectors.clio import filing
from connectors.clio.filing import FILE_PROPERTY, ClioFiles
from connectors.errors import FixData, NotPermitted, UnexpectedAnswer
from connectors.http import Damaged, ForeignAddress
from sandbox.faults import FaultKind
from tests.connectors.filing import ONE_PAPER, PAPERS, Content, marked, trace_of

DAY = timedelta(days=1)


async def test_a_document_is_stored_with_all_its_fields(cabinet):
    filed = await cabinet.file(b"picture")
    [kept] = cabinet.papers()
    assert str(kept["id"]) == filed
    assert (kept["name"], kept["filename"], kept["content_type"]) == ("intake photo.jpg",) * 2 + ("image/jpeg",)
    assert (kept["size"], kept["sha256"]) == (7, cabinet.paper(b"picture").sha256)
    assert kept["fully_uploaded"]
    assert kept["received_at"] == "2026-10-02T14:05:00Z"
    assert kept["matter_id"] == int(cabinet.matter)
    assert marked(kept) == [(FILE_PROPERTY, "file:1")]
    assert [version["version_number"] for version in kept["versions"]] == [1]
    [stored] = cabinet.server.clio.storage.objects.values()
    assert (stored.content, stored.content_type) == (b"picture", "image/jpeg")


async def test_it_takes_three_requests(cabinet):
    await cabinet.file()
    asked = {route: count for (_, route, _), count in cabinet.files.counts.requests.items() if "token" not in route}
    assert asked == {"POST /documents.json": 1, "PUT (file)": 1, "PATCH /documents/{id}.json": 1}


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024 + 1])
async def test_every_size_arrives(cabinet, size):
    content = bytes(size)
    await cabinet.file(content)
    [kept] = cabinet.papers()
    assert (kept["size"], kept["sha256"]) == (size, cabinet.paper(content).sha256)


@pytest.mark.parametrize(
    ("name", "content_type", "taken_for"),
    [
        ("a.pdf", "", "application/pdf"),
        ("a.strange", "", "application/octet-stream"),
        ("a.strange", "application/x-strange", "application/x-strange"),
        ("Röntgen 👨‍👩‍👧 #1 100% [a]{b}&c=d.jpg", "image/jpeg", "image/jpeg"),
        ("n" * 200, "", "application/octet-stream"),
    ],
)
async def test_names_and_kinds(cabinet, name, content_type, taken_for):
    await cabinet.file(name=name, content_type=content_type)
    [kept] = cabinet.papers()
    assert (kept["name"], kept["content_type"], kept["fully_uploaded"]) == (name, taken_for, True)


async def test_equal_names_are_documents_of_their_own(cabinet):
    filed = [await cabinet.file(marker=f"file:{number}") for number in (1, 2)]
    assert [str(kept["id"]) for kept in cabinet.papers()] == filed


async def test_a_document_is_found_by_its_marker_and_no_other(cabinet):
    markers = ["file:1", "file:11", "a&b=c d+é%/\\?#[]{}"]
    filed = {marker: await cabinet.file(marker=marker) for marker in markers}
    for marker in markers:
        assert await cabinet.files.find_paper(trace_of(marker, cabinet.matter)) == filed[marker]
    assert await cabinet.files.find_paper(trace_of("file:2", cabinet.matter)) is None


async def test_one_of_another_size_is_no_find_and_not_gone_on_with(cabinet):
    filed = await cabinet.file(b"picture")
    assert await cabinet.files.find_paper(trace_of("file:1", cabinet.matter, 7)) == filed
    with pytest.raises(Damaged, match="Clio holds 7 bytes of a file of 8"):
        await cabinet.files.find_paper(trace_of("file:1", cabinet.matter, 8))
    with pytest.raises(Damaged, match="Delete it in Clio"):
        await cabinet.file(b"pictures", resuming=True)


async def test_it_is_found_wherever_somebody_has_put_it_under_whatever_name(cabinet):
    filed = await cabinet.file()
    cabinet.change(filed, _matter=int(cabinet.other_matter), name="other.jpg")
    assert await cabinet.files.find_paper(trace_of("file:1", cabinet.matter)) == filed
    cabinet.change(filed, _matter=None, locked=True)
    assert await cabinet.files.find_paper(trace_of("file:1", cabinet.matter)) == filed


async def test_an_unfinished_one_is_not_found(cabinet):
    await cabinet.begin()
    assert await cabinet.files.find_paper(trace_of("file:1", cabinet.matter)) is None


async def test_one_that_we_may_not_see_counts_as_found_and_is_not_sent_again(cabinet):
    stub = {"data": [{"id": 770031, "etag": '"x"', "redacted": True}], "meta": {"paging": {}}}
    cabinet.spoil(FaultKind.STATUS, "GET", PAPERS, status=200, body=stub, count=2)
    assert await cabinet.files.find_paper(trace_of("file:1", cabinet.matter)) == "770031"
    assert await cabinet.file(resuming=True) == "770031"
    assert cabinet.papers() == []


@pytest.mark.parametrize("case_id", ["999", "1"])
async def test_what_clio_refuses_is_surely_not_filed(cabinet, case_id):
    with pytest.raises(FixData) as refused:
        await cabinet.file(case_id=case_id)
    assert refused.value.status == 422
    assert cabinet.papers() == []
    assert cabinet.server.clio.storage.objects == {}


async def test_a_missing_permission_is_named(cabinet):
    cabinet.clio.denied = {"documents"}
    for call in (
        cabinet.file(),
        cabinet.files.find_paper(trace_of("file:1", cabinet.matter)),
        cabinet.files.clear_unfinished(filing_day(cabinet)),
    ):
        with pytest.raises(NotPermitted, match="'Documents' permission"):
            await call


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test/uploads/1/x.jpg",
        "http://127.0.0.1:1/uploads/1/x.jpg",
        "https://user@127.0.0.1/x",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "https://[evil.test/x",
    ],
)
async def test_nothing_is_sent_to_a_host_that_is_not_clios(cabinet, address):
    version = {"uuid": "u", "fully_uploaded": False, "put_url": address, "put_headers": [], "size": None}
    record = {"id": 1, "etag": '"x"', "created_at": "2026-10-02T14:05:00Z", "latest_document_version": version}
    cabinet.spoil(FaultKind.STATUS, "POST", PAPERS, status=201, body={"data": record})
    with pytest.raises(ForeignAddress, match="Clio points to a file at"):
        await cabinet.file()
    assert cabinet.asked("clio", "PATCH /api/v4/documents/{id}") == 0


def test_storage_hosts_are_those_of_the_block_besides_clios_own(cabinet):
    files = ClioFiles(cabinet.files._client, storage_hosts=["store.test"])
    assert files._storage._checked("http://store.test/x")
    assert files._storage._checked(f"{cabinet.server.url}/storage/x")
    with pytest.raises(ForeignAddress):
        files._storage._checked("https://bucket.amazonaws.com/x")
    usual = ClioFiles(cabinet.files._client)
    assert usual._storage._checked("https://iris-production.s3.us-west-2.amazonaws.com/x")


@pytest.mark.parametrize("address", [None, ""])
async def test_without_an_address_there_is_nowhere_to_put_it(cabinet, address):
    version = {"uuid": "u", "fully_uploaded": False, "put_url": address, "put_headers": None}
    record = {"id": 1, "etag": None, "created_at": None, "latest_document_version": version}
    cabinet.spoil(FaultKind.STATUS, "POST", PAPERS, status=201, body={"data": record})
    with pytest.raises(UnexpectedAnswer, match="no address"):
        await cabinet.file()


def filing_day(cabinet):
    return cabinet.server.controls.clock.now() - DAY


async def unfinished_from(cabinet, days, **changes):
    cabinet.server.controls.clock.advance(-days * 86_400)
    begun = await cabinet.begin(**changes)
    cabinet.server.controls.clock.advance(days * 86_400)
    return begun


async def test_only_what_is_ours_and_old_and_unfinished_is_cleared_away(cabinet, monkeypatch):
    await unfinished_from(cabinet, 2, marker="file:old")
    young = await unfinished_from(cabinet, 0.9, marker="file:young")
    complete = await cabinet.file(marker="file:complete")
    cabinet.change(complete, created_at="2020-01-01T00:00:00Z")
    with monkeypatch.context() as patched:
        patched.setattr(filing, "FILE_PROPERTY", "somebody_elses_id")
        theirs = await unfinished_from(cabinet, 2)
    assert await cabinet.files.clear_unfinished(filing_day(cabinet)) == 1
    assert [str(kept["id"]) for kept in cabinet.papers()] == [young, complete, theirs]
    assert await cabinet.files.clear_unfinished(filing_day(cabinet)) == 0


async def test_nothing_of_others_is_cleared_away_should_the_list_not_be_cut_down_to_ours(cabinet):
    """An unknown parameter is ignored without a word [seen]: a filter that is renamed would give everything."""
    version = {"uuid": "u", "fully_uploaded": False, "put_url": "x", "put_headers": [], "size": None}
    others = [
        {"id": number, "etag": '"x"', "created_at": "2020-01-01T00:00:00Z", "latest_document_version": version}
        | {"external_properties": properties}
        for number, properties in enumerate([[], [{"id": 1, "name": "other", "value": "file:1"}]], start=1)
    ]
    cabinet.spoil(FaultKind.STATUS, "GET", PAPERS, status=200, body={"data": others, "meta": {"paging": {}}})
    assert await cabinet.files.clear_unfinished(filing_day(cabinet)) == 0
    assert cabinet.asked("clio", "DELETE /api/v4/documents/{id}") == 0


async def test_more_than_a_page_is_cleared_away(cabinet, monkeypatch):
    monkeypatch.setattr(filing, "PAGE", 3)
    for number in range(7):
        await unfinished_from(cabinet, 2, marker=f"file:{number}")
    assert await cabinet.files.clear_unfinished(filing_day(cabinet)) == 7
    assert cabinet.papers() == []


@pytest.mark.parametrize("status", [403, 404, 409, 422])
async def test_one_that_clio_does_not_let_go_keeps_no_other(cabinet, status):
    for number in range(3):
        await unfinished_from(cabinet, 2, marker=f"file:{number}")
    refusal = {"error": {"type": "Conflict", "message": "It is being changed."}}
    cabinet.spoil(FaultKind.STATUS, "DELETE", ONE_PAPER, skip=1, status=status, body=refusal)
    await cabinet.files.clear_unfinished(filing_day(cabinet))
    assert len(cabinet.papers()) == 1
    assert await cabinet.files.clear_unfinished(filing_day(cabinet)) == 1


async def test_records_that_cannot_be_read_or_seen_are_let_be(cabinet):
    await unfinished_from(cabinet, 2)
    fields = f"{filing._DOCUMENT_FIELDS},{filing._PROPERTIES}"
    [listed] = await cabinet.files._list(f"/documents.json?show_uncompleted=true&fields={fields}", "/documents.json")
    ours = {"external_properties": listed["external_properties"]}
    strange = [
        {"id": 1, "redacted": True},
        ours | {"id": 2, "latest_document_version": 7},
        ours | {"id": None},
        {},
        None,
    ]
    page = {"data": [*strange, listed], "meta": {"paging": {}}}
    cabinet.spoil(FaultKind.STATUS, "GET", PAPERS, status=200, body=page)
    assert await cabinet.files.clear_unfinished(filing_day(cabinet)) == 1
    assert cabinet.papers() == []


async def test_a_look_up_that_finds_everything_is_no_find(cabinet):
    cabinet.spoil(FaultKind.STATUS, "GET", PAPERS, status=200, body={"data": [{"id": 1}], "meta": {"paging": {}}})
    with pytest.raises(UnexpectedAnswer, match="another marker"):
        await cabinet.files.find_paper(trace_of("file:1", cabinet.matter))


async def test_content_is_asked_for_once_when_nothing_goes_wrong(cabinet):
    content = Content(b"picture")
    await cabinet.files.file_paper(cabinet.paper(), content, resuming=True)
    assert content.times == 1
