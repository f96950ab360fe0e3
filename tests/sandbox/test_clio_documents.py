import hashlib

import httpx
import pytest

from tests.sandbox.clio_writing import (
    CLIENT,
    FIRM,
    MATTER,
    SENT,
    STAFF,
    UPLOAD,
    begin,
    filed,
    finish,
    found,
    logged,
    put,
)

WHOLE = (
    "id,name,type,filename,content_type,size,locked,received_at,deleted_at,parent{name,type,root},matter{id},contact,"
    "creator{id,type},document_category,group,external_properties{name,value},"
    "latest_document_version{document_id,uuid,filename,size,content_type,version_number,fully_uploaded,put_url,put_headers}"
)


def show(clio, number, wanted=WHOLE):
    return clio.get(f"/documents/{number}.json?fields={wanted}").json()["data"]


def change(clio, number, data, wanted="id", **headers):
    return clio.patch(f"/documents/{number}.json?fields={wanted}", json={"data": data}, headers=headers)


def refused(answer, kind="UnprocessableEntityError", status=422):
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)


class TestUploads:
    def test_three_calls_make_a_document(self, server, clio):
        begun = begin(clio, received_at="2026-10-02T14:05:00Z")
        assert put(begun, b"picture").status_code == 200
        done = finish(clio, begun, WHOLE)
        assert done.status_code == 200
        data = done.json()["data"]
        version = data.pop("latest_document_version")
        assert data == {
            "id": begun["id"],
            "name": SENT["name"],
            "type": "Document",
            "filename": SENT["name"],
            "content_type": "image/jpeg",
            "size": 7,
            "locked": False,
            "received_at": "2026-10-02T14:05:00Z",
            "deleted_at": None,
            "parent": {"name": server.clio.firms[FIRM].matters.get(MATTER)["display_number"]}
            | {"type": "Folder", "root": True},
            "matter": {"id": MATTER},
            "contact": None,
            "creator": {"id": STAFF, "type": "ManageUser"},
            "document_category": None,
            "group": None,
            "external_properties": [],
        }
        assert (version["document_id"], version["version_number"], version["size"]) == (begun["id"], 1, 7)
        assert (version["fully_uploaded"], version["put_url"], version["put_headers"]) == (True, "", [])

    def test_the_address_comes_only_where_it_is_asked_for(self, clio):
        answer = clio.post("/documents.json", json={"data": SENT})
        assert set(answer.json()["data"]) == {"id", "etag"}
        answer = clio.post("/documents.json?fields=latest_document_version{uuid}", json={"data": SENT})
        assert set(answer.json()["data"]["latest_document_version"]) == {"uuid"}

    def test_it_is_not_listed_before_it_is_marked_as_complete(self, clio):
        begun = begin(clio)
        put(begun)
        assert found(clio, "documents") == []
        assert found(clio, "documents", "show_uncompleted=true") == [begun["id"]]
        assert show(clio, begun["id"], "size,latest_document_version{fully_uploaded}") == {
            "size": None,
            "latest_document_version": {"fully_uploaded": False},
        }
        finish(clio, begun)
        assert found(clio, "documents") == [begun["id"]]

    def test_a_mark_below_the_version_is_answered_and_ignored(self, clio):
        begun = begin(clio)
        put(begun)
        uuid = begun["latest_document_version"]["uuid"]
        nested = {"latest_document_version": {"uuid": uuid, "fully_uploaded": True}}
        answer = change(clio, begun["id"], nested, "latest_document_version{fully_uploaded}")
        assert answer.status_code == 200
        assert answer.json()["data"]["latest_document_version"] == {"fully_uploaded": False}
        assert found(clio, "documents") == []

    def test_the_mark_may_be_a_text(self, clio):
        begun = begin(clio)
        put(begun)
        data = {"uuid": begun["latest_document_version"]["uuid"], "fully_uploaded": "true"}
        assert change(clio, begun["id"], data).status_code == 200
        assert found(clio, "documents") == [begun["id"]]

    def test_marks_that_are_refused(self, clio):
        begun = begin(clio)
        refused(finish(clio, begun), "UploadNotFoundError")
        put(begun)
        refused(change(clio, begun["id"], {"fully_uploaded": True}))
        refused(change(clio, begun["id"], {"fully_uploaded": True, "uuid": "other"}), "UploadNotFoundError")
        assert finish(clio, begun).status_code == 200
        refused(finish(clio, begun))

    def test_verifying_may_time_out(self, server, plain, clio):
        begun = begin(clio)
        put(begun)
        switched = plain.post(f"/__sandbox__/clio/firms/{FIRM}", json={"upload_timeouts": 1}).json()
        assert switched["upload_timeouts"] == 1
        refused(finish(clio, begun), "UploadTimeoutError", 503)
        assert finish(clio, begun).status_code == 200

    def test_reading_again_gives_a_fresh_address(self, server, clio):
        begun = begin(clio)
        server.controls.clock.advance(601)
        assert put(begun).status_code == 403
        again = show(clio, begun["id"], UPLOAD)
        assert again["latest_document_version"]["uuid"] == begun["latest_document_version"]["uuid"]
        assert again["latest_document_version"]["put_url"] != begun["latest_document_version"]["put_url"]
        assert put(again).status_code == 200
        assert finish(clio, again).status_code == 200

    def test_the_content_type_follows_from_the_name_or_is_given(self, clio):
        def kind(**changes):
            version = begin(clio, **changes)["latest_document_version"]
            return {item["name"]: item["value"] for item in version["put_headers"]}["Content-Type"]

        assert kind(name="a.pdf") == "application/pdf"
        assert kind(name="a", filename="b.txt") == "text/plain"
        assert kind(name="a.strange") == "application/octet-stream"
        assert kind(name="a.strange", content_type="application/x-strange") == "application/x-strange"

    def test_the_same_name_twice_is_two_documents(self, clio):
        both = [filed(clio), filed(clio)]
        assert found(clio, "documents") == both


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"name": " "},
        {"parent": None},
        {"parent": {"id": MATTER}},
        {"parent": {"id": 7, "type": "Matter"}},
        {"parent": {"id": 7, "type": "Contact"}},
        {"parent": {"id": 7, "type": "Folder"}},
        {"parent": {"id": 7, "type": "Document"}},
        {"communication_id": 7},
        {"received_at": "yesterday"},
        {"external_properties": [{"name": "n", "value": "v"}] * 6},
    ],
)
def test_refused_creations_leave_nothing(clio, changes):
    refused(clio.post("/documents.json", json={"data": SENT | changes}))
    assert found(clio, "documents", "show_uncompleted=true") == []


class TestPlaces:
    def test_a_contact_and_a_folder_are_parents_too(self, clio):
        of_contact = filed(clio, parent={"id": CLIENT, "type": "Contact"})
        assert show(clio, of_contact, "matter{id},contact{id}") == {"matter": None, "contact": {"id": CLIENT}}
        folder = show(clio, filed(clio), "parent{id,matter}")["parent"]
        in_folder = filed(clio, parent={"id": folder["id"], "type": "Folder"})
        assert show(clio, in_folder, "matter{id},contact") == {"matter": {"id": MATTER}, "contact": None}
        shown = clio.get(f"/matters/{MATTER}.json?fields=folder{{id}}").json()["data"]
        assert shown == {"folder": {"id": folder["id"]}}

    def test_moving_and_renaming(self, clio):
        number = filed(clio)
        data = {"name": "new.jpg", "parent": {"id": MATTER + 1, "type": "Matter"}}
        assert change(clio, number, data, "name,matter{id}").json()["data"] == {
            "name": "new.jpg",
            "matter": {"id": MATTER + 1},
        }
        assert found(clio, "documents", f"matter_id={MATTER}") == []
        assert found(clio, "documents", f"matter_id={MATTER + 1}") == [number]
        refused(change(clio, number, {"name": ""}))
        refused(change(clio, number, {"parent": {"id": number, "type": "Document"}}))

    def test_documents_hang_on_communications(self, clio):
        communication = logged(clio)
        number = filed(clio, communication_id=communication)
        begin(clio, communication_id=communication)
        shown = clio.get(f"/communications/{communication}.json?fields=documents{{id,name}}").json()["data"]
        assert shown == {"documents": [{"id": number, "name": SENT["name"]}]}


class TestVersions:
    def test_a_new_version_keeps_the_id(self, clio):
        number = filed(clio, b"first")
        begun = begin(clio, name="second.jpg", parent={"id": number, "type": "Document"})
        assert begun["id"] == number
        assert show(clio, number, "size")["size"] == 5
        assert found(clio, "documents") == [number]
        put(begun, b"second")
        data = finish(clio, begun, "name,filename,size,latest_document_version{version_number}").json()["data"]
        assert data == {
            "name": SENT["name"],
            "filename": "second.jpg",
            "size": 6,
            "latest_document_version": {"version_number": 2},
        }
        listed = clio.get(f"/documents/{number}/versions.json?fields=id,version_number,fully_uploaded,put_headers")
        assert [item["version_number"] for item in listed.json()["data"]] == [1, 2]

    def test_an_old_version_can_be_fetched(self, clio):
        number = filed(clio, b"first")
        begun = begin(clio, parent={"id": number, "type": "Document"})
        put(begun, b"second")
        assert clio.get(f"/documents/{number}/versions.json?fully_uploaded=false").json()["meta"]["records"] == 1
        finish(clio, begun)
        versions = clio.get(f"/documents/{number}/versions.json").json()["data"]

        def content(query=""):
            return httpx.get(clio.get(f"/documents/{number}/download.json{query}").headers["location"]).content

        assert content() == b"second"
        assert content(f"?document_version_id={versions[0]['id']}") == b"first"
        assert clio.get(f"/documents/{number}/download.json?document_version_id=7").status_code == 404

    def test_a_shell_is_used_again_as_parent(self, clio):
        shell = begin(clio)
        begun = begin(clio, parent={"id": shell["id"], "type": "Document"})
        put(begun)
        assert finish(clio, begun).status_code == 200
        assert found(clio, "documents") == [shell["id"]]


class TestDownloads:
    def test_a_redirect_to_the_storage_host(self, clio):
        answer = clio.get(f"/documents/{filed(clio, b'bytes')}/download.json")
        assert (answer.status_code, answer.content) == (303, b"")
        fetched = httpx.get(answer.headers["location"])
        assert (fetched.content, fetched.headers["content-type"]) == (b"bytes", "image/jpeg")

    def test_nothing_to_fetch_is_404(self, clio):
        begun = begin(clio)
        put(begun)
        assert clio.get(f"/documents/{begun['id']}/download.json").status_code == 404
        assert clio.get("/documents/7/download.json").status_code == 404


class TestTrash:
    def test_deleted_ones_are_listed_where_they_are_asked_for(self, clio):
        number = filed(clio)
        gone = clio.delete(f"/documents/{number}.json")
        assert (gone.status_code, gone.content) == (204, b"")
        assert found(clio, "documents") == []
        assert found(clio, "documents", "include_deleted=true") == [number]
        assert show(clio, number, "deleted_at")["deleted_at"] is not None
        assert clio.get(f"/documents/{number}/download.json").status_code == 404
        assert clio.delete(f"/documents/{number}.json").status_code == 404
        refused(change(clio, number, {"name": "x"}))
        refused(clio.post("/documents.json", json={"data": SENT | {"parent": {"id": number, "type": "Document"}}}))

    def test_restore_brings_it_back(self, clio):
        number = filed(clio)
        clio.delete(f"/documents/{number}.json")
        assert change(clio, number, {"restore": True}, "deleted_at").json()["data"] == {"deleted_at": None}
        assert found(clio, "documents") == [number]

    def test_a_shell_is_deleted_as_well(self, clio):
        begun = begin(clio)
        assert clio.delete(f"/documents/{begun['id']}.json").status_code == 204
        assert found(clio, "documents", "show_uncompleted=true") == []


def test_locked_ones_cannot_be_changed(plain, clio):
    number = filed(clio)
    assert plain.post(f"/__sandbox__/clio/firms/{FIRM}/documents/{number}", json={"locked": True}).status_code == 200
    refused(change(clio, number, {"name": "x"}))
    refused(clio.delete(f"/documents/{number}.json"))
    assert found(clio, "documents", "locked=true") == [number]


def test_a_stale_etag_is_412(clio):
    number = filed(clio)
    etag = show(clio, number, "etag")["etag"]
    assert change(clio, number, {"name": "first"}, **{"If-Match": etag}).status_code == 200
    refused(change(clio, number, {"name": "second"}, **{"If-Match": etag}), "PreconditionFailed", 412)
    assert show(clio, number, "name") == {"name": "first"}


class TestLists:
    def test_by_external_property(self, clio):
        named = {"name": "case_status_file_id", "value": "file_33"}
        number = filed(clio, external_properties=[named])
        shell = begin(clio, external_properties=[named])["id"]
        filed(clio)
        query = f"external_property_name={named['name']}&external_property_value={named['value']}"
        assert found(clio, "documents", query) == [number]
        assert found(clio, "documents", query + "&show_uncompleted=true") == [number, shell]
        assert found(clio, "documents", f"external_property_name={named['name']}&matter_id={MATTER}") == [number]
        [kept] = show(clio, number, "external_properties{id}")["external_properties"]
        change(clio, number, {"external_properties": [kept | {"_destroy": True}]})
        assert found(clio, "documents", query) == []

    def test_the_other_filters(self, server, clio):
        a = filed(clio, name="alpha.pdf")
        server.controls.clock.advance(10)
        middle = server.controls.clock.now().isoformat().replace("+", "%2B")
        server.controls.clock.advance(10)
        b = filed(clio, name="beta.pdf", parent={"id": CLIENT, "type": "Contact"})
        folder = show(clio, a, "parent{id}")["parent"]["id"]
        expected = {
            f"matter_id={MATTER}": [a],
            "matter_id=null": [b],
            f"contact_id={CLIENT}": [b],
            "contact_id=null": [a],
            f"parent_id={folder}": [a],
            f"parent_id={folder}&scope=descendants": [a],
            "query=ALPHA": [a],
            "locked=false": [a, b],
            "document_category_id=null": [a, b],
            f"ids[]={b}": [b],
            f"updated_since={middle}": [b],
            "include_deleted=false&show_uncompleted=false": [a, b],
        }
        assert {query: found(clio, "documents", query) for query in expected} == expected
        assert clio.get("/documents.json?scope=everything").status_code == 400

    @pytest.mark.parametrize("order", ["id", "name", "created_at", "updated_at", "received_at", "document_number"])
    def test_orders(self, clio, order):
        ids = [filed(clio, name="a.pdf"), filed(clio, name="b.pdf")]
        for direction, expected in (("asc", ids), ("desc", ids[::-1])):
            listed = clio.get(f"/documents.json?order={order}({direction})").json()["data"]
            assert [item["id"] for item in listed] == expected


class TestVisibility:
    def test_without_the_permission_everything_is_403(self, server, clio):
        number, communication = filed(clio), logged(clio)
        change(clio, number, {"communication_id": communication})
        server.clio.firms[FIRM].denied.add("documents")
        assert clio.get("/documents.json").status_code == 403
        assert clio.get(f"/documents/{number}/download.json").status_code == 403
        refused(clio.post("/documents.json", json={"data": SENT}), "ForbiddenError", 403)
        shown = clio.get(f"/communications/{communication}.json?fields=documents{{name}}").json()["data"]
        assert [item["redacted"] for item in shown["documents"]] == [True]

    def test_those_of_hidden_matters_are_not_there(self, server, clio):
        number = filed(clio)
        folder = show(clio, number, "parent{id}")["parent"]["id"]
        server.clio.firms[FIRM].hidden_matters.add(MATTER)
        assert found(clio, "documents") == []
        assert clio.get(f"/documents/{number}.json").status_code == 404
        for parent in ({"id": MATTER, "type": "Matter"}, {"id": folder, "type": "Folder"}):
            refused(clio.post("/documents.json", json={"data": SENT | {"parent": parent}}))
        refused(clio.post("/documents.json", json={"data": SENT | {"parent": {"id": number, "type": "Document"}}}))


class TestInspection:
    def test_documents_with_their_digest(self, plain, clio):
        number = filed(clio, b"bytes", external_properties=[{"name": "n", "value": "v"}])
        shell = begin(clio, parent={"id": MATTER + 1, "type": "Matter"})["id"]
        clio.delete(f"/documents/{number}.json")
        first, second = plain.get(f"/__sandbox__/clio/firms/{FIRM}/documents").json()
        assert (first["id"], first["matter_id"], first["size"]) == (number, MATTER, 5)
        assert first["sha256"] == hashlib.sha256(b"bytes").hexdigest()
        assert first["external_properties"] == [{"name": "n", "value": "v"}]
        assert (first["fully_uploaded"], first["deleted"]) == (True, True)
        assert (second["id"], second["fully_uploaded"], second["sha256"]) == (shell, False, None)
        assert (second["deleted"], second["versions"][0]["version_number"]) == (False, 1)
        of_matter = plain.get(f"/__sandbox__/clio/firms/{FIRM}/documents?matter_id={MATTER + 1}").json()
        assert of_matter == [second]

    def test_communications_with_their_people(self, plain, clio):
        number = logged(clio)
        [shown] = plain.get(f"/__sandbox__/clio/firms/{FIRM}/communications").json()
        assert (shown["id"], shown["matter_id"], shown["subject"]) == (number, MATTER, "Case Status Message")
        assert shown["senders"] == [{"type": "Contact", "id": CLIENT}]
        assert shown["receivers"] == [{"type": "User", "id": STAFF}]
        assert shown["external_properties"] == [{"name": "case_status_message_id", "value": "msg_7781"}]
        assert plain.get(f"/__sandbox__/clio/firms/{FIRM}/communications?matter_id=7").json() == []

    def test_what_lies_on_the_storage_host(self, plain, clio):
        begun = begin(clio)
        assert plain.get("/__sandbox__/clio/storage").json() == []
        put(begun, b"orphan")
        [item] = plain.get("/__sandbox__/clio/storage").json()
        assert item == {
            "uuid": begun["latest_document_version"]["uuid"],
            "size": 6,
            "sha256": hashlib.sha256(b"orphan").hexdigest(),
            "md5": hashlib.md5(b"orphan").hexdigest(),
            "content_type": "image/jpeg",
            "content": True,
        }
