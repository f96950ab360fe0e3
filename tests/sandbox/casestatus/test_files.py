"""Files: uploads, the feeds, and fetching the bytes by signed address."""

import hashlib
from typing import Any

import httpx
import pytest

from sandbox.casestatus.arrivals import file_arrives, message_arrives
from sandbox.casestatus.bodies import MAX_FILE_BYTES
from tests.sandbox.casestatus.client import Office, refused

CONTENT = bytes(range(256)) * 40


def upload(
    office: Office, case_id: int, content: bytes = CONTENT, *, name: str = "er-bill.pdf", key: str = "k", **fields: str
) -> httpx.Response:
    return office.call(
        "POST",
        f"/cases/{case_id}/files",
        files={"file": (name, content, "application/pdf")},
        data=fields,
        headers={"Idempotency-Key": key},
    )


def arrived(office: Office, **given: Any) -> int:
    """A client's file, by id."""
    case_id = office.given_case(active=True)
    return file_arrives(office.portal, office.firm, {"case_id": case_id, **given}).id


class TestUploads:
    def test_the_bytes_are_kept_and_described(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        answer = upload(office, case_id, file_name="Résumé 1.PDF", external_id="doc-1", share_with_client="true")
        assert answer.status_code == 201
        file = answer.json()
        expected = {
            "file_name": "Résumé 1.PDF",
            "extension": "pdf",
            "content_type": "application/pdf",
            "size": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "case_id": str(case_id),
            "case_readable_id": "00231-Vance",
            "case_integration_id": "17",
            "case_practice_area": "Auto Injury",
            "direction": "outbound",
            "message_id": None,
            "external_id": "doc-1",
        }
        assert {name: file[name] for name in expected} == expected
        assert isinstance(file["id"], int)
        assert httpx.get(file["url"], verify=False).content == CONTENT
        assert office.notices() == ["file"]

    def test_unshared_files_tell_nobody(self, office: Office) -> None:
        upload(office, office.given_case(active=True))
        assert office.notices() == []

    def test_two_files_may_share_a_name(self, office: Office) -> None:
        case_id = office.given_case()
        ids = {upload(office, case_id, key=key).json()["id"] for key in "ab"}
        assert len(ids) == 2

    def test_a_repetition_compares_fields_and_bytes_not_the_frame(self, office: Office) -> None:
        case_id = office.given_case()
        first = upload(office, case_id)
        again = upload(office, case_id)
        assert first.request.headers["content-type"] != again.request.headers["content-type"]
        assert (again.json()["id"], again.headers["idempotent-replayed"]) == (first.json()["id"], "true")
        refused(upload(office, case_id, CONTENT + b"x"), 422, "idempotency_key_reused")
        refused(upload(office, case_id, external_id="other"), 422, "idempotency_key_reused")

    @pytest.mark.parametrize("content", [b"", b"\r\n", b"--", b"\r\n--\r\n"])
    def test_any_bytes_pass_through(self, office: Office, content: bytes) -> None:
        file = upload(office, office.given_case(), content, name="noextension").json()
        assert (file["size"], file["extension"]) == (len(content), "")
        assert httpx.get(file["url"], verify=False).content == content

    def test_25_mib_pass_and_one_byte_more_does_not(self, office: Office) -> None:
        case_id = office.given_case()
        assert upload(office, case_id, bytes(MAX_FILE_BYTES), key="a").status_code == 201
        details = refused(upload(office, case_id, bytes(MAX_FILE_BYTES + 1), key="b"), 413, "file_too_large")
        assert details == {"max_bytes": 26214400}
        refused(upload(office, case_id, bytes(MAX_FILE_BYTES + 100_000), key="c"), 413, "file_too_large")

    def test_only_form_data_is_taken(self, office: Office) -> None:
        path = f"/cases/{office.given_case()}/files"
        answer = office.call("POST", path, json={}, headers={"Idempotency-Key": "k"})
        assert refused(answer, 415, "unsupported_media_type") == {"content_type": "application/json"}

    def test_a_file_must_be_there_and_flags_be_flags(self, office: Office) -> None:
        case_id = office.given_case()
        form = {"files": {"other": ("a", b"a")}, "headers": {"Idempotency-Key": "k"}}
        assert refused(office.call("POST", f"/cases/{case_id}/files", **form), 400, "invalid_parameter")
        refused(upload(office, case_id, share_with_client="perhaps"), 400, "invalid_parameter")

    def test_twenty_uploads_a_minute(self, office: Office) -> None:
        office.server.controls.limit("casestatus.uploads").on = True
        office.server.controls.clock.freeze()
        case_id = office.given_case()
        statuses = [upload(office, case_id, b"x", key=str(number)).status_code for number in range(21)]
        assert statuses == [201] * 20 + [429]
        assert office.get("/me").status_code == 200
        office.server.controls.clock.advance(60)
        assert upload(office, case_id, b"x", key="20").status_code == 201


class TestFetching:
    def test_download_leads_to_a_signed_address_that_needs_no_key(self, office: Office) -> None:
        file_id = arrived(office, file_name="note.txt", content="Hello")
        answer = office.get(f"/files/{file_id}/download")
        assert answer.status_code == 302
        fetched = httpx.get(answer.headers["location"], verify=False)
        assert (fetched.status_code, fetched.text, fetched.headers["content-type"]) == (200, "Hello", "text/plain")

    def test_the_address_works_for_15_minutes(self, office: Office) -> None:
        file_id = arrived(office, content="Hello")
        url = office.get(f"/files/{file_id}").json()["url"]
        office.server.controls.clock.advance(14 * 60)
        assert httpx.get(url, verify=False).status_code == 200
        office.server.controls.clock.advance(120)
        refused(httpx.get(url, verify=False), 403, "url_expired")
        assert httpx.get(office.get(f"/files/{file_id}").json()["url"], verify=False).status_code == 200

    def test_a_forged_address_is_refused(self, office: Office) -> None:
        file_id = arrived(office, content="Hello")
        url = office.get(f"/files/{file_id}").json()["url"]
        for forged in (url[:-1] + ("0" if url[-1] != "0" else "1"), url.split("?")[0], url.replace("exp=", "exp=9")):
            refused(httpx.get(forged, verify=False), 403, "url_expired")
        refused(httpx.get(url.replace(f"/{file_id}?", "/1?"), verify=False), 404, "not_found")

    @pytest.mark.parametrize(
        ("wanted", "start", "end"),
        [("0-4", 0, 5), ("5-", 5, 200_000), ("-7", 199_993, 200_000), ("65530-70000", 65530, 70001)],
    )
    def test_a_range_is_honoured(self, office: Office, wanted: str, start: int, end: int) -> None:
        url = office.get(f"/files/{arrived(office, size=200_000, seed=5)}").json()["url"]
        whole = httpx.get(url, verify=False).content
        part = httpx.get(url, headers={"Range": f"bytes={wanted}"}, verify=False)
        assert (part.status_code, part.content) == (206, whole[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/200000"

    def test_a_range_outside_the_file_is_refused(self, office: Office) -> None:
        url = office.get(f"/files/{arrived(office, content='Hello')}").json()["url"]
        answer = httpx.get(url, headers={"Range": "bytes=5-"}, verify=False)
        assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */5")

    def test_a_file_being_scanned_must_wait(self, office: Office) -> None:
        office.server.controls.clock.freeze()
        file_id = arrived(office, content="Hello", ready_in=30)
        shown = office.get(f"/files/{file_id}").json()
        assert (shown["url"], shown["url_expires_at"]) == (None, None)
        answer = office.get(f"/files/{file_id}/download")
        assert refused(answer, 409, "file_not_ready") == {"retry_after": 30}
        assert answer.headers["retry-after"] == "30"
        office.server.controls.clock.advance(31)
        ready = office.get(f"/files/{file_id}").json()
        assert ready["url"]
        assert ready["updated_at"] > shown["updated_at"]

    def test_a_big_file_is_streamed(self, office: Office) -> None:
        size = 40 * 1024 * 1024
        shown = office.get(f"/files/{arrived(office, size=size, seed=1)}").json()
        digest, count = hashlib.sha256(), 0
        with httpx.stream("GET", shown["url"], verify=False) as answer:
            for piece in answer.iter_bytes():
                digest.update(piece)
                count += len(piece)
        assert (count, digest.hexdigest()) == (size, shown["sha256"])


class TestFeeds:
    def test_both_dialects_and_one_case(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        ids = [file_arrives(office.portal, office.firm, {"case_id": case_id, "content": str(n)}).id for n in range(11)]
        pages = [office.get("/files", **{"page[number]": number}).json() for number in (1, 2, 3)]
        assert [[file["id"] for file in page] for page in pages] == [ids[:10], ids[10:], []]
        for path in ("/files", f"/cases/{case_id}/files"):
            feed = office.get(path, cursor="", limit=100).json()["data"]
            assert [file["id"] for file in feed] == ids
        since = feed[5]["updated_at"]
        assert [file["id"] for file in office.get("/files", cursor="", updated_since=since).json()["data"]] == ids[5:]
        assert feed[0]["uploaded_by"] == {"kind": "client", "id": office.case(case_id)["clients"][0]["id"]}
        assert feed[0]["case_id"] == str(case_id)

    def test_a_file_can_hang_on_a_message(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        message = message_arrives(office.portal, office.firm, {"case_id": case_id, "content": "See attached"})
        file = file_arrives(office.portal, office.firm, {"case_id": case_id, "content": "x", "message_id": message.id})
        assert office.get("/messages").json()[0]["attachment_file_ids"] == [file.id]
        assert office.get(f"/files/{file.id}").json()["message_id"] == message.id

    def test_another_firms_file_is_not_there(self, office: Office, other_office: Office) -> None:
        file_id = arrived(office, content="x")
        refused(other_office.get(f"/files/{file_id}"), 404, "not_found")
        refused(other_office.get(f"/files/{file_id}/download"), 404, "not_found")
