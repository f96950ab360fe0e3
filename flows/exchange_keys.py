"""The two keys of a CASEpeer firm come into their places, and the firm is switched on."""

from typing import Any

from prefect import flow
from prefect.states import Completed

from domain.run_names import run_name
from tasks import key_exchange
from tasks.endings import ends_with_a_sentence


@flow(name="exchange_keys", flow_run_name=run_name("keys"), persist_result=False)
@ends_with_a_sentence
async def exchange_keys(firm: str, switch_on: bool = True) -> Any:
    """Put both keys of a CASEpeer firm in place, try them at both ends, switch the firm on and tell its people.

    Case Status' key goes into CASEpeer, CASEpeer's into its block. Needs an administrator's key in CASEpeer Credentials,
    which is forgotten when all is done. Until then nothing is switched on.

    Args:
        firm: The firm's short name: the name of its Firm block.
        switch_on: Switch on the nightly sync and the relays in the Firm block when both keys are accepted.
    """
    both = await key_exchange.put_keys_in_place(firm)
    if switch_on:
        await key_exchange.switch_on(firm)
    await key_exchange.tell_of_set_up(firm, both)
    return Completed(message=f"Both keys are in place and accepted at both ends. {both.sentence}")
