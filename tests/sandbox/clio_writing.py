"""Bodies and short cuts for the tests of what is filed in Clio."""

from typing import Any

import httpx

FIRM = "harrow-pike"
MATTER = 1_480_000_002
CLIENT = 5_530_000_002
STAFF = 3_300_000
PROPERTY = {"name": "case_status_message_id", "value": "msg_7781"}
SENT = {"name": "intake-photo.jpg", "parent": {"id": MATTER, "type": "Matter"}}
UPLOAD = "id,name,latest_document_version{uuid,put_url,put_headers}"


def communication(**changes: Any) -> dict[str, Any]:
    """A body that Clio accepts; a change to ``...`` leaves the field out."""
    body = {
        "type": "EmailCommunication",
        "subject": "Case Status Message",
        "body": "Hi, my next appointment is on Friday.",
        "received_at": "2026-10-02T14:05:00Z",
        "matter": {"id": MATTER},
        "senders": [{"id": CLIENT, "type": "Contact"}],
        "receivers": [{"id": STAFF, "type": "User"}],
        "external_properties": [PROPERTY],
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def log(clio: httpx.Client, wanted: str = "id", **changes: Any) -> httpx.Response:
    """POST a communication."""
    return clio.post(f"/communications.json?fields={wanted}", json={"data": communication(**changes)})


def logged(clio: httpx.Client, **changes: Any) -> int:
    """The id of a communication that is there."""
    answer = log(clio, **changes)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["data"]["id"])


def begin(clio: httpx.Client, **changes: Any) -> dict[str, Any]:
    """A document that waits for its bytes: its id and latest version."""
    answer = clio.post(f"/documents.json?fields={UPLOAD}", json={"data": SENT | changes})
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def put(begun: dict[str, Any], content: Any = b"bytes", **options: Any) -> httpx.Response:
    """Upload to a document's signed address, with exactly its headers."""
    version = begun["latest_document_version"]
    headers = {item["name"]: item["value"] for item in version["put_headers"]}
    return httpx.put(version["put_url"], content=content, headers=headers, verify=False, **options)


def finish(clio: httpx.Client, begun: dict[str, Any], wanted: str = "id") -> httpx.Response:
    """Mark a document as uploaded."""
    data = {"uuid": begun["latest_document_version"]["uuid"], "fully_uploaded": True}
    return clio.patch(f"/documents/{begun['id']}.json?fields={wanted}", json={"data": data})


def filed(clio: httpx.Client, content: bytes = b"bytes", **changes: Any) -> int:
    """The id of a document that is there."""
    begun = begin(clio, **changes)
    assert put(begun, content).status_code == 200
    assert finish(clio, begun).status_code == 200
    return int(begun["id"])


def found(clio: httpx.Client, path: str, query: str = "") -> list[int]:
    """The ids of a list."""
    answer = clio.get(f"/{path}.json?order=id(asc)&fields=id&{query}")
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()["data"]]
