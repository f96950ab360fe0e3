"""Logs an account in by its password: SmartAdvocate gives a token for two hours and nothing to renew it with [doc].

:class:`connectors.tokens.TokenKeeper` keeps the token good, as it does with every vendor's. What stands in the place of a
refresh token there is a digest of the password: a new password is a new grant, and nothing can be read from it. A refused
password is left alone for a while (:mod:`connectors.passwords`).
"""

import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

import httpx
import orjson

from connectors.errors import ConnectorError, Misconfigured, UnexpectedAnswer
from connectors.http import Answer, Connection, Patience
from connectors.oauth import TOKEN_TIMEOUTS, Grant, GrantRefused
from connectors.passwords import Refusals, digest
from connectors.ports import SharedState
from connectors.smartadvocate.hosts import SYSTEM, Host
from connectors.smartadvocate.wire import lower_keys

_ROUTE = "/Users/authenticate"
_REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""400 is [assumed], 401 must be understood, too."""
_USUAL_LIFE = 3600.0
"""Seconds, for a token that does not say how long it lives [seen]."""


class Entrance(Protocol):
    """A way to tokens: by a password, or by what a person has allowed."""

    grant: str
    """What the TokenKeeper is given as its refresh token."""
    confirmations: int
    """How often a refusal has to be heard to be believed."""
    on_rotate: Callable[[str], Awaitable[None]] | None
    """Told a new refresh token when the vendor replaces it."""

    async def refresh(self, grant: str) -> Grant:
        """A new token; see :class:`connectors.tokens.TokenKeeper`."""
        ...

    async def try_again(self) -> None:
        """Let what was refused be asked about once more, now: somebody wants to know."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class Login:
    """One account at one host, an :class:`Entrance`.

    Args:
        host: where to log in.
        username: the account's name.
        password: its password.
        shared: tells the other processes of a refused password.
        transport: replaces the sockets in tests.
        now: the clock, replaced in tests.
    """

    confirmations: int = 1  # every refusal counts towards a lock-out [doc-3p]
    on_rotate: Callable[[str], Awaitable[None]] | None = None

    def __init__(
        self,
        host: Host,
        username: str,
        password: str,
        shared: SharedState,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._host, self._username, self._password = host, username, password
        self.grant = digest(password, host.api, username.casefold())
        """Stands for these credentials; hand it to the TokenKeeper as its refresh token."""
        self._refusals = Refusals(SYSTEM, shared, self.grant, now)
        self._connection = Connection(
            SYSTEM,
            host.api,
            explain=self._explain,
            timeouts=TOKEN_TIMEOUTS,
            patience=Patience(attempts=2, total_wait=5.0),
            transport=transport,
        )

    async def refresh(self, grant: str) -> Grant:
        """A new token.

        Raises:
            GrantRefused: the password is refused, or was a short while ago.
            Misconfigured: there is no SmartAdvocate at the host.
            Wait: no usable answer.
        """
        await self._refusals.check(grant)
        body = {"Username": self._username, "Password": self._password}
        try:
            answer = await self._connection.request("POST", _ROUTE, route=_ROUTE, body=body, repeatable=True)
        except GrantRefused as error:
            await self._refusals.note(error)
            raise
        token = lower_keys(answer.body).get("token") if isinstance(answer.body, dict) else None
        if not isinstance(token, str) or not token:
            raise UnexpectedAnswer("SmartAdvocate gave no token.", field="token", system=SYSTEM)
        await self._refusals.forget()
        return Grant(token, _life(token), None)

    async def try_again(self) -> None:
        """Let a refused password be asked about once more, now: somebody wants to know."""
        await self._refusals.end_pause()

    async def close(self) -> None:
        """Close connections."""
        await self._connection.aclose()

    def _explain(self, answer: Answer) -> ConnectorError:
        if answer.status in _REFUSED:
            return self._refused()
        if answer.status == HTTPStatus.NOT_FOUND:
            message = f"There is no SmartAdvocate API at {self._host.api}: check the host in SmartAdvocate Credentials."
            return Misconfigured(message, system=SYSTEM)
        return UnexpectedAnswer(f"SmartAdvocate answered a login with {answer.status}.", system=SYSTEM)

    def _refused(self) -> GrantRefused:
        message = (
            f"SmartAdvocate refuses the account '{self._username}' or its password. See that the account is active and not "
            "locked, and enter its present password in SmartAdvocate Credentials; the refused one is tried once an hour, or by check_connection."
        )
        return GrantRefused(message, code="login_refused", system=SYSTEM)


def claims(token: str) -> Mapping[str, Any]:
    """What a token says of itself: ``id`` (the user's, as a text), ``exp``, ``iat`` [doc, decoded]; empty when unreadable."""
    try:
        found = orjson.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _life(token: str) -> float:
    """Seconds for which a new token is good, by its own times, so that no clock has to agree with another [doc, decoded]."""
    said = claims(token)
    issued, expires = said.get("iat"), said.get("exp")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float) or expires <= issued:
        return _USUAL_LIFE
    return float(expires - issued)
