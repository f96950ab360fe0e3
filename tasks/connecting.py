"""Connecting a firm by a person's consent: the way to its case system's consent page, and the way back with a code."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from prefect import get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact

from blocks.casepeer import CasePeerCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from blocks.smartadvocate import SmartAdvocateCredentials
from connectors.oauth import Authorization
from connectors.ports import Account
from domain.errors import BadInput
from tasks.firms import load_firm
from tasks.patience import STEP
from tasks.unheld import open_systems


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One person's way to the consent page of ``system``."""

    system: str
    authorization: Authorization
    redirect_uri: str


@task(name="send_to_consent", **STEP)
async def send_to_consent(slug: str, redirect_uri: str | None) -> Attempt:
    """Show the person the address of the consent page. What comes back is only believed with the same state.

    Raises:
        BadInput: the firm's case system asks for nobody's consent.
    """
    firm = await load_firm(slug)
    credentials, system = _consenting(firm), firm.rules().system.name
    redirect_uri = redirect_uri or f"http://127.0.0.1:8399/{credentials.system}"
    app = credentials.app()
    try:
        authorization = app.authorization(redirect_uri)
    finally:
        await app.close()
    await acreate_markdown_artifact(
        key=f"connect-{slug}",
        markdown=(
            f"# Connect {firm.name} to {system}\n\n1. Open [{system}'s consent page]({authorization.url}), signed in as an "
            "administrator of the firm, and allow the access.\n2. Your browser ends at an address that begins with "
            f"`{redirect_uri}`; it need not show a page. Copy the whole address.\n3. Press *Resume* on this flow run and "
            "paste it. The code in it works once, for ten minutes.\n"
        ),
        description=f"Connect {firm.name} to {system}",
    )
    get_run_logger().info("The address of %s's consent page is in the artifact connect-%s.", system, slug)
    return Attempt(system, authorization, redirect_uri)


@task(name="accept_grant", **STEP)
async def accept_grant(slug: str, attempt: Attempt, address: str) -> Account:
    """Turn the address the person came back to into the firm's grant, try it, and save it in the block.

    Raises:
        BadInput: the person declined, or the address is not the one of this attempt.
        LogInAgain: the case system does not take the code.
    """
    code = _code_in(address, attempt)
    firm = await load_firm(slug)
    credentials = _consenting(firm)
    app = credentials.app()
    try:
        grant = await app.exchange(code, attempt.redirect_uri, attempt.authorization.code_verifier)
    finally:
        await app.close()
    if not grant.refresh_token:
        raise BadInput(f"{attempt.system} gave no lasting grant with this code. Start connect_case_system again.")
    await credentials.keep_refresh_token(grant.refresh_token)
    return await _whoami(firm)


def _consenting(firm: Firm) -> ClioCredentials | SmartAdvocateCredentials:
    """The block that is to hold the grant. Raises BadInput for a firm that is connected by an account's password or a key."""
    credentials = firm.case_system
    if isinstance(credentials, CasePeerCredentials):
        raise BadInput(
            f"The cases of {firm.name} are in {firm.rules().system.name}, which is asked by a key: enter it in its "
            "credentials block."
        )
    if isinstance(credentials, SmartAdvocateCredentials) and not credentials.use_oauth:
        raise BadInput(
            f"The cases of {firm.name} are in {firm.rules().system.name}, which is asked by an account and its password: "
            "enter both in its credentials block. If it offers OAuth, switch that on there."
        )
    return credentials


async def _whoami(firm: Firm) -> Account:
    async with open_systems(firm) as (case_system, _):
        return await case_system.whoami()


def _code_in(address: str, attempt: Attempt) -> str:
    query = parse_qs(urlsplit(address.strip()).query)
    if query.get("error"):
        raise BadInput(
            f"The access was not allowed in {attempt.system}. Start connect_case_system again and choose Allow."
        )
    if query.get("state") != [attempt.authorization.state]:
        raise BadInput(
            "This address does not belong to this attempt to connect. Open the consent page from its artifact."
        )
    if not query.get("code"):
        raise BadInput("The address holds no code. Copy the whole address that the browser ended at.")
    return query["code"][0]
