"""*Connect to Case Status*: one case comes over, after a person has seen what will be sent."""

from typing import Any

from prefect import flow
from prefect.input import RunInput
from prefect.states import Cancelled
from pydantic import Field

from domain.run_names import run_name
from tasks.asking import ask
from tasks.case_preview import (
    TIME_TO_CONFIRM,
    link_both_sides,
    nothing_to_confirm,
    preview_case,
    refuse_if_changed,
)
from tasks.endings import ends_with_a_sentence
from tasks.reading import read_both_sides, read_directory
from tasks.report import publish_case_result
from tasks.sync_run import CONNECTING, Request, open_run
from tasks.writing import write_cases


class Confirmation(RunInput):
    """What the person says to the preview."""

    send: bool = Field(
        default=True,
        title="Send it to Case Status",
        description="Exactly what the artifact of this run shows. Off: nothing is sent, and the run ends.",
    )


@flow(name="connect_case", flow_run_name=run_name("connect", "{firm} · case {case}"), persist_result=False)
@ends_with_a_sentence
async def connect_case(firm: str, case: str, confirm: bool = False, requested_by: str | None = None) -> Any:
    """Connect one case to Case Status: look at this run's artifact, press Resume, and it is imported at once.

    For CASEpeer, where cases come over one at a time or by a list. All that stands against it is shown together; what has
    changed between preview and confirmation is not sent.

    Args:
        firm: The firm's short name: the name of its Firm block.
        case: The case's integration id, or the address of its page in the case system.
        confirm: Ask nobody and send what the preview shows: for callers without a person.
        requested_by: Your e-mail; the report is mailed to it.
    """
    shown = await preview_case(firm, case)
    if ending := nothing_to_confirm(shown):
        return ending
    case_id = shown.case.integration_id
    if not confirm:
        answer = await ask(Confirmation, within=TIME_TO_CONFIRM)
        if answer is None or not answer.send:
            why = "Nobody has confirmed it within an hour" if answer is None else "It was not confirmed"
            return Cancelled(
                message=f"{why}: nothing of case {case_id} was sent. Start connect_case again to connect it."
            )
    async with open_run(Request(firm, CONNECTING, ids=[case_id], requested_by=requested_by)) as run:
        await read_directory(run)
        await read_both_sides(run)
        await refuse_if_changed(run, shown)
        await write_cases(run)
        await link_both_sides(run, shown)
        return await publish_case_result(run)
