"""Request bodies: types are checked field by field, unknown fields are ignored, absent ones stay absent.

The first field of a wrong type is a 400 ``invalid_parameter``; whether a value makes sense is judged later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypedDict

from sandbox.casestatus.instants import parse_date, parse_instant, start_of
from sandbox.casestatus.refusals import invalid_parameter

Reader = Callable[[str, Any], Any]
"""Takes the field's name and its JSON value, returns the value as the portal keeps it. Raises Refusal (400)."""


@dataclass(frozen=True, slots=True)
class Closing:
    """When a case was closed: an instant, or only the day."""

    instant: int
    day_only: bool

    def agrees_with(self, instant: int | None) -> bool:
        """True when a kept closing instant is this one, or lies on this day (UTC)."""
        if instant is None or not self.day_only:
            return instant == self.instant
        return 0 <= (instant - self.instant) < timedelta(days=1) // timedelta(microseconds=1)


class ClientFields(TypedDict, total=False):
    """One client of a body."""

    external_id: str | None
    first_name: str | None
    last_name: str | None
    company_name: str | None
    cell_phone: str | None
    email: str | None
    preferred_language: str | None
    primary: bool


class CaseFields(TypedDict, total=False):
    """The fields of a case that a body holds."""

    integration_source: str | None
    integration_id: str | None
    readable_id: str | None
    description: str | None
    group_name: str | None
    practice_area: str | None
    stage: str | None
    case_date: str | None
    attorney_email: str | None
    additional_attorney_emails: list[str]
    paralegal_emails: list[str]
    clients: list[ClientFields]
    state: str
    closed_at: Closing | None
    notify_client: bool
    source_updated_at: int | None
    reopen: bool


def read(readers: Mapping[str, Reader], body: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Those fields of ``body`` that have a reader, read."""
    return {name: readers[name](prefix + name, value) for name, value in body.items() if name in readers}


def text(name: str, value: Any) -> str:
    """A text, not null."""
    if not isinstance(value, str):
        raise invalid_parameter(name, "a text")
    return value


def optional_text(name: str, value: Any) -> str | None:
    """A text or null."""
    if value is not None and not isinstance(value, str):
        raise invalid_parameter(name, "a text or null")
    return value


def texts(name: str, value: Any) -> list[str]:
    """A list of texts; null counts as empty."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid_parameter(name, "a list of texts")
    return value


def flag(name: str, value: Any) -> bool:
    """True or false; null counts as false."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise invalid_parameter(name, "true or false")
    return value


def flag_on(name: str, value: Any) -> bool:
    """True or false; null counts as true, the default of ``notify_client``."""
    return True if value is None else flag(name, value)


def instant(name: str, value: Any) -> int | None:
    """An RFC 3339 instant or null, in microseconds."""
    if value is None:
        return None
    try:
        return parse_instant(text(name, value))
    except ValueError:
        raise invalid_parameter(name, "an RFC 3339 instant with its offset") from None


def day(name: str, value: Any) -> str | None:
    """A plain date or null."""
    if value is None:
        return None
    try:
        return parse_date(text(name, value)).isoformat()
    except ValueError:
        raise invalid_parameter(name, "a date YYYY-MM-DD") from None


def closing(name: str, value: Any) -> Closing | None:
    """An instant or a date or null [assumed: 6.12(7)]."""
    if value is None:
        return None
    given = text(name, value)
    try:
        if len(given) == len("YYYY-MM-DD"):
            return Closing(start_of(parse_date(given)), day_only=True)
        return Closing(parse_instant(given), day_only=False)
    except ValueError:
        raise invalid_parameter(name, "an RFC 3339 instant or a date YYYY-MM-DD") from None


def one_of(*words: str) -> Reader:
    """A reader for a closed set of words."""

    def reader(name: str, value: Any) -> str:
        if value not in words:
            raise invalid_parameter(name, "one of " + ", ".join(words))
        return str(value)

    return reader


def clients(name: str, value: Any) -> list[ClientFields]:
    """A list of clients; null counts as empty."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid_parameter(name, "a list of clients")
    return [client(f"{name}[{index}]", item) for index, item in enumerate(value)]


def client(name: str, value: Any) -> ClientFields:
    """One client object."""
    if not isinstance(value, dict):
        raise invalid_parameter(name, "an object")
    fields: ClientFields = read(CLIENT, value, name + "." if name else "")  # type: ignore[assignment]
    return fields


CLIENT: Final[Mapping[str, Reader]] = {
    "external_id": optional_text,
    "first_name": optional_text,
    "last_name": optional_text,
    "company_name": optional_text,
    "cell_phone": optional_text,
    "email": optional_text,
    "preferred_language": optional_text,
    "primary": flag,
}

CASE: Final[Mapping[str, Reader]] = {
    "integration_source": optional_text,
    "integration_id": optional_text,
    "readable_id": optional_text,
    "description": optional_text,
    "group_name": optional_text,
    "practice_area": optional_text,
    "stage": optional_text,
    "case_date": day,
    "attorney_email": optional_text,
    "additional_attorney_emails": texts,
    "paralegal_emails": texts,
    "clients": clients,
    "state": one_of("open", "closed"),
    "closed_at": closing,
    "notify_client": flag_on,
    "source_updated_at": instant,
    "reopen": flag,
}


def case_fields(body: Mapping[str, Any]) -> CaseFields:
    """The case in a body of PUT, POST or PATCH."""
    fields: CaseFields = read(CASE, body)  # type: ignore[assignment]
    return fields
