"""Files over HTTP: the feeds, metadata with a fresh signed address, the way to it, and uploads."""

from typing import Any

from sandbox.casestatus import lifecycle
from sandbox.casestatus.answers import Answer, json_answer
from sandbox.casestatus.api.messages import PAGE_SIZE, require_plain
from sandbox.casestatus.blobs import StoredBlob
from sandbox.casestatus.call import Call
from sandbox.casestatus.filing import NewFile, file_json, seconds_until_ready, signed_address, take_in
from sandbox.casestatus.listing import cursor_list, numbered_page, walk_list
from sandbox.casestatus.multipart import Part
from sandbox.casestatus.records import File, State
from sandbox.casestatus.refusals import invalid_parameter, not_found, refuse

_YES, _NO = ("true", "1"), ("false", "0", "")


def feed(call: Call) -> Answer:
    """``GET /files``: with ``cursor`` a cursor list, without it a bare array by ``page[number]``."""
    if "cursor" not in call.query:
        require_plain(call)
        return json_answer([_shown(call, file) for file in numbered_page(call, call.firm.files, PAGE_SIZE)])
    return cursor_list(call, call.firm.files.after, lambda file: _shown(call, file))


def of_case(call: Call) -> Answer:
    """``GET /cases/{id}/files``."""
    return cursor_list(call, walk_list(call.firm.files_of(call.case())), lambda file: _shown(call, file))


def read_one(call: Call) -> Answer:
    """``GET /files/{id}``."""
    return json_answer(_shown(call, _file(call)))


def download(call: Call) -> Answer:
    """``GET /files/{id}/download``: a redirect to the signed address."""
    file = _file(call)
    wait = seconds_until_ready(file, call.now)
    if wait:
        message = "The file is still being scanned."
        raise refuse(409, "file_not_ready", message, headers={"retry-after": str(wait)}, retry_after=wait)
    address, _ = signed_address(call.portal, call.base, file, call.now)
    return Answer(302, headers={"location": address})


def upload(call: Call) -> Answer:
    """``POST /cases/{id}/files``: ``file``, ``file_name``, ``external_id``, ``share_with_client``."""
    case, firm = call.case(), call.firm
    fields = {part.name: part for part in call.parts}
    content = fields.get("file")
    if content is None:
        raise invalid_parameter("file", "given")
    name = _text(fields, "file_name") or content.file_name
    if not name or not name.strip():
        raise invalid_parameter("file_name", "given")
    shared = _flag(fields, "share_with_client")
    if case.state is State.CLOSED:
        raise lifecycle.case_closed(case)
    uploader = {"kind": "api_key", "id": None, "label": call.key.label}
    new = NewFile(
        file_name=name,
        blob=StoredBlob(content.content),
        direction="outbound",
        uploaded_by=uploader,
        content_type=content.content_type,
        external_id=_text(fields, "external_id"),
        share_with_client=shared,
    )
    file = take_in(call.portal, firm, case, new)
    if shared and case.state is State.ACTIVE:
        firm.tell_clients(case, "file", name, file.created_at)
    return json_answer(_shown(call, file), 201)


def _file(call: Call) -> File:
    identity = call.number("file_id", "file")
    file = call.firm.files.get(identity)
    if file is None:
        raise not_found("file", identity)
    return file


def _shown(call: Call, file: File) -> dict[str, Any]:
    return file_json(call.portal, call.base, file, call.now)


def _text(fields: dict[str, Part], name: str) -> str | None:
    part = fields.get(name)
    if part is None:
        return None
    try:
        return part.content.decode()
    except UnicodeDecodeError:
        raise invalid_parameter(name, "a text in UTF-8") from None


def _flag(fields: dict[str, Part], name: str) -> bool:
    text = (_text(fields, name) or "").lower()
    if text not in _YES + _NO:
        raise invalid_parameter(name, "true or false")
    return text in _YES
