"""What the client portal holds: its cases, and the directory (users, practice areas, stages) cases must fit."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from domain.case import Unreadable


class PortalState(StrEnum):
    """Life cycle of a portal case; nothing reaches the client while it is *onboarding*."""

    ONBOARDING = "onboarding"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PortalClient:
    """A client on a portal case; ``external_id`` is the case system's id, None when added by hand in the portal."""

    id: int
    external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    cell_phone: str | None = None
    """E.164."""
    email: str | None = None
    preferred_language: str | None = None
    primary: bool = False


@dataclass(frozen=True, slots=True)
class PortalCase:
    """One case as the portal holds it. E-mails are as the portal has them; compare them without letter case."""

    id: int
    source: str
    integration_id: str | None
    state: PortalState
    readable_id: str | None = None
    practice_area: str | None = None
    """Display name."""
    stage: str | None = None
    """Display name."""
    attorney_email: str | None = None
    additional_attorney_emails: tuple[str, ...] = ()
    paralegal_emails: tuple[str, ...] = ()
    clients: tuple[PortalClient, ...] = ()
    description: str | None = None
    group_name: str | None = None
    case_date: date | None = None
    closed_at: datetime | None = None
    source_updated_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    fingerprint: str = field(default="", compare=False)
    """Digest of the record as it came: equal ones need not be read again."""


@dataclass(frozen=True, slots=True)
class PortalPage:
    """One page of the portal's case list; ``cursor`` continues after it, None on the last page."""

    cases: tuple[PortalCase, ...]
    cursor: str | None
    unreadable: tuple[Unreadable, ...] = ()
    known: tuple[str, ...] = ()
    """Integration ids of the cases that came with a fingerprint already known, and were not read again."""


@dataclass(frozen=True, slots=True)
class PortalUser:
    """A user of the firm in the portal. ``role`` and ``status`` are the portal's own words (lower case)."""

    id: int
    email: str
    role: str
    status: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a practice area: the name clients see, and the case-system names that mean it."""

    id: int
    name: str
    position: int
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PracticeArea:
    """A practice area with its ordered stages (2 to 12 by the portal's rule)."""

    id: int
    name: str
    stages: tuple[Stage, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortalFirm:
    """The firm behind a portal key, and which fields it insists on."""

    id: int
    name: str
    time_zone: str
    source: str
    require_practice_area: bool = True
    require_stage: bool = True
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything of the portal that a case is judged against."""

    firm: PortalFirm
    users: tuple[PortalUser, ...]
    practice_areas: tuple[PracticeArea, ...]


@dataclass(frozen=True, slots=True)
class DraftClient:
    """A client as the portal should hold it; ``cell_phone`` is E.164."""

    external_id: str | None
    first_name: str | None
    last_name: str | None
    company_name: str | None
    cell_phone: str | None
    email: str | None
    preferred_language: str | None = None
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A case as the portal should hold it: names resolved to the portal's display names, phones to E.164."""

    source: str
    integration_id: str
    readable_id: str | None
    practice_area: str | None
    stage: str | None
    attorney_email: str | None
    additional_attorney_emails: tuple[str, ...]
    paralegal_emails: tuple[str, ...]
    clients: tuple[DraftClient, ...]
    description: str | None
    case_date: date | None
    closed: bool
    closed_on: date | None
    source_updated_at: datetime | None
