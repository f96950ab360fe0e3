"""`python -m deployments.zombies`: have Prefect end the runs whose worker has died, so that they can be retried."""

import asyncio
from datetime import timedelta

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

NAME = "casebridge: end the runs of dead workers"
SILENCE = timedelta(seconds=90)
"""Three heartbeats of the 30 seconds that workers are set to (PREFECT_FLOWS_HEARTBEAT_FREQUENCY)."""
BEAT = "prefect.flow-run.heartbeat"
ENDED = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}


def zombie_automation(silence: timedelta = SILENCE) -> AutomationCore:
    """A run that has beaten and then neither beats nor ends for ``silence`` becomes Crashed."""
    return AutomationCore(
        name=NAME,
        description="A run whose worker has died stays Running for ever otherwise. Retry goes on where it was.",
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            after={BEAT},
            expect={BEAT} | ENDED,
            posture=Posture.Proactive,
            threshold=1,
            within=silence,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message=f"Nothing was heard of this run for {silence.total_seconds():.0f} seconds: its worker has died. "
                "Press Retry; it goes on where it was.",
            )
        ],
    )


async def end_dead_runs(client: PrefectClient, silence: timedelta = SILENCE) -> None:
    """Create the automation, or make the one that is there equal to it."""
    wanted = zombie_automation(silence)
    there = await client.read_automations_by_name(NAME)
    if there:
        await client.update_automation(there[0].id, wanted)
    else:
        await client.create_automation(wanted)


async def main() -> None:
    """Create it on the server that PREFECT_API_URL names."""
    async with get_client() as client:
        await end_dead_runs(client)


if __name__ == "__main__":
    asyncio.run(main())
