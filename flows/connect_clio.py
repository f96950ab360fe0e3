"""A person allows casebridge into a firm's Clio."""

from typing import Any

from prefect import flow
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import apause_flow_run
from prefect.input import RunInput
from prefect.states import Cancelled, Completed
from pydantic import Field

from domain.run_names import run_name
from tasks.connecting import accept_grant, send_to_consent
from tasks.endings import ends_with_a_sentence

CODE_LIVES = 600
"""Seconds that Clio keeps a code good [seen:doc]."""


class Landing(RunInput):
    """What the person brings back from Clio."""

    address: str = Field(
        title="Address", description="The whole address your browser ended at after allowing the access."
    )


@flow(name="connect_clio", flow_run_name=run_name("connect clio"), persist_result=False)
@ends_with_a_sentence
async def connect_clio(firm: str, redirect_uri: str = "http://127.0.0.1:8399/clio") -> Any:
    """Connect a firm to Clio: open the address in this run's artifact, allow the access, press Resume, paste the address.

    Args:
        firm: The firm's short name: the name of its Firm block.
        redirect_uri: Where Clio sends the browser afterwards; must be registered for the app in Clio's developer portal.
    """
    authorization = await send_to_consent(firm, redirect_uri)
    try:
        landing = await apause_flow_run(wait_for_input=Landing, timeout=CODE_LIVES, poll_interval=2)
    except FlowPauseTimeout:
        return Cancelled(message="Nobody came back from Clio within ten minutes. Start connect_clio again.")
    account = await accept_grant(firm, authorization, redirect_uri, landing.address)
    return Completed(message=f"Connected to {account.firm_name} in Clio as {account.user_name}..")
