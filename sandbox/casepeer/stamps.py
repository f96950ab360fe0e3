"""Instants and days on the wire. Instants are unix seconds inside."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


class Stamps:
    """Writes and reads the time of one firm."""

    def __init__(self, zone: str, *, empty_dates: bool) -> None:
        self._zone = ZoneInfo(zone)
        self._absent = "" if empty_dates else None

    def instant(self, seconds: int | None) -> str | None:
        """ISO 8601 with the firm's offset [assumed]; None stays None."""
        return None if seconds is None else datetime.fromtimestamp(seconds, self._zone).isoformat()

    def day(self, day: date | None) -> str | None:
        """``MM/DD/YYYY``; an absent day is null or an empty string [seen]."""
        return self._absent if day is None else f"{day:%m/%d/%Y}"

    def today(self, seconds: int) -> date:
        """The day it is in the firm's zone."""
        return datetime.fromtimestamp(seconds, self._zone).date()

    def parse(self, text: str) -> int:
        """An ISO filter, rounded up to whole seconds; without an offset in the firm's zone [assumed]. Raises ValueError."""
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=self._zone)
        return -int(-at.timestamp() // 1)

    def parse_day(self, text: str) -> date:
        """A day as bodies bring it, ``MM/DD/YYYY`` [seen]. Raises ValueError."""
        return datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=self._zone).date()
