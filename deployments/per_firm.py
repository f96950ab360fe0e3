"""A deployment of one firm: its flow on its schedule, one run at a time."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentCreate, DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule
from prefect.utilities.callables import parameter_schema

from blocks.firm import Firm
from domain.nights import Night
from domain.switches import SwitchState

WORK_POOL = "casebridge"
OF_FIRM = "firm:"
"""Begins the tag that names a deployment's firm."""
SWITCHED_OFF = "switched-off"
"""Tag of a deployment whose schedule is inactive because of the firm's switch. Where the schedule is inactive and the tag is
not there, a person has paused it in the Prefect UI."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What runs for a firm by itself. ``tag`` also names its schedule."""

    firm: Firm
    flow: Flow[..., Any]
    entrypoint: str
    tag: str
    description: str
    at: Night
    switch: SwitchState
    work_pool: str = WORK_POOL

    @property
    def name(self) -> str:
        """As Prefect names it: flow and deployment."""
        return f"{self.flow.name}/{self.firm.slug}"

    def definition(self, flow_id: UUID, form: dict[str, Any], *, paused: bool) -> DeploymentCreate:
        """The deployment as it should be. ``paused``: a person has paused its schedule, which is left to that person."""
        tags = [f"{OF_FIRM}{self.firm.slug}", f"system:{self.firm.case_system.system}", self.tag]
        off = "" if self.switch.on else f"\n\n**{self.switch.shown}.**"
        return DeploymentCreate(
            flow_id=flow_id,
            name=self.firm.slug,
            description=self.description + off,
            entrypoint=self.entrypoint,
            work_pool_name=self.work_pool,
            parameters={"firm": self.firm.slug},
            parameter_openapi_schema=form,
            enforce_parameter_schema=True,
            tags=tags if self.switch.on else [*tags, SWITCHED_OFF],
            # One at a time is kept by the ledger's lease; this only keeps the second run from starting a process in vain.
            concurrency_limit=1,
            concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
            schedules=[
                DeploymentScheduleCreate(
                    schedule=schedule_at(self.at), active=self.switch.on and not paused, slug=self.tag
                )
            ],
        )


async def deploy(client: PrefectClient, planned: Planned) -> UUID:
    """Create or change one deployment; its id."""
    flow_id = await client.create_flow(planned.flow)
    return await write(client, planned.definition(flow_id, form_of(planned.flow), paused=False))


async def write(client: PrefectClient, definition: DeploymentCreate) -> UUID:
    """Create the deployment, or change the one of the same flow and name; its id."""
    body = definition.model_dump(mode="json", exclude_unset=True)
    return UUID((await client.request("POST", "/deployments/", json=body)).json()["id"])


def schedule_at(at: Night) -> CronSchedule:
    """Every day at this hour on people's clocks. A cron in a named zone follows daylight saving; an interval would not."""
    return CronSchedule(cron=f"{at.at.minute} {at.at.hour} * * *", timezone=at.zone.key)


def form_of(flow: Flow[..., Any]) -> dict[str, Any]:
    """The form of the flow's parameters, as the Prefect UI shows it."""
    return parameter_schema(flow).model_dump()
