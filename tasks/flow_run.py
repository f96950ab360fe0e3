"""The flow run that a step is part of."""

from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext


def current_flow_run() -> FlowRun | None:
    """The flow run this code runs in; None outside of one."""
    context = FlowRunContext.get()
    return context.flow_run if context else None
