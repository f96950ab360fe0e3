"""When Prefect may run a step again: only when waiting can help. Nobody is asked three times to log in again."""

from typing import Any

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from connectors.errors import Wait


def waiting_may_help(_task: Task[..., Any], _task_run: TaskRun, state: State[Any]) -> bool:
    """True when the step failed because an outside system was not there, or too busy."""
    return isinstance(state.data, Wait)


STEP: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
"""Every step: what was done is the ledger's to know; nothing rests on result files of one machine."""
PATIENT_STEP: dict[str, Any] = {
    **STEP,
    "retries": 2,
    "retry_delay_seconds": [10, 60],
    "retry_condition_fn": waiting_may_help,
}
"""A step that picks up where it was, and may be run again while an outside system stumbles."""
