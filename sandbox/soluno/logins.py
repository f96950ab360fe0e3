"""The logins of a firm's people, and the one live session that each may have [seed for one session, rest assumed]."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from sandbox.controls import RateLimit
from sandbox.soluno.refusals import Refused

SESSION_SECONDS = 8 * 3600
FULL_LOGIN_SECONDS = 30 * 86_400
FAILURES = 5
"""So many wrong passwords or answers in a row lock a login."""


@dataclass(slots=True)
class Login:
    """Name and secrets of a person, who is a user in one or several organizations.

    ``denied`` are resources, such as ``CostEntries``, that this person may not write.
    """

    user_name: str
    password: str
    user_ids: dict[int, int]
    """Which user this is, by organization."""
    question: str
    answer: str
    question_set: bool = True
    password_expired: bool = False
    locked: bool = False
    failures: int = 0
    devices: set[str] = field(default_factory=set)
    reauthenticate_by: int | None = None
    """30 days after the last full login, in unix seconds; None before the first."""
    denied: set[str] = field(default_factory=set)

    def is_overdue(self, now: float) -> bool:
        """Whether a full login is due."""
        return self.reauthenticate_by is not None and now >= self.reauthenticate_by

    def fail(self) -> None:
        """Count a wrong password or answer. Raises Refused (401, or 423 with the fifth)."""
        self.failures += 1
        self.locked = self.failures >= FAILURES
        self.require_unlocked()
        raise refuse("InvalidCredentials", "User name, password or answer is wrong.")

    def require_unlocked(self) -> None:
        """See that an administrator has nothing to unlock. Raises Refused (423)."""
        if self.locked:
            raise Refused(423, "AccountLocked", "The account is locked. An administrator can unlock it.")

    def as_json(self) -> dict[str, Any]:
        """The login as the control routes show it."""
        shown = {name: getattr(self, name) for name in self.__slots__}
        return shown | {"devices": sorted(self.devices), "denied": sorted(self.denied)}


@dataclass(slots=True, eq=False)
class Session:
    """A session of a login in one organization; ``ended`` is the code that says why it is over."""

    token: str
    login: Login
    organization_id: int
    expires: int
    ended: str | None = None
    _window: int = -1
    _used: int = 0
    _under_way: int = 0

    @contextmanager
    def request(self, limit: RateLimit, now: float) -> Iterator[None]:
        """One request, from its beginning until it is answered. Raises Refused (429)."""
        if limit.on:
            self._spend(limit, now)
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def _spend(self, limit: RateLimit, now: float) -> None:
        if self._under_way >= limit.parallel:
            raise _too_many(1)
        elapsed = now - limit.window_offset
        window = int(elapsed // limit.window_seconds)
        if window != self._window:
            self._window, self._used = window, 0
        if self._used >= limit.requests:
            raise _too_many(max(1, ceil((window + 1) * limit.window_seconds - elapsed)))
        self._used += 1


class Sessions:
    """The sessions of one firm by token."""

    def __init__(self) -> None:
        self._by_token: dict[str, Session] = {}
        self._live: dict[str, Session] = {}

    def begin(self, login: Login, organization_id: int, now: int) -> Session:
        """A new session; an earlier one of the same login is terminated."""
        self.end(login, "SessionTerminated")
        session = Session(f"s.{secrets.token_hex(16)}", login, organization_id, now + SESSION_SECONDS)
        self._by_token[session.token] = self._live[login.user_name] = session
        return session

    def end(self, login: Login, code: str) -> None:
        """End the session of a login, if there is one, with what it is told from then on."""
        session = self._live.pop(login.user_name, None)
        if session is not None:
            session.ended = code

    def good(self, token: str, now: int) -> Session:
        """The live session of a token, good for another eight hours. Raises Refused (401)."""
        session = self._by_token.get(token)
        if session is None or (session.ended is None and now >= session.expires):
            raise refuse("SessionExpired", "There is no such session, or it has expired.")
        if session.ended is not None:
            raise refuse(session.ended, "The session was ended by a log-off or by another login.")
        if session.login.is_overdue(now):
            raise refuse("ReauthenticationRequired", "The login has to be authenticated again.")
        session.expires = now + SESSION_SECONDS
        return session


def refuse(code: str, message: str, **beside: Any) -> Refused:
    """401."""
    return Refused(401, code, message, **beside)


def _too_many(wait: int) -> Refused:
    return Refused(429, "TooManyRequests", f"Too many requests; try again in {wait} s.", wait=wait)
