"""What the portal holds: firms' people, practice areas, cases, messages, files, and what clients were told.

Instants are microseconds since 1970 (see :mod:`sandbox.casestatus.instants`). Records compare by identity.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.casestatus.blobs import Blob
from sandbox.casestatus.phones import LineType, Reach

ATTORNEY_ROLES = frozenset({"attorney"})
PARALEGAL_ROLES = frozenset({"paralegal", "case_manager"})
ROLES = ("admin", "attorney", "paralegal", "case_manager", "support", "co_counsel")
USER_STATUSES = ("invited", "active", "removed")


class State(StrEnum):
    """Life cycle of a case; nothing reaches its clients while it is *onboarding*."""

    ONBOARDING = "onboarding"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


@dataclass(slots=True, eq=False)
class ApiKey:
    """A key of one firm; revoked keys stay known so that they can be told apart in the inspection."""

    key: str
    label: str
    scopes: frozenset[str]
    revoked: bool = False


@dataclass(slots=True, eq=False)
class User:
    """Somebody of the firm."""

    id: int
    first_name: str
    last_name: str
    email: str
    role: str
    status: str = "active"
    client_facing_email: str | None = None
    job_title: str | None = None
    external_id: str | None = None
    updated_at: int = 0

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True, eq=False)
class Stage:
    """A step of a practice area as clients see it."""

    id: int
    position: int
    display_name: str
    description: str | None = None
    integration_mappings: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class PracticeArea:
    """A kind of case with its ordered stages."""

    id: int
    display_name: str
    stages: list[Stage]
    integration_mappings: tuple[str, ...] = ()
    updated_at: int = 0


@dataclass(slots=True, eq=False)
class Client:
    """A person or company; the phone number is the identity, shared by all their cases."""

    id: int
    first_name: str | None
    last_name: str | None
    company_name: str | None
    cell_phone: str
    line_type: LineType
    reach: Reach
    email: str | None = None
    preferred_language: str | None = None
    app_last_opened_at: int | None = None
    sms_opted_out: bool = False
    cases: "list[Case]" = field(default_factory=list)
    external_keys: tuple[tuple[str, str], ...] = ()
    """(source, external id) of every contact that turned out to be this person."""

    @property
    def name(self) -> str:
        """The company, or first and last name."""
        return self.company_name or f"{self.first_name or ''} {self.last_name or ''}".strip()


@dataclass(slots=True, eq=False)
class Link:
    """A client's place on one case, with the case system's id of the contact (two contacts may be one person)."""

    client: Client
    external_id: str | None
    primary: bool


@dataclass(slots=True, eq=False)
class Case:
    """A case of one firm."""

    id: int
    source: str
    integration_id: str | None
    readable_id: str
    state: State
    created_at: int
    updated_at: int
    practice_area: PracticeArea | None = None
    stage: Stage | None = None
    attorney: User | None = None
    additional_attorneys: tuple[User, ...] = ()
    paralegals: tuple[User, ...] = ()
    links: tuple[Link, ...] = ()
    description: str | None = None
    group_name: str | None = None
    case_date: str | None = None
    source_updated_at: int | None = None
    activated_at: int | None = None
    closed_at: int | None = None
    deleted_at: int | None = None
    body: bytes | None = None
    """The serialised case, until something in it changes."""

    @property
    def etag(self) -> str:
        """Changes with every change of the case."""
        return f'"{self.id:x}-{self.updated_at:x}"'

    @property
    def staff(self) -> tuple[User, ...]:
        """Everybody of the firm on the case, the primary attorney first."""
        first = () if self.attorney is None else (self.attorney,)
        return (*first, *self.additional_attorneys, *self.paralegals)


@dataclass(slots=True)
class Receipt:
    """How a message fared with one recipient."""

    client: Client
    status: str
    status_at: int
    error: str | None = None


@dataclass(slots=True, eq=False)
class Message:
    """A message on a case, in either direction."""

    id: int
    case: Case
    type: str
    content: str
    sender_name: str
    sender: dict[str, Any]
    channel: str
    created_at: int
    updated_at: int
    sent_at: int | None = None
    external_id: str | None = None
    receipts: list[Receipt] = field(default_factory=list)
    attachment_file_ids: list[int] = field(default_factory=list)

    @property
    def direction(self) -> str:
        """``inbound`` from a client; everything else goes out."""
        return "inbound" if self.type == "inbound" else "outbound"


@dataclass(slots=True, eq=False)
class File:
    """A file on a case."""

    id: int
    case: Case
    file_name: str
    content_type: str
    blob: Blob
    direction: str
    uploaded_by: dict[str, Any]
    created_at: int
    updated_at: int
    ready_at: int | None = None
    """When scanning ends; None once the file may be fetched."""
    external_id: str | None = None
    message_id: int | None = None
    share_with_client: bool = False

    @property
    def extension(self) -> str:
        """What follows the last dot of the name, in lower case; empty without one."""
        stem, dot, ending = self.file_name.rpartition(".")
        return ending.lower() if dot and stem else ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that clients of a case were told: ``stage_changed``, ``case_closed``, ``welcome``, ``message``, ``file``."""

    kind: str
    firm_id: int
    case_id: int
    integration_id: str | None
    client_ids: tuple[int, ...]
    at: int
    text: str
