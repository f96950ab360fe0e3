"""Proves who we are with the firm's integration key, and hears when CASEpeer does not believe it."""

from collections.abc import AsyncGenerator
from http import HTTPStatus

from connectors.casepeer.hosts import SYSTEM
from connectors.errors import LogInAgain
from connectors.http import Incoming, KeyAuth, Outgoing

WHERE = "Account Settings › Integrations › Case Status › Manage"
"""Where both keys are in CASEpeer [seed][help]."""


class IntegrationKey(KeyAuth):
    """``Authorization: Token <key>`` [assumed]. Who is not let in may get the login page instead of a 401."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Token {key}")

    async def async_auth_flow(self, request: Outgoing) -> AsyncGenerator[Outgoing, Incoming]:
        """Send ``request`` with the key. Raises LogInAgain for a web page in the place of an answer [seen]."""
        async for signed in super().async_auth_flow(request):
            answer = yield signed
            if answer.status_code == HTTPStatus.OK and answer.content.lstrip().startswith(b"<"):
                raise not_let_in("it answers with its login page")


def not_let_in(how: str, request_id: str = "") -> LogInAgain:
    """The key is not accepted: what the firm's administrator has to do."""
    message = (
        f"CASEpeer does not accept the firm's key ({how}). In CASEpeer, open {WHERE}: see that the integration is enabled, "
        "and enter the key that is shown there in the firm's CASEpeer Credentials."
    )
    return LogInAgain(message, system=SYSTEM, request_id=request_id)
