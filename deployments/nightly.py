"""One deployment per firm for its nightly sync, made from the Firm block."""

from uuid import UUID

from prefect.client.orchestration import PrefectClient

from blocks.firm import Firm
from deployments.per_firm import WORK_POOL, Planned, deploy
from domain.systems import CASE_SYSTEMS
from flows.nightly_case_sync import nightly_case_sync


async def deploy_nightly(client: PrefectClient, firm: Firm, *, work_pool: str = WORK_POOL) -> UUID:
    """Create or change the firm's nightly deployment. A firm switched off keeps it, with its schedule inactive."""
    planned = Planned(
        flow=nightly_case_sync,
        entrypoint="flows.nightly_case_sync.nightly_case_sync",
        tag="nightly",
        description=(
            f"Nightly case sync of {firm.name} from {CASE_SYSTEMS[firm.case_system.system].name} to Case Status. "
            "Made from the Firm block; change it there. *Quick run* syncs now, *Custom run* offers the window, "
            "single cases and a dry run."
        ),
        at=firm.night,
        active=firm.nightly_sync,
    )
    return await deploy(client, firm, planned, work_pool=work_pool)
