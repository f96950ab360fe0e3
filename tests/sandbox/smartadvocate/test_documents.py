import base64
import hashlib

import pytest

from sandbox.faults import FaultKind, FaultRule
from sandbox.multipart import FormReader
from tests.sandbox.smartadvocate.client import problem

MEBIBYTE = 1_048_576


def test_an_upload_becomes_a_document(hub):
    category = hub.firm.document_categories.id_of("Case Documents")
    parts = {
        "documentName": "bill.PDF",
        "description": "Uploaded by client",
        "categoryID": str(category),
        "documentDate": "2026-02-13T18:25:00Z",
        "documentDirection": "2",
        "comments": "é",
        "isSharedInPortal": "true",
    }
    answer = hub.upload(hub.case_id(), b"bytes", **parts)
    assert answer.status_code == 200
    document = answer.json()
    assert document in hub.rows(f"case/{hub.case_id()}/documents")
    assert (document["documentName"], document["docType"], document["description"]) == (
        *("bill.PDF", "pdf"),
        "Uploaded by client",
    )
    assert (document["categoryID"], document["categoryName"]) == (category, "Case Documents")
    assert (document["directionName"], document["isSharedInPortal"], document["comments"]) == ("Outgoing", True, "é")
    assert (document["documentDate"], document["createdUserID"]) == ("2026-02-13T18:25:00Z", 677)


def test_the_file_name_is_used_when_no_name_is_given(hub):
    assert hub.upload(hub.case_id(), name="scan é.pdf").json()["documentName"] == "scan é.pdf"


def test_what_arrived_can_be_looked_at(hub):
    hub.upload(hub.case_id(), b"bytes", description="d")
    (document,) = hub.control.get("/documents").json()
    assert (document["size"], document["sha256"]) == (5, hashlib.sha256(b"bytes").hexdigest())
    assert document["parts"] == {"description": "d"}
    listed = hub.control.get("/documents", params={"case_id": hub.case_id()}).json()
    assert listed[-1] == document


def test_content_comes_back_without_a_type_of_its_own(hub):
    number = hub.upload(hub.case_id(), b"%PDF-1.4 \xff").json()["documentID"]
    answer = hub.get(f"case/document/{number}/content")
    assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.4 \xff", "application/octet-stream")


def test_large_uploads_are_hashed_and_not_kept(hub):
    content = bytes(range(256)) * 4096 * 3
    number = hub.upload(hub.case_id(), content).json()["documentID"]
    document = hub.firm.documents.get(number)
    assert (document.size, document.sha256, document.content) == (
        *(len(content), hashlib.sha256(content).hexdigest()),
        None,
    )
    assert hub.upload(hub.case_id(), b"x" * MEBIBYTE).status_code == 200
    assert hub.firm.documents.new()[1].content == b"x" * MEBIBYTE


def test_bytes_that_look_like_boundaries_are_bytes(hub):
    content = b"\r\n--\r\n\r\n--x--\r\n" * 100
    number = hub.upload(hub.case_id(), content).json()["documentID"]
    assert hub.get(f"case/document/{number}/content").content == content


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_a_form_is_read_alike_however_it_is_cut(size):
    body = (
        b'--bb\r\nContent-Disposition: form-data; name="categoryID"\r\n\r\n7\r\n'
        b'--bb\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: x/y\r\n\r\n\r\n--b\r\n'
        b"\r\n--bb--\r\n"
    )
    reader = FormReader(b"bb")
    for place in range(0, len(body), size):
        reader.feed(body[place : place + size])
    assert [(part.name, part.file_name, part.whole) for part in reader.parts] == [
        ("categoryID", None, b"7"),
        ("file", "a.pdf", b"\r\n--b\r\n"),
    ]
    assert reader.ended


def test_no_bytes_no_file_no_form(hub):
    assert problem(hub.upload(hub.case_id(), b"")) == ["file"]
    path = f"case/{hub.case_id()}/documents"
    assert problem(hub.call("POST", path, files={"document": ("a.pdf", b"x")})) == ["file"]
    headers = {"Content-Type": "multipart/form-data; boundary=bb"}
    assert problem(hub.call("POST", path, content=b"--bb\r\nhello", headers=headers)) == ["file"]
    assert hub.call("POST", path, content=b"x").status_code == 415
    assert hub.firm.documents.new() == []


def test_an_unknown_category_and_a_bad_date_are_named(hub):
    assert problem(hub.upload(hub.case_id(), categoryID="7")) == ["categoryID"]
    assert problem(hub.upload(hub.case_id(), documentDate="today")) == ["documentDate"]


def test_too_large_is_a_413(hub):
    hub.firm.switches.max_upload_bytes = MEBIBYTE
    assert hub.upload(hub.case_id(), b"x" * (MEBIBYTE + 1)).status_code == 413
    assert hub.upload(hub.case_id(), b"x" * MEBIBYTE).status_code == 200


def test_a_hidden_or_unknown_case_takes_no_upload(hub, limited):
    assert hub.upload(7).status_code == 404
    assert limited.upload(limited.case_id(1)).status_code == 403
    limited.firm.users["hub_limited"].denied.add("insert_document")
    assert limited.upload(limited.case_id()).status_code == 403


def test_an_upload_that_breaks_off_leaves_nothing(server, hub):
    rule = FaultRule("smartadvocate", FaultKind.CUT_UPLOAD, path="*/documents", after_bytes=1000)
    server.controls.faults.add(rule)
    with pytest.raises(Exception, match=r"reset|disconnected|Broken"):
        hub.upload(hub.case_id(), b"x" * 3_000_000)
    assert hub.firm.documents.new() == []


def test_json_with_base64_behind_a_switch(hub):
    body = {"documentName": "a.pdf", "content": base64.b64encode(b"bytes").decode()}
    path = f"case/{hub.case_id()}/documents"
    assert hub.call("POST", path, json=body).status_code == 415
    hub.firm.switches.json_uploads = True
    assert hub.call("POST", path, json=body).json()["documentName"] == "a.pdf"
    assert hub.firm.documents.new()[0].content == b"bytes"
    assert problem(hub.call("POST", path, json=body | {"content": "%"})) == ["content"]


def test_lists_include_what_is_deleted_but_its_content_is_gone(hub):
    number = hub.firm.file_document(hub.case_id(), "x.pdf", b"x").id
    assert hub.control.post(f"/documents/{number}", json={"deleted": True}).json()["deleteFlag"] is True
    assert number in [row["documentID"] for row in hub.rows(f"case/{hub.case_id()}/documents")]
    assert hub.get(f"case/document/{number}/content").status_code == 404


def test_an_empty_document_has_empty_content(hub):
    documents = (document for index in range(60) for document in hub.firm.documents.of_case(hub.case_id(index)))
    empty = next(document for document in documents if document.size == 0 and not document.deleted)
    answer = hub.get(f"case/document/{empty.id}/content")
    assert (answer.status_code, answer.content) == (200, b"")


def test_documents_of_a_case_are_paged_from_nought(hub):
    for _ in range(5):
        hub.firm.file_document(hub.case_id(), "x.pdf", b"x")
    every = hub.rows(f"case/{hub.case_id()}/documents")
    assert hub.rows(f"case/{hub.case_id()}/documents", currentPage=1, pageSize=3) == every[3:6]
    hub.firm.switches.list_envelope = "named"
    page = hub.rows(f"case/{hub.case_id()}/documents", currentPage=0, pageSize=3)
    assert (page["documents"], page["pageRequest"]["totalRecords"]) == (every[:3], len(every))


def test_firm_wide_by_modified_date(server, hub):
    server.controls.clock.freeze()
    since = {"modifiedFromDateTime": hub.firm.stamps.instant(hub.firm.milliseconds())}
    new = hub.upload(hub.case_id()).json()["documentID"]
    old = hub.firm.filings.document_ids(next(n for n in range(1, 50) if hub.firm.filings.document_ids(n)))[0]
    hub.firm.update_document(old, description="seen")
    rows = hub.between("case/documents", **since).json()["documents"]
    assert sorted(row["documentID"] for row in rows) == [old, new]
    number = hub.firm.cases.get(hub.case_id()).number
    rows = hub.between("case/documents", **since, caseNumbers=[number]).json()["documents"]
    assert [row["documentID"] for row in rows] == [new]


def test_the_limited_user_does_not_see_documents_of_hidden_cases(hub, limited):
    number = hub.firm.file_document(hub.case_id(1), "x.pdf", b"x").id
    assert limited.get(f"case/document/{number}/content").status_code == 403
    ids = [
        row["caseID"] for row in limited.between("case/documents", pageRequest={"pageSize": 5000}).json()["documents"]
    ]
    assert all(case_id % 2 == 0 for case_id in ids)
