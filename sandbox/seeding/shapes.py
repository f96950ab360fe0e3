"""The seeded records as every vendor package reads them.

Ids are those of the case system unless said otherwise; instants (``created``, ``updated``) are unix seconds.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class UserSeed:
    """A person of the firm. ``portal_role`` None: the portal does not know this person."""

    id: int
    first_name: str
    last_name: str
    email: str
    attorney: bool
    admin: bool = False
    job_title: str = ""
    portal_role: str | None = None
    portal_status: str = "active"

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class StageSeed:
    """A stage as the case system names it. ``portal_name`` None: the portal has no mapping for it."""

    id: int
    name: str
    position: int
    portal_name: str | None


@dataclass(frozen=True, slots=True)
class PracticeAreaSeed:
    """A practice area of the case system. ``portal_name`` None: the portal has no mapping for it."""

    id: int
    name: str
    category: str
    portal_name: str | None
    stages: tuple[StageSeed, ...]


@dataclass(frozen=True, slots=True)
class PortalStageSeed:
    """A stage of the portal with the case-system names that mean it; ``position`` counts from 1."""

    id: int
    position: int
    display_name: str
    integration_mappings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PortalPracticeAreaSeed:
    """A practice area of the portal, by the portal's ids and names."""

    id: int
    display_name: str
    integration_mappings: tuple[str, ...]
    stages: tuple[PortalStageSeed, ...]


@dataclass(frozen=True, slots=True)
class PhoneSeed:
    """A phone number as it was typed, with its label."""

    label: str
    number: str
    primary: bool


@dataclass(frozen=True, slots=True)
class ContactSeed:
    """A person (first and last name) or a company (``company_name`` only)."""

    id: int
    first_name: str | None
    last_name: str | None
    company_name: str | None
    email: str | None
    phones: tuple[PhoneSeed, ...]
    date_of_birth: date | None
    is_client: bool
    created: int
    updated: int

    @property
    def name(self) -> str:
        """The company's name, or first and last name."""
        return self.company_name or " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True, slots=True)
class MatterSeed:
    """A matter. ``status`` is ``open``, ``pending`` or ``closed``."""

    id: int
    number: int
    display_number: str
    description: str | None
    status: str
    client_id: int
    practice_area_id: int
    stage_id: int | None
    attorney_id: int | None
    staff_id: int | None
    originating_attorney_id: int | None
    related_contact_id: int | None
    relationship: str | None
    open_date: date
    pending_date: date | None
    close_date: date | None
    created: int
    updated: int
    stage_changed: int
