"""One deployment per firm that keeps books in Soluno, for its cost push; made from the Firm block."""

from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.exceptions import ObjectNotFound

from blocks.firm import Firm
from deployments.per_firm import WORK_POOL, Planned, deploy
from flows.soluno_cost_push import soluno_cost_push


async def deploy_cost_push(client: PrefectClient, firm: Firm, *, work_pool: str = WORK_POOL) -> UUID | None:
    """Create or change the firm's push deployment; of a firm without accounting, remove it.

    A firm whose push is switched off keeps it, with its schedule inactive.
    """
    if firm.accounting is None:
        try:
            deployment = await client.read_deployment_by_name(f"{soluno_cost_push.name}/{firm.slug}")
        except ObjectNotFound:
            return None
        await client.delete_deployment(deployment.id)
        return None
    planned = Planned(
        flow=soluno_cost_push,
        entrypoint="flows.soluno_cost_push.soluno_cost_push",
        tag="costs",
        description=(
            f"Costs, charges and trust of {firm.name} from CASEpeer into Soluno, and statuses back. Made from the Firm "
            "block; change it there. *Quick run* pushes now, *Custom run* offers single costs and a dry run."
        ),
        at=firm.push_time,
        active=firm.cost_push,
    )
    return await deploy(client, firm, planned, work_pool=work_pool)
