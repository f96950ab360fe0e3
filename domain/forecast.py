"""Forecasting a run: how many requests, how long at the vendors' rates, done by when."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Load:
    """What a run will ask of one system: numbers of requests, and the requests a minute the system allows."""

    system: str
    reads: int
    writes: int
    per_minute: float

    @property
    def requests(self) -> int:
        """All requests."""
        return self.reads + self.writes

    @property
    def seconds(self) -> float:
        """How long the system's rate makes them take."""
        return self.requests * 60 / self.per_minute


@dataclass(frozen=True, slots=True)
class Forecast:
    """``seconds`` is the slowest system's time, as the systems are asked side by side."""

    requests: int
    seconds: float
    done_at: datetime
    sentence: str


def pages(records: int, page_size: int) -> int:
    """How many pages ``records`` fill; an empty list is one page, too."""
    return max(1, math.ceil(records / page_size))


def forecast(loads: Sequence[Load], *, now: datetime, zone: ZoneInfo) -> Forecast:
    """Forecast a run that begins ``now``.

    Args:
        loads: One per system, at least one.
        now: The present instant, aware.
        zone: The firm's zone, in which the sentence says when the run is done.
    """
    slowest = max(loads, key=lambda load: load.seconds)
    requests = sum(load.requests for load in loads)
    done_at = now + timedelta(seconds=slowest.seconds)
    asked = [load for load in loads if load.requests]
    each = ", ".join(f"{load.system} {_about(load.requests)}" for load in asked) if len(asked) > 1 else ""
    sentence = (
        f"about {_about(requests)} {'request' if requests == 1 else 'requests'}{f' ({each})' if each else ''}, "
        f"{duration(slowest.seconds)} at {slowest.system}'s {slowest.per_minute:g} a minute, "
        f"done by {_clock(now, done_at, zone)}"
    )
    return Forecast(requests, slowest.seconds, done_at, sentence)


def duration(seconds: float) -> str:
    """A span of time for people: ``40 s``, ``12 min``, ``3 h 8 min``, ``2 d 4 h``."""
    whole = math.ceil(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes = math.ceil(whole / 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    told = [f"{amount} {unit}" for amount, unit in parts if amount]
    return " ".join(told[:2])


def _about(number: int) -> str:
    """Two leading digits are as much as a forecast knows."""
    if number < 100:  # noqa: PLR2004
        return str(number)
    step = 10 ** (len(str(number)) - 2)
    return f"{round(number / step) * step:,}"


def _clock(now: datetime, done_at: datetime, zone: ZoneInfo) -> str:
    """The time of day the run is done, rounded up to the minute, with the weekday from one day ahead on."""
    local = done_at.astimezone(zone)
    if local.second or local.microsecond:
        local = (done_at + timedelta(minutes=1)).astimezone(zone).replace(second=0, microsecond=0)
    return local.strftime("%H:%M" if done_at - now < timedelta(days=1) else "%a %H:%M")
