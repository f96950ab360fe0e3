"""The nightly deployment of a firm follows its block: hour, zone, switch, tags, form."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.server.schemas.schedules import CronSchedule as ServerSchedule

from deployments.nightly import plan_nightly
from deployments.per_firm import deploy, schedule_at
from deployments.register import RUNS_AT_ONCE, ensure_work_pool
from tests.blocks import samples
from tests.flows.processes import PrefectServer

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("settings", "cron", "zone"),
    [
        ({}, "20 21 * * *", "UTC"),
        ({"time_zone": "America/Denver"}, "20 21 * * *", "UTC"),
        ({"case_system": samples.smartadvocate()}, "20 21 * * *", "UTC"),
        ({"case_system": samples.casepeer()}, "5 21 * * *", "America/New_York"),
        ({"nightly_at": "21:00"}, "0 21 * * *", "America/New_York"),
        ({"nightly_at": "20:05", "time_zone": "America/Denver"}, "5 20 * * *", "America/Denver"),
        ({"nightly_at": "03:00", "nightly_zone": "UTC"}, "0 3 * * *", "UTC"),
        ({"nightly_zone": "Europe/London"}, "20 21 * * *", "Europe/London"),
    ],
)
def test_the_schedule_speaks_the_firms_zone(settings: dict[str, Any], cron: str, zone: str) -> None:
    schedule = schedule_at(samples.firm(**settings).night)
    assert (schedule.cron, schedule.timezone) == (cron, zone)


@pytest.mark.parametrize(
    ("first", "offsets"),
    [
        (datetime(2026, 10, 30, 12, tzinfo=UTC), ["-0400", "-0400", "-0500", "-0500"]),
        (datetime(2027, 3, 12, 12, tzinfo=UTC), ["-0500", "-0500", "-0400", "-0400"]),
    ],
)
async def test_nine_in_the_evening_stays_nine_through_daylight_saving(first: datetime, offsets: list[str]) -> None:
    schedule = schedule_at(samples.firm(nightly_at="21:00").night)
    dates = await ServerSchedule(**schedule.model_dump()).get_dates(n=4, start=first)
    evenings = [date.astimezone(NEW_YORK) for date in dates]
    assert [evening.hour for evening in evenings] == [21] * 4
    assert [evening.strftime("%z") for evening in evenings] == offsets
    assert [evening.date() - first.date() for evening in evenings] == [timedelta(days=number) for number in range(4)]


async def test_the_deployment_is_made_from_the_block(prefect_server: PrefectServer) -> None:
    firm = await samples.save("as-the-block-says", nightly_at="21:00")
    async with get_client() as client:
        await ensure_work_pool(client)
        deployment = await client.read_deployment(await deploy(client, plan_nightly(firm)))
    assert deployment.name == "as-the-block-says"
    assert set(deployment.tags) == {"firm:as-the-block-says", "system:clio", "nightly"}
    assert deployment.parameters == {"firm": "as-the-block-says"}
    assert deployment.global_concurrency_limit is not None
    assert deployment.global_concurrency_limit.limit == 1
    assert not deployment.paused
    assert "Nightly case sync of Harrow Pike LLP from Clio to Case Status." in (deployment.description or "")
    [schedule] = deployment.schedules
    assert schedule.active
    assert (schedule.schedule.cron, schedule.schedule.timezone) == ("0 21 * * *", "America/New_York")  # type: ignore[union-attr]


async def test_the_form_explains_its_parameters_and_checks_them(prefect_server: PrefectServer) -> None:
    firm = await samples.save("with-a-form")
    async with get_client() as client:
        await ensure_work_pool(client)
        identity = await deploy(client, plan_nightly(firm))
        form = (await client.read_deployment(identity)).parameter_openapi_schema
        assert form is not None
        assert set(form["properties"]) == {"firm", "window", "case_ids", "dry_run", "requested_by"}
        assert all(len(field["description"]) > 15 for field in form["properties"].values())
        with pytest.raises(PrefectHTTPStatusError, match="dry_run"):
            await client.create_flow_run_from_deployment(identity, parameters={"dry_run": "perhaps"})


async def test_the_pool_limits_how_many_run_at_once(prefect_server: PrefectServer) -> None:
    async with get_client() as client:
        await ensure_work_pool(client)
        await ensure_work_pool(client)
        pool = await client.read_work_pool("casebridge")
    assert pool.type == "process"
    assert pool.concurrency_limit == RUNS_AT_ONCE
