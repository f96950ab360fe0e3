"""A case as its case system holds it, in casebridge's own words.

Connectors translate a vendor's record into these types; nothing past them knows a vendor's field name.
Instants are aware UTC, dates are plain calendar dates, texts are as the case system has them (phones too:
they become E.164 in :mod:`domain.phones`, which also explains the choice among several).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class CaseState(StrEnum):
    """Whether a case is still worked on; a *pending* case is open."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as the case system writes it, with its label (``Mobile``, ``Work``, free text or empty)."""

    number: str
    label: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """A client of a case: a person with first and last name, or a company with one name."""

    external_id: str
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    email: str | None = None
    phones: tuple[Phone, ...] = ()
    preferred_language: str | None = None
    version: str | None = None
    """Opaque mark of the record's version at the case system; equal marks mean equal contact data."""
    redacted: bool = False
    """True when the connected user may not see this contact: empty fields then mean nothing."""

    @property
    def display_name(self) -> str:
        """The name a person would use in a report."""
        return self.company_name or " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person of the firm on a case; matched to portal users by e-mail."""

    external_id: str
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case (matter) of a case system."""

    system: str
    integration_id: str
    readable_id: str | None = None
    description: str | None = None
    practice_area: str | None = None
    stage: str | None = None
    state: CaseState = CaseState.OPEN
    case_date: date | None = None
    closed_on: date | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    attorney: StaffMember | None = None
    additional_attorneys: tuple[StaffMember, ...] = ()
    originating_attorney: StaffMember | None = None
    paralegals: tuple[StaffMember, ...] = ()
    clients: tuple[Client, ...] = ()
    version: str | None = None
    """Opaque mark of the case's version where the case system has one; equal marks mean that nothing has changed."""
    redacted: bool = False
    """True when the connected user sees only a stub of the case: nothing may be concluded from it."""

    @property
    def staff(self) -> tuple[StaffMember, ...]:
        """Everybody of the firm on the case, in whatever role."""
        single = (self.attorney, self.originating_attorney)
        return tuple(one for one in (*single, *self.additional_attorneys, *self.paralegals) if one is not None)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that came from outside in a shape nobody expected: the run goes on, its row says which field."""

    integration_id: str
    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of a case system's list.

    ``cursor`` continues after this page and is opaque; None on the last page.
    """

    cases: tuple[Case, ...]
    cursor: str | None
    unreadable: tuple[Unreadable, ...] = ()
    total: int | None = None
    """How many cases the whole list holds, when the vendor says so."""


@dataclass(frozen=True, slots=True)
class ClientPage:
    """One page of contacts whose own data moved."""

    clients: tuple[Client, ...]
    cursor: str | None
