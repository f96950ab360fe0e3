"""Another way in, by OAuth: a person allows the access at a SmartAdvocate that offers it, and no password is entered.

Case Status' help speaks of it, the vendor publishes nothing of the kind: addresses and answers are [assumed]. The token is
the same that a login gives [assumed].
"""

from collections.abc import Awaitable, Callable

import httpx

from connectors.oauth import Grant, OAuthApp
from connectors.smartadvocate.hosts import SYSTEM, Host


def consent_app(
    host: Host, client_id: str, client_secret: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> OAuthApp:
    """Our app at one SmartAdvocate; close it after use."""
    return OAuthApp(
        SYSTEM,
        f"{host.address}/oauth",
        client_id=client_id,
        client_secret=client_secret,
        connect_hint="See that the account which allowed the access is active.",
        transport=transport,
    )


class Consent:
    """What a person has allowed, in the place of a :class:`connectors.smartadvocate.login.Login`.

    Args:
        app: our app; closed with this.
        refresh_token: the grant.
        on_rotate: told a new refresh token when one takes the place of the old, before the new access token is used.
    """

    confirmations: int = 2

    def __init__(
        self, app: OAuthApp, refresh_token: str, on_rotate: Callable[[str], Awaitable[None]] | None = None
    ) -> None:
        self._app, self.grant, self.on_rotate = app, refresh_token, on_rotate

    async def refresh(self, grant: str) -> Grant:
        """A new token. Raises as :meth:`connectors.oauth.OAuthApp.refresh`."""
        return await self._app.refresh(grant)

    async def try_again(self) -> None:
        """Nothing to do: no refusal is remembered, as none can lock an account."""

    async def close(self) -> None:
        """Close connections."""
        await self._app.close()
