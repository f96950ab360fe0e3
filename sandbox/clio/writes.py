"""What POST and PATCH do to records: bodies checked and turned into record values. Refusals are 422 [assumed]."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sandbox.clio.answers import unprocessable
from sandbox.clio.call import Call
from sandbox.clio.records import STATUS_OUT, contact_details
from sandbox.clio.table import Record, instant

Values = Callable[[Call, dict[str, Any], Record | None], Record]
"""Body → record values; the record is None on creation."""

_ASSOCIATION_LIMIT = 20
_MATTER_LINKS = {
    "matter_stage": ("_matter_stage", "matter_stages"),
    "practice_area": ("_practice_area", "practice_areas"),
    "responsible_attorney": ("_responsible_attorney", "users"),
    "originating_attorney": ("_originating_attorney", "users"),
    "responsible_staff": ("_responsible_staff", "users"),
}
_MATTER_PLAIN = ("client_reference", "location", "billable", "display_number", "require_utbms_codes")
_CONTACT_PLAIN = (
    *("middle_name", "prefix", "title", "date_of_birth", "ledes_client_id", "sales_tax_number", "clio_connect_email"),
)


def matter_values(call: Call, data: dict[str, Any], record: Record | None) -> Record:
    """A matter's body. Required on creation: ``client`` and ``description`` [sdk]."""
    values: Record = {name: data[name] for name in _MATTER_PLAIN if name in data}
    if record is None and not (data.get("client") and data.get("description")):
        raise unprocessable("Client and description can't be blank.")
    if "description" in data:
        values["description"] = data["description"]
    if "client" in data:
        values["client_id"] = _linked(call, "contacts", "client", data["client"])
    for name, (link, table) in _MATTER_LINKS.items():
        if name in data:
            values[link] = _linked(call, table, name, data[name])
    before = record or {}
    if "_matter_stage" in values and values["_matter_stage"] != before.get("_matter_stage"):
        values["matter_stage_updated_at"] = instant(call.now)
    if "custom_field_values" in data:
        values["_custom_field_values"] = _custom_field_values(call, data["custom_field_values"], before)
    values |= _life(call, data, before)
    return values if record is not None else _new_matter(call, values)


def _life(call: Call, data: dict[str, Any], before: Record) -> Record:
    """Status and dates; a closing without a date is dated today [assumed]."""
    values: Record = {
        name: _day(name, data[name]) for name in ("open_date", "close_date", "pending_date") if name in data
    }
    if "status" in data:
        status = data["status"]
        if status not in STATUS_OUT:
            raise unprocessable(f"Status {status} is not included in the list.")
        values["status"] = STATUS_OUT[status]
        dated = {"closed": "close_date", "pending": "pending_date"}.get(status)
        if dated and not (values.get(dated) or before.get(dated)):
            values[dated] = _today(call)
        if status == "open" and "close_date" not in values:
            values["close_date"] = None
    return values


def _new_matter(call: Call, values: Record) -> Record:
    number = len(call.firm.matters.ids) + 1
    client = call.firm.contacts.get(values["client_id"]) or {}
    call.firm.contacts.change(client, {"is_client": True}, call.now, silently=True)
    first = {
        "number": number,
        "display_number": f"{number:05d}-{client.get('last_name') or client['name']}",
        "status": "Open",
        "open_date": _today(call),
        "billable": True,
        "billing_method": "hourly",
        "shared": True,
        "has_tasks": False,
        "matter_stage_updated_at": None,
        "_user": call.user_id,
        "_custom_field_values": [],
    }
    return first | values


def contact_values(call: Call, data: dict[str, Any], record: Record | None) -> Record:
    """A contact's body: ``type`` and ``name``, or a Person's first and last name [sdk]."""
    before = record or {}
    kind = data.get("type", before.get("type"))
    if kind not in {"Person", "Company"}:
        raise unprocessable("Type must be Person or Company.")
    values: Record = {"type": kind} | {name: data[name] for name in _CONTACT_PLAIN if name in data}
    values |= _names(kind, data, before)
    phones = _details(data.get("phone_numbers"), before.get("_phone_numbers", []), "number", "default_number")
    emails = _details(data.get("email_addresses"), before.get("_email_addresses", []), "address", "default_email")
    contact_id = before["id"] if record is not None else call.firm.contacts.next_id()
    values |= contact_details(contact_id, phones, emails)
    if record is None:
        values |= {"is_client": False, "is_co_counsel": False, "_addresses": [], "_custom_field_values": []}
    return values


def _names(kind: str, data: dict[str, Any], before: Record) -> Record:
    if kind == "Company":
        name = data.get("name", before.get("name"))
        if not name:
            raise unprocessable("A Company must have a name.")
        return {"name": name, "first_name": None, "last_name": None}
    first = data.get("first_name", before.get("first_name"))
    last = data.get("last_name", before.get("last_name"))
    if data.get("name") and not {"first_name", "last_name"} & set(data):
        first, _, last = str(data["name"]).rpartition(" ")
    if not (first or last):
        raise unprocessable("A Person must have a first name or a last name.")
    return {"first_name": first or None, "last_name": last or None, "name": " ".join(filter(None, (first, last)))}


def _details(wanted: Any, kept: list[Record], text: str, default: str) -> list[Record]:
    """Phones or e-mails after a body's list: known ids are changed or destroyed, others added."""
    details = [dict(detail) for detail in kept]
    for item in wanted or ():
        known = next((detail for detail in details if detail["id"] == item.get("id")), None) if "id" in item else None
        if "id" in item and known is None:
            raise unprocessable(f"There is no {text} {item['id']} on this contact.")
        if item.get("_destroy") and known:
            details.remove(known)
            continue
        if known is None:
            known = {"name": "Other", "primary": not details}
            details.append(known)
        known |= {name: item[name] for name in (text, "name") if name in item}
        if not known.get(text):
            raise unprocessable(f"{text.capitalize()} can't be blank.")
        if item.get(default):
            for detail in details:
                detail["primary"] = detail is known
    if len(details) > _ASSOCIATION_LIMIT:
        raise unprocessable(f"A contact cannot have more than {_ASSOCIATION_LIMIT} of these.")
    return details


def relationship_values(call: Call, data: dict[str, Any], record: Record | None) -> Record:
    """A relationship's body: ``matter``, ``contact``, free ``description``."""
    values: Record = {"description": data["description"]} if "description" in data else {}
    for name, table in (("matter", "matters"), ("contact", "contacts")):
        if name in data or record is None:
            target = _linked(call, table, name, data.get(name) or {})
            if target is None:
                raise unprocessable(f"{name.capitalize()} must exist.")
            values[f"_{name}"] = target
    return values


def practice_area_values(_call: Call, data: dict[str, Any], record: Record | None) -> Record:
    """A practice area's body."""
    if record is None and not data.get("name"):
        raise unprocessable("Name can't be blank.")
    return {name: data[name] for name in ("name", "code", "category") if name in data}


def _custom_field_values(call: Call, wanted: Any, before: Record) -> list[Record]:
    """Known by the value's ``id``, created with ``custom_field:{id}``, removed by ``_destroy`` [sdk]."""
    values = [dict(value) for value in before.get("_custom_field_values", [])]
    for item in wanted or ():
        known = next((value for value in values if value["id"] == item.get("id")), None)
        if known is not None and item.get("_destroy"):
            values.remove(known)
        elif known is not None:
            known["value"] = item.get("value")
        else:
            field = call.firm.custom_field((item.get("custom_field") or {}).get("id", 0))
            if field is None:
                raise unprocessable("Custom field must exist.")
            value_id = f"{field['field_type']}-{before.get('id', 'new')}-{field['id']}"
            named = {"id": value_id, "field_name": field["name"], "field_type": field["field_type"]}
            values.append(named | {"value": item.get("value"), "soft_deleted": False, "_custom_field": field})
    return values


def _linked(call: Call, table: str, name: str, wanted: Any) -> int | None:
    """The id a body's ``{"id": ...}`` names, None to clear the link."""
    target = wanted.get("id") if isinstance(wanted, dict) else None
    if target is None:
        return None
    if not isinstance(target, int) or call.firm.tables[table].get(target) is None:
        raise unprocessable(f"{name.replace('_', ' ').capitalize()} must exist.")
    return target


def _day(name: str, text: Any) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except (TypeError, ValueError) as error:
        raise unprocessable(f"{name.replace('_', ' ').capitalize()} is not a valid date.") from error


def _today(call: Call) -> str:
    return datetime.fromtimestamp(call.now, UTC).date().isoformat()
