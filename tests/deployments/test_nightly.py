"""The nightly deployment of a firm follows its block: hour, zone, switch, tags, form."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.server.schemas.schedules import CronSchedule as ServerSchedule

from deployments.nightly import deploy_nightly
from deployments.per_firm import schedule_at
from deployments.register import RUNS_AT_ONCE, ensure_work_pool, register_firms
from tests.blocks import samples
from tests.flows.processes import PrefectServer

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("settings", "cron", "zone"),
    [
        ({}, "15 21 * * *", "UTC"),
        ({"time_zone": "America/Denver"}, "15 21 * * *", "UTC"),
        ({"case_system": samples.smartadvocate()}, "15 21 * * *", "UTC"),
        ({"case_system": samples.casepeer()}, "0 21 * * *", "America/New_York"),
        ({"nightly_at": "21:00"}, "0 21 * * *", "America/New_York"),
        ({"nightly_at": "20:05", "time_zone": "America/Denver"}, "5 20 * * *", "America/Denver"),
        ({"nightly_at": "03:00", "nightly_zone": "UTC"}, "0 3 * * *", "UTC"),
        ({"nightly_zone": "Europe/London"}, "15 21 * * *", "Europe/London"),
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
        deployment = await client.read_deployment(await deploy_nightly(client, firm))
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


async def test_registering_again_changes_what_changed_and_nothing_else(prefect_server: PrefectServer) -> None:
    firm = await samples.save("registered-again")
    async with get_client() as client:
        await ensure_work_pool(client)
        first = await deploy_nightly(client, firm)
        assert await deploy_nightly(client, firm) == first
        assert len((await client.read_deployment(first)).schedules) == 1

        firm.nightly_sync, firm.nightly_at = False, "22:30"
        assert await deploy_nightly(client, firm) == first
        [off] = (await client.read_deployment(first)).schedules
        assert not off.active
        assert off.schedule.cron == "30 22 * * *"  # type: ignore[union-attr]

        firm.nightly_sync = True
        await deploy_nightly(client, firm)
        [on] = (await client.read_deployment(first)).schedules
        assert on.active


async def test_a_firm_whose_block_cannot_be_read_keeps_no_other_from_its_deployment(
    prefect_server: PrefectServer,
) -> None:
    await samples.save("a-broken-one")
    await samples.save("b-whole-one", case_system=samples.smartadvocate())
    async with get_client() as client:
        await ensure_work_pool(client)
        document = await client.read_block_document_by_name("a-broken-one-clio", "clio-credentials")
        await client.delete_block_document(document.id)
        registered = await register_firms(client)
        assert "b-whole-one" in registered.firms
        assert "a-broken-one" in registered.unreadable
        deployment = await client.read_deployment_by_name("nightly_case_sync/b-whole-one")
        assert "system:smartadvocate" in deployment.tags


async def test_the_form_explains_its_parameters_and_checks_them(prefect_server: PrefectServer) -> None:
    firm = await samples.save("with-a-form")
    async with get_client() as client:
        await ensure_work_pool(client)
        identity = await deploy_nightly(client, firm)
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
