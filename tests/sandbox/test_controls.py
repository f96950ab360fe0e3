from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import Clock
from sandbox.controls import Controls
from sandbox.journal import Journal, route_template

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_clock_runs_freezes_and_moves():
    clock = Clock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    clock.freeze(NOON)
    assert clock.now() == NOON
    clock.advance(90)
    assert clock.now() == NOON + timedelta(seconds=90)
    clock.unfreeze()
    assert timedelta(0) <= clock.now() - (NOON + timedelta(seconds=90)) < timedelta(seconds=1)
    clock.reset()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_freezing_without_an_instant_keeps_the_moved_time():
    clock = Clock()
    clock.advance(86_400)
    clock.freeze()
    assert timedelta(hours=23) < clock.now() - datetime.now(UTC) < timedelta(hours=25)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/api/v4/matters.json", "/api/v4/matters"),
        ("/api/v4/matters/1480021.json", "/api/v4/matters/{id}"),
        ("/v1/api/cases/by_integration_id/1649203377", "/v1/api/cases/by_integration_id/{id}"),
        ("/v1/api/files/file_33/download", "/v1/api/files/{id}/download"),
        ("/oauth/token", "/oauth/token"),
    ],
)
def test_route_template(path, template):
    assert route_template(path) == template


def test_journal_counts_by_route_and_keeps_no_secrets():
    journal = Journal(keep=2)
    journal.arrived("clio/us", "GET", "/api/v4/matters/1", "", 0.0)
    journal.arrived("clio/eu", "GET", "/api/v4/matters/2", "limit=1", 0.0)
    entry = journal.arrived("casestatus", "GET", "/blob/7", "exp=1&sig=canary&code=canary", 0.0)
    assert journal.by_route("clio") == {"GET /api/v4/matters/{id}": 2}
    assert journal.by_route("clio/eu") == {"GET /api/v4/matters/{id}": 1}
    assert sum(journal.by_route("*").values()) == 3
    assert "canary" not in entry.query
    assert len(journal.recent) == 2
    assert journal.as_json("casestatus")["total"] == 1


def test_limits_start_as_documented_and_come_back_on_reset():
    controls = Controls()
    assert (controls.limit("clio").requests, controls.limit("clio").on) == (50, True)
    controls.limit("clio").requests = 3
    controls.reset()
    assert controls.limit("clio").requests == 50
    assert not any(limit.on for limit in Controls(limits_on=False).limits.values())
