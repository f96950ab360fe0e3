"""Keeps one connection's access token good: one refresh at a time across tasks, threads, processes and machines."""

import asyncio
import hashlib
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from connectors.errors import LogInAgain, Unavailable
from connectors.http import redacting_logger
from connectors.oauth import TOKEN_TIMEOUTS, Grant, GrantRefused
from connectors.ports import TokenStore
from domain.token import Token

log = redacting_logger("casebridge.tokens")

ASK_SECONDS = 2 * TOKEN_TIMEOUTS.total + 5.0
"""Hard end of one round of token calls, repeats included."""
LEASE_SECONDS = ASK_SECONDS + 15.0
"""Longer than any refresh can take, so that a slow one never lets a second refresher in."""
_MARGIN = timedelta(minutes=15)
_UNKNOWN_LIFETIME_MARGIN = timedelta(minutes=1)
_LINEAGE = 40
"""How many fingerprints of earlier grants a token remembers."""


class TokenKeeper:
    """Gives out access tokens of one connection; belongs to one event loop.

    Only one caller anywhere refreshes at a time: it holds a lease on the connection's row for longer than a refresh
    can last. What it gets is saved, and a rotated refresh token written back, before the access token is used.

    Args:
        system: the vendor's plain name.
        store: tokens shared between processes.
        key: names the connection in the store.
        refresh: asks the vendor (:meth:`connectors.oauth.OAuthApp.refresh`).
        refresh_token: the grant a person entered; when it is one the store has never seen, it wins over the stored one.
        on_rotate: told a new refresh token when the vendor replaces it.
        confirmations: how often a grant must be refused before it is given up; 1 where refusals lock an account.
        lease: seconds for which a refresher keeps the others out; one that dies holds them up no longer.
        now: the clock, replaced in tests.
    """

    def __init__(
        self,
        system: str,
        store: TokenStore,
        key: str,
        refresh: Callable[[str], Awaitable[Grant]],
        refresh_token: str,
        *,
        on_rotate: Callable[[str], Awaitable[None]] | None = None,
        confirmations: int = 2,
        lease: float = LEASE_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._system, self._store, self._key, self._refresh = system, store, key, refresh
        self._own, self._on_rotate, self._lease, self._now = refresh_token, on_rotate, lease, now
        self._confirmations = confirmations
        self._owner = uuid.uuid4().hex
        self._jitter = timedelta(seconds=random.uniform(0.0, 180.0))  # noqa: S311  (spreads load, guards nothing)
        self._token: Token | None = None
        self._renewal: asyncio.Task[Token] | None = None

    async def current(self) -> str:
        """An access token that should work. Raises LogInAgain when the grant is gone, Wait when it cannot be told."""
        token = self._token
        if token is None or self._is_due(token):
            token = await self._renewed(lambda other: not self._is_due(other))
        return token.access_token

    async def replace(self, refused: str) -> str:
        """Another access token, after the vendor refused ``refused``. Raises as :meth:`current`."""
        token = self._token
        for _ in range(2):  # the first renewal may be one that was under way and brings the refused token
            if token is None or token.access_token == refused:
                token = await self._renewed(lambda other: other.access_token != refused and not self._is_due(other))
        assert token is not None
        return token.access_token

    async def renew(self) -> str:
        """A new access token, however good the present one is: a person has asked for it. Raises as :meth:`current`."""
        await self.close()  # what is under way may have begun before
        return (await self._renewed(lambda _: False)).access_token

    async def close(self) -> None:
        """Let a running refresh finish: what the vendor gave must not be lost."""
        if self._renewal is not None:
            await asyncio.wait([self._renewal])

    async def _renewed(self, usable: Callable[[Token], bool]) -> Token:
        """Join the renewal under way, or start one; it goes on even when its callers are cancelled."""
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(usable))
            self._renewal.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._renewal)

    async def _renew(self, usable: Callable[[Token], bool]) -> Token:
        """The stored token if it is good, else a new one as soon as nobody else is getting it."""
        patience = self._now() + self._lease + ASK_SECONDS
        while True:
            token = await self._usable(usable)
            if token is None:
                fence = await asyncio.to_thread(self._store.hold, self._key, self._owner, self._lease)
                if fence is not None:
                    try:
                        token = await self._usable(usable) or await self._replace(fence, usable)
                    finally:
                        await asyncio.to_thread(self._store.release, self._key, fence)
            if token is not None:
                self._token = token
                return token
            if self._now() > patience:
                message = f"Another process has been renewing the login to {self._system} for too long."
                raise Unavailable(message, system=self._system)
            await asyncio.sleep(random.uniform(0.1, 0.4))  # noqa: S311  (spreads load)

    async def _usable(self, usable: Callable[[Token], bool]) -> Token | None:
        """The stored token, if it is good and no newer grant of a person stands against it."""
        stored = await asyncio.to_thread(self._store.load, self._key)
        return stored if stored is not None and self._descends(stored) and usable(stored) else None

    async def _replace(self, fence: int, usable: Callable[[Token], bool]) -> Token:
        """Get a new token from the vendor and save it, while holding the lease."""
        try:
            # Only the asking is bounded: once the vendor has answered, its answer must be saved.
            async with asyncio.timeout(ASK_SECONDS):
                stored, used, grant = await self._ask(usable)
        except TimeoutError as error:
            raise Unavailable(f"{self._system} gave no token in time.", system=self._system) from error
        if grant is None and stored is not None:
            return stored
        assert grant is not None
        return await self._keep(fence, self._token_of(grant, used, stored), used, usable)

    async def _ask(self, usable: Callable[[Token], bool]) -> tuple[Token | None, str, Grant | None]:
        """Try every refresh token we know, until its refusal is confirmed: the stored token, the one that worked, and what it brought.

        Without a grant the first is a good token that somebody else stored meanwhile.
        """
        refusal: GrantRefused | None = None
        for confirmation in range(self._confirmations):
            if confirmation:
                await asyncio.sleep(random.uniform(0.5, 1.0))  # noqa: S311  (spreads load)
            stored = await asyncio.to_thread(self._store.load, self._key)
            for candidate in self._candidates(stored):
                try:
                    return stored, candidate, await self._refresh(candidate)
                except GrantRefused as error:
                    refusal = error
                # The row may have moved on meanwhile: then somebody else has won, and nothing is wrong.
                moved = await self._usable(usable)
                if moved is not None:
                    return moved, candidate, None
            if refusal is None:
                raise LogInAgain(f"The firm is not connected to {self._system} yet: connect it.", system=self._system)
        raise LogInAgain(str(refusal), system=self._system) from refusal

    def _candidates(self, stored: Token | None) -> list[str]:
        """Refresh tokens worth trying, the likeliest first; each once."""
        kept = [stored.refresh_token, stored.previous_refresh_token or ""] if stored else []
        ordered = [*kept, self._own] if stored and self._descends(stored) else [self._own, *kept]
        return list(dict.fromkeys(token for token in ordered if token))

    async def _keep(self, fence: int, token: Token, used: str, usable: Callable[[Token], bool]) -> Token:
        """Save a new token, then hand a rotated refresh token back; only then may the access token be used."""
        saved = await asyncio.to_thread(self._store.save, self._key, fence, token)
        while saved is None:
            # Overtaken: we took longer than our lease. If the other one got nothing good, ours must not be lost.
            current = await asyncio.to_thread(self._store.load, self._key)
            if current is None and token.version:
                raise LogInAgain(f"The firm was disconnected from {self._system} meanwhile.", system=self._system)
            if current is not None and usable(current):
                return current
            newer = await asyncio.to_thread(self._store.hold, self._key, self._owner, self._lease)
            if newer is None:
                await asyncio.sleep(0.2)
                continue
            saved = await asyncio.to_thread(self._store.save, self._key, newer, token)
            await asyncio.to_thread(self._store.release, self._key, newer)
        if saved.refresh_token != used and self._on_rotate is not None:
            try:
                await self._on_rotate(saved.refresh_token)
            except Exception:
                log.exception("The new refresh token of %s could not be written back; it is kept in the ledger.",
                              self._key)  # fmt: skip
        return saved

    def _token_of(self, grant: Grant, used: str, stored: Token | None) -> Token:
        """The token to store. A refresh token that is not in the answer stays as it was [seen]."""
        issued = datetime.fromtimestamp(self._now(), UTC)
        refresh = grant.refresh_token or used
        lineage = [*(stored.grant.split() if stored else ()), self._fingerprint(self._own), self._fingerprint(refresh)]
        return Token(
            access_token=grant.access_token,
            expires_at=issued + timedelta(seconds=grant.expires_in),
            refresh_token=refresh,
            previous_refresh_token=used if refresh != used else None,
            grant=" ".join(list(dict.fromkeys(lineage))[-_LINEAGE:]),
            version=stored.version if stored else 0,
            issued_at=issued,
        )

    def _descends(self, stored: Token) -> bool:
        """False when our grant is one that the store has never seen: then a person has connected the firm anew."""
        return not self._own or self._fingerprint(self._own) in stored.grant.split()

    def _fingerprint(self, refresh_token: str) -> str:
        return hashlib.sha256(f"{self._key}\n{refresh_token}".encode()).hexdigest()[:16]

    def _is_due(self, token: Token) -> bool:
        """True when it is time for a new one: a quarter of an hour before the end, or a tenth of a short life."""
        margin = _UNKNOWN_LIFETIME_MARGIN
        if token.issued_at is not None:
            margin = min(_MARGIN + self._jitter, (token.expires_at - token.issued_at) / 10)
        return datetime.fromtimestamp(self._now(), UTC) >= token.expires_at - margin
