"""What a firm's CASEpeer holds. Instants are unix seconds; days are dates without a zone."""

from dataclasses import dataclass, field
from datetime import date

ROLES = ("lead_attorney", "supervising_attorney", "case_manager", "primary_contact", "lien_negotiator")
"""The people on a case; any of them may be missing [help][seen]."""
QUEUED, SENT, FAILED = "queued", "sent", "failed"


@dataclass(slots=True)
class Person:
    """Somebody of the firm."""

    id: int
    first_name: str
    last_name: str
    email: str
    title: str
    active: bool = True

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@dataclass(slots=True)
class Phone:
    """A number as it was typed; ``kind`` is ``cell``, ``home``, ``work`` or ``fax``."""

    kind: str
    number: str


@dataclass(slots=True)
class Client:
    """The client of a case; a company has a last name only."""

    id: int
    first_name: str
    last_name: str
    email: str
    phones: list[Phone]
    moment: int
    """When it last changed."""

    @property
    def listed_name(self) -> str:
        """``Last, First``."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part)


@dataclass(slots=True)
class Link:
    """What the case knows of its twin in Case Status."""

    external_id: str
    connected_at: int
    synced_at: int


@dataclass(slots=True)
class Case:
    """A case. ``status`` is the first name of an entry of the firm's list; ``team`` are user ids by role."""

    id: int
    client_id: int
    file_number: str
    case_type: str
    status: str | None
    closed: date | None
    incident: date
    retained: date
    last_touched: date
    language: str
    description: str | None
    linked_cases: list[int]
    team: dict[str, int]
    version: int
    updated: int
    link: Link | None = None

    @property
    def moment(self) -> int:
        """When it last changed."""
        return self.updated


@dataclass(slots=True)
class Note:
    """A case note; ``external_ref`` is not unique [assumed]."""

    id: int
    case_id: int
    category: str
    text: str
    author: str
    created: int
    external_ref: str = ""

    @property
    def moment(self) -> int:
        """When it was written."""
        return self.created


@dataclass(slots=True)
class Message:
    """A message of staff to the client, on its way to Case Status."""

    id: int
    case_id: int
    text: str
    author_id: int
    created: int
    state: str = QUEUED
    remote_id: str | None = None
    error: str | None = None


@dataclass(slots=True)
class Document:
    """A document, or a folder; ``content`` is None for folders and where it was more than 1 MiB."""

    id: int
    case_id: int
    name: str
    created: int
    folder: bool = False
    folder_id: int | None = None
    category: int | None = None
    size: int = 0
    sha256: str = ""
    content: bytes | None = None
    parts: dict[str, str] = field(default_factory=dict)
    """The text parts of the upload as they came, for assertions."""

    @property
    def moment(self) -> int:
        """When it was filed."""
        return self.created
