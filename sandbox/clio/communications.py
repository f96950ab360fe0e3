"""Logged communications: what POST and PATCH do to them, and the people on them as answers show them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.clio.answers import unprocessable
from sandbox.clio.call import Call
from sandbox.clio.properties import external_properties
from sandbox.clio.table import Record, instant

if TYPE_CHECKING:
    from sandbox.clio.firm import ClioFirm

TYPES = ("EmailCommunication", "PhoneCommunication")
Person = tuple[str, int]
"""``User`` or ``Contact``, and the id: a participant as a body names it [sdk]."""
_REQUIRED = ("subject", "body", "type", "received_at")
_TABLES = {"User": "users", "Contact": "contacts"}


def communication_values(call: Call, data: dict[str, Any], record: Record | None) -> Record:
    """A communication's body. Required on creation: subject, body, type, ``received_at`` [sdk]; blank is refused."""
    before = record or {}
    values = _texts(data, record)
    if "received_at" in data:
        values |= _received(call, data["received_at"])
    if "matter" in data:
        values["_matter"] = known_matter(call, data["matter"])
    for side in ("senders", "receivers"):
        if side in data:
            values[f"_{side}"] = _people(call, side, data[side], before.get(f"_{side}", []))
    if data.get("notification_event_subscribers"):
        if values.get("type", before.get("type")) != "PhoneCommunication":
            raise unprocessable("Notification event subscribers are only for phone communications.")
        values["_subscribers"] = _subscribers(call, data["notification_event_subscribers"], before)
    if "external_properties" in data:
        values["_external_properties"] = external_properties(call, data["external_properties"], before)
    return values if record is not None else _first(call) | values


def _texts(data: dict[str, Any], record: Record | None) -> Record:
    for name in _REQUIRED:
        if (record is None or name in data) and not str(data.get(name) or "").strip():
            raise unprocessable(f"{name.replace('_', ' ').capitalize()} can't be blank.")
    values: Record = {name: data[name] for name in ("subject", "body", "type") if name in data}
    if "type" in values and values["type"] not in TYPES:
        raise unprocessable(f"Type must be {' or '.join(TYPES)}.")
    return values


def _first(call: Call) -> Record:
    """What a new communication has before its body is looked at."""
    return {
        "time_entries_count": 0,
        "_user": call.user_id,
        "_matter": None,
        "_senders": [],
        "_receivers": [],
        "_subscribers": [],
        "_external_properties": [],
    }


def moment(name: str, text: Any) -> float:
    """The unix seconds of an ISO-8601 timestamp, UTC where it names no zone [assumed]. Raises Refusal (422)."""
    try:
        read = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise unprocessable(f"{name.replace('_', ' ').capitalize()} is not a valid timestamp.") from error
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _received(call: Call, text: Any) -> Record:
    """``received_at``, and the ``date`` that follows from it in the connected user's zone [assumed]."""
    seconds = moment("received_at", text)
    user = call.firm.tables["users"].get(call.user_id) or {}
    zone = ZoneInfo(user.get("time_zone") or "UTC")
    day = datetime.fromtimestamp(seconds, zone).date().isoformat()
    return {"received_at": instant(seconds), "date": day, "_received": seconds}


def known_matter(call: Call, wanted: Any) -> int:
    """The id in a body's ``matter``. Raises Refusal (422) for one that is unknown [assumed] or hidden."""
    target = wanted.get("id") if isinstance(wanted, dict) else None
    firm = call.firm
    if not isinstance(target, int) or target in firm.hidden_matters or firm.matters.get(target) is None:
        raise unprocessable("Matter must exist.")
    return target


def _people(call: Call, side: str, wanted: Any, kept: list[Person]) -> list[Person]:
    """Participants after a body's list: ``_deleted`` takes one off, others are added; all must exist [sdk]."""
    people = list(kept)
    for item in wanted or ():
        kind, identity = item.get("type"), item.get("id")
        known = kind in _TABLES and isinstance(identity, int)
        if not known or call.firm.tables[_TABLES[kind]].get(identity) is None:
            raise unprocessable(f"{side.capitalize()} must be existing users or contacts.")
        if item.get("_deleted"):
            people = [person for person in people if person != (kind, identity)]
        elif (kind, identity) not in people:
            people.append((kind, identity))
    return people


def _subscribers(call: Call, wanted: Any, before: Record) -> list[Record]:
    subscribers = list(before.get("_subscribers", ()))
    for item in wanted:
        if "id" in item:
            subscribers = [kept for kept in subscribers if kept["id"] != item["id"] or not item.get("_destroy")]
            continue
        text = str(item.get("user_id") or "")
        user = call.firm.tables["users"].get(int(text)) if text.isdecimal() else None
        if user is None:
            raise unprocessable("Notification event subscriber must be an existing user.")
        number = call.firm.number("subscriber")
        at = {"created_at": instant(call.now), "updated_at": instant(call.now)}
        subscribers.append({"id": number, "etag": f'"{number:x}"', "user_id": user["id"], "name": user["name"]} | at)
    return subscribers


def participants(firm: "ClioFirm", people: list[Person]) -> list[Record]:
    """People as answers show them: what was written as ``Contact`` is a ``Person`` or a ``Company`` [sdk]."""
    found = ((kind, firm.tables[_TABLES[kind]].get(identity)) for kind, identity in people)
    return [_participant(kind, record) for kind, record in found if record is not None]


def _participant(kind: str, record: Record) -> Record:
    """``identifier`` is the e-mail address, the secondary one the phone number [assumed]."""
    user = kind == "User"
    return {
        **{name: record.get(name) for name in ("id", "etag", "name", "initials", "created_at", "updated_at")},
        "type": kind if user else record["type"],
        "identifier": record.get("email") if user else record.get("primary_email_address"),
        "secondary_identifier": record.get("phone_number") if user else record.get("primary_phone_number"),
        "job_title_name": None,
        "enabled": record["enabled"] if user else None,
    }
