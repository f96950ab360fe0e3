"""The filters of Clio's lists. A parameter nobody knows is ignored silently [seen]; a bad value is 400 [assumed]."""

import operator
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

from sandbox.clio.answers import bad_argument
from sandbox.clio.listing import Predicate, Selection
from sandbox.clio.records import STATUS_OUT
from sandbox.clio.table import Record, Table

if TYPE_CHECKING:
    from sandbox.clio.firm import ClioFirm

Filter = Callable[["ClioFirm", str], Predicate]
_OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}


def select(firm: "ClioFirm", table: Table, filters: dict[str, Filter], params: Sequence[tuple[str, str]]) -> Selection:
    """The records of ``table`` that the query parameters mean. Raises Refusal (400)."""
    ids: Sequence[int] = table.ids
    wanted = [_whole(name, value) for name, value in params if name in {"ids[]", "ids"}]
    if wanted:
        ids = sorted({record_id for record_id in wanted if table.get(record_id) is not None})
    predicates: list[Predicate] = []
    for name, value in params:
        moment: Literal["_created", "_updated"] | None = _MOMENTS.get(name)
        if moment is not None and value:
            seconds = _seconds(name, value)
            if ids is table.ids:
                ids = table.after(moment, seconds)
            else:
                predicates.append(_later(moment, seconds))
        elif name in filters:
            predicates.append(filters[name](firm, value))
        elif name.startswith("custom_field_values[") and "custom_field_values" in filters:
            predicates.append(_custom_field(firm, name, value))
    excluded = {_whole(name, value) for name, value in params if name == "exclude_ids[]"}
    if excluded:
        predicates.append(lambda record: record["id"] not in excluded)
    return Selection(ids, table.get, predicates)


_MOMENTS: dict[str, Literal["_created", "_updated"]] = {"created_since": "_created", "updated_since": "_updated"}


def _later(moment: str, seconds: float) -> Predicate:
    return lambda record: record[moment] > seconds


def _seconds(name: str, text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_argument(f"{name} must be an ISO-8601 timestamp") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise bad_argument(f"{name} must be an identifier") from error


def _status(_firm: "ClioFirm", text: str) -> Predicate:
    """A comma list of lower-case statuses; capitalised ones are refused [assumed]."""
    wanted = set()
    for status in text.split(","):
        if status not in STATUS_OUT:
            raise bad_argument(f"{status} is not a valid status")
        wanted.add(STATUS_OUT[status])
    return lambda record: record["status"] in wanted


def _link(key: str, name: str, *, null: bool = False) -> Filter:
    """Equality with an id; with ``null`` also the word ``null``."""

    def build(_firm: "ClioFirm", text: str) -> Predicate:
        target = None if null and text == "null" else _whole(name, text)
        return lambda record: record.get(key) == target

    return build


def _date(key: str) -> Filter:
    """``>=2016-01-31`` and the like [sdk]."""

    def build(_firm: "ClioFirm", text: str) -> Predicate:
        symbol = next((symbol for symbol in _OPERATORS if text.startswith(symbol)), None)
        try:
            limit = date.fromisoformat(text.removeprefix(symbol or "")).isoformat()
        except ValueError as error:
            raise bad_argument(f"{key} must be an operator and a date such as >=2016-01-31") from error
        if symbol is None:
            raise bad_argument(f"{key} needs an operator: > >= = <= <")
        compare = _OPERATORS[symbol]
        return lambda record: bool(record.get(key)) and bool(compare(record[key], limit))

    return build


def _custom_field(firm: "ClioFirm", name: str, text: str) -> Predicate:
    """``custom_field_values[<id>]=<operator><value>`` [sdk]."""
    field_id = _whole("custom_field_values", name.partition("[")[2].rstrip("]"))
    field_type = firm.custom_fields().get(field_id)
    if field_type is None:
        raise bad_argument(f"{field_id} is not a custom field")
    ordered = field_type in {"currency", "date", "time", "numeric"}
    symbol = next((symbol for symbol in _OPERATORS if text.startswith(symbol)), "=") if ordered else "="
    value = text.removeprefix(symbol)
    compare = _OPERATORS[symbol]

    def fulfils(record: Record) -> bool:
        values = record.get("_custom_field_values", ())
        return any(bool(compare(kept["value"], value)) for kept in values if kept["_custom_field"]["id"] == field_id)

    return fulfils


def _flag(read: Callable[[Record], Any], name: str) -> Filter:
    def build(_firm: "ClioFirm", text: str) -> Predicate:
        if text not in {"true", "false"}:
            raise bad_argument(f"{name} must be true or false")
        wanted = text == "true"
        return lambda record: bool(read(record)) == wanted

    return build


def _only(read: Callable[[Record], Any], name: str) -> Filter:
    """A flag whose ``false`` filters nothing."""
    flag = _flag(read, name)
    return lambda firm, text: flag(firm, text) if text != "false" else lambda _record: True


def _word(key: str, meanings: dict[str, str] | None = None) -> Filter:
    """Equality with a text; with ``meanings`` one of a fixed set."""

    def build(_firm: "ClioFirm", text: str) -> Predicate:
        if meanings is not None and text not in meanings:
            raise bad_argument(f"{text} is not a valid value")
        wanted = text if meanings is None else meanings[text]
        return lambda record: record.get(key) == wanted

    return build


def _contains(*keys: str) -> Filter:
    """Every word of the text occurs in one of the fields, letter case aside [assumed]."""

    def build(_firm: "ClioFirm", text: str) -> Predicate:
        words = text.lower().split()
        return lambda record: all(any(word in str(record.get(key) or "").lower() for key in keys) for word in words)

    return build


def _matter_query(firm: "ClioFirm", text: str) -> Predicate:
    """``query`` on matters: display number, number, description, client names [sdk]."""
    words = text.lower().split()

    def fulfils(record: Record) -> bool:
        client = firm.contacts.get(record["client_id"]) or {}
        told = (record["display_number"], record["number"], record["description"], client.get("name"))
        whole = " ".join(str(part) for part in told if part is not None).lower()
        return all(word in whole for word in words)

    return fulfils


def _role(_firm: "ClioFirm", text: str) -> Predicate:
    if text not in {"admin", "accounts", "billing", "reports"}:
        raise bad_argument(f"{text} is not a valid role")
    return lambda record: text.capitalize() in record["roles"]


def _initial(_firm: "ClioFirm", text: str) -> Predicate:
    return lambda record: (record.get("last_name") or record["name"] or "").startswith(text)


def _area_of_matter(firm: "ClioFirm", text: str) -> Predicate:
    matter = firm.matters.get(_whole("matter_id", text)) or {}
    return lambda record: record["id"] == matter.get("_practice_area")


_PERSON_OR_COMPANY = {"Person": "Person", "Company": "Company"}
_SUBSCRIPTIONS = {"attorney": "Attorney", "nonattorney": "NonAttorney"}

FILTERS: dict[str, dict[str, Filter]] = {
    "matters": {
        "status": _status,
        "query": _matter_query,
        "client_id": _link("client_id", "client_id"),
        "practice_area_id": _link("_practice_area", "practice_area_id"),
        "responsible_attorney_id": _link("_responsible_attorney", "responsible_attorney_id", null=True),
        "originating_attorney_id": _link("_originating_attorney", "originating_attorney_id", null=True),
        "responsible_staff_id": _link("_responsible_staff", "responsible_staff_id", null=True),
        "group_id": _link("_group", "group_id"),
        "grant_id": _link("_grant", "grant_id", null=True),
        "billable": _flag(lambda record: record.get("billable"), "billable"),
        **{name + suffix: _date(name) for name in ("open_date", "close_date", "pending_date") for suffix in ("", "[]")},
        "custom_field_values": lambda _firm, _text: lambda _record: True,
    },
    "contacts": {
        "type": _word("type", _PERSON_OR_COMPANY),
        "query": _contains("name", "primary_email_address", "primary_phone_number"),
        "client_only": _only(lambda record: record["is_client"], "client_only"),
        "email_only": _only(lambda record: record["primary_email_address"], "email_only"),
        "clio_connect_only": _only(lambda record: record.get("clio_connect_email"), "clio_connect_only"),
        "initial": _initial,
    },
    "users": {
        "enabled": _flag(lambda record: record["enabled"], "enabled"),
        "name": _contains("name"),
        "role": _role,
        "subscription_type": _word("subscription_type", _SUBSCRIPTIONS),
        "include_co_counsel": lambda _firm, _text: lambda _record: True,
        "pending_setup": _only(lambda _record: False, "pending_setup"),
    },
    "matter_stages": {"practice_area_id": _word("practice_area_id")},
    "practice_areas": {"code": _word("code"), "name": _word("name"), "matter_id": _area_of_matter},
    "relationships": {
        "matter_id": _link("_matter", "matter_id"),
        "contact_id": _link("_contact", "contact_id"),
    },
}
