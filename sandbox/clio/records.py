"""From the world's seeds to Clio's records in wire form."""

from collections.abc import Hashable, Iterator
from zlib import crc32

from sandbox.clio.table import Record, instant
from sandbox.seed import Firm
from sandbox.seeding.shapes import ContactSeed, MatterSeed, PracticeAreaSeed, StageSeed, UserSeed

STATUS_OUT = {"open": "Open", "pending": "Pending", "closed": "Closed"}
"""Filters and bodies take the left, answers say the right [sdk]."""
CUSTOM_FIELDS = {"Incident Date": "date", "Referral Source": "text_line"}
"""Name and type of each firm's custom fields on matters, in id order."""
_DETAILS_PER_CONTACT = 100


def matter_record(firm: Firm, seed: MatterSeed) -> Record:
    """A matter; links are the keys with an underscore."""
    incident = {"id": f"date-{seed.id}", "field_name": "Incident Date", "field_type": "date", "soft_deleted": False}
    incident |= {"value": seed.open_date.isoformat(), "_custom_field": custom_field(firm, 0)}
    return {
        "id": seed.id,
        "number": seed.number,
        "display_number": seed.display_number,
        "custom_number": None,
        "description": seed.description,
        "status": STATUS_OUT[seed.status],
        "client_id": seed.client_id,
        "billable": True,
        "billing_method": "contingency",
        "open_date": seed.open_date.isoformat(),
        "pending_date": seed.pending_date and seed.pending_date.isoformat(),
        "close_date": seed.close_date and seed.close_date.isoformat(),
        "matter_stage_updated_at": instant(seed.stage_changed),
        "shared": True,
        "has_tasks": False,
        "_matter_stage": seed.stage_id,
        "_practice_area": seed.practice_area_id,
        "_responsible_attorney": seed.attorney_id,
        "_originating_attorney": seed.originating_attorney_id,
        "_responsible_staff": seed.staff_id,
        "_user": firm.staff.admin.id,
        "_custom_field_values": [incident] if seed.number % 2 else [],
        "_created": seed.created,
        "_updated": seed.updated,
    }


def contact_record(seed: ContactSeed) -> Record:
    """A contact with its phones and e-mails."""
    record: Record = {
        "id": seed.id,
        "type": "Company" if seed.company_name else "Person",
        "name": seed.name,
        "first_name": seed.first_name,
        "last_name": seed.last_name,
        "initials": "".join(word[0] for word in (seed.first_name, seed.last_name) if word) or None,
        "date_of_birth": seed.date_of_birth and seed.date_of_birth.isoformat(),
        "is_client": seed.is_client,
        "is_co_counsel": False,
        "is_bill_recipient": seed.is_client,
        "_created": seed.created,
        "_updated": seed.updated,
        "_addresses": [],
        "_custom_field_values": [],
    }
    phones = [{"number": phone.number, "name": phone.label, "primary": phone.primary} for phone in seed.phones]
    emails = [{"address": seed.email, "name": "Home", "primary": True}] if seed.email else []
    return record | contact_details(seed.id, phones, emails)


def contact_details(contact_id: int, phones: list[Record], emails: list[Record]) -> Record:
    """Phones and e-mails with ids and etags, and the flat primary and secondary fields that follow from them."""
    first = contact_id * _DETAILS_PER_CONTACT
    for details, start, text in ((phones, first, "number"), (emails, first + _DETAILS_PER_CONTACT // 2, "address")):
        known = {detail["id"] for detail in details if "id" in detail}
        free = (number for number in range(start, start + _DETAILS_PER_CONTACT) if number not in known)
        for detail in details:
            if "id" not in detail:
                detail["id"] = next(free)
            detail["etag"] = f'"{detail["id"]:x}{crc32(detail[text].encode()):x}"'
        details.sort(key=lambda detail: (not detail["primary"], detail["id"]))
    return {
        "_phone_numbers": phones,
        "_email_addresses": emails,
        "primary_phone_number": phones[0]["number"] if phones else None,
        "secondary_phone_number": phones[1]["number"] if phones[1:] else None,
        "primary_email_address": emails[0]["address"] if emails else None,
        "secondary_email_address": emails[1]["address"] if emails[1:] else None,
    }


def user_record(firm: Firm, seed: UserSeed, since: int) -> Record:
    """A user of the firm."""
    return {
        "id": seed.id,
        "name": seed.name,
        "first_name": seed.first_name,
        "last_name": seed.last_name,
        "initials": seed.first_name[0] + seed.last_name[0],
        "email": seed.email,
        "enabled": seed.portal_status != "removed",
        "account_owner": seed.admin,
        "clio_connect": False,
        "roles": ["Admin"] if seed.admin else [],
        "subscription_type": "Attorney" if seed.attorney else "NonAttorney",
        "time_zone": firm.time_zone,
        "locale": "en",
        "rate": 0.0,
        "court_rules_default_attendee": False,
        "_created": since,
        "_updated": since,
    }


def area_record(seed: PracticeAreaSeed, since: int) -> Record:
    """A practice area."""
    code = "".join(word[0] for word in seed.name.split()).upper()
    return {
        "id": seed.id,
        "name": seed.name,
        "code": code,
        "category": seed.category,
        "_created": since,
        "_updated": since,
    }


def stage_record(area: PracticeAreaSeed, seed: StageSeed, since: int) -> Record:
    """A matter stage; ``practice_area_id`` is a string [sdk]."""
    return {
        "id": seed.id,
        "name": seed.name,
        "order": seed.position,
        "practice_area_id": str(area.id),
        "_created": since,
        "_updated": since,
    }


def account_record(firm: Firm) -> Record:
    """The firm itself."""
    return {"id": firm.account_id, "etag": f'"{firm.account_id:x}"', "name": firm.name, "state": "subscribed"}


def custom_field(firm: Firm, rank: int) -> Record:
    """Custom field number ``rank`` of the firm."""
    name = list(CUSTOM_FIELDS)[rank]
    field_id = 61_000_000 + firm.rank * 10 + rank
    return {
        "id": field_id,
        "etag": f'"{field_id:x}"',
        "name": name,
        "field_type": CUSTOM_FIELDS[name],
        "parent_type": "Matter",
        "required": False,
        "deleted": False,
    }


def filing_keys(record: Record) -> Iterator[Hashable]:
    """Under which keys a communication or document is found without looking at the others."""
    for name in ("matter", "contact", "communication"):
        if record.get(f"_{name}") is not None:
            yield name, record[f"_{name}"]
    for kept in record["_external_properties"]:
        yield "property", kept["name"], kept["value"]
