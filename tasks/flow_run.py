"""The flow run that a step is part of."""

from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext


def current_flow_run() -> FlowRun | None:
    """The flow run this code runs in; None outside of one."""
    context = FlowRunContext.get()
    return context.flow_run if context else None


def came_by_schedule() -> bool:
    """Whether this flow run was started by its schedule, and not by a person."""
    flow_run = current_flow_run()
    return flow_run is not None and bool(flow_run.auto_scheduled)
