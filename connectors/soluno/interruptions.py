"""Stands back where somebody else uses our login: a user has one session, and a later login ends the earlier one [seed].

Our session is opened again once. When that one is ended as well within a quarter of an hour, a person is at work in a
browser with our login: whoever would go on logging in would throw that person out again and again.
"""

import time
from collections.abc import Callable

from connectors.errors import Wait
from connectors.passwords import Known, KnownOfLogin
from connectors.ports import SharedState
from connectors.soluno.hosts import SYSTEM

QUIET_SECONDS = 900.0
"""How long to leave the login to that person, from our last login on [assumed]."""
_EARLY_SECONDS = 1800.0
"""Nobody of ours replaces a session earlier before its end, so one that is replaced then was ended by another."""


class Interruptions:
    """What all processes know of who uses one login.

    Args:
        shared: where they know it from.
        grant: stands for the credentials.
        now: the clock, replaced in tests.
    """

    def __init__(self, shared: SharedState, grant: str, now: Callable[[], float] = time.time) -> None:
        nothing: Known = {"at": 0.0, "good_until": 0.0, "again": False}
        self._known, self._now = KnownOfLogin(shared.limits, f"session:{shared.key}", grant, nothing), now

    async def check(self) -> None:
        """See that a session may be opened. Raises Wait: somebody else uses the login."""
        known, now = await self._known.change(), self._now()
        left = known["at"] + QUIET_SECONDS - now
        if known["again"] and _is_early(known, now) and left > 0:
            raise somebody_else(left)

    async def note(self, life: float, *, by_person: bool) -> None:
        """A session was opened that is good for ``life`` seconds; ``by_person``: because somebody of the firm asked for it."""
        now = self._now()

        def opened(known: Known) -> Known:
            again = not by_person and _is_early(known, now)
            return {**known, "at": now, "good_until": now + life, "again": again}

        await self._known.change(opened)


def somebody_else(seconds: float, request_id: str = "") -> Wait:
    """Somebody uses our login in a browser: what to do about it."""
    message = (
        "Somebody uses the Soluno login of casebridge in a browser, which ends our session each time. Log off there, and keep "
        "this login for casebridge alone; it is tried again in a quarter of an hour."
    )
    return Wait(message, system=SYSTEM, request_id=request_id, retry_after=seconds)


def _is_early(known: Known, now: float) -> bool:
    """Whether a session that was to be good for long would be replaced now."""
    good_until: float = known["good_until"]
    return now < good_until - _EARLY_SECONDS
