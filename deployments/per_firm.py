"""A deployment of one firm: its flow on its schedule, one run at a time."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule
from prefect.utilities.callables import parameter_schema

from blocks.firm import Firm
from domain.nights import Night

WORK_POOL = "casebridge"


@dataclass(frozen=True, slots=True)
class Planned:
    """What runs for a firm by itself. ``tag`` also names its schedule."""

    flow: Flow[..., Any]
    entrypoint: str
    tag: str
    description: str
    at: Night
    active: bool


def schedule_at(at: Night) -> CronSchedule:
    """Every day at this hour on people's clocks. A cron in a named zone follows daylight saving; an interval would not."""
    return CronSchedule(cron=f"{at.at.minute} {at.at.hour} * * *", timezone=at.zone.key)


async def deploy(client: PrefectClient, firm: Firm, planned: Planned, *, work_pool: str = WORK_POOL) -> UUID:
    """Create or change it. What is switched off keeps its deployment, with the schedule inactive."""
    flow_id = await client.create_flow(planned.flow)
    return await client.create_deployment(
        flow_id=flow_id,
        name=firm.slug,
        description=planned.description,
        entrypoint=planned.entrypoint,
        work_pool_name=work_pool,
        parameters={"firm": firm.slug},
        parameter_openapi_schema=parameter_schema(planned.flow).model_dump(),
        enforce_parameter_schema=True,
        tags=[f"firm:{firm.slug}", f"system:{firm.case_system.system}", planned.tag],
        # One at a time is kept by the ledger's lease; this only keeps the second run from starting a process in vain.
        concurrency_limit=1,
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        schedules=[DeploymentScheduleCreate(schedule=schedule_at(planned.at), active=planned.active, slug=planned.tag)],
    )
