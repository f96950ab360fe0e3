"""The monthly step: pushes pause, somebody is told once, answers the question in the run's form, and pushes go on."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.flow_runs import aresume_flow_run

from deployments.cost_push import plan_cost_push
from deployments.per_firm import deploy
from deployments.register import ensure_work_pools
from flows.check_connection import check_connection
from flows.reauthenticate_soluno import reauthenticate_soluno
from flows.soluno_cost_push import soluno_cost_push
from tasks.firms import load_firm
from tests.flows.bookkeeping import Bookkeepers, open_bookkeepers
from tests.flows.mailbox import Mailbox, open_mailbox
from tests.flows.processes import PrefectServer

SECRET = "the harbour at Mystic"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def opened(
    prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox
) -> Iterator[Bookkeepers]:
    home = tmp_path_factory.mktemp("monthly")
    recipients = {"alert_recipients": ["books@harrow-pike.example"], "mail": mailbox.credentials}
    with open_bookkeepers("monthly", home, **recipients) as office:
        office.run_push()
        # From now on Soluno knows us; the answer is set anew, and the firm keeps it to itself.
        office.soluno.designated.answer = SECRET
        yield office


async def paused_run() -> UUID:
    """The run that waits for its person."""
    named = FlowRunFilter(name=FlowRunFilterName(like_="reauthenticate"))
    async with get_client() as client:
        for _ in range(300):
            runs = await client.read_flow_runs(flow_run_filter=named)
            for run in runs:
                if run.state is not None and run.state.is_paused():
                    return run.id
            await asyncio.sleep(0.1)
    raise AssertionError("the flow did not pause")


async def answered(slug: str, answer: str) -> Any:
    """Run the flow, press Resume, and enter an answer; the state it ends in."""
    flow = asyncio.create_task(reauthenticate_soluno(slug, return_state=True))
    run = await paused_run()
    await aresume_flow_run(run, run_input={"answer": answer})
    return await flow


async def test_the_month_is_over_and_somebody_answers(
    opened: Bookkeepers, mailbox: Mailbox, prefect_server: PrefectServer
) -> None:
    [cost] = opened.add_costs(opened.case_answered_for(), "38.75")
    opened.in_soluno("/login", reauthenticate_in=0)

    for _ in range(2):
        paused = await soluno_cost_push(opened.slug, return_state=True)
        assert (paused.name, "waits" in paused.message) == ("ReauthenticationNeeded", True)
    checked = await check_connection(opened.slug, return_state=True)

    assert checked.name == "ReauthenticationNeeded"
    [told] = [mail for _, mail in mailbox.mails if "Needs attention" in str(mail["Subject"])]
    assert "reauthenticate_soluno" in str(told)
    assert opened.cost(cost).status == "open"

    wrong = await answered(opened.slug, "a harbour elsewhere")
    assert wrong.name == "ReconnectNeeded", wrong.message

    async with get_client() as client:
        await ensure_work_pools(client)
        await deploy(client, plan_cost_push(await load_firm(opened.slug)))
    right = await answered(opened.slug, SECRET)
    assert (right.name, "has been started" in right.message) == ("Completed", True), right.message

    pushed = await soluno_cost_push(opened.slug, return_state=True)
    assert pushed.name == "Completed", pushed.message
    assert opened.cost(cost).status == "pending"
    secrets = (SECRET, "a harbour elsewhere", opened.soluno.designated.password)
    assert opened.left_behind(prefect_server, *secrets) == []
    assert await entered_inputs() == []


async def entered_inputs() -> list[str]:
    """What people have entered into forms of these runs and Prefect still has."""
    named = FlowRunFilter(name=FlowRunFilterName(like_="reauthenticate"))
    async with get_client() as client:
        runs = await client.read_flow_runs(flow_run_filter=named)
        return [
            entered.key
            for run in runs
            for entered in await client.filter_flow_run_input(run.id, key_prefix="", limit=50, exclude_keys=set())
        ]


async def test_it_is_warned_of_before_the_month_is_over(opened: Bookkeepers, mailbox: Mailbox) -> None:
    for days in (6, 2):
        opened.in_soluno("/login", reauthenticate_in=days * 86_400)
        before = len(mailbox.mails)
        for _ in range(2):
            state = await soluno_cost_push(opened.slug, return_state=True)
            assert state.name == "Completed", state.message
        assert len(mailbox.mails) == before + 1
