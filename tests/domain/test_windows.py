from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.windows import OVERLAP, Reading, UnusableWindow, Window, parse_window, plan_reading
from tests.domain.builders import NOON, firm_rules

DENVER = ZoneInfo("America/Denver")


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("30d", Window(30, "days")),
        ("10y", Window(10, "years")),
        (" 1 year ", Window(1, "years")),
        ("90 Days", Window(90, "days")),
    ],
)
def test_windows_are_read(text: str, window: Window) -> None:
    assert parse_window(text) == window


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "“” is not a window"),
        ("ten years", "“ten years” is not a window"),
        ("30", "“30” is not a window"),
        ("-3d", "“-3d” is not a window"),
        ("0d", "The window “0d” is empty"),
        ("0y", "is empty"),
        ("51y", "longer than 50 years"),
        ("99999d", "longer than 50 years"),
        ("1" * 400 + "d", "is not a window"),
    ],
)
def test_what_is_no_window_says_how_to_write_one(text: str, says: str) -> None:
    with pytest.raises(UnusableWindow, match=says) as caught:
        parse_window(text)
    assert isinstance(caught.value, BadInput)
    assert "10y" in str(caught.value)


@pytest.mark.parametrize(
    ("now", "window", "opens"),
    [
        # 23:30 on the 21st in Denver is already the 22nd in UTC.
        ("2026-11-22T06:30+00:00", "30d", "2026-10-22T00:00-06:00"),
        ("2026-11-22T12:00+00:00", "30d", "2026-10-23T00:00-06:00"),
        # Spring forward on 2026-03-08, fall back on 2026-11-01: the day begins by the offset of its own midnight.
        ("2026-03-09T12:00+00:00", "1d", "2026-03-08T00:00-07:00"),
        ("2026-03-10T12:00+00:00", "1d", "2026-03-09T00:00-06:00"),
        ("2026-11-02T12:00+00:00", "1d", "2026-11-01T00:00-06:00"),
        ("2026-11-03T12:00+00:00", "1d", "2026-11-02T00:00-07:00"),
        ("2026-11-22T12:00+00:00", "10y", "2016-11-22T00:00-07:00"),
        ("2028-02-29T12:00+00:00", "1y", "2027-02-28T00:00-07:00"),
        ("2028-02-29T12:00+00:00", "4y", "2024-02-29T00:00-07:00"),
    ],
)
def test_windows_open_at_the_first_moment_of_their_day(now: str, window: str, opens: str) -> None:
    instant = parse_window(window).opens(datetime.fromisoformat(now), DENVER)
    assert instant == datetime.fromisoformat(opens)
    assert instant.tzinfo is UTC


def test_a_day_without_midnight_begins_when_its_clocks_do() -> None:
    havana = ZoneInfo("America/Havana")  # 2026-03-08 there begins at 01:00
    opens = Window(1, "days").opens(datetime(2026, 3, 9, 12, tzinfo=UTC), havana)
    assert opens.astimezone(havana) == datetime(2026, 3, 8, 1, tzinfo=havana)


@given(
    st.integers(0, 40 * 366 * 24 * 60).map(
        lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(["America/Denver", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
    st.integers(1, 800),
)
def test_windows_hold_the_whole_of_their_days(now: datetime, zone_name: str, amount: int) -> None:
    zone = ZoneInfo(zone_name)
    window = Window(amount, "days")
    opens = window.opens(now, zone)
    today = now.astimezone(zone).date()
    assert opens < now
    assert opens.astimezone(zone).date() >= today - timedelta(days=amount)
    assert (opens - timedelta(microseconds=1)).astimezone(zone).date() < today - timedelta(days=amount)


@given(st.dates(date(1970, 1, 1), date(2060, 12, 31)), st.integers(1, 50))
def test_years_keep_the_day(today: date, amount: int) -> None:
    first = Window(amount, "years").first_day(today)
    assert first.year == today.year - amount
    assert (first.month, first.day) == (today.month, today.day) or (today.month, today.day, first.day) == (2, 29, 28)


class TestPlanning:
    rules = firm_rules()

    def test_the_first_time_goes_by_creation(self) -> None:
        reading = plan_reading("auto", self.rules, now=NOON, last_read=None)
        assert reading == Reading(Window(10, "years"), created_since=datetime(2016, 11, 22, 7, tzinfo=UTC))
        assert str(reading) == "cases created in the last 10 years"

    def test_later_it_goes_by_change(self) -> None:
        reading = plan_reading("Auto ", self.rules, now=NOON, last_read=NOON - timedelta(days=1))
        assert reading == Reading(Window(30, "days"), updated_since=datetime(2026, 10, 23, 6, tzinfo=UTC))

    def test_after_a_long_pause_it_reaches_back_to_the_last_reading(self) -> None:
        paused = NOON - timedelta(days=45)
        reading = plan_reading("auto", self.rules, now=NOON, last_read=paused)
        assert reading.updated_since == paused - OVERLAP

    def test_ten_years_start_over(self) -> None:
        reading = plan_reading("10y", self.rules, now=NOON, last_read=NOON)
        assert reading.created_since == datetime(2016, 11, 22, 7, tzinfo=UTC)
        assert reading.updated_since is None

    def test_a_first_window_by_the_date_of_opening(self) -> None:
        by_opening = firm_rules(first_window_by="opened")
        reading = plan_reading("auto", by_opening, now=NOON, last_read=None)
        assert reading == Reading(Window(10, "years"), opened_since=date(2016, 11, 22))
        assert str(reading) == "cases opened in the last 10 years"

    def test_casepeer_reads_all_it_sees(self) -> None:
        rules = firm_rules(case_system="casepeer")
        for last_read in (None, NOON):
            reading = plan_reading("auto", rules, now=NOON, last_read=last_read)
            assert reading == Reading()
            assert str(reading) == "all cases"

    def test_casepeer_is_not_read_by_a_window(self) -> None:
        with pytest.raises(UnusableWindow, match=r"“30d” is of no use here: of CASEpeer, .* Write auto"):
            plan_reading("30d", firm_rules(case_system="casepeer"), now=NOON, last_read=None)

    def test_what_is_no_window_is_refused(self) -> None:
        with pytest.raises(UnusableWindow):
            plan_reading("soon", self.rules, now=NOON, last_read=None)
