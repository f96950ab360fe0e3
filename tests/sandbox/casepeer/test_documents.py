import hashlib

import pytest

from sandbox.faults import FaultKind, FaultRule
from tests.sandbox.casepeer.client import detail, refused

MEBIBYTE = 1_048_576


def path_of(case_id):
    return f"case/case-documents/{case_id}/"


@pytest.fixture
def folder(hub):
    """The seeded folder of a case, with at least one document in it."""
    for case_id in hub.firm.seed.matter_ids:
        if any(document.folder_id for document in hub.firm.documents.of_case(case_id)):
            return next(row for row in hub.rows(path_of(case_id)) if row["file_type"] == "Folder") | {"case": case_id}
    raise LookupError


def test_an_upload_becomes_a_document(server, hub):  # [assumed] 6.3, 6.4
    server.controls.clock.freeze()
    (category,) = (row["id"] for row in hub.rows("document-categories/", page_size=200) if row["name"] == "Evidence")
    answer = hub.upload(hub.case_id(), b"bytes", docname="ER discharge.PDF", category=str(category))
    assert answer.status_code == 201
    document = answer.json()
    assert document == {
        "id": document["id"],
        "docname": "ER discharge.PDF",
        "file_type": "pdf",
        "folder_id": None,
        "category": category,
        "size": 5,
        "sha256": hashlib.sha256(b"bytes").hexdigest(),
        "docfile": f"/api/v1/case/case-documents/{hub.case_id()}/{document['id']}/download/",
        "created": hub.firm.stamps.instant(hub.firm.seconds()),
    }
    assert document in hub.rows(path_of(hub.case_id()))
    assert hub.control.get("/documents").json()[0]["parts"] == {
        "docname": "ER discharge.PDF",
        "category": str(category),
    }


def test_the_bytes_come_back(hub):  # [seen] 3.1
    content = b"\r\n--x\r\n\xff" * 50
    document = hub.upload(hub.case_id(), content, name="scan é.pdf").json()
    assert document["docname"] == "scan é.pdf"
    answer = hub.http.get(hub.connection["host"] + document["docfile"])
    assert (answer.content, answer.headers["content-type"]) == (content, "application/octet-stream")


def test_ids_are_whole_numbers_of_eight_digits(hub):  # [seen] 1
    assert len(str(hub.upload(hub.case_id()).json()["id"])) == 8


def test_into_a_folder(hub, folder):  # [seen] 3.1: the tree is walked with folder_id
    document = hub.upload(folder["case"], folder_id=str(folder["id"])).json()
    assert document["folder_id"] == folder["id"]
    assert document in hub.rows(path_of(folder["case"]), folder_id=folder["id"])
    assert document not in hub.rows(path_of(folder["case"]))
    assert (folder["docfile"], folder["size"]) == (None, None)


def test_a_folder_of_another_case_is_refused(hub, folder):
    other = folder["case"] + 1
    assert refused(hub.upload(other, folder_id=str(folder["id"]))) == ["folder_id"]
    assert refused(hub.get(path_of(other), folder_id=folder["id"])) == ["folder_id"]
    assert refused(hub.get(path_of(other), folder_id="x")) == ["folder_id"]


def test_what_is_missing_or_unknown_is_named(hub):  # [assumed] 6.2
    case_id = hub.case_id()
    assert refused(hub.upload(case_id, b"")) == ["file"]
    assert refused(hub.call("POST", path_of(case_id), files={"document": ("a.pdf", b"x")})) == ["file"]
    assert refused(hub.upload(case_id, category="7")) == ["category"]
    assert refused(hub.upload(case_id, docname="x" * 256)) == ["docname"]
    assert hub.upload(7).status_code == 404
    assert hub.firm.documents.new() == []


def test_a_body_of_another_type_is_a_415(hub):  # [assumed] 6.2
    answer = hub.call("POST", path_of(hub.case_id()), json={"file": "x"})
    assert detail(answer) == (415, 'Unsupported media type "application/json" in request.')


@pytest.mark.parametrize("content", [b"--bb\r\nhello", b"--bb\r\nContent-Disposition: form-data\r\n\r\nx\r\n--bb--"])
def test_a_broken_form_is_a_400(hub, content):
    headers = {"Content-Type": "multipart/form-data; boundary=bb"}
    answer = hub.call("POST", path_of(hub.case_id()), content=content, headers=headers)
    assert (answer.status_code, answer.json()["detail"][:27]) == (400, "Multipart form parse error ")


def test_a_hundred_megabytes_are_the_limit(hub):  # [assumed] 6.2
    assert hub.firm.switches.max_upload_bytes == 100 * MEBIBYTE
    hub.change("/switches", max_upload_bytes=MEBIBYTE)
    assert hub.upload(hub.case_id(), b"x" * (MEBIBYTE + 1)).status_code == 413
    assert hub.upload(hub.case_id(), b"x" * MEBIBYTE).status_code == 201


def test_large_ones_are_hashed_and_not_kept(hub):
    content = bytes(range(256)) * 5000
    document = hub.upload(hub.case_id(), content).json()
    assert document["sha256"] == hashlib.sha256(content).hexdigest()
    assert hub.get(f"{path_of(hub.case_id())}{document['id']}/download/").status_code == 500


def test_an_upload_that_breaks_off_leaves_nothing(server, hub):
    rule = FaultRule("casepeer", FaultKind.CUT_UPLOAD, method="POST", after_bytes=1000)
    server.controls.faults.add(rule)
    with pytest.raises(Exception, match=r"reset|disconnected|Broken"):
        hub.upload(hub.case_id(), b"x" * 3_000_000)
    assert hub.firm.documents.new() == []


def test_renaming_and_filing_under_a_category(hub):  # [assumed] 6.3
    document = hub.upload(hub.case_id()).json()
    path = f"{path_of(hub.case_id())}{document['id']}/"
    changed = hub.call("PATCH", path, json={"docname": "Bill.docx"}).json()
    assert changed == document | {"docname": "Bill.docx", "file_type": "docx"}
    assert hub.call("PATCH", path, json={"category": 5_103}).json()["category"] == 5_103
    assert refused(hub.call("PATCH", path, json={"category": 7})) == ["category"]
    assert refused(hub.call("PATCH", path, json={"docname": ""})) == ["docname"]


def test_unknown_ones_and_folders_cannot_be_downloaded(hub, folder):
    document = hub.upload(hub.case_id()).json()
    for path in (
        f"{path_of(hub.case_id(1))}{document['id']}/download/",
        f"{path_of(hub.case_id())}7/download/",
        f"{path_of(folder['case'])}{folder['id']}/download/",
    ):
        assert hub.get(path).status_code == 404, path


def test_some_seeded_ones_are_empty_or_oddly_named(hub):  # [assumed] 6.6
    found = [document for case in hub.firm.seed.matter_ids for document in hub.firm.documents.of_case(case)]
    files = [document for document in found if not document.folder]
    empty = next(document for document in files if document.size == 0)
    answer = hub.get(f"{path_of(empty.case_id)}{empty.id}/download/")
    assert (answer.status_code, answer.content) == (200, b"")
    odd = next(document for document in files if "«" in document.name)
    disposition = hub.get(f"{path_of(odd.case_id)}{odd.id}/download/").headers["content-disposition"]
    assert disposition == "attachment; filename*=UTF-8''P%C3%B3liza%20%C2%ABauto%C2%BB.pdf"


def test_staff_file_documents_too(hub):
    document = hub.change("/documents", case_id=hub.case_id(), name="x.pdf", content="x")
    assert document["id"] in [row["id"] for row in hub.rows(path_of(hub.case_id()))]
    before = hub.case(hub.case_id())["version"]
    hub.change("/switches", document_moves_case=True)
    hub.upload(hub.case_id())
    assert hub.case(hub.case_id())["version"] == before + 1
