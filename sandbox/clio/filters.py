"""The filters of Clio's lists. A parameter nobody knows is ignored silently [seen]; a bad value is 400 [assumed]."""

import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

from sandbox.clio.answers import bad_argument
from sandbox.clio.communications import TYPES
from sandbox.clio.listing import Predicate, Selection
from sandbox.clio.records import STATUS_OUT
from sandbox.clio.table import Record, Table

if TYPE_CHECKING:
    from sandbox.clio.firm import ClioFirm

Filter = Callable[["ClioFirm", str], Predicate]
_OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}


def select(firm: "ClioFirm", table: Table, filters: dict[str, Filter], params: Sequence[tuple[str, str]]) -> Selection:
    """The records of ``table`` that the query parameters mean. Raises Refusal (400)."""
    ids: Sequence[int] = _candidates(table, filters, dict(params))
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
        elif name == _PROPERTY_VALUE and name in filters:
            predicates.append(_property(dict(params).get(_PROPERTY_NAME), value))
        elif name in filters:
            predicates.append(filters[name](firm, value))
        elif name.startswith("custom_field_values[") and "custom_field_values" in filters:
            predicates.append(_custom_field(firm, name, value))
    excluded = {_whole(name, value) for name, value in params if name == "exclude_ids[]"}
    if excluded:
        predicates.append(lambda record: record["id"] not in excluded)
    return Selection(ids, table.get, predicates)


def _candidates(table: Table, filters: dict[str, Filter], given: dict[str, str]) -> Sequence[int]:
    """The ids to look at: of all that is found by a key, the fewest."""
    if _PROPERTY_VALUE not in filters:
        return table.ids
    keys: list[Hashable] = []
    if given.get("matter_id", "").isdecimal():
        keys.append(("matter", int(given["matter_id"])))
    if given.get(_PROPERTY_NAME) and _PROPERTY_VALUE in given:
        keys.append(("property", given[_PROPERTY_NAME], given[_PROPERTY_VALUE]))
    return min((table.having(key) for key in keys), key=len, default=table.ids)


_PROPERTY_NAME, _PROPERTY_VALUE = "external_property_name", "external_property_value"
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


def _word(key: str, meanings: Mapping[str, str | None] | None = None) -> Filter:
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


def _property(name: str | None, value: str) -> Predicate:
    """An external property of this name and value; a value needs a name [sdk], 400 without one [assumed]."""
    if not name:
        raise bad_argument(f"{_PROPERTY_VALUE} requires {_PROPERTY_NAME}")
    return lambda record: any(
        kept["name"] == name and kept["value"] == value for kept in record["_external_properties"]
    )


def _property_name(_firm: "ClioFirm", text: str) -> Predicate:
    return lambda record: any(kept["name"] == text for kept in record["_external_properties"])


def _participant(kind: str) -> Filter:
    """Sender or receiver [assumed]."""

    def build(_firm: "ClioFirm", text: str) -> Predicate:
        wanted = (kind, _whole(f"{kind.lower()}_id", text))
        return lambda record: wanted in record["_senders"] or wanted in record["_receivers"]

    return build


def _received(compare: Callable[[Any, Any], bool]) -> Filter:
    """By ``date`` for a day, by ``received_at`` for an instant; since and before take in the moment itself [sdk]."""

    def build(_firm: "ClioFirm", text: str) -> Predicate:
        if len(text) == len("2026-01-31"):
            try:
                day = date.fromisoformat(text).isoformat()
            except ValueError as error:
                raise bad_argument(f"{text} is not an ISO-8601 date") from error
            return lambda record: compare(record["date"], day)
        seconds = _seconds("The moment", text)
        return lambda record: compare(record["_received"], seconds)

    return build


def _any(_firm: "ClioFirm", _text: str) -> Predicate:
    """A filter that is looked at elsewhere."""
    return lambda _record: True


_PROPERTIES: dict[str, Filter] = {_PROPERTY_NAME: _property_name, _PROPERTY_VALUE: _any}
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
        "custom_field_values": _any,
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
        "include_co_counsel": _any,
        "pending_setup": _only(lambda _record: False, "pending_setup"),
    },
    "matter_stages": {"practice_area_id": _word("practice_area_id")},
    "practice_areas": {"code": _word("code"), "name": _word("name"), "matter_id": _area_of_matter},
    "relationships": {
        "matter_id": _link("_matter", "matter_id"),
        "contact_id": _link("_contact", "contact_id"),
    },
    "communications": {
        "type": _word("type", {kind: kind for kind in TYPES}),
        "matter_id": _link("_matter", "matter_id", null=True),
        "contact_id": _participant("Contact"),
        "user_id": _participant("User"),
        "date": _received(operator.eq),
        "received_at": _received(operator.eq),
        "received_since": _received(operator.ge),
        "received_before": _received(operator.le),
        "query": _contains("subject", "body"),
        "having_time_entries": _flag(lambda record: record["time_entries_count"], "having_time_entries"),
        **_PROPERTIES,
    },
    "documents": {
        "matter_id": _link("_matter", "matter_id", null=True),
        "contact_id": _link("_contact", "contact_id", null=True),
        "parent_id": _link("_parent", "parent_id", null=True),
        "scope": _word("_scope", {"children": None, "descendants": None}),
        "document_category_id": _link("_document_category", "document_category_id", null=True),
        "query": _contains("name"),
        "locked": _flag(lambda record: record["locked"], "locked"),
        "include_deleted": _only(lambda _record: True, "include_deleted"),
        "show_uncompleted": _only(lambda _record: True, "show_uncompleted"),
        **_PROPERTIES,
    },
}
