"""Nights: the same hour on people's clocks all year, and when what is done once a night is due."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.nights import SPREAD, SYNC_BEGINS_WITHIN, Night, SyncStanding, is_due, spread
from domain.systems import CASE_SYSTEMS

NEW_YORK = ZoneInfo("America/New_York")
NINE = Night(time(21), NEW_YORK)
OFF = SyncStanding(is_on=False, is_running=False, begun_at=None)
ON = replace(OFF, is_on=True)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TICK = 20 * MINUTE


def there(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("system", "own_zone", "at", "zone", "night"),
    [
        ("casepeer", "America/Denver", None, None, "21:00 America/New_York"),
        ("clio", "America/Denver", None, None, "21:15 UTC"),
        ("casepeer", "America/Denver", "22:05", None, "22:05 America/Denver"),
        ("casepeer", "America/Denver", "22:05", "UTC", "22:05 UTC"),
        ("casepeer", "America/Denver", None, "Europe/London", "21:00 Europe/London"),
    ],
)
def test_a_night_is_the_firms_own_or_its_case_systems(
    system: str, own_zone: str, at: str | None, zone: str | None, night: str
) -> None:
    found = Night.of(CASE_SYSTEMS[system], own_zone, at, zone)
    assert f"{found.at:%H:%M} {found.zone.key}" == night


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        (there("2026-11-24T21:00"), there("2026-11-24T21:00")),
        (there("2026-11-24T20:59:59"), there("2026-11-23T21:00")),
        (there("2026-11-25T20:00"), there("2026-11-24T21:00")),
        (datetime(2026, 11, 25, 2, tzinfo=UTC), datetime(2026, 11, 25, 2, tzinfo=UTC)),
        (datetime(2026, 7, 25, 1, tzinfo=UTC), datetime(2026, 7, 25, 1, tzinfo=UTC)),
        (datetime(2026, 7, 25, 0, 59, tzinfo=UTC), datetime(2026, 7, 24, 1, tzinfo=UTC)),
    ],
)
def test_the_last_night_before_a_moment(now: datetime, latest: datetime) -> None:
    assert NINE.latest(now) == latest


def test_an_hour_that_is_left_out_or_comes_twice_is_one_night_all_the_same() -> None:
    spring, fall = Night(time(2, 30), NEW_YORK), Night(time(1, 30), NEW_YORK)
    day = datetime(2027, 3, 14, 4, tzinfo=UTC)
    assert {spring.latest(day + number * MINUTE) for number in range(24 * 60)} == {
        there("2027-03-13T02:30"),
        datetime(2027, 3, 14, 7, 30, tzinfo=UTC),
    }
    day = datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert {fall.latest(day + number * MINUTE) for number in range(24 * 60)} == {
        there("2026-10-31T01:30"),
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
    }


zones = st.sampled_from(["America/New_York", "America/Denver", "Europe/London", "Australia/Lord_Howe", "UTC"]).map(
    ZoneInfo
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.times().map(lambda at: at.replace(second=0, microsecond=0)), zones, moments)
def test_a_night_is_never_ahead_and_less_than_a_day_and_an_hour_ago(at: time, zone: ZoneInfo, now: datetime) -> None:
    latest = Night(at, zone).latest(now)
    assert timedelta(0) <= now - latest < DAY + timedelta(hours=1, minutes=1)


def test_the_first_time_is_at_once() -> None:
    noon = there("2026-11-24T12:00")
    assert is_due(NINE, noon, None, ON)
    assert is_due(NINE, noon, None, replace(ON, is_running=True))


NIGHT = there("2026-11-24T21:00")
DONE = NIGHT - DAY + 10 * MINUTE


@pytest.mark.parametrize(
    ("minutes", "sync", "due"),
    [
        (-1, OFF, False),
        (0, OFF, True),
        (7, OFF, True),
        (7, replace(OFF, is_running=True), False),
        (0, ON, False),
        (29, ON, False),
        (30, ON, True),
        (7, replace(ON, is_running=True, begun_at=NIGHT), False),
        (300, replace(ON, is_running=True, begun_at=NIGHT), False),
        (300, replace(ON, is_running=True), False),
        (7, replace(ON, begun_at=NIGHT), True),
        (7, replace(ON, begun_at=NIGHT - DAY), False),
        (7, replace(ON, begun_at=NIGHT - MINUTE), False),
        (30, replace(ON, begun_at=NIGHT - DAY), True),
    ],
)
def test_it_is_due_after_the_firms_sync(minutes: int, sync: SyncStanding, *, due: bool) -> None:
    assert is_due(NINE, NIGHT + minutes * MINUTE, DONE, sync) is due


@pytest.mark.parametrize(("done", "due"), [(NIGHT - MINUTE, True), (NIGHT, False), (NIGHT + MINUTE, False)])
def test_once_a_night_is_enough(done: datetime, *, due: bool) -> None:
    assert is_due(NINE, NIGHT + 10 * MINUTE, done, OFF) is due


def test_a_night_that_was_missed_is_made_up_for_when_casebridge_is_back() -> None:
    assert is_due(NINE, NIGHT + 11 * 60 * MINUTE, NIGHT - 3 * DAY, ON)


@pytest.mark.parametrize("first", ["2026-10-28T03:00", "2027-03-10T03:00"])
@pytest.mark.parametrize("sync", [OFF, ON])
def test_through_daylight_saving_it_is_done_once_each_evening_at_the_same_hour(first: str, sync: SyncStanding) -> None:
    now, done = there(first), there(first) - DAY / 4
    evenings = []
    while len(evenings) < 7:
        if is_due(NINE, now, done, sync):
            done = now
            evenings.append(now.astimezone(NEW_YORK))
        now += TICK
    days = [evening.date() for evening in evenings]
    assert days == [days[0] + number * DAY for number in range(7)]
    after = timedelta(0) if sync is OFF else SYNC_BEGINS_WITHIN
    for evening in evenings:
        late = evening.replace(tzinfo=None) - datetime.combine(evening.date(), time(21))
        assert after <= late < after + TICK
    assert len({evening.utcoffset() for evening in evenings}) == 2, "the clocks were changed in between"


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True))
def test_every_firm_begins_at_its_own_minute_soon_after_the_usual_hour(slug: str) -> None:
    after = spread(slug)
    assert timedelta(0) <= after < SPREAD
    assert after % MINUTE == timedelta(0)
    assert spread(slug) == after


def test_five_hundred_firms_do_not_begin_at_once() -> None:
    minutes = Counter(spread(f"firm-{number}") for number in range(500))
    assert len(minutes) == SPREAD // MINUTE
    assert max(minutes.values()) <= 25, "eleven a minute on average"
