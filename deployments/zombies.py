"""Automations that end the runs whose worker has died, so that they can be retried."""

from datetime import timedelta

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY

from tasks.endings import FINAL_STATES

BEATS_MISSED = 3
"""After so many heartbeats that stay out, a run counts as dead."""
STARTING = timedelta(minutes=3)
"""Far longer than a worker's process takes to begin, on a machine that is busy with a whole night."""
_USUAL_BEAT = 180
BEAT = "prefect.flow-run.heartbeat"
TAKEN = {f"prefect.flow-run.{state}" for state in ("Pending", "Submitting", "InfrastructurePending")}
GOING = {BEAT} | {
    f"prefect.flow-run.{state}" for state in ("Running", "Retrying", "AwaitingRetry", "Scheduled", "Paused")
}
ENDED = {f"prefect.flow-run.{state}" for state in FINAL_STATES}


def end_dead_runs(prefix: str) -> list[AutomationCore]:
    """What ends a run that has fallen silent, and one that a worker took and never began; names begin with ``prefix``.

    Workers must beat as often as the process that makes these is set to (PREFECT_FLOWS_HEARTBEAT_FREQUENCY), or oftener.
    """
    silence = timedelta(seconds=BEATS_MISSED * (PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value() or _USUAL_BEAT))
    return [
        _crash_after(
            f"{prefix}the runs of dead workers end",
            {BEAT},
            {BEAT} | ENDED,
            silence,
            f"Nothing was heard of this run for {silence.total_seconds():.0f} seconds: its worker has died.",
        ),
        # Such a run has never beaten, and would hold its place in the pool for ever.
        _crash_after(
            f"{prefix}the runs that dead workers never began end",
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
