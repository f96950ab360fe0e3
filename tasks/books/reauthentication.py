"""The monthly step: somebody of the firm answers the security question of its accounting, and posting goes on."""

import asyncio

from prefect import get_run_logger, task
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr

from connectors.ports import SharedState
from domain.books import SessionStanding
from ledger import Ledger
from tasks.books.preflight import STREAM
from tasks.books.push import load_booking_firm
from tasks.patience import STEP
from tasks.usage import close_ledger

PUSH = "soluno_cost_push"


@task(name="see_who_is_asked", **STEP)
async def see_who_is_asked(slug: str) -> str:
    """The firm's name, once it is known to have accounting. Raises BadInput."""
    return (await load_booking_firm(slug)).name


@task(name="answer_question", **STEP)
async def answer_question(slug: str, answer: SecretStr) -> SessionStanding:
    """Log in anew with the answer, which is kept nowhere; how the login stands then.

    Raises:
        LogInAgain: the answer or the password is not accepted.
        ConnectorError: accounting cannot be asked.
    """
    firm = await load_booking_firm(slug)
    assert firm.accounting is not None
    ledger = await asyncio.to_thread(Ledger.open)
    accounting = firm.accounting.accounting(
        SharedState(f"{firm.accounting.system}:{slug}", ledger.limits, ledger.tokens)
    )
    try:
        standing = await accounting.reauthenticate(answer.get_secret_value())
        await asyncio.to_thread(ledger.incidents.observe, slug, STREAM, {})
    finally:
        await accounting.close()
        await close_ledger(ledger)
    return standing


@task(name="push_again", **STEP)
async def push_again(slug: str) -> bool:
    """Start the firm's push, which goes on with what waits; False when the firm has no deployment for it."""
    async with get_client() as client:
        try:
            deployment = await client.read_deployment_by_name(f"{PUSH}/{slug}")
        except ObjectNotFound:
            return False
        flow_run = await client.create_flow_run_from_deployment(deployment.id)
    get_run_logger().info("The push %s was started.", flow_run.name)
    return True
