"""OAuth 2 towards a vendor: where to send a person, and how codes and refresh tokens become access tokens."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.common.security import generate_token  # type: ignore[import-untyped]  # authlib carries no types
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

from connectors.errors import ConnectorError, LogInAgain, Unavailable, UnexpectedAnswer
from connectors.http import Answer, Connection, Patience, Timeouts

_REFUSED = frozenset({"invalid_grant", "invalid_client", "unauthorized_client"})
_PASSING = frozenset({"temporarily_unavailable", "server_error"})
_UNAUTHORIZED = 401
TOKEN_TIMEOUTS = Timeouts(connect=5.0, read=20.0, total=20.0)
"""A token endpoint may be slow; but a caller holds up all others while it asks."""


class GrantRefused(LogInAgain):
    """The token endpoint refuses the grant or the app; ``code`` is its word for it. One such answer proves nothing."""

    def __init__(self, message: str, *, code: str, system: str) -> None:
        super().__init__(message, system=system)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """What a token endpoint gave. ``refresh_token`` is None when the one that was used stays good."""

    access_token: str
    expires_in: float
    refresh_token: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Authorization:
    """A person's way to the vendor's consent page; ``state`` and ``code_verifier`` are needed when they come back."""

    url: str
    state: str
    code_verifier: str


class OAuthApp:
    """Our app at one vendor, in one region.

    Args:
        system: the vendor's plain name.
        base: address of ``/authorize``, ``/token`` and ``/deauthorize``.
        client_id: the app's key.
        client_secret: the app's secret.
        connect_hint: ends the sentence of a refusal, telling a person what to check.
        transport: replaces the sockets in tests.
    """

    def __init__(
        self,
        system: str,
        base: str,
        *,
        client_id: str,
        client_secret: str,
        connect_hint: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._system, self._client_id, self._client_secret = system, client_id, client_secret
        self._hint = connect_hint
        self._connection = Connection(
            system, base, explain=self._explain, transport=transport, timeouts=TOKEN_TIMEOUTS,
            patience=Patience(attempts=2, total_wait=5.0),
        )  # fmt: skip

    async def close(self) -> None:
        """Close connections."""
        await self._connection.aclose()

    def authorization(self, redirect_uri: str) -> Authorization:
        """Where to send a person to grant access; they come back to ``redirect_uri`` with a code [doc].

        PKCE (S256) is sent along: Clio is not known to check it, and does not refuse it [seen].
        """
        state, verifier = generate_token(32), generate_token(64)
        url = prepare_grant_uri(
            f"{self._connection.base}/authorize",
            client_id=self._client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            state=state,
            redirect_on_decline="true",
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Authorization(url, state, verifier)

    async def exchange(self, code: str, redirect_uri: str, code_verifier: str) -> Grant:
        """Turn the code a person came back with into tokens; a code works once, for 10 minutes [seen:doc].

        Raises:
            GrantRefused: wrong, used or expired code, another redirect address, or wrong app credentials.
            AnswerLost: the code may be spent; the person must start again.
        """
        fields = {"code": code, "redirect_uri": redirect_uri, "code_verifier": code_verifier}
        return await self._ask("authorization_code", fields, repeatable=False)

    async def refresh(self, refresh_token: str) -> Grant:
        """A new access token. Raises GrantRefused; Wait when the endpoint gives no usable answer."""
        return await self._ask("refresh_token", {"refresh_token": refresh_token}, repeatable=True)

    async def revoke(self, access_token: str) -> None:
        """Disconnect: the vendor forgets both tokens [seen:doc]."""
        await self._connection.request(
            "POST", "/deauthorize", route="/deauthorize", form=urlencode({"token": access_token}).encode(),
            headers={"Authorization": f"Bearer {access_token}"}, repeatable=True,
        )  # fmt: skip

    async def _ask(self, grant_type: str, fields: dict[str, str], *, repeatable: bool) -> Grant:
        """Send a token request with the app's credentials in its body [doc][seen]."""
        credentials = {"client_id": self._client_id, "client_secret": self._client_secret}
        form = str(prepare_token_request(grant_type, **fields, **credentials)).encode()
        answer = await self._connection.request("POST", "/token", route="/token", form=form, repeatable=repeatable)
        return self._grant(answer.body)

    def _grant(self, body: Any) -> Grant:
        fields = body if isinstance(body, dict) else {}
        access, lifetime = fields.get("access_token"), fields.get("expires_in")
        refresh = fields.get("refresh_token")
        if not isinstance(access, str) or not access:
            raise UnexpectedAnswer(f"{self._system} gave no access token.", field="access_token", system=self._system)
        if isinstance(lifetime, bool) or not isinstance(lifetime, int | float) or lifetime <= 0:
            message = f"{self._system} did not say how long its token lives."
            raise UnexpectedAnswer(message, field="expires_in", system=self._system)
        return Grant(access, float(lifetime), refresh if isinstance(refresh, str) and refresh else None)

    def _explain(self, answer: Answer) -> ConnectorError:
        """Only a clear "no" to the grant or the app counts as one; bodies follow RFC 6749 [assumed]."""
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        code = error if isinstance(error, str) else ""
        if code in _REFUSED or (answer.status == _UNAUTHORIZED and not code):
            message = f"{self._system} no longer accepts the firm's grant: connect the firm again."
            if code in ("invalid_client", "unauthorized_client", ""):
                message = f"{self._system} does not know the app: check the app's key and secret."
            return GrantRefused(f"{message} {self._hint}".strip(), code=code or "invalid_client", system=self._system)
        if code in _PASSING:
            return Unavailable(f"{self._system} cannot give tokens at the moment.", system=self._system)
        return UnexpectedAnswer(f"{self._system} answered a token request with {answer.status} ({code or 'no reason'}).",
                                system=self._system)  # fmt: skip
