"""Connecting a firm to Clio by a person's consent: the way to the consent page, and the way back with a code."""

from urllib.parse import parse_qs, urlsplit

from prefect import get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact

from blocks.clio import ClioCredentials
from blocks.firm import Firm
from connectors.oauth import Authorization
from connectors.ports import Account, SharedState
from domain.errors import BadInput
from ledger import Ledger
from tasks.firms import load_firm
from tasks.patience import STEP


@task(name="send_to_consent", **STEP)
async def send_to_consent(slug: str, redirect_uri: str) -> Authorization:
    """Show the person the address of Clio's consent page. What comes back is only believed with the same state."""
    firm = await load_firm(slug)
    app = _clio(firm).app()
    try:
        authorization = app.authorization(redirect_uri)
    finally:
        await app.close()
    await acreate_markdown_artifact(
        key=f"connect-{slug}",
        markdown=(
            f"# Connect {firm.name} to Clio\n\n1. Open [Clio's consent page]({authorization.url}), signed in as an "
            "administrator of the firm, and allow the access.\n2. Your browser ends at an address that begins with "
            f"`{redirect_uri}`; it need not show a page. Copy the whole address.\n3. Press *Resume* on this flow run and "
            "paste it. The code in it works once, for ten minutes.\n"
        ),
        description=f"Connect {firm.name} to Clio",
    )
    get_run_logger().info("The address of Clio's consent page is in the artifact connect-%s.", slug)
    return authorization


@task(name="accept_grant", **STEP)
async def accept_grant(slug: str, authorization: Authorization, redirect_uri: str, address: str) -> Account:
    """Turn the address the person came back to into the firm's grant, try it, and save it in the block.

    Raises:
        BadInput: the person declined, or the address is not the one of this attempt.
        LogInAgain: Clio does not take the code.
    """
    code = _code_in(address, authorization.state)
    firm = await load_firm(slug)
    clio = _clio(firm)
    app = clio.app()
    try:
        grant = await app.exchange(code, redirect_uri, authorization.code_verifier)
    finally:
        await app.close()
    if not grant.refresh_token:
        raise BadInput("Clio gave no lasting grant with this code. Start connect_clio again.")
    await clio.keep_refresh_token(grant.refresh_token)
    return await _whoami(firm)


def _clio(firm: Firm) -> ClioCredentials:
    """What connects the firm to Clio. Raises BadInput for a firm whose cases are elsewhere."""
    if not isinstance(firm.case_system, ClioCredentials):
        raise BadInput(
            f"The cases of {firm.name} are in {firm.rules().system.name}, which asks for nobody's consent: enter its "
            "account in the credentials block that the Firm block names."
        )
    return firm.case_system


async def _whoami(firm: Firm) -> Account:
    ledger = Ledger.open()
    shared = SharedState(f"{firm.case_system.system}:{firm.slug}", ledger.limits, ledger.tokens)
    client = firm.case_system.case_system(shared, firm.rules())
    try:
        return await client.whoami()
    finally:
        await client.close()
        ledger.close()


def _code_in(address: str, state: str) -> str:
    query = parse_qs(urlsplit(address.strip()).query)
    if query.get("error"):
        raise BadInput("The access was not allowed in Clio. Start connect_clio again and choose Allow.")
    if query.get("state") != [state]:
        raise BadInput(
            "This address does not belong to this attempt to connect. Open the consent page from its artifact."
        )
    if not query.get("code"):
        raise BadInput("The address holds no code. Copy the whole address that the browser ended at.")
    return query["code"][0]
