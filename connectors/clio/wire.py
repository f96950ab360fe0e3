"""Clio's records as they come: every field we ask for, and what it becomes in our own words.

A field that we asked for and that is missing is noticed, never read as empty; only a ``redacted`` stub may lack any.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError, field_validator

from connectors.wiring import Identifier, Instant, PlainDate, WireRecord, record_id, unreadable
from domain.case import Case, CaseState, Client, Phone, StaffMember, Unreadable

SYSTEM = "Clio"
SOURCE = "clio"
Shape = TypeVar("Shape", bound=WireRecord)
USER_FIELDS = "id,name,email"
MATTER_FIELDS = (
    "id,display_number,description,status,open_date,close_date,created_at,updated_at,"
    "matter_stage{name},practice_area{name},client{id,etag,name,first_name,last_name,type},"
    f"responsible_attorney{{{USER_FIELDS}}},originating_attorney{{{USER_FIELDS}}},responsible_staff{{{USER_FIELDS}}}"
)
CONTACT_FIELDS = (
    "id,etag,name,first_name,last_name,type,primary_email_address,primary_phone_number,"
    "phone_numbers{name,number,primary}"
)
_STATUSES = {"open": CaseState.OPEN, "pending": CaseState.OPEN, "closed": CaseState.CLOSED}


class NamedWire(WireRecord):
    """A matter stage or a practice area on a matter."""

    name: str | None


class UserWire(WireRecord):
    """A user on a matter; a stub when the connected user may not see it."""

    id: Identifier
    name: str | None
    email: str | None


class NestedClientWire(WireRecord):
    """The client within a matter: who it is and which version, without the phone numbers."""

    id: Identifier
    etag: str | None
    name: str | None
    first_name: str | None
    last_name: str | None
    type: str | None


class MatterWire(WireRecord):
    """A matter with ``MATTER_FIELDS`` [sdk]."""

    id: Identifier
    display_number: str | None
    description: str | None
    status: str
    open_date: PlainDate | None
    close_date: PlainDate | None
    created_at: Instant | None
    updated_at: Instant | None
    matter_stage: NamedWire | None
    practice_area: NamedWire | None
    client: NestedClientWire | None
    responsible_attorney: UserWire | None
    originating_attorney: UserWire | None
    responsible_staff: UserWire | None

    @field_validator("status")
    @classmethod
    def _known(cls, status: str) -> str:
        """Answers say ``Open``, filters take ``open`` [sdk]: letter case means nothing."""
        if status.lower() not in _STATUSES:
            raise ValueError(f"'{status}' is no status we know")
        return status.lower()


class PhoneWire(WireRecord):
    """A number of a contact; labels are ``Work``, ``Personal``, ``Other`` or free text [sdk][seen]."""

    name: str | None
    number: str | None
    primary: bool | None


class ContactWire(WireRecord):
    """A contact with ``CONTACT_FIELDS`` [sdk]. ``type`` is ``Person`` or ``Company``."""

    id: Identifier
    etag: str | None
    name: str | None
    first_name: str | None
    last_name: str | None
    type: str | None
    primary_email_address: str | None
    primary_phone_number: str | None
    phone_numbers: tuple[PhoneWire, ...]


class AccountWire(WireRecord):
    """The firm of a user."""

    id: Identifier
    name: str | None


class WhoAmIWire(WireRecord):
    """``/users/who_am_i``."""

    name: str | None
    email: str | None
    account: AccountWire


class PracticeAreaWire(WireRecord):
    """A practice area of the firm."""

    id: Identifier
    name: str


class MatterStageWire(WireRecord):
    """A stage; equal names may stand in several practice areas [assumed]. Its area's id is declared a text [sdk]."""

    id: Identifier
    name: str
    order: int | None
    practice_area_id: Identifier | None


class FirmUserWire(WireRecord):
    """A user of the firm; ``subscription_type`` is ``Attorney`` or ``NonAttorney`` [sdk]."""

    id: Identifier
    name: str | None
    email: str | None
    enabled: bool
    subscription_type: str | None


def is_redacted(record: Any) -> bool:
    """True for a stub whose missing values mean nothing: the connected user may not see the record [seen:doc]."""
    return isinstance(record, Mapping) and record.get("redacted") is True


def matter_from(record: Any) -> tuple[Case, Client | None] | Unreadable:
    """A matter as a case without clients, and its client as far as the matter knows it; or why it cannot be read."""
    if is_redacted(record):
        integration_id = record_id(record, "id")
        return Case(system=SOURCE, integration_id=integration_id, redacted=True), None
    try:
        wire = MatterWire.model_validate(_without_stubs(record))
    except ValidationError as error:
        return unreadable(SYSTEM, record, "id", error)
    case = Case(
        system=SOURCE,
        integration_id=wire.id,
        readable_id=wire.display_number,
        description=wire.description,
        practice_area=wire.practice_area.name if wire.practice_area else None,
        stage=wire.matter_stage.name if wire.matter_stage else None,
        state=_STATUSES[wire.status],
        case_date=wire.open_date,
        closed_on=wire.close_date,
        created_at=wire.created_at,
        updated_at=wire.updated_at,
        attorney=_staff(wire.responsible_attorney),
        originating_attorney=_staff(wire.originating_attorney),
        paralegals=(staff,) if (staff := _staff(wire.responsible_staff)) else (),
    )
    return case, _nested_client(record, wire.client)


_NESTED: dict[str, dict[str, None]] = {
    "matter_stage": {"name": None},
    "practice_area": {"name": None},
    "client": dict.fromkeys(("etag", "name", "first_name", "last_name", "type")),
    "responsible_attorney": dict.fromkeys(("name", "email")),
    "originating_attorney": dict.fromkeys(("name", "email")),
    "responsible_staff": dict.fromkeys(("name", "email")),
}


def _without_stubs(record: Any) -> Any:
    """The record with the empty places of its redacted associations filled, so that only real gaps are noticed."""
    if not isinstance(record, dict):
        return record
    stubs = {name: {**blank, **record[name]} for name, blank in _NESTED.items() if is_redacted(record.get(name))}
    return {**record, **stubs} if stubs else record


def _staff(wire: UserWire | None) -> StaffMember | None:
    return StaffMember(wire.id, wire.name, wire.email) if wire else None


def _nested_client(record: Any, wire: NestedClientWire | None) -> Client | None:
    if wire is None:
        return None
    names = _names(wire.type, wire.name, wire.first_name, wire.last_name)
    return Client(wire.id, *names, version=wire.etag, redacted=is_redacted(record["client"]))


def contact_from(record: Any) -> Client | Unreadable:
    """A contact as a client with all its numbers; or why it cannot be read."""
    if is_redacted(record):
        return Client(record_id(record, "id"), redacted=True)
    try:
        wire = ContactWire.model_validate(record)
    except ValidationError as error:
        return unreadable(SYSTEM, record, "id", error)
    return Client(
        wire.id,
        *_names(wire.type, wire.name, wire.first_name, wire.last_name),
        email=wire.primary_email_address or None,
        phones=_phones(wire),
        version=wire.etag,
    )


def _names(kind: str | None, name: str | None, first: str | None, last: str | None) -> tuple[
    str | None, str | None, str | None
]:  # fmt: skip
    """First, last and company name: a company has one name [help]."""
    if (kind or "").lower() == "company":
        return None, None, name
    return first, last, None


def _phones(wire: ContactWire) -> tuple[Phone, ...]:
    """The numbers in Clio's order; ``primary_phone_number`` marks its like, or stands for itself when not listed."""
    primary = _digits(wire.primary_phone_number)
    phones = tuple(
        Phone(phone.number, phone.name or "", primary=bool(phone.primary) or _digits(phone.number) == primary)
        for phone in wire.phone_numbers
        if phone.number
    )
    if wire.primary_phone_number and all(_digits(phone.number) != primary for phone in phones):
        return (Phone(wire.primary_phone_number, primary=True), *phones)
    return phones


def _digits(number: str | None) -> str:
    return "".join(character for character in number or "" if character.isdigit())
