"""`python -m deployments.register`: make the block types known to Prefect, and the firms' deployments equal to their blocks."""

import argparse
import asyncio

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound

from blocks.casepeer import CasePeerCredentials
from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from blocks.operators_mail import OperatorsMail
from blocks.smartadvocate import SmartAdvocateCredentials
from blocks.soluno import SolunoCredentials
from deployments.automations import alert
from deployments.per_firm import WORK_POOL
from deployments.reconciliation import reconcile

RUNS_AT_ONCE = 4
"""How many flow runs the pool's workers have under way together. A limit of the worker itself (``--limit``) would do the
same, but a worker of Prefect 3.8 dies of it when somebody presses Retry before the ended run's process is quite gone."""

RELAY_POOL = "casebridge-relays"
"""Where ticks run: apart from the nights, which would keep them waiting for hours."""

BLOCK_TYPES = (
    ClioCredentials,
    SmartAdvocateCredentials,
    CasePeerCredentials,
    SolunoCredentials,
    CaseStatusCredentials,
    Firm,
    OperatorsMail,
)


async def register_blocks() -> None:
    """Make the block types (and their forms) known to the Prefect server."""
    for block_type in BLOCK_TYPES:
        await block_type.aregister_type_and_schema()


async def ensure_work_pools(client: PrefectClient) -> None:
    """Create the pools the deployments run in, unless they are there."""
    for name in (WORK_POOL, RELAY_POOL):
        await ensure_work_pool(client, name)


async def ensure_work_pool(client: PrefectClient, name: str = WORK_POOL) -> None:
    """Create a process work pool, unless it is there."""
    try:
        await client.read_work_pool(name)
    except ObjectNotFound:
        await client.create_work_pool(
            WorkPoolCreate(
                name=name,
                type="process",
                description="Runs casebridge's flows as processes of a worker.",
                concurrency_limit=RUNS_AT_ONCE,
            )
        )


async def main() -> None:
    """Register everything, and say what was registered."""
    argparse.ArgumentParser(prog="python -m deployments.register", description=__doc__).parse_args()
    await register_blocks()
    async with get_client() as client:
        await ensure_work_pools(client)
        reconciled = await reconcile(client)
        through = await alert(client)
    print(f"Block types: {', '.join(t.get_block_type_name() for t in BLOCK_TYPES)}.\n{reconciled.sentence}")  # noqa: T201 - what a command says
    if not reconciled.steps and not reconciled.unreadable:
        print("There are no firms yet: add a Firm block in the Prefect UI; its deployments follow within minutes.")  # noqa: T201 - what a command says
    print(through)  # noqa: T201 - what a command says
    for sentence in reconciled.unreadable.values():
        print(sentence)  # noqa: T201 - what a command says


if __name__ == "__main__":
    asyncio.run(main())
