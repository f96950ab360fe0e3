"""Handlers of documents."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive

from sandbox.answers import OCTETS, Answer, Refusal
from sandbox.multipart import KEPT_BYTES, BadForm, FormReader, boundary_of
from sandbox.smartadvocate.accounts import INSERT_DOCUMENT
from sandbox.smartadvocate.answers import bad_field, json_answer, not_found, said
from sandbox.smartadvocate.call import Call, Fields, fields_of, instant, whole_number
from sandbox.smartadvocate.paging import Window, page_of_query
from sandbox.smartadvocate.picklists import CASE_DOCUMENTS
from sandbox.smartadvocate.records import Case, Document
from sandbox.smartadvocate.rendering import document_json

_PORTAL_FOLDER = "Client Portal"
_JSON_ROOM = 4
"""A JSON body may be this many times as large as the document in it."""


class Vanished(Exception):
    """The sender went away in the middle of the body; nothing is left of it."""


@dataclass(frozen=True, slots=True)
class _Upload:
    """The bytes of an upload as they were counted, and the fields beside them."""

    file_name: str
    size: int
    sha256: str
    content: bytes | None
    fields: Fields


def documents_of_case(call: Call) -> Answer:
    """GET case/{id}/documents [seen]: rows with ``deleteFlag`` included."""
    case, page = call.case(), page_of_query(call)
    found = call.firm.documents.of_case(case.id)
    rows = [document_json(call.firm, document) for document in page.of(found)]
    return page.answer("documents", rows, len(found), call.firm.switches.list_envelope)


def documents_by_date(call: Call) -> Answer:
    """POST case/documents/byDatePaged [seen]: firm-wide, made or changed in a window."""
    window, firm = Window.of_body(call.body), call.firm
    chosen = {case_id for number in window.numbers for case_id in firm.cases_numbered(number)}

    def wanted(document_id: int) -> bool:
        document = firm.documents.get(document_id)
        if document is None or not firm.sees(call.user, document.case_id):
            return False
        return not window.numbers or document.case_id in chosen

    ids = window.select(firm.documents.between(window.low, window.high), wanted)
    found = (firm.documents.get(document_id) for document_id in window.page.of(ids))
    rows = [document_json(firm, document) for document in found if document]
    return window.page.answer("documents", rows, len(ids), firm.switches.envelope)


def content(call: Call) -> Answer:
    """GET case/document/{id}/content [seen]: raw bytes of no particular type; deleted ones are gone [assumed]."""
    document = call.firm.documents.get(call.numbers[0])
    if document is None or document.deleted:
        raise not_found("Document")
    call.require_sight(document.case_id)
    if document.content is None:
        raise said(500, "The sandbox keeps the bytes of documents up to 1 MiB only.")
    return Answer(200, document.content, content_type=OCTETS)


async def upload(call: Call, receive: Receive) -> Answer:
    """POST case/{id}/documents [assumed]: multipart/form-data, or JSON with base64 ``content`` behind a switch.

    The body is read to its end before it is refused, so that its sender gets to see the refusal. Raises Refusal,
    Vanished.
    """
    content_type = call.headers.get("content-type", "")
    boundary = boundary_of(content_type)
    if boundary is not None:
        reader = FormReader(boundary)
        await _read(receive, reader.feed)
        case = _allowed(call)
        taken = _of_form(reader)
    elif "json" in content_type and call.firm.switches.json_uploads:
        body = bytearray()
        most = call.firm.switches.max_upload_bytes * _JSON_ROOM
        await _read(receive, lambda piece: body.extend(piece) if len(body) + len(piece) <= most else None)
        case = _allowed(call)
        taken = _of_json(bytes(body))
    else:
        await _read(receive, lambda _piece: None)
        _allowed(call)
        raise Refusal(Answer(415))
    return json_answer(document_json(call.firm, call.firm.keep_document(_document(call, case, taken))))


def _allowed(call: Call) -> Case:
    case = call.case()
    call.require_right(INSERT_DOCUMENT)
    return case


async def _read(receive: Receive, take: Callable[[bytes], None]) -> None:
    breach: BadForm | None = None
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Vanished
        more = message.get("more_body", False)
        if breach is None:
            try:
                take(message.get("body", b""))
            except BadForm as caught:
                breach = caught
    if breach is not None:
        raise bad_field("file", str(breach))


def _of_form(reader: FormReader) -> _Upload:
    """The part ``file`` and the text parts. Raises Refusal (400)."""
    if not reader.ended:
        raise bad_field("file", "The form does not end with its boundary.")
    file = next((part for part in reader.parts if part.name.lower() == "file"), None)
    if file is None:
        raise bad_field("file", "The file field is required.")
    fields = {part.name.lower(): part.content.decode("utf-8", "replace") for part in reader.parts if part is not file}
    return _Upload(file.file_name or "", file.size, file.sha256, file.whole, fields)


def _of_json(body: bytes) -> _Upload:
    """The base64 ``content`` and the fields beside it. Raises Refusal (400)."""
    fields = fields_of(body)
    try:
        raw = base64.b64decode(fields.pop("content", ""), validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise bad_field("content", "The content is not base64.") from None
    kept = raw if len(raw) <= KEPT_BYTES else None
    return _Upload("", len(raw), hashlib.sha256(raw).hexdigest(), kept, fields)


def _document(call: Call, case: Case, taken: _Upload) -> Document:
    """The document an upload becomes. Raises Refusal (400, 413)."""
    firm, fields = call.firm, taken.fields
    if taken.size == 0:
        raise bad_field("file", "The file is empty.")
    if taken.size > firm.switches.max_upload_bytes:
        raise Refusal(Answer(413))
    name = fields.get("documentname") or taken.file_name
    if not name:
        raise bad_field("documentName", "The documentName field is required.")
    category = whole_number("categoryID", fields.get("categoryid") or firm.document_categories.id_of(CASE_DOCUMENTS))
    if category not in firm.document_categories.names:
        raise bad_field("categoryID", f"There is no document category {category}.")
    created = firm.milliseconds()
    dated = fields.get("documentdate")
    return Document(
        id=firm.documents.next_id(),
        number=len(firm.documents.of_case(case.id)) + 1,
        case_id=case.id,
        name=name,
        size=taken.size,
        sha256=taken.sha256,
        content=taken.content,
        category_id=category,
        created=created,
        user_id=call.user.id,
        dated=instant("documentDate", dated) if dated else created,
        sub_category_id=whole_number("subCategoryID", fields.get("subcategoryid") or 0),
        description=fields.get("description") or "",
        comments=fields.get("comments") or "",
        folder=fields.get("documentfolder") or _PORTAL_FOLDER,
        direction=whole_number("documentDirection", fields.get("documentdirection") or 1),
        shared=_flag(fields.get("issharedinportal")),
        parts={name: str(value) for name, value in fields.items()},
    )


def _flag(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
