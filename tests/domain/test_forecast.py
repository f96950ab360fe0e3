from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.forecast import Load, duration, forecast, pages
from tests.domain.builders import firm_rules

ZONE = firm_rules().zone  # America/Denver, seven hours behind UTC in winter
EVENING = datetime(2026, 11, 23, 6, 32, tzinfo=UTC)


def test_the_slowest_system_decides() -> None:
    told = forecast([Load("Clio", 9_400, 0, 50), Load("Case Status", 200, 40, 120)], now=EVENING, zone=ZONE)
    assert told.requests == 9_640
    assert told.seconds == 9_400 * 60 / 50
    assert told.done_at == EVENING + timedelta(hours=3, minutes=8)
    assert told.sentence == (
        "about 9,600 requests (Clio 9,400, Case Status 240), 3 h 8 min at Clio's 50 a minute, done by 02:40"
    )


def test_one_system_is_not_told_twice() -> None:
    told = forecast([Load("Case Status", 0, 22_512, 120), Load("Clio", 0, 0, 50)], now=EVENING, zone=ZONE)
    assert told.sentence == "about 23,000 requests, 3 h 8 min at Case Status's 120 a minute, done by 02:40"


def test_nothing_to_do() -> None:
    told = forecast([Load("Clio", 0, 0, 50)], now=EVENING, zone=ZONE)
    assert told.sentence == "about 0 requests, 0 s at Clio's 50 a minute, done by 23:32"


def test_a_long_run_names_the_day() -> None:
    told = forecast([Load("Clio", 100_000, 0, 50)], now=EVENING, zone=ZONE)
    assert told.sentence.endswith("1 d 9 h at Clio's 50 a minute, done by Tue 08:52")


def test_the_clock_follows_daylight_saving() -> None:
    before_fall_back = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)  # 01:00 in Denver, the first time
    told = forecast([Load("Clio", 100, 0, 50)], now=before_fall_back, zone=ZONE)
    assert told.sentence.endswith("done by 01:02")
    later = forecast([Load("Clio", 6_000, 0, 50)], now=before_fall_back, zone=ZONE)
    assert later.sentence.endswith("done by 02:00")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.2, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "2 min"),
        (3_600, "1 h"),
        (11_280, "3 h 8 min"),
        (86_400, "1 d"),
        (90_060, "1 d 1 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.integers(0, 10**7))
def test_about_is_within_five_percent(requests: int) -> None:
    sentence = forecast([Load("Clio", requests, 0, 50)], now=EVENING, zone=ZONE).sentence
    about = int(sentence.split()[1].replace(",", ""))
    assert abs(about - requests) <= requests * 0.05


@pytest.mark.parametrize(("records", "expected"), [(0, 1), (1, 1), (200, 1), (201, 2), (20_000, 100)])
def test_pages(records: int, expected: int) -> None:
    assert pages(records, 200) == expected
