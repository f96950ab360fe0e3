"""`python -m deployments.register`: make the block types known to Prefect, and the firms' deployments equal to their blocks."""

import argparse
import asyncio
from dataclasses import dataclass

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound

from blocks.casepeer import CasePeerCredentials
from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from blocks.smartadvocate import SmartAdvocateCredentials
from blocks.soluno import SolunoCredentials
from deployments.cost_push import deploy_cost_push
from deployments.nightly import deploy_nightly
from deployments.per_firm import WORK_POOL

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


@dataclass(frozen=True, slots=True)
class Registered:
    """Firms whose deployments are up to date, and those whose block cannot be read; both by slug, sorted."""

    firms: list[str]
    unreadable: list[str]


async def register_firms(client: PrefectClient) -> Registered:
    """Bring every firm's deployments up to date. A firm whose block cannot be read keeps no other from its own."""
    documents = await client.read_block_documents_by_type(Firm.get_block_type_slug())
    registered = Registered([], [])
    for slug in sorted(document.name for document in documents if document.name):
        try:
            firm = await Firm.aload(slug, client=client)
        except (ValueError, RuntimeError):
            registered.unreadable.append(slug)
        else:
            await deploy_nightly(client, firm)
            await deploy_cost_push(client, firm)
            registered.firms.append(slug)
    return registered


async def main() -> None:
    """Register everything, and say what was registered."""
    argparse.ArgumentParser(prog="python -m deployments.register", description=__doc__).parse_args()
    await register_blocks()
    async with get_client() as client:
        await ensure_work_pools(client)
        registered = await register_firms(client)
    names = ", ".join(registered.firms) or "none yet (add a Firm block in the Prefect UI, then run this again)"
    print(f"Block types: {', '.join(t.get_block_type_name() for t in BLOCK_TYPES)}.\nFirms: {names}.")  # noqa: T201
    if registered.unreadable:
        print(  # noqa: T201
            f"Blocks that cannot be read: {', '.join(registered.unreadable)}. Correct them in the Prefect UI (Blocks) and "
            "run this again; a nightly run by hand names the field."
        )


if __name__ == "__main__":
    asyncio.run(main())
