"""Instants as whole microseconds since 1970 (UTC): small to keep, quick to compare, exact to print."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")


def micros(moment: datetime) -> int:
    """Microseconds of an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def as_text(instant: int) -> str:
    """RFC 3339 in UTC with ``Z``; a fraction only where there is one."""
    return (_EPOCH + timedelta(microseconds=instant)).isoformat().replace("+00:00", "Z")


def optional_text(instant: int | None) -> str | None:
    """As :func:`as_text`, None staying None."""
    return None if instant is None else as_text(instant)


def parse_instant(text: str) -> int:
    """An RFC 3339 instant with its offset. Raises ValueError."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    return micros(datetime.fromisoformat(text.upper()))


def parse_date(text: str) -> date:
    """A plain ``YYYY-MM-DD``. Raises ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def start_of(day: date) -> int:
    """The first instant of a day, UTC."""
    return micros(datetime(day.year, day.month, day.day, tzinfo=UTC))
