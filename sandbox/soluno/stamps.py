"""Instants and days on the wire. Instants are unix seconds inside."""

import re
from datetime import UTC, date, datetime

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def instant(seconds: int | None) -> str | None:
    """``2031-02-03T14:10:09Z`` [assumed]; None stays None."""
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_instant(text: str) -> int:
    """Unix seconds of an instant with its offset, rounded up. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        message = f"{text} has no offset."
        raise ValueError(message)
    return -int(-at.timestamp() // 1)


def parse_day(text: str) -> date:
    """The day of ``YYYY-MM-DD``. Raises ValueError."""
    if not _DAY.fullmatch(text):
        message = f"{text} is not a day."
        raise ValueError(message)
    return date.fromisoformat(text)


def day_of(seconds: int) -> date:
    """The day of an instant, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).date()
