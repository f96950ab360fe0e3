"""Proves who we are: a fixed key, or a bearer token that is replaced once when the vendor refuses it."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from connectors.http.messages import Incoming, Outgoing

_UNAUTHORIZED = 401


class Tokens(Protocol):
    """Where access tokens come from."""

    async def current(self) -> str:
        """An access token that should work."""
        ...

    async def replace(self, refused: str) -> str:
        """Another one, after the vendor refused ``refused``."""
        ...


class Auth(Protocol):
    """Proves who we are as httpx's ``Auth`` does: it yields what to send, and is sent what came."""

    def async_auth_flow(self, request: Outgoing) -> AsyncGenerator[Outgoing, Incoming]:
        """Yield ``request`` as it shall go out, and again when the answer calls for it."""
        ...


class KeyAuth:
    """A fixed ``Authorization`` header, such as ``ApiKey 1a2b`` or ``Token 1a2b``."""

    def __init__(self, value: str) -> None:
        self._value = value

    async def async_auth_flow(self, request: Outgoing) -> AsyncGenerator[Outgoing, Incoming]:
        """Send ``request`` with the key."""
        request.headers["Authorization"] = self._value
        yield request


def is_unauthorized(answer: Incoming) -> bool:
    """True for every 401."""
    return answer.status_code == _UNAUTHORIZED


class BearerAuth:
    """A bearer token; on a 401 it is replaced once and the request sent again (a 401 has had no effect).

    Args:
        tokens: where they come from.
        token_is_spent: says of an answer whether another token would help, where not every 401 means that.
    """

    def __init__(self, tokens: Tokens, token_is_spent: Callable[[Incoming], bool] = is_unauthorized) -> None:
        self._tokens, self._token_is_spent = tokens, token_is_spent

    async def async_auth_flow(self, request: Outgoing) -> AsyncGenerator[Outgoing, Incoming]:
        """Send ``request`` with the current token, and with a new one when that was refused."""
        token = await self._tokens.current()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if self._token_is_spent(response):
            token = await self._tokens.replace(token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request
