"""Windows of time: which cases a run reads, by calendar years and days in the firm's own zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from domain.errors import BadInput
from domain.firm import FirmRules

AUTO = "auto"
OVERLAP = timedelta(hours=1)
"""How far before the last reading a run reads again: more than clocks differ and writes lag."""
_LONGEST_YEARS = 50
_SPELLING = re.compile(r"\s*(\d{1,5})\s*([dy])(?:ays?|ears?)?\s*", re.IGNORECASE)


class UnusableWindow(BadInput):
    """The text names no window."""


@dataclass(frozen=True, slots=True)
class Window:
    """So many calendar years or days back from today; the day it begins on is part of it."""

    amount: int
    unit: Literal["days", "years"]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit[:-1] if self.amount == 1 else self.unit}"

    def first_day(self, today: date) -> date:
        """The first day of the window that ends ``today``; the 29th of February becomes the 28th."""
        if self.unit == "days":
            return today - timedelta(days=self.amount)
        try:
            return today.replace(year=today.year - self.amount)
        except ValueError:
            return today.replace(year=today.year - self.amount, day=28)

    def opens(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The instant (UTC) at which the window that ends ``now`` begins: its first day's first moment in ``zone``."""
        day = self.first_day(now.astimezone(zone).date())
        return datetime.combine(day, time.min, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run reads of its case system: by which date, since when. All of ``None`` means everything visible."""

    window: Window | None = None
    created_since: datetime | None = None
    updated_since: datetime | None = None
    opened_since: date | None = None
    """Set for firms whose first window goes by the date a case was opened: read everything, then let
    :func:`domain.decision.decide` leave out what is older."""

    def __str__(self) -> str:
        since = self.created_since or self.updated_since
        if since is None and self.opened_since is None:
            return "all cases"
        how = "created" if self.created_since else "changed" if self.updated_since else "opened"
        return f"cases {how} in the last {self.window}"


def parse_window(text: str) -> Window:
    """The window of ``10y`` or ``30d``.

    Raises:
        UnusableWindow: it is no window, or an empty or an endless one.
    """
    found = _SPELLING.fullmatch(text)
    if not found:
        raise UnusableWindow(f"“{text}” is not a window. Write auto, or days or years such as 30d or 10y.")
    amount, unit = int(found[1]), found[2].lower()
    if amount == 0:
        raise UnusableWindow(f"The window “{text.strip()}” is empty. Write auto, or days or years such as 30d or 10y.")
    if amount > (_LONGEST_YEARS if unit == "y" else _LONGEST_YEARS * 365):
        raise UnusableWindow(
            f"The window “{text.strip()}” is longer than {_LONGEST_YEARS} years. Write 10y, for example."
        )
    return Window(amount, "years" if unit == "y" else "days")


def plan_reading(text: str, rules: FirmRules, *, now: datetime, last_read: datetime | None) -> Reading:
    """What a run that was asked for the window ``text`` has to read.

    ``auto`` is the case system's first window while nothing was read yet, later its later one. A window in years
    goes by creation, one in days by change; the latter reaches back to the last reading if that is longer ago, so
    that a sync that was switched off for a while misses nothing [assumed, casestatus.md 6.13].

    Args:
        text: ``auto``, or what :func:`parse_window` reads.
        rules: The firm's settings.
        now: The present instant.
        last_read: When the last complete reading began; None before the first one.

    Raises:
        UnusableWindow: ``text`` names no window, or the case system is not read by one.
    """
    if text.strip().lower() == AUTO:
        usual = rules.system.first_window if last_read is None else rules.system.later_window
        if usual is None:
            return Reading()
        text = usual
    elif rules.system.later_window is None:
        raise UnusableWindow(
            f"“{text}” is of no use here: of {rules.system.name}, a run reads every case that is in Case Status, whenever "
            "it changed. Write auto, or name cases."
        )
    window = parse_window(text)
    opens = window.opens(now, rules.zone)
    if window.unit == "days":
        return Reading(window, updated_since=min(opens, last_read - OVERLAP) if last_read else opens)
    if rules.first_window_by == "opened":
        return Reading(window, opened_since=window.first_day(now.astimezone(rules.zone).date()))
    return Reading(window, created_since=opens)
