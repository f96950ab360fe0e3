"""What is relayed between portal and case system: messages and documents, with who is at either end.

The portal's side is what its feeds tell (:class:`Message`, :class:`Document`); the case system's side is what is to be
filed there (:class:`Letter`, :class:`Paper`), with people already found. Instants are aware UTC, texts as they were
written: nothing is trimmed, escaped or shortened here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from domain.case import Unreadable


class PartyKind(StrEnum):
    """What somebody is to the firm; *system* is the portal itself."""

    CLIENT = "client"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody on the portal's side of a message. ``portal_id`` is a client's or a user's, as ``kind`` says."""

    kind: PartyKind
    portal_id: int | None = None
    name: str = ""
    email: str = ""


class MessageKind(StrEnum):
    """What sort of message: from a client, from the firm, sent by a rule, or the portal's own notice."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    AUTOMATION = "automation"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class PortalPlace:
    """The case that something in the portal belongs to; without ``integration_id`` it is linked to no case system."""

    case_id: int
    integration_id: str | None
    readable_id: str | None = None
    source: str | None = None
    """The case system's name in the portal; None where the portal does not say."""

    @property
    def key(self) -> str:
        """What tells the case from every other one of the firm, linked or not."""
        return self.integration_id or f"portal:{self.case_id}"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the portal has it. ``recipients`` are the clients it went to; empty on a client's own message."""

    id: str
    kind: MessageKind
    content: str
    sender: Party
    place: PortalPlace
    recipients: tuple[int, ...]
    attachments: tuple[int, ...]
    external_id: str | None
    sent_at: datetime
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A file as the portal has it. ``size`` is in bytes, ``sha256`` in hexadecimal digits.

    ``address`` is where its bytes are fetched, None while it is still being scanned; it works for minutes only.
    """

    id: str
    name: str
    content_type: str
    size: int
    sha256: str | None
    uploader: Party
    place: PortalPlace
    message_id: int | None
    external_id: str | None
    address: str | None
    created_at: datetime
    updated_at: datetime


def echo_of(external_id: str | None, system: str) -> str | None:
    """The case system's own record that something in the portal is only a reflection of; None when it is not."""
    return external_id if external_id and external_id.startswith(f"{system}:") else None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of the message feed, oldest change first; ``at`` is the portal's clock when it answered."""

    items: tuple[Message, ...]
    cursor: str | None
    at: datetime
    newest: datetime | None
    """The latest change on the page, also of what could not be read."""
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One page of the file feed; see :class:`MessagePage`."""

    items: tuple[Document, ...]
    cursor: str | None
    at: datetime
    newest: datetime | None
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody whom the case system knows: one of the firm's users, or a contact."""

    kind: Literal[PartyKind.CLIENT, PartyKind.STAFF]
    external_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be filed with a case. ``marker`` stays with the record, so that it is known again."""

    marker: str
    case_id: str
    body: str
    sent_at: datetime
    inbound: bool
    """True when it came from a client."""
    sender: Correspondent | None
    recipients: tuple[Correspondent, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A document to be filed with a case; ``name`` is clean (see :mod:`domain.file_names`)."""

    marker: str
    case_id: str
    name: str
    content_type: str
    size: int
    sha256: str | None
    received_at: datetime
    inbound: bool
    """True when it came from a client."""


@dataclass(frozen=True, slots=True)
class PaperTrace:
    """Everything that a document can be known by that may have been filed, and of which no answer tells.

    Case systems that keep our markers go by the marker alone.
    """

    marker: str
    case_id: str
    """The case it was to be filed with."""
    name: str
    size: int
    sha256: str | None
    since: datetime
    """It was not filed before then, by whatever clock."""
    other_records: frozenset[str] = frozenset()
    """Ids of the records of this case that are other documents of ours."""
    other_names: frozenset[str] = frozenset()
    """The names of those and of all others that are to be filed with this case, or may have been."""
