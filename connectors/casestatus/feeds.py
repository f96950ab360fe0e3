"""Messages and files as Case Status sends them; beside :mod:`connectors.casestatus.wire` the only place for wire names."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from connectors.casestatus.wire import SYSTEM
from connectors.wiring import Identifier, Instant, Key, Number, WireRecord, unreadable
from domain.case import Unreadable
from domain.relay import Document, Message, MessageKind, Party, PartyKind, PortalPlace


class PartyWire(WireRecord):
    """``sender`` of a message, ``uploaded_by`` of a file; an API key and the portal itself have no id [assumed: 6.6, 6.7]."""

    kind: str
    id: Number | None = None
    email: str | None = None
    label: str | None = None


class RecipientWire(WireRecord):
    """A client whom a message went to."""

    client_id: Number


class MessageWire(WireRecord):
    """A message of the feed [seen] with what the contract adds [assumed: 6.6]."""

    id: Identifier
    type: MessageKind
    content: str | None
    sender_name: str | None
    sender: PartyWire
    case_id: Number
    readable_id: str | None
    integration_id: Key | None
    integration_source: str | None
    external_id: Key | None
    recipients: tuple[RecipientWire, ...]
    attachment_file_ids: tuple[Number, ...]
    sent_at: Instant | None
    created_at: Instant
    updated_at: Instant


class FileWire(WireRecord):
    """A file of the feed [seen] with what the contract adds [assumed: 6.7]. ``case_id`` is a text there [seen]."""

    id: Identifier
    file_name: str | None
    content_type: str | None
    size: Number
    sha256: str | None
    url: str | None
    case_id: Number
    case_readable_id: str | None
    case_integration_id: Key | None
    uploaded_by: PartyWire
    message_id: Number | None
    external_id: Key | None
    created_at: Instant
    updated_at: Instant


_KINDS = {"client": PartyKind.CLIENT, "user": PartyKind.STAFF}


def message_from(record: Any) -> Message:
    """The message in ``record``. Raises pydantic.ValidationError."""
    wire = MessageWire.model_validate(record)
    return Message(
        id=wire.id,
        kind=wire.type,
        content=wire.content or "",
        sender=_party(wire.sender, wire.sender_name),
        place=PortalPlace(wire.case_id, wire.integration_id, wire.readable_id, wire.integration_source),
        recipients=tuple(recipient.client_id for recipient in wire.recipients),
        attachments=wire.attachment_file_ids,
        external_id=wire.external_id,
        sent_at=wire.sent_at or wire.created_at,
        created_at=wire.created_at,
        updated_at=wire.updated_at,
    )


def document_from(record: Any) -> Document:
    """The file in ``record``. Raises pydantic.ValidationError."""
    wire = FileWire.model_validate(record)
    return Document(
        id=wire.id,
        name=wire.file_name or "",
        content_type=wire.content_type or "",
        size=wire.size,
        sha256=wire.sha256,
        uploader=_party(wire.uploaded_by, wire.uploaded_by.label),
        place=PortalPlace(wire.case_id, wire.case_integration_id, wire.case_readable_id),
        message_id=wire.message_id,
        external_id=wire.external_id,
        address=wire.url,
        created_at=wire.created_at,
        updated_at=wire.updated_at,
    )


def messages_from(records: Iterable[Any]) -> tuple[tuple[Message, ...], tuple[Unreadable, ...]]:
    """The readable messages among ``records``, and what to say of the others."""
    return _sorted_out(records, message_from)


def documents_from(records: Iterable[Any]) -> tuple[tuple[Document, ...], tuple[Unreadable, ...]]:
    """The readable files among ``records``, and what to say of the others."""
    return _sorted_out(records, document_from)


def newest_change(records: Sequence[Any]) -> datetime | None:
    """The latest ``updated_at`` that can be read; a record that is unreadable otherwise still moves the place."""
    moments = []
    for record in records:
        try:
            moments.append(_Changed.model_validate(record).updated_at)
        except ValidationError:
            continue
    return max(moments, default=None)


class _Changed(WireRecord):
    updated_at: Instant


def _sorted_out(records: Iterable[Any], read: Any) -> tuple[tuple[Any, ...], tuple[Unreadable, ...]]:
    items: list[Any] = []
    troubles: list[Unreadable] = []
    for record in records:
        try:
            items.append(read(record))
        except ValidationError as error:
            troubles.append(unreadable(SYSTEM, record, "id", error))
    return tuple(items), tuple(troubles)


def _party(wire: PartyWire, name: str | None) -> Party:
    return Party(_KINDS.get(wire.kind, PartyKind.SYSTEM), wire.id, name or "", wire.email or "")
