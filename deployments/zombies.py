"""`python -m deployments.zombies`: have Prefect end the runs whose worker has died, so that they can be retried."""

import asyncio
from datetime import timedelta

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

SILENCE = timedelta(seconds=90)
"""Three heartbeats of the 30 seconds that workers are set to (PREFECT_FLOWS_HEARTBEAT_FREQUENCY)."""
STARTING = timedelta(minutes=3)
"""Far longer than a worker's process takes to begin, on a machine that is busy with a whole night."""
BEAT = "prefect.flow-run.heartbeat"
TAKEN = {f"prefect.flow-run.{state}" for state in ("Pending", "Submitting", "InfrastructurePending")}
GOING = {BEAT} | {
    f"prefect.flow-run.{state}" for state in ("Running", "Retrying", "AwaitingRetry", "Scheduled", "Paused")
}
ENDED = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}


def automations() -> list[AutomationCore]:
    """What ends a run that has fallen silent, and one that a worker took and never began."""
    return [
        _crash_after(
            "casebridge: end the runs of dead workers",
            {BEAT},
            {BEAT} | ENDED,
            SILENCE,
            f"Nothing was heard of this run for {SILENCE.total_seconds():.0f} seconds: its worker has died.",
        ),
        # Such a run has never beaten, and would hold its place in the pool for ever.
        _crash_after(
            "casebridge: end the runs that dead workers never began",
            TAKEN,
            GOING | ENDED,
            STARTING,
            f"A worker took this run and did not begin it within {STARTING.total_seconds():.0f} seconds: it has died.",
        ),
    ]


def _crash_after(name: str, after: set[str], expect: set[str], within: timedelta, told: str) -> AutomationCore:
    """A run of which ``after`` was heard, and then nothing of ``expect``, becomes Crashed."""
    return AutomationCore(
        name=name,
        description="Such a run stays as it is for ever otherwise. Retry goes on where it was.",
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            after=after,
            expect=expect,
            posture=Posture.Proactive,
            threshold=1,
            within=within,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=f"{told} Press Retry; it goes on where it was.")],
    )


async def end_dead_runs(client: PrefectClient) -> None:
    """Create the automations, or make those that are there equal to them; one that a person has paused stays paused."""
    for wanted in automations():
        there = await client.read_automations_by_name(wanted.name)
        if there:
            await client.update_automation(there[0].id, wanted)
        else:
            await client.create_automation(wanted)


async def main() -> None:
    """Create them on the server that PREFECT_API_URL names."""
    async with get_client() as client:
        await end_dead_runs(client)


if __name__ == "__main__":
    asyncio.run(main())
