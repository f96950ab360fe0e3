"""CASEpeer's records as they come, and what they become in our own words. Their shape is [assumed], names of fields [seen]."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from connectors.casepeer.hosts import SYSTEM
from connectors.wiring import Identifier, Instant, WireRecord, unreadable
from domain.case import Case, CaseState, Client, Phone, StaffMember, Unreadable

SOURCE = "casepeer"
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


def _day(value: Any) -> date | None:
    """A day as it is written in bodies; one that is absent is null or an empty text [seen]."""
    if value is None or value == "":
        return None
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is not a day as MM/DD/YYYY")
    month, day, year = map(int, found.groups())
    return date(year, month, day)


Day = Annotated[date | None, BeforeValidator(_day)]
"""``MM/DD/YYYY``, or None."""


class PhoneRecord(WireRecord):
    """A number as it was typed; an empty one is a field of the form that nobody filled in."""

    type: str | None
    number: str | None


class ClientRecord(WireRecord):
    """The client; a company has a last name only."""

    id: Identifier
    firstname: str | None
    lastname: str | None
    email: str | None
    phones: tuple[PhoneRecord, ...]


class StaffRecord(WireRecord):
    """Somebody of the firm; the e-mail is the join key to other systems [seed]."""

    id: Identifier
    name: str | None
    email: str | None


class TeamRecord(WireRecord):
    """Who works on a case; any role may be empty [help]."""

    lead_attorney: StaffRecord | None
    supervising_attorney: StaffRecord | None
    case_manager: StaffRecord | None


class CaseRecord(WireRecord):
    """A case, whole in lists, too. ``_casename`` is not read: it is no key [seen]."""

    id: Identifier
    firm_file_number: str | None
    casetype: str | None
    casestatus: str | None
    is_open: bool
    closed_date: Day
    doi: Day
    retainref_date: Day
    description: str | None
    client: ClientRecord | None
    team: TeamRecord
    version: int
    updated_at: Instant


class TwinRecord(WireRecord):
    """What a case is connected to; whether it is, is said apart [assumed]."""

    connected: bool
    external_id: str | None


class ConnectedRecord(WireRecord):
    """Of a case only its connection with Case Status."""

    case_status: TwinRecord


class CaseHint(WireRecord):
    """What is called out of a case [assumed]."""

    event: str
    case_id: Identifier


class AccountRecord(WireRecord):
    """What a key may know of itself."""

    firm: str
    host: str
    key_scope: str


class IntegrationRecord(WireRecord):
    """The settings of the integration with Case Status: CASEpeer's own key, and of the other one only the end."""

    key: str = Field(repr=False)
    partner_api_key_last4: str | None
    enabled: bool


def case_from(record: Any) -> Case | Unreadable:
    """A case with its client and staff; or why it cannot be read."""
    try:
        wire = CaseRecord.model_validate(record)
    except ValidationError as error:
        return unreadable(SYSTEM, record, "id", error)
    supervising, manager = _member(wire.team.supervising_attorney), _member(wire.team.case_manager)
    return Case(
        system=SOURCE,
        integration_id=wire.id,
        readable_id=wire.firm_file_number or None,
        description=wire.description or None,
        practice_area=wire.casetype or None,
        stage=wire.casestatus or None,
        state=CaseState.OPEN if wire.is_open else CaseState.CLOSED,  # whatever the status is called [assumed]
        case_date=wire.doi or wire.retainref_date,
        closed_on=wire.closed_date,
        updated_at=wire.updated_at,
        attorney=_member(wire.team.lead_attorney),
        additional_attorneys=(supervising,) if supervising else (),
        paralegals=(manager,) if manager else (),
        clients=(_client(wire.client),) if wire.client else (),
        version=str(wire.version),
    )


def _member(wire: StaffRecord | None) -> StaffMember | None:
    """E-mails are as people typed them, with blanks and capitals [assumed]."""
    return StaffMember(wire.id, wire.name, (wire.email or "").strip().lower() or None) if wire else None


def _client(wire: ClientRecord) -> Client:
    return Client(
        wire.id,
        first_name=wire.firstname or None,
        last_name=wire.lastname or None,
        email=wire.email or None,
        phones=tuple(Phone(one.number, one.type or "") for one in wire.phones if one.number),
    )
