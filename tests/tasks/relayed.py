"""Messages and files as the portal tells of them, for tests of what is reserved of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.relay import Document, Message, MessageKind, Party, PartyKind, PortalPlace

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PLACE = PortalPlace(88017, "1480021", "00412-Okafor", "clio")


def message(number: int = 1, content: str = "On Friday.", **changes: Any) -> Message:
    """A client's message."""
    whole = Message(
        id=str(number),
        kind=MessageKind.INBOUND,
        content=content,
        sender=Party(PartyKind.CLIENT, 3301, "Ada Okafor"),
        place=PLACE,
        recipients=(),
        attachments=(),
        external_id=None,
        sent_at=NOON,
        created_at=NOON,
        updated_at=NOON + timedelta(minutes=5),
    )
    return replace(whole, **changes)


def document(number: int = 1, name: str = "bill.pdf", **changes: Any) -> Document:
    """A client's file."""
    whole = Document(
        id=str(number),
        name=name,
        content_type="application/pdf",
        size=48_210,
        sha256="9b1f" * 16,
        uploader=Party(PartyKind.CLIENT, 3301),
        place=PLACE,
        message_id=None,
        external_id=None,
        address="https://portal.test/blob/1?sig=secret",
        created_at=NOON,
        updated_at=NOON + timedelta(minutes=5),
    )
    return replace(whole, **changes)
