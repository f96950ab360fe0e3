"""A refresh token that Clio replaces is in the block before anything else happens."""

from blocks.clio import ClioCredentials
from blocks.firm import Firm
from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger
from sandbox.clio.oauth import Rotation
from sandbox.testing import SandboxServer


async def test_a_rotated_refresh_token_is_written_back_to_the_block(
    firm: Firm, sandbox: SandboxServer, ledger: Ledger
) -> None:
    sandbox.clio.oauth["us"].settings.rotation = Rotation("at_once")
    assert firm.case_system.refresh_token is not None
    before = firm.case_system.refresh_token.get_secret_value()
    assert (await nightly_case_sync(firm.slug, return_state=True)).is_completed()
    saved = await ClioCredentials.aload(f"{firm.slug}-clio")
    assert saved.refresh_token is not None
    after = saved.refresh_token.get_secret_value()
    assert after not in ("", before)

    # The old token is dead, and the cached access token is gone: only the new grant can carry the next night.
    sandbox.clio.oauth["us"].expire_access_tokens()
    ledger.tokens.forget(f"clio:{firm.slug}")
    assert (await nightly_case_sync(firm.slug, return_state=True)).is_completed()
    assert sandbox.clio.oauth["us"].refreshes["harrow-pike"] == 2
