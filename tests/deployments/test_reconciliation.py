"""Deployments are made equal to the Firm blocks, whatever stood there before, and people's own doings are respected."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from prefect import flow
from prefect.artifacts import Artifact
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from blocks.firm import Firm
from deployments.reconcile_deployments import reconcile_deployments
from deployments.reconciliation import Action, Reconciled, Step, reconcile
from deployments.register import ensure_work_pools
from tests.blocks import samples
from tests.flows.processes import PrefectServer

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
async def client(prefect_server: PrefectServer) -> AsyncIterator[PrefectClient]:
    async with get_client() as client:
        await ensure_work_pools(client)
        yield client


def step(reconciled: Reconciled, slug: str, flow_name: str = "nightly_case_sync") -> Step:
    [found] = [one for one in reconciled.steps if one.deployment == f"{flow_name}/{slug}"]
    return found


async def nightly(client: PrefectClient, slug: str) -> DeploymentResponse:
    return await client.read_deployment_by_name(f"nightly_case_sync/{slug}")


async def change(slug: str, **settings: Any) -> None:
    firm = await Firm.aload(slug)
    for name, value in settings.items():
        setattr(firm, name, value)
    await firm.asave(slug, overwrite=True)


async def test_a_firm_gets_its_deployments_and_a_second_pass_writes_nothing(client: PrefectClient) -> None:
    await samples.save("brought-in", case_system=samples.casepeer(), accounting=samples.soluno(), nightly_at="20:30")
    made = await reconcile(client)
    assert step(made, "brought-in").action is Action.CREATED
    assert step(made, "brought-in", "soluno_cost_push").action is Action.CREATED
    deployed = await nightly(client, "brought-in")
    assert set(deployed.tags) == {"firm:brought-in", "system:casepeer", "nightly"}
    push = await client.read_deployment_by_name("soluno_cost_push/brought-in")
    assert [one.schedule.cron for one in (*deployed.schedules, *push.schedules)] == ["30 20 * * *", "0 22 * * *"]  # type: ignore[union-attr]
    again = await reconcile(client)
    assert {one.action for one in again.steps if one.firm == "brought-in"} == {Action.UNCHANGED}
    assert (await nightly(client, "brought-in")).updated == deployed.updated


async def test_what_changed_in_the_block_changes_and_is_told_field_by_field(client: PrefectClient) -> None:
    await samples.save("rescheduled", nightly_at="20:30", time_zone="America/Denver")
    await reconcile(client)
    await change("rescheduled", nightly_at="22:05")
    dry = step(await reconcile(client, dry_run=True), "rescheduled")
    assert (dry.action, "schedule: 30 20 * * * America/Denver → 5 22 * * * America/Denver" in dry.differences) == (
        Action.CHANGED,
        True,
    )
    [before] = (await nightly(client, "rescheduled")).schedules
    assert before.schedule.cron == "30 20 * * *", "a dry run writes nothing"  # type: ignore[union-attr]
    assert step(await reconcile(client), "rescheduled").action is Action.CHANGED
    [after] = (await nightly(client, "rescheduled")).schedules
    assert after.schedule.cron == "5 22 * * *"  # type: ignore[union-attr]


async def test_a_switch_pauses_and_resumes_and_says_why(client: PrefectClient) -> None:
    firm = await samples.save("switched")
    await reconcile(client)
    firm.turn("nightly_sync", on=False, reason="migration", by="Dana Reyes", today=date(2026, 11, 3))
    await firm.save_again()
    assert step(await reconcile(client), "switched").action is Action.PAUSED
    paused = await nightly(client, "switched")
    assert not any(schedule.active for schedule in paused.schedules)
    assert "Nightly sync off since 3 Nov 2026 by Dana Reyes: migration." in (paused.description or "")
    assert "switched-off" in paused.tags
    quiet = step(await reconcile(client), "switched")
    assert (quiet.action, quiet.paused_by_person) == (Action.UNCHANGED, False)
    firm.turn("nightly_sync", on=True)
    await firm.save_again()
    assert step(await reconcile(client), "switched").action is Action.RESUMED
    resumed = await nightly(client, "switched")
    assert all(schedule.active for schedule in resumed.schedules)
    assert "switched-off" not in resumed.tags


@pytest.mark.parametrize("how", ["schedule", "deployment"])
async def test_what_a_person_paused_stays_so_and_is_told(client: PrefectClient, how: str) -> None:
    slug = f"paused-by-{how}"
    firm = await samples.save(slug)
    await reconcile(client)
    deployed = await nightly(client, slug)
    if how == "schedule":
        await client.update_deployment_schedule(deployed.id, deployed.schedules[0].id, active=False)
    else:
        await client.pause_deployment(deployed.id)

    def rests(found: DeploymentResponse) -> bool:
        return found.paused or not all(schedule.active for schedule in found.schedules)

    quiet = await reconcile(client)
    assert (step(quiet, slug).action, step(quiet, slug).paused_by_person) == (Action.UNCHANGED, True)
    await change(slug, nightly_at="23:10")
    changed = step(await reconcile(client), slug)
    assert (changed.action, changed.paused_by_person) == (Action.CHANGED, True)
    found = await nightly(client, slug)
    assert rests(found)
    assert found.schedules[0].schedule.cron == "10 23 * * *"  # type: ignore[union-attr]
    if how == "schedule":  # the block has the last word once it is switched off and on
        firm = await Firm.aload(slug)
        firm.turn("nightly_sync", on=False, reason="asked for", by="Dana")
        await firm.save_again()
        assert not step(await reconcile(client), slug).paused_by_person
        firm.turn("nightly_sync", on=True)
        await firm.save_again()
        assert step(await reconcile(client), slug).action is Action.RESUMED
        assert not rests(await nightly(client, slug))


async def test_a_firm_that_is_gone_loses_its_deployments_and_nobody_else_does(client: PrefectClient) -> None:
    await samples.save("leaving")
    await samples.save("staying")
    await reconcile(client)

    @flow(name="nightly_case_sync")
    def of_somebody_else() -> None: ...

    flow_id = await client.create_flow(of_somebody_else)
    theirs = await client.create_deployment(flow_id=flow_id, name="by-hand", tags=["ours"])
    document = await client.read_block_document_by_name("leaving", "firm")
    await client.delete_block_document(document.id)
    gone = await reconcile(client)
    assert step(gone, "leaving").action is Action.REMOVED
    with pytest.raises(ObjectNotFound):
        await nightly(client, "leaving")
    assert (await nightly(client, "staying")).id
    assert (await client.read_deployment(theirs)).name == "by-hand"


async def test_accounting_that_is_taken_out_takes_the_push_along(client: PrefectClient) -> None:
    await samples.save("no-more-books", case_system=samples.casepeer(), accounting=samples.soluno())
    await reconcile(client)
    await change("no-more-books", accounting=None)
    assert step(await reconcile(client), "no-more-books", "soluno_cost_push").action is Action.REMOVED


async def test_a_block_that_cannot_be_read_keeps_its_deployments_and_no_other_from_theirs(
    client: PrefectClient,
) -> None:
    await samples.save("a-broken-one")
    await reconcile(client)
    await samples.save("b-whole-one", case_system=samples.smartadvocate())
    document = await client.read_block_document_by_name("a-broken-one-clio", "clio-credentials")
    await client.delete_block_document(document.id)
    reconciled = await reconcile(client)
    assert "a-broken-one" in reconciled.unreadable
    assert step(reconciled, "b-whole-one").action is Action.CREATED
    assert (await nightly(client, "a-broken-one")).id


async def test_two_at_once_come_to_the_same(client: PrefectClient) -> None:
    for number in range(4):
        await samples.save(f"at-once-{number}")
    await asyncio.gather(reconcile(client), reconcile(client))
    after = await reconcile(client)
    ours = [one for one in after.steps if one.firm.startswith("at-once-")]
    assert [one.action for one in ours] == [Action.UNCHANGED] * 4


async def test_one_firm_can_be_reconciled_alone(client: PrefectClient) -> None:
    await samples.save("only-this")
    await samples.save("not-that")
    alone = await reconcile(client, only="only-this")
    assert [one.deployment for one in alone.steps] == ["nightly_case_sync/only-this"]
    with pytest.raises(ObjectNotFound):
        await nightly(client, "not-that")


async def test_the_run_shows_what_it_did_and_what_needs_a_person(client: PrefectClient) -> None:
    await samples.save("shown-in-the-run")
    dry = await reconcile_deployments(dry_run=True, return_state=True)
    assert (dry.message or "").startswith("Nothing was changed. Deployments: ")
    with pytest.raises(ObjectNotFound):
        await nightly(client, "shown-in-the-run")
    await reconcile_deployments(return_state=True)
    deployed = await nightly(client, "shown-in-the-run")
    await client.pause_deployment(deployed.id)
    state = await reconcile_deployments(return_state=True)
    assert state.name == "Exceptions"
    shown = await Artifact.aget("deployments")
    assert shown is not None
    assert "nightly_case_sync/shown-in-the-run was paused in the Prefect UI".replace("_", "\\_") in str(shown.data)
