"""One deployment per firm for its nightly sync, made from the Firm block."""

from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule
from prefect.utilities.callables import parameter_schema

from blocks.firm import Firm
from domain.systems import CASE_SYSTEMS
from flows.nightly_case_sync import nightly_case_sync

WORK_POOL = "casebridge"
ENTRYPOINT = "flows.nightly_case_sync.nightly_case_sync"


def nightly_schedule(firm: Firm) -> CronSchedule:
    """When the firm's nightly sync runs. A cron in a named zone follows daylight saving; an interval would not."""
    night = firm.night
    return CronSchedule(cron=f"{night.at.minute} {night.at.hour} * * *", timezone=night.zone.key)


async def deploy_nightly(client: PrefectClient, firm: Firm, *, work_pool: str = WORK_POOL) -> UUID:
    """Create or change the firm's nightly deployment. A firm switched off keeps it, with its schedule inactive."""
    flow_id = await client.create_flow(nightly_case_sync)
    schedule = nightly_schedule(firm)
    return await client.create_deployment(
        flow_id=flow_id,
        name=firm.slug,
        description=(
            f"Nightly case sync of {firm.name} from {CASE_SYSTEMS[firm.case_system.system].name} to Case Status. "
            "Made from the Firm block; change it there. *Quick run* syncs now, *Custom run* offers the window, "
            "single cases and a dry run."
        ),
        entrypoint=ENTRYPOINT,
        work_pool_name=work_pool,
        parameters={"firm": firm.slug},
        parameter_openapi_schema=parameter_schema(nightly_case_sync).model_dump(),
        enforce_parameter_schema=True,
        tags=[f"firm:{firm.slug}", f"system:{firm.case_system.system}", "nightly"],
        # One at a time is kept by the ledger's lease; this only keeps the second run from starting a process in vain.
        concurrency_limit=1,
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        schedules=[DeploymentScheduleCreate(schedule=schedule, active=firm.nightly_sync, slug="nightly")],
    )
