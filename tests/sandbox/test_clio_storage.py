import hashlib
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.sandbox.clio_writing import begin, filed, finish, put


def told(answer, status, code):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/xml")
    assert f"<Code>{code}</Code>" in answer.text


def headers_of(begun):
    return {item["name"]: item["value"] for item in begun["latest_document_version"]["put_headers"]}


def address_of(begun):
    return begun["latest_document_version"]["put_url"]


def objects(server):
    return list(server.clio.storage.objects.values())


def test_an_upload_is_answered_with_its_md5(server, clio):
    answer = put(begin(clio), b"bytes")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == f'"{hashlib.md5(b"bytes").hexdigest()}"'
    assert [(item.size, item.content) for item in objects(server)] == [(5, b"bytes")]
    assert not [name for name in answer.headers if name.startswith("x-")]


def test_it_costs_no_budget(server, clio):
    begun = begin(clio)
    limit = server.controls.limit("clio")
    limit.on, limit.requests = True, 0
    assert put(begun).status_code == 200


def test_an_empty_file_is_a_file(server, clio):
    begun = begin(clio)
    assert put(begun, b"").status_code == 200
    assert finish(clio, begun, "size").json()["data"] == {"size": 0}


def test_a_second_upload_replaces_the_first(server, clio):
    begun = begin(clio)
    put(begun, b"half")
    put(begun, b"whole thing")
    assert [item.content for item in objects(server)] == [b"whole thing"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers: headers.pop("Content-Type"),
        lambda headers: headers.pop("x-amz-server-side-encryption"),
        lambda headers: headers.update({"Content-Type": "text/plain"}),
        lambda headers: headers.update({"x-amz-server-side-encryption": "none"}),
    ],
)
def test_a_missing_or_wrong_signed_header(server, clio, spoil):
    begun = begin(clio)
    headers = headers_of(begun)
    spoil(headers)
    told(httpx.put(address_of(begun), content=b"x", headers=headers), 403, "SignatureDoesNotMatch")
    assert objects(server) == []


def test_a_header_nobody_signed(clio):
    begun = begin(clio)
    headers = headers_of(begun) | {"x-amz-acl": "public-read"}
    told(httpx.put(address_of(begun), content=b"x", headers=headers), 403, "AccessDenied")


def test_the_address_is_bound_to_method_file_and_life(clio):
    begun, other = begin(clio), begin(clio)
    address, headers = address_of(begun), headers_of(begun)
    told(
        httpx.put(address.replace("X-Amz-Expires=600", "X-Amz-Expires=900"), headers=headers),
        403,
        "SignatureDoesNotMatch",
    )
    told(httpx.get(address, headers=headers), 403, "SignatureDoesNotMatch")
    uuids = [item["latest_document_version"]["uuid"] for item in (begun, other)]
    told(httpx.put(address.replace(*uuids), content=b"x", headers=headers), 403, "SignatureDoesNotMatch")
    told(httpx.put(address.partition("?")[0], content=b"x", headers=headers), 403, "AccessDenied")
    told(httpx.post(address, headers=headers), 405, "MethodNotAllowed")


def test_it_lives_ten_minutes(server, clio):
    begun = begin(clio)
    server.controls.clock.advance(599)
    assert put(begun).status_code == 200
    server.controls.clock.advance(2)
    told(put(begun), 403, "AccessDenied")


def test_a_bearer_token_is_refused(server, clio):
    begun = begin(clio)
    headers = headers_of(begun) | {"Authorization": "Bearer x"}
    told(httpx.put(address_of(begun), content=b"x", headers=headers), 400, "InvalidArgument")
    location = clio.get(f"/documents/{filed(clio)}/download.json").headers["location"]
    told(httpx.get(location, headers={"Authorization": "Bearer x"}), 400, "InvalidArgument")


def test_the_length_must_be_announced(server, clio):
    begun = begin(clio)
    told(put(begun, iter([b"a", b"b"])), 501, "NotImplemented")
    told(raw(begun, ""), 411, "MissingContentLength")
    assert objects(server) == []


def raw(begun, rest):
    """An upload as somebody writes it who does not know better."""
    address = urlsplit(address_of(begun))
    with socket.create_connection((address.hostname, address.port)) as line:
        headers = "".join(f"{name}: {value}\r\n" for name, value in headers_of(begun).items())
        line.sendall(
            f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\n{headers}{rest}\r\n".encode()
        )
        head, _, body = line.recv(65536).decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    return httpx.Response(
        int(lines[0].split()[1]), headers=[tuple(item.split(": ", 1)) for item in lines[1:]], text=body
    )


def test_a_sender_that_goes_away_leaves_nothing(server, clio):
    begun = begin(clio)
    address = urlsplit(address_of(begun))
    headers = "".join(f"{name}: {value}\r\n" for name, value in headers_of(begun).items())
    with socket.create_connection((address.hostname, address.port)) as line:
        line.sendall(
            f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\n{headers}"
            "Content-Length: 100\r\n\r\nhalf".encode()
        )
        time.sleep(0.1)
    time.sleep(0.1)
    assert objects(server) == []
    assert finish(clio, begun).json()["error"]["type"] == "UploadNotFoundError"


def test_of_large_objects_only_size_and_digests_are_kept(server, clio):
    content = bytes(1_048_577)
    number = filed(clio, content)
    [item] = objects(server)
    assert (item.size, item.content, item.sha256) == (len(content), None, hashlib.sha256(content).hexdigest())
    assert server.clio.firms["harrow-pike"].documents.get(number)["size"] == len(content)
    told(httpx.get(clio.get(f"/documents/{number}/download.json").headers["location"]), 501, "NotImplemented")


def test_an_address_to_fetch_from_is_short_lived(server, clio):
    location = clio.get(f"/documents/{filed(clio)}/download.json").headers["location"]
    assert httpx.get(location).content == b"bytes"
    server.clio.storage.objects.clear()
    told(httpx.get(location), 404, "NoSuchKey")
    server.controls.clock.advance(301)
    told(httpx.get(location), 403, "AccessDenied")


def test_the_log_does_not_know_the_signature(server, plain, clio):
    put(begin(clio))
    log = plain.get("/__sandbox__/requests?vendor=storage").json()
    assert log["routes"] == {"storage": {"PUT /uploads/{id}/intake-photo.jpg": 1}}
    assert "X-Amz-Signature=***" in log["recent"][0]["query"]
