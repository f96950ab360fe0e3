"""Handlers of documents and folders."""

from functools import partial
from urllib.parse import quote

from starlette.types import Receive

from sandbox.answers import OCTETS, Answer, Refusal
from sandbox.bodies import pieces
from sandbox.casepeer.answers import invalid, json_answer, not_found, too_large, unsupported
from sandbox.casepeer.call import Call, text_of
from sandbox.casepeer.paging import paged
from sandbox.casepeer.records import Case, Document
from sandbox.casepeer.rendering import document_json
from sandbox.multipart import BadForm, FormReader, boundary_of

_LONGEST_NAME = 255


def documents_of_case(call: Call) -> Answer:
    """GET case/case-documents/{case_id}/?folder_id= [seen]: what lies in one folder, by default beside all of them."""
    case = call.case()
    folder = _folder(call, case, call.query.get("folder_id"))
    found = [document for document in call.firm.documents.of_case(case.id) if document.folder_id == folder]
    return paged(call, found, partial(document_json, call.firm))


def download(call: Call) -> Answer:
    """GET case/case-documents/{case_id}/{doc_id}/download/ [seen]: the bytes."""
    document = _document(call)
    if document.folder:
        raise not_found()
    if document.content is None:
        raise Refusal(json_answer({"detail": "The sandbox keeps the bytes of documents up to 1 MiB only."}, 500))
    disposition = f"attachment; filename*=UTF-8''{quote(document.name, safe='')}"
    return Answer(200, document.content, {"Content-Disposition": disposition}, OCTETS)


def change_document(call: Call) -> Answer:
    """PATCH case/case-documents/{case_id}/{doc_id}/ [assumed]: ``docname`` and ``category``. Raises Refusal (400)."""
    document, fields = _document(call), call.fields()
    name = text_of(fields, "docname", longest=_LONGEST_NAME) if "docname" in fields else document.name
    category = _category(call, fields["category"]) if "category" in fields else document.category
    call.firm.documents.change(document, name=name, category=category)
    return json_answer(document_json(call.firm, document))


async def upload(call: Call, receive: Receive) -> Answer:
    """POST case/case-documents/{case_id}/ [assumed]: multipart ``file``, ``docname``, ``folder_id``, ``category``; 201.

    The body is read to its end before it is refused, so that its sender gets to see the refusal. Raises Refusal (400,
    404, 413, 415), Vanished.
    """
    content_type = call.headers.get("content-type", "")
    boundary = boundary_of(content_type)
    reader = FormReader(boundary or b"")
    breach = await _read(receive, reader if boundary else None)
    case = call.case()
    if boundary is None:
        raise unsupported(content_type)
    if breach is not None or not reader.ended:
        detail = f"Multipart form parse error - {breach or 'the form has no end'}"
        raise Refusal(json_answer({"detail": detail}, 400))
    return json_answer(document_json(call.firm, call.firm.keep_document(_uploaded(call, case, reader))), 201)


async def _read(receive: Receive, reader: FormReader | None) -> BadForm | None:
    """Give the whole body to the reader; what is wrong with it, if anything. Raises Vanished."""
    breach: BadForm | None = None
    async for piece in pieces(receive):
        if reader is not None and breach is None:
            try:
                reader.feed(piece)
            except BadForm as caught:
                breach = caught
    return breach


def _uploaded(call: Call, case: Case, reader: FormReader) -> Document:
    """The document that a form becomes. Raises Refusal (400, 413)."""
    firm = call.firm
    file = next((part for part in reader.parts if part.name == "file" and part.file_name is not None), None)
    if file is None:
        raise invalid("file", "No file was submitted.")
    if file.size == 0:
        raise invalid("file", "The submitted file is empty.")
    if file.size > firm.switches.max_upload_bytes:
        raise too_large()
    parts = {part.name: part.content.decode("utf-8", "replace") for part in reader.parts if part is not file}
    named = {"docname": parts.get("docname") or file.file_name}
    category = parts.get("category")
    return Document(
        id=firm.documents.next_id(),
        case_id=case.id,
        name=text_of(named, "docname", longest=_LONGEST_NAME),
        created=firm.seconds(),
        folder_id=_folder(call, case, parts.get("folder_id")),
        category=_category(call, category) if category else None,
        size=file.size,
        sha256=file.sha256,
        content=file.whole,
        parts=parts,
    )


def _document(call: Call) -> Document:
    case_id, document_id = call.numbers
    document = call.firm.documents.get(document_id)
    if document is None or document.case_id != case_id:
        raise not_found()
    return document


def _folder(call: Call, case: Case, text: str | None) -> int | None:
    """A folder of the case, or None for what lies in no folder. Raises Refusal (400)."""
    if not text:
        return None
    found = call.firm.documents.get(int(text)) if text.isascii() and text.isdigit() else None
    if found is None or not found.folder or found.case_id != case.id:
        raise invalid("folder_id", "There is no such folder on this case.")
    return found.id


def _category(call: Call, value: object) -> int:
    """The id of a category of the firm. Raises Refusal (400)."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if not isinstance(number, int) or number not in call.firm.document_categories:
        raise invalid("category", f'Invalid pk "{value}" - object does not exist.')
    return number
