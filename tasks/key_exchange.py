"""Setting a firm up with two keys: each is put where the other side looks for it, and tried there."""

import asyncio
import contextlib
from dataclasses import dataclass

from prefect import task
from pydantic import SecretStr

from blocks.casepeer import CasePeerCredentials
from blocks.firm import Firm
from connectors.errors import NotPermitted
from connectors.http import redact_handlers
from connectors.ports import SharedState
from domain.errors import BadInput
from ledger import Ledger
from tasks.firms import load_firm
from tasks.patience import STEP
from tasks.set_up import tell_of_completion
from tasks.usage import close_ledger


@dataclass(frozen=True, slots=True)
class BothEnds:
    """Whom each side takes the keys for."""

    case_system: str
    portal: str

    @property
    def sentence(self) -> str:
        """Both in one sentence."""
        return f"CASEpeer is connected as {self.case_system}, Case Status as {self.portal}."


@task(name="put_keys_in_place", **STEP)
async def put_keys_in_place(slug: str) -> BothEnds:
    """Give each side the other's key, see that both are accepted, and save CASEpeer's key in its block.

    Raises:
        BadInput: the firm has no such keys, or there is no administrator's key.
        LogInAgain: a key is not accepted.
        FixData: CASEpeer finds that Case Status does not accept its key.
    """
    redact_handlers("", "casebridge", "prefect.flow_runs", "prefect.task_runs")
    firm = await load_firm(slug)
    credentials = _with_administrators_key(firm)
    async with contextlib.AsyncExitStack() as cleanup:
        ledger = await asyncio.to_thread(Ledger.open)
        cleanup.push_async_callback(close_ledger, ledger)
        portal = firm.portal.portal(SharedState(f"case_status:{slug}", ledger.limits, ledger.tokens))
        cleanup.push_async_callback(portal.close)
        seen_there = (await portal.me()).name
        shared = SharedState(f"{credentials.system}:{slug}", ledger.limits, ledger.tokens)
        administration = credentials.administration(shared)
        cleanup.push_async_callback(administration.close)
        try:
            key = await administration.exchange_keys(firm.portal.api_key.get_secret_value())
        except NotPermitted as error:
            raise BadInput(
                "The key in *Administrator's key* of CASEpeer Credentials is no administrator's: only an administrator of "
                "the firm can exchange keys."
            ) from error
        credentials.api_key = SecretStr(key)
        case_system = credentials.case_system(shared, firm.rules())
        cleanup.push_async_callback(case_system.close)
        seen_here = (await case_system.whoami()).firm_name
    await credentials.save_again()
    return BothEnds(seen_here, seen_there)


@task(name="switch_on", **STEP)
async def switch_on(slug: str) -> None:
    """Switch on the firm's nightly sync and relays in its block."""
    firm = await load_firm(slug)
    for switch in ("nightly_sync", "relay_messages", "relay_documents", "relay_replies"):
        firm.turn(switch, on=True)
    await firm.asave(slug, overwrite=True)


@task(name="tell_of_set_up", **STEP)
async def tell_of_set_up(slug: str, both: BothEnds) -> None:
    """Tell the firm's people that all is in place; only then is the administrator's key forgotten."""
    firm = await load_firm(slug)
    nights = "on" if firm.nightly_sync else "still off"
    more = (
        f"The nightly sync is {nights}. Cases come over one at a time with connect_case, or by a list with "
        "initial_bulk_import."
    )
    ledger = await asyncio.to_thread(Ledger.open)
    try:
        await tell_of_completion(
            ledger, firm, f"Both keys are in place and accepted at both ends. {both.sentence}", more
        )
    finally:
        await close_ledger(ledger)
    credentials = _with_administrators_key(firm)
    credentials.admin_key = SecretStr("")
    await credentials.save_again()


def _with_administrators_key(firm: Firm) -> CasePeerCredentials:
    credentials = firm.case_system
    if not isinstance(credentials, CasePeerCredentials):
        raise BadInput(
            f"The cases of {firm.name} are in {firm.rules().system.name}, which has no keys to exchange. Run check_connection."
        )
    if not credentials.admin_key:
        raise BadInput(
            "CASEpeer Credentials hold no administrator's key: enter one, which is forgotten afterwards. Or exchange the keys "
            "by hand as the block's description says, and run check_connection."
        )
    return credentials
