"""What happens in the portal without the API: clients write and upload, staff type, texts are stopped."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.casestatus.blobs import MadeBlob, StoredBlob
from sandbox.casestatus.filing import NewFile, take_in
from sandbox.casestatus.firm import Firm
from sandbox.casestatus.records import Case, Client, File, Message, Receipt
from sandbox.casestatus.refusals import not_found
from sandbox.casestatus.schema import Reader, flag, instant, one_of, optional_text, read, text
from sandbox.casestatus.state import Portal

TYPES: Final = ("inbound", "outbound", "automation", "system")


def _count(_name: str, value: Any) -> int | None:
    return None if value is None else int(value)


def _seconds(_name: str, value: Any) -> float:
    return float(value)


_WHERE: Final[Mapping[str, Reader]] = {"case_id": _count, "integration_id": optional_text, "source": optional_text}
MESSAGE: Final[Mapping[str, Reader]] = {
    **_WHERE,
    "type": one_of(*TYPES),
    "content": text,
    "client_id": _count,
    "sender_email": optional_text,
    "sent_at": instant,
    "updated_at": instant,
    "external_id": optional_text,
}
FILE: Final[Mapping[str, Reader]] = {
    **_WHERE,
    "file_name": text,
    "content": text,
    "size": _count,
    "seed": _count,
    "content_type": optional_text,
    "direction": one_of("inbound", "outbound"),
    "client_id": _count,
    "message_id": _count,
    "ready_in": _seconds,
    "updated_at": instant,
    "share_with_client": flag,
}


def find_case(firm: Firm, given: Mapping[str, Any]) -> Case:
    """The case that ``case_id`` or ``integration_id`` (with ``source``, default the firm's) names. Raises Refusal."""
    if given.get("case_id") is not None:
        return firm.case(given["case_id"])
    source = given.get("source") or firm.settings.integration_source
    case = firm.case_with_integration_id(source, given.get("integration_id") or "")
    if case is None:
        raise not_found("case", given.get("integration_id") or "")
    return case


def message_arrives(portal: Portal, firm: Firm, body: Mapping[str, Any]) -> Message:
    """A message nobody sent through the API: ``inbound`` from a client, or typed in the portal by staff.

    ``sent_at`` and ``updated_at`` may lie in the past: an item that appears late. Raises Refusal.
    """
    given = read(MESSAGE, body)
    case, kind = find_case(firm, given), given.get("type", "inbound")
    stamp = firm.stamp()
    sent_at = given.get("sent_at") or stamp
    sender, name = _author(firm, case, kind, given)
    message = Message(
        id=portal.next_id(),
        case=case,
        type=kind,
        content=given.get("content", ""),
        sender_name=name,
        sender=sender,
        channel="app",
        created_at=sent_at,
        updated_at=given.get("updated_at") or sent_at,
        sent_at=sent_at,
        external_id=given.get("external_id"),
    )
    if kind != "inbound":
        message.receipts = [Receipt(link.client, "delivered", sent_at) for link in case.links]
    return firm.keep_message(message)


def messages_arrive(portal: Portal, firm: Firm, bodies: Iterable[Mapping[str, Any]]) -> list[Message]:
    """Many messages, in their order; those before a refused one stay. Raises Refusal."""
    return [message_arrives(portal, firm, body) for body in bodies]


def message_edited(firm: Firm, message_id: int, content: str) -> Message:
    """Somebody corrects a message. Raises Refusal."""
    message = firm.messages.get(message_id)
    if message is None:
        raise not_found("message", message_id)
    message.content, message.updated_at = content, firm.stamp()
    firm.messages.file(message)
    return message


def file_arrives(portal: Portal, firm: Firm, body: Mapping[str, Any]) -> File:
    """A file nobody sent through the API: ``content`` as text, or ``size`` bytes that follow from ``seed``.

    ``ready_in`` are the seconds of scanning; ``message_id`` attaches it to a message. Raises Refusal.
    """
    given = read(FILE, body)
    case, direction = find_case(firm, given), given.get("direction", "inbound")
    size = given.get("size")
    author, _ = _author(firm, case, direction, given)
    new = NewFile(
        file_name=given.get("file_name", "document.pdf"),
        blob=StoredBlob(given.get("content", "").encode()) if size is None else MadeBlob(size, given.get("seed") or 0),
        direction=direction,
        uploaded_by=author,
        content_type=given.get("content_type"),
        message_id=given.get("message_id"),
        share_with_client=given.get("share_with_client", False),
        ready_in=given.get("ready_in", 0.0),
    )
    file = take_in(portal, firm, case, new)
    if given.get("updated_at") is not None:
        file.created_at = file.updated_at = given["updated_at"]
        firm.files.file(file)
    attached = firm.messages.get(new.message_id or 0)
    if attached is not None:
        attached.attachment_file_ids.append(file.id)
    return file


def files_arrive(portal: Portal, firm: Firm, bodies: Iterable[Mapping[str, Any]]) -> list[File]:
    """Many files, in their order; those before a refused one stay. Raises Refusal."""
    return [file_arrives(portal, firm, body) for body in bodies]


def texts_stopped(firm: Firm, client: Client, *, stopped: bool) -> None:
    """A client answers STOP (or START) to a text message."""
    client.sms_opted_out = stopped
    for case in client.cases:
        firm.touch(case)


def _author(firm: Firm, case: Case, kind: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Who is behind something that arrives: a client, a user, or the portal itself."""
    if kind == "inbound":
        chosen = firm.client(given["client_id"]) if given.get("client_id") else case.links[0].client
        return {"kind": "client", "id": chosen.id}, chosen.name
    if kind in ("automation", "system"):
        return {"kind": "system", "id": None}, "Case Status"
    user = firm.user_with_email(given.get("sender_email") or "") or case.attorney
    if user is None:
        raise not_found("user", given.get("sender_email") or "")
    return {"kind": "user", "id": user.id, "email": user.email}, user.name
