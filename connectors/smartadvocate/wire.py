"""SmartAdvocate's records as they come: names in any letter case [doc][seen], and what they become in our own words.

What the vendor publishes has to be there; what only clients have seen may be missing, and then says nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from connectors.smartadvocate.hosts import SYSTEM
from connectors.wiring import Identifier, Instant, WireRecord, unreadable
from domain.case import Case, CaseState, Client, Phone, StaffMember, Unreadable
from domain.plain_text import plain_text
from domain.roles import RoleMap

SOURCE = "smartadvocate"
ORGANISATION = 2
"""``contactCtg`` [doc-3p]."""


def lower_keys(value: Any) -> Any:
    """JSON with the names of all objects in lower case: their letter case is never the same twice [doc][seen]."""
    if isinstance(value, dict):
        return {name.lower(): lower_keys(inner) for name, inner in value.items()}
    return [lower_keys(inner) for inner in value] if isinstance(value, list) else value


class Record(WireRecord):
    """A record after :func:`lower_keys`: the field ``case_id`` is ``caseid`` there."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", ""))


def _day(value: Any) -> date:
    """The date part and no zone shift: a day is written as some midnight [assumed]."""
    if not isinstance(value, str):
        raise ValueError("is not a day")  # noqa: TRY004  (pydantic turns only ValueError into its own error)
    return date.fromisoformat(value[:10])


def _listed(value: Any) -> Any:
    """A list that is null is empty [assumed]."""
    return () if value is None else value


Day = Annotated[date, BeforeValidator(_day)]
"""``2024-11-16T00:00:00Z`` as a day."""


class PhoneRecord(Record):
    """A number; ``name`` is the label of its type, such as ``Cell`` [seen]."""

    name: str | None = None
    phone_number: str | None
    primary: bool | None = None
    use_for_texting: bool | None = None


class EmailRecord(Record):
    """An address. Nobody types which property holds it [seen]: the first with an ``@`` does [assumed]."""

    email_address: str | None = None
    email: str | None = None
    address: str | None = None
    name: str | None = None
    primary: bool | None = None

    @property
    def value(self) -> str | None:
        """The address."""
        places = (self.email_address, self.email, self.address, self.name)
        return next((text.strip() for text in places if text and "@" in text), None)


class ContactRecord(Record):
    """A person or an organisation. What must not be kept (birth dates, tax numbers) is not read."""

    contact_ctg: int | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    phones: Annotated[tuple[PhoneRecord, ...], BeforeValidator(_listed)]
    emails: Annotated[tuple[EmailRecord, ...], BeforeValidator(_listed)] = ()


class PlaintiffRecord(Record):
    """A plaintiff [doc]; ``contact`` comes only with ``AddContactInfo=true`` [seen; the link is inferred]."""

    contact_id: Identifier
    name: str | None
    primary: bool | None
    primary_contact: bool | None
    client: bool | None = None
    marked_as_removed: bool | None = None
    contact: ContactRecord | None = None


class StaffRecord(Record):
    """Somebody of the firm in one role [seen]; an assignment that has ended says until when, if it comes at all [assumed]."""

    unique_contact_id: Identifier | None = None
    user_id: Identifier | None = None
    first_name: str | None
    last_name: str | None
    email: str | None
    role: str | None
    to_date: Instant | None = None


class SubStatusRecord(Record):
    """A second status: its type and its value [doc]."""

    status_type_name: str | None
    status_name: str | None


class IncidentRecord(Record):
    """What happened, and when [seen]."""

    incident_date: Day | None = None
    incident_facts: str | None = None


class CaseRecord(Record):
    """A case: its first fields are published [doc], the others come from live instances [seen]."""

    case_id: Identifier
    case_number: str | None
    case_type: str | None
    case_status: str | None
    plaintiffs: Annotated[tuple[PlaintiffRecord, ...], BeforeValidator(_listed)]
    second_statuses: Annotated[tuple[SubStatusRecord, ...], BeforeValidator(_listed)]
    created_date: Instant | None
    modified_date: Instant | None
    case_staff: Annotated[tuple[StaffRecord, ...], BeforeValidator(_listed)]
    case_name: str | None = None
    case_opened_date: Day | None = None
    case_closed_date: Day | None = None
    """The name is [assumed], that there is such a date is [doc-3p]."""
    incident: IncidentRecord | None = None


class CaseRow(Record):
    """A case in a list; the rest of the row is a matter of luck [assumed]."""

    case_id: Identifier
    case_number: str | None = None
    modified_date: Instant | None = None


class NamedRecord(Record):
    """One entry of a picklist: ``[{id, description}]`` [seen]; ids differ per firm [seen]."""

    id: Identifier
    description: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one firm wants its cases read."""

    roles: RoleMap = field(default_factory=RoleMap)
    stage_from: str = ""
    """Type of the sub-status that is the stage; empty: the case's main status is."""
    closed_statuses: frozenset[str] = frozenset({"Closed Case"})
    """Main statuses of closed cases [seen]; one with a closing date is closed in any case [assumed]."""


def case_from(record: Any, reading: Reading) -> Case | Unreadable:
    """A case with contacts, its names in lower case, as ``reading`` has it; or why it cannot be read."""
    try:
        wire = CaseRecord.model_validate(record)
    except ValidationError as error:
        return unreadable(SYSTEM, record, "caseid", error)
    over = wire.case_status in reading.closed_statuses
    attorneys, paralegals = _staff(wire.case_staff, reading.roles)
    client = _client(wire.plaintiffs)
    incident = wire.incident or IncidentRecord()
    return Case(
        system=SOURCE,
        integration_id=wire.case_id,
        readable_id=wire.case_number,
        description=plain_text(incident.incident_facts or "") or wire.case_name,
        practice_area=wire.case_type,
        stage=_stage(wire, reading.stage_from),
        state=CaseState.CLOSED if over or wire.case_closed_date else CaseState.OPEN,
        case_date=incident.incident_date or wire.case_opened_date,
        closed_on=wire.case_closed_date,
        created_at=wire.created_date,
        updated_at=wire.modified_date,
        attorney=attorneys[0] if attorneys else None,
        additional_attorneys=attorneys[1:],
        paralegals=paralegals,
        clients=(client,) if client else (),
    )


def _stage(wire: CaseRecord, stage_from: str) -> str | None:
    if not stage_from:
        return wire.case_status
    return next((one.status_name for one in wire.second_statuses if one.status_type_name == stage_from), None)


def _staff(
    rows: Iterable[StaffRecord], roles: RoleMap
) -> tuple[tuple[StaffMember, ...], tuple[StaffMember, ...]]:  # fmt: skip
    """Attorneys, the lead one first, and paralegals, each once, of those whose assignment has not ended."""
    now = datetime.now(UTC)
    present = [row for row in rows if row.to_date is None or row.to_date > now]
    by_label = [(row.role or "", _member(row)) for row in present]
    return roles.attorneys(by_label), roles.paralegals(by_label)


def _member(row: StaffRecord) -> StaffMember:
    name = " ".join(part.strip() for part in (row.first_name, row.last_name) if part and part.strip())
    email = (row.email or "").strip().lower()  # letter case and space are as people typed them [seen]
    return StaffMember(row.user_id or row.unique_contact_id or email, name or None, email or None)


def _client(plaintiffs: Iterable[PlaintiffRecord]) -> Client | None:
    """The client: the main contact, else the main plaintiff, else the first who is a client [assumed]."""
    present = [one for one in plaintiffs if not one.marked_as_removed]
    possible = [one for one in present if one.primary_contact or one.primary or one.client]
    ranked = sorted(possible, key=lambda one: (not one.primary_contact, not one.primary))
    return _client_of(ranked[0]) if ranked else None


def _client_of(plaintiff: PlaintiffRecord) -> Client:
    contact = plaintiff.contact
    if contact is None:
        # Asked for and not given: it is hidden from the account, which is not the same as one without a number.
        return Client(plaintiff.contact_id, redacted=True)
    organisation = contact.contact_ctg == ORGANISATION
    return Client(
        plaintiff.contact_id,
        first_name=None if organisation else contact.first_name,
        last_name=None if organisation else contact.last_name,
        company_name=(contact.name or plaintiff.name) if organisation else None,
        email=_email(contact.emails),
        phones=_phones(contact.phones),
    )


def _email(emails: Iterable[EmailRecord]) -> str | None:
    usable = [one for one in emails if one.value]
    return next((one.value for one in sorted(usable, key=lambda one: not one.primary)), None)


def _phones(phones: Iterable[PhoneRecord]) -> tuple[Phone, ...]:
    """The numbers; one that is marked for texting comes right after the cell phones, before the primary one [assumed]."""
    written = sorted((one for one in phones if one.phone_number), key=lambda one: not one.use_for_texting)
    return tuple(
        Phone(one.phone_number or "", one.name or "", primary=bool(one.primary or one.use_for_texting))
        for one in written
    )


def names_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Ids by name of a picklist whose rows went through :func:`lower_keys`. Raises ValidationError."""
    entries = [NamedRecord.model_validate(row) for row in rows]
    return {entry.description: entry.id for entry in entries}
