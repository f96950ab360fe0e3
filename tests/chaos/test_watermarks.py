"""Nothing that changes in the case system is missed by the nights after it, whatever clocks and commits do."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.windows import plan_reading
from flows.nightly_case_sync import nightly_case_sync
from sandbox.seed import Shares, WorldOptions
from tasks.reading import CLIENTS_OVERLAP
from tests.chaos.agreement import assert_in_step
from tests.domain.builders import firm_rules
from tests.flows.office import Office

SEEDS = 10_000
SKEW, LATE = timedelta(minutes=5), timedelta(minutes=30)
"""How far the vendor's clock is off at most; how long a change stays invisible after the stamp it gets."""
ZONES = ("America/New_York", "America/Denver", "Europe/London", "Australia/Lord_Howe", "UTC")
CHANGEOVERS = (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC))


@dataclass(slots=True)
class Record:
    """A case or a client: its newest stamp, by the vendor's clock and cut to the second, and when it shows."""

    stamp: datetime
    visible_at: datetime
    read_at: list[datetime] = field(default_factory=list)


def _seconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _story(dice: random.Random) -> Iterator[tuple[datetime, str]]:
    """Nights at nine in the firm's zone around a change of the clocks, some of them broken off, some left out."""
    zone = ZoneInfo(dice.choice(ZONES))
    day = (dice.choice(CHANGEOVERS) - timedelta(days=dice.randrange(4))).date()
    for _ in range(dice.randint(3, 7)):
        yield datetime(day.year, day.month, day.day, dice.choice((2, 21)), 15, tzinfo=zone).astimezone(UTC), zone.key
        day += timedelta(days=dice.choice((1, 1, 1, 2, 40)))


def _missed(seed: int) -> list[Record]:
    """Play one story; the records that the last night, or one before, should have read as they are and did not."""
    dice = random.Random(seed)
    nights = list(_story(dice))
    begin, end = nights[0][0] - timedelta(days=3), nights[-1][0]
    rules = firm_rules(time_zone=nights[0][1])
    skew = timedelta(seconds=dice.uniform(-SKEW.total_seconds(), SKEW.total_seconds()))
    bulk = begin + dice.random() * (end - begin)
    records = []
    for _ in range(12):
        moments = (bulk, begin + dice.random() * (end - begin), dice.choice(nights)[0], dice.choice(nights)[0] - LATE)
        changed = dice.choice(moments)
        lag = dice.choice((timedelta(), timedelta(), dice.random() * LATE))
        records.append(Record(_seconds(changed + skew), changed + lag))
    for follow in (_cases_since, _clients_since):
        mark: datetime | None = None
        for started, _ in nights:
            since = follow(rules, started, mark)
            for record in records:
                if record.visible_at <= started and (since is None or record.stamp > _seconds(since)):
                    record.read_at.append(started)
            if dice.random() > 0.2:  # a night that breaks off moves no mark
                mark = started
        for record in records:
            due = record.visible_at <= end
            if due and not any(night >= record.visible_at for night in record.read_at):
                return [record]
            record.read_at.clear()
    return []


def _cases_since(rules, now: datetime, mark: datetime | None) -> datetime | None:
    reading = plan_reading("auto", rules, now=now, last_read=mark)
    return reading.updated_since


def _clients_since(_rules, _now: datetime, mark: datetime | None) -> datetime | None:
    return mark - CLIENTS_OVERLAP if mark else None


def test_no_change_is_missed_in_ten_thousand_stories(seed: int) -> None:
    stories = range(seed, seed + SEEDS)
    missed = [story for story in stories if _missed(story)]
    assert missed == []


def test_the_stories_would_notice_a_miss(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "CLIENTS_OVERLAP", timedelta())
    assert any(_missed(story) for story in range(seed, seed + 300))


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=450, shares=Shares.trouble_free())


@pytest.mark.parametrize("skew", [-300.0, pytest.param(300.0, marks=pytest.mark.chaos)])
async def test_equal_stamps_late_commits_and_a_wrong_clock_of_the_vendor(
    skew: float, seed: int, office: Office
) -> None:
    dice, clock = random.Random(seed), office.sandbox.controls.clock
    clock.offset = skew
    assert (await office.run(nightly_case_sync)).counts == {"created": 450}
    matters = [str(matter) for matter in office.seed.matter_ids]
    dice.shuffle(matters)
    late, matters = matters[:40], matters[40:]
    for night in range(2):
        at = clock.timestamp()
        # More than a page of matters, and of contacts, in one second; and some commits with stamps older than the last night.
        for matter in dice.sample(matters, 210):
            office.clio.update_matter(int(matter), at=at, description=f"In one second, {night}")
        for matter in dice.sample(matters, 210):
            office.clio.update_contact(_client_of(office, matter), at=at, last_name=f"Samesecond {night}")
        for matter in late[night::2]:
            office.clio.update_matter(int(matter), at=at - LATE.total_seconds(), description=f"Committed late, {night}")
            office.clio.update_contact(_client_of(office, matter), at=at - LATE.total_seconds(), first_name="Late")
        ended = await office.run(nightly_case_sync)
        assert ended.state.name == "Completed"
        assert_in_step(office, office.seed.matter_ids)


def _client_of(office: Office, matter: str) -> int:
    client: int = office.clio.matters.get(int(matter))["client_id"]
    return client
