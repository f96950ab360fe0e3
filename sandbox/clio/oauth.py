"""Clio's OAuth 2 of one region: apps, codes, grants and tokens, without HTTP.

Refresh tokens never expire and do not rotate [doc]; ``rotation`` makes them, for tests of racing refreshers.
"""

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.clio.firm import ClioFirm

CODE_SECONDS = 600
THIRTY_DAYS = 2_592_000


class Rotation(StrEnum):
    """What a refresh does to the refresh token it used."""

    NEVER = "never"
    """It stays good and the answer holds no other [doc]."""
    AT_ONCE = "at_once"
    """It dies the moment the request arrives; the answer holds the next one."""
    ON_FIRST_USE = "on_first_use"
    """It dies when the new access or refresh token is first used, so a lost answer loses nothing."""


class OAuthRefusal(Exception):
    """RFC 6749 error: ``{"error": ..., "error_description": ...}`` [assumed]."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


@dataclass(slots=True)
class App:
    """A registered application."""

    client_id: str
    client_secret: str
    redirect_uris: list[str] = field(default_factory=list)

    def allows(self, redirect_uri: str) -> bool:
        """Whether the address is registered; more query parameters are tolerated [doc], local hosts always [seen]."""
        wanted = urlsplit(redirect_uri)
        if wanted.scheme == "http" and wanted.hostname in {"127.0.0.1", "localhost"}:
            return True
        extra = set(parse_qsl(wanted.query))
        for registered in map(urlsplit, self.redirect_uris):
            if registered[:3] == wanted[:3] and set(parse_qsl(registered.query)) <= extra:
                return True
        return False


@dataclass(slots=True)
class Grant:
    """What a user of a firm allowed an app."""

    firm: ClioFirm
    user_id: int
    client_id: str
    refresh_token: str
    retiring: str | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token; ``expires_at`` in unix seconds of the sandbox's clock."""

    text: str
    grant: Grant
    expires_at: float
    refresh_token: str


@dataclass(frozen=True, slots=True)
class _Code:
    grant: Grant
    redirect_uri: str
    expires_at: float


@dataclass(slots=True)
class Settings:
    """What tests may turn."""

    expires_in: int = THIRTY_DAYS
    rotation: Rotation = Rotation.NEVER
    refresh_delay: tuple[float, float] = (0.0, 0.0)
    """Seconds a refresh takes, drawn between the two."""
    auto_approve: str | None = None
    """Slug of the firm whose administrator allows every authorization without being asked."""


class OAuth:
    """One region's authorization server."""

    def __init__(self, region: str, now: Callable[[], float]) -> None:
        self.region = region
        self.settings = Settings()
        self.counts: Counter[str] = Counter()
        """``exchanged``, ``refreshed``, ``refused``, and ``refresh_requests``."""
        self.refreshes: Counter[str] = Counter()
        """Successful refreshes by firm slug."""
        self.apps: dict[str, App] = {}
        self._now = now
        self._codes: dict[str, _Code] = {}
        self._grants: dict[str, Grant] = {}
        self._tokens: dict[str, AccessToken] = {}
        self.default_app = self.register(f"sandbox-{region}-client", f"sandbox-{region}-secret", [])

    def register(self, client_id: str, client_secret: str, redirect_uris: list[str]) -> App:
        """Register an application, or replace it."""
        app = self.apps[client_id] = App(client_id, client_secret, redirect_uris)
        return app

    def app(self, client_id: str, client_secret: str | None = None) -> App:
        """The application; its secret is checked when given. Raises OAuthRefusal (invalid_client)."""
        app = self.apps.get(client_id)
        if app is None or (client_secret is not None and client_secret != app.client_secret):
            raise self._refused("invalid_client", "Client authentication failed.", 401)
        return app

    def allow(self, app: App, firm: ClioFirm, user_id: int, refresh_token: str = "") -> Grant:
        """The user allows the app; gives the grant its first refresh token."""
        grant = Grant(firm, user_id, app.client_id, refresh_token or secrets.token_urlsafe(24))
        self._grants[grant.refresh_token] = grant
        return grant

    def code(self, grant: Grant, redirect_uri: str) -> str:
        """A code for the grant, good once within 10 minutes."""
        text = secrets.token_urlsafe(16)
        self._codes[text] = _Code(grant, redirect_uri, self._now() + CODE_SECONDS)
        return text

    def exchange(self, app: App, code: str, redirect_uri: str) -> dict[str, Any]:
        """Code → tokens. Raises OAuthRefusal (invalid_grant)."""
        kept = self._codes.pop(code, None)
        if kept is None or kept.expires_at < self._now() or kept.grant.client_id != app.client_id:
            raise self._refused("invalid_grant", "The authorization code is invalid, used or expired.")
        if kept.redirect_uri != redirect_uri:
            raise self._refused("invalid_grant", "The redirect URI does not match the authorization request.")
        self.counts["exchanged"] += 1
        return self.issue(kept.grant) | {"refresh_token": kept.grant.refresh_token}

    def refresh(self, app: App, refresh_token: str) -> dict[str, Any]:
        """Refresh token → access token, and a new refresh token when they rotate. Raises OAuthRefusal (invalid_grant)."""
        self.counts["refresh_requests"] += 1
        grant = self._grants.get(refresh_token)
        if grant is None or grant.revoked or grant.client_id != app.client_id:
            raise self._refused(
                "invalid_grant", "The refresh token is invalid, revoked or was issued to another client."
            )
        self._settle(grant, refresh_token)
        self.counts["refreshed"] += 1
        self.refreshes[grant.firm.slug] += 1
        if self.settings.rotation is Rotation.NEVER:
            return self.issue(grant)
        if self.settings.rotation is Rotation.AT_ONCE:
            del self._grants[refresh_token]
        else:
            grant.retiring = refresh_token
        grant.refresh_token = secrets.token_urlsafe(24)
        self._grants[grant.refresh_token] = grant
        return self.issue(grant) | {"refresh_token": grant.refresh_token}

    def issue(self, grant: Grant) -> dict[str, Any]:
        """A new access token; older ones stay good until they expire [assumed]."""
        expires_in = self.settings.expires_in
        token = AccessToken(secrets.token_urlsafe(16), grant, self._now() + expires_in, grant.refresh_token)
        self._tokens[token.text] = token
        return {"token_type": "bearer", "access_token": token.text, "expires_in": expires_in}

    def holder(self, text: str) -> AccessToken | None:
        """The token, if this region gave it and it is neither expired nor revoked."""
        token = self._tokens.get(text)
        if token is None or token.grant.revoked or token.expires_at <= self._now():
            return None
        if token.grant.retiring is not None:
            self._settle(token.grant, token.refresh_token)
        return token

    def revoke(self, grant: Grant) -> None:
        """End the grant: access and refresh tokens are dead [assumed]."""
        grant.revoked = True

    def revoke_firm(self, slug: str) -> int:
        """End every grant of a firm, as a user does who removes the app in Clio; how many there were."""
        ended = {id(grant): grant for grant in self._grants.values() if grant.firm.slug == slug and not grant.revoked}
        for grant in ended.values():
            self.revoke(grant)
        return len(ended)

    def expire_access_tokens(self) -> None:
        """Make every access token expire now; refresh tokens stay good."""
        self._tokens.clear()

    def _settle(self, grant: Grant, used: str) -> None:
        """Once anything of the newest pair is used, the refresh token it replaced is dead."""
        if grant.retiring is not None and used == grant.refresh_token:
            self._grants.pop(grant.retiring, None)
            grant.retiring = None

    def _refused(self, error: str, description: str, status: int = 400) -> OAuthRefusal:
        self.counts["refused"] += 1
        return OAuthRefusal(error, description, status)
