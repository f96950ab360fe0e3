"""Asking a person in the middle of a run: it pauses in the Prefect UI until somebody has filled in its form."""

import asyncio
import uuid
from datetime import timedelta
from typing import TypeVar

from prefect.client.orchestration import get_client
from prefect.flow_runs import apause_flow_run
from prefect.input import RunInput

from tasks.flow_run import current_flow_run

Form = TypeVar("Form", bound=RunInput)
_LOOK_EVERY = 2
_ALL = 200
_MARGIN = timedelta(minutes=5)


async def ask(form: type[Form], *, within: timedelta) -> Form | None:
    """What a person has entered after *Resume*; None when nobody has come in time.

    Each try of a run asks anew: of a pause under a key that was answered before, Prefect makes no pause at all. It ends by
    our own clock, as Prefect lets a run whose pause is over by its clock end in no other way than *Failed*.
    """
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await apause_flow_run(
                wait_for_input=form,
                timeout=int((within + _MARGIN).total_seconds()),
                poll_interval=_LOOK_EVERY,
                key=uuid.uuid4().hex,
            )
    except TimeoutError:
        return None


async def forget_answers() -> None:
    """Remove what people have entered into forms of this run, which Prefect would keep with it: for secrets."""
    flow_run = current_flow_run()
    if flow_run is None:
        return
    async with get_client() as client:
        for entered in await client.filter_flow_run_input(flow_run.id, key_prefix="", limit=_ALL, exclude_keys=set()):
            await client.delete_flow_run_input(flow_run.id, entered.key)
