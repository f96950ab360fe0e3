"""The shapes that wire records are made of: strict about kinds, so that a changed field is noticed and never guessed."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from domain.case import Unreadable


class WireRecord(BaseModel):
    """A record as a vendor sends it; fields we did not ask for are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _identifier(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise ValueError("is not an id")
    return str(value)


def _plain_date(value: Any) -> date:
    if not isinstance(value, str):
        raise ValueError("is not a date")  # noqa: TRY004  (pydantic turns only ValueError into its own error)
    return date.fromisoformat(value)


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("is not a time")  # noqa: TRY004  (as above)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("has no time zone")
    return moment.astimezone(UTC)


Identifier = Annotated[str, BeforeValidator(_identifier)]
"""A number or a text, kept as text."""
PlainDate = Annotated[date, BeforeValidator(_plain_date)]
"""``YYYY-MM-DD``."""
Instant = Annotated[datetime, BeforeValidator(_instant)]
"""ISO 8601 with any offset, turned into UTC."""


def unreadable(system: str, record: Any, id_field: str, error: ValidationError) -> Unreadable:
    """What to report of ``record``: its id as far as it can be told, and the first field that is not as expected."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "record"
    sentence = f"{system} sent this record with an unexpected '{field}' ({_complaint(first['type'], first['msg'])})."
    return Unreadable(record_id(record, id_field), field, sentence)


def record_id(record: Any, id_field: str) -> str:
    """The id of a raw record, or an empty text when it has none that can be used."""
    value = record.get(id_field) if isinstance(record, dict) else None
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


def _complaint(kind: str, message: str) -> str:
    if kind == "missing":
        return "it is missing"
    return message.removeprefix("Value error, ").removeprefix("Input should be ").strip() or kind
