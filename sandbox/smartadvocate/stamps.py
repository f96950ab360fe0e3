"""Instants and days on the wire."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


class Stamps:
    """Writes instants with ``Z`` and 0 to 3 digits [doc], or with the firm's offset and three digits [seen]."""

    def __init__(self, zone: str, *, local: bool) -> None:
        self._zone = ZoneInfo(zone) if local else None

    def instant(self, milliseconds: int | None) -> str | None:
        """Milliseconds since 1970 as text; None stays None."""
        if milliseconds is None:
            return None
        seconds, rest = divmod(milliseconds, 1000)
        at = datetime.fromtimestamp(seconds, self._zone or UTC).replace(microsecond=rest * 1000)
        if self._zone is not None:
            return at.isoformat(timespec="milliseconds")
        digits = f".{rest:03d}".rstrip("0") if rest else ""
        return f"{at:%Y-%m-%dT%H:%M:%S}{digits}Z"

    def day(self, day: date | None) -> str | None:
        """A day as the midnight it starts with; no zone shift is meant by it [assumed]."""
        if day is None:
            return None
        at = datetime(day.year, day.month, day.day, tzinfo=self._zone or UTC)
        return at.isoformat() if self._zone is not None else f"{at:%Y-%m-%dT%H:%M:%S}Z"


def parse_instant(text: str) -> int:
    """ISO 8601 as milliseconds since 1970; without an offset it is UTC [assumed]. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return int(at.timestamp() * 1000)
