"""A person allows casebridge into a firm's case system."""

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.input import RunInput
from prefect.states import Cancelled, Completed
from pydantic import Field

from domain.run_names import run_name
from tasks.asking import ask
from tasks.connecting import accept_grant, send_to_consent
from tasks.endings import ends_with_a_sentence

CODE_LIVES = timedelta(minutes=10)
"""How long a code is good: Clio's [seen:doc], SmartAdvocate's [assumed]."""


class Landing(RunInput):
    """What the person brings back from the case system."""

    address: str = Field(
        title="Address", description="The whole address your browser ended at after allowing the access."
    )


@flow(name="connect_case_system", flow_run_name=run_name("connect"), persist_result=False)
@ends_with_a_sentence
async def connect_case_system(firm: str, redirect_uri: str | None = None) -> Any:
    """Connect a firm by consent: open the address in this run's artifact, allow the access, press Resume, paste the address.

    For Clio, and for a SmartAdvocate that offers OAuth.

    Args:
        firm: The firm's short name: the name of its Firm block.
        redirect_uri: Where the browser is sent afterwards; must be registered for the app in the case system's developer
            portal. Empty: http://127.0.0.1:8399/clio, or the same with smartadvocate.
    """
    attempt = await send_to_consent(firm, redirect_uri)
    landing = await ask(Landing, within=CODE_LIVES)
    if landing is None:
        return Cancelled(message="Nobody came back within ten minutes. Start connect_case_system again.")
    account = await accept_grant(firm, attempt, landing.address)
    return Completed(message=f"Connected to {account.firm_name} in {attempt.system} as {account.user_name}.")
