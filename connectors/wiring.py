"""The shapes that wire records are made of: strict about kinds, so that a changed field is noticed and never guessed."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from connectors.errors import UnexpectedAnswer
from domain.case import Unreadable
from domain.money import exact


class WireRecord(BaseModel):
    """A record as a vendor sends it; fields we did not ask for are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


Shape = TypeVar("Shape", bound=WireRecord)

_LONGEST_KEY = 200
_HIGHEST_NUMBER = 2**63 - 1


def _identifier(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "" or not _can_be_key(str(value)):
        raise ValueError("is not an id")
    return str(value)


def _can_be_key(text: str) -> bool:
    """No database takes a NUL in a text, and none an endless one in an index."""
    return len(text) <= _LONGEST_KEY and "\0" not in text


def _key(value: str) -> str:
    if not _can_be_key(value):
        raise ValueError("is not an id")
    return value


def _number(value: Any) -> int:
    digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_KEY
    number = int(value) if digits or (isinstance(value, int) and not isinstance(value, bool)) else -1
    if not 0 <= number <= _HIGHEST_NUMBER:
        raise ValueError("is not a number of things")
    return number


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
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


Identifier = Annotated[str, BeforeValidator(_identifier)]
"""A number or a text, kept as text."""
Key = Annotated[str, AfterValidator(_key)]
"""A text that names something elsewhere, such as a case in another system."""
Number = Annotated[int, BeforeValidator(_number)]
"""A whole number from 0 on that every database can hold, also as a text."""
PlainDate = Annotated[date, BeforeValidator(_plain_date)]
"""``YYYY-MM-DD``."""
Instant = Annotated[datetime, BeforeValidator(_instant)]
"""ISO 8601 with any offset, turned into UTC."""
Money = Annotated[Decimal, BeforeValidator(exact)]
"""An amount to the cent, as a text or as a number that was read exactly; never rounded."""


def unreadable(system: str, record: Any, id_field: str, error: ValidationError) -> Unreadable:
    """What to report of ``record``: its id as far as it can be told, and the first field that is not as expected."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "record"
    sentence = f"{system} sent this record with an unexpected '{field}' ({_complaint(first['type'], first['msg'])})."
    return Unreadable(record_id(record, id_field), field, sentence)


def parsed(system: str, shape: type[Shape], record: Any, id_field: str = "") -> Shape:
    """A record that must be readable, since it may be the one that counts. Raises UnexpectedAnswer."""
    try:
        return shape.model_validate(record)
    except ValidationError as error:
        trouble = unreadable(system, record, id_field, error)
        raise UnexpectedAnswer(trouble.sentence, field=trouble.field, system=system) from error


def record_id(record: Any, id_field: str) -> str:
    """The id of a raw record, or an empty text when it has none that can be used."""
    value = record.get(id_field) if isinstance(record, dict) else None
    usable = isinstance(value, int | str) and not isinstance(value, bool) and _can_be_key(str(value))
    return str(value) if usable else ""


def _complaint(kind: str, message: str) -> str:
    if kind == "missing":
        return "it is missing"
    return message.removeprefix("Value error, ").removeprefix("Input should be ").strip() or kind
