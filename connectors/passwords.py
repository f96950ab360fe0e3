"""Logging in by a password: what stands for one where it must not be kept, and what all processes know of how it went.

A password that was refused is not tried again in this process, and in others only after a quarter of an hour, then
half an hour, then every hour: whoever repeats a wrong password gets the account locked [doc-3p].
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import Any

from connectors.oauth import GrantRefused
from connectors.ports import LimitStore, SharedState

_PAUSES = (900.0, 1800.0, 3600.0)
"""Seconds to leave a refused password alone; the last one from then on."""

Known = dict[str, Any]


def digest(password: str, *place: str) -> str:
    """What stands for a password where it must not be kept: slow to guess from, and another one at each place.

    Args:
        password: the secret.
        place: host, account and whatever else it is good for.
    """
    salt = "\n".join(place).encode()
    return hashlib.scrypt(password.encode(), salt=salt, n=2**13, r=8, p=1, dklen=16).hex()


class KnownOfLogin:
    """What all processes know of one login; of an earlier one, with another password, nothing is known any more.

    Args:
        store: shared by the processes.
        key: names it there.
        grant: stands for the credentials.
        nothing: what is known at first.
    """

    def __init__(self, store: LimitStore, key: str, grant: str, nothing: Known) -> None:
        self._store, self._key, self._grant, self._nothing = store, key, grant, nothing

    async def change(self, decide: Callable[[Known], Known] = lambda known: known) -> Known:
        """One atomic step; without ``decide`` what is known now."""

        def decided(state: Known | None) -> Known:
            ours = state if state is not None and state["grant"] == self._grant else {}
            return {**decide({**self._nothing, **ours}), "grant": self._grant}

        return await asyncio.to_thread(self._store.change, self._key, decided)


class Refusals:
    """How often one login was refused in a row, known to all processes.

    Args:
        system: the vendor's plain name.
        shared: where the processes know it from.
        grant: stands for the credentials; see :func:`digest`.
        now: the clock, replaced in tests.
    """

    def __init__(self, system: str, shared: SharedState, grant: str, now: Callable[[], float] = time.time) -> None:
        self._system, self._grant, self._now = system, grant, now
        self._known = KnownOfLogin(shared.limits, f"login:{shared.key}", grant, {"times": 0, "until": 0.0, "said": ""})
        self._refused = False
        self._said = ""

    async def check(self, grant: str) -> None:
        """See that ``grant`` may be tried. Raises GrantRefused: it is an earlier one, or is to be left alone for now."""
        if grant == self._grant and not self._refused:
            known = await self._known.change()
            if known["until"] <= self._now():
                return
            self._refused, self._said = True, known["said"]
        # An older password is not known any more; one that was refused just now need not be asked about again.
        raise GrantRefused(
            self._said or f"{self._system} refuses the login.", code="login_refused", system=self._system
        )

    async def note(self, refused: GrantRefused) -> None:
        """It was refused, once more."""
        self._refused, self._said = True, str(refused)
        now = self._now()

        def once_more(known: Known) -> Known:
            times: int = known["times"]
            pause = _PAUSES[min(times, len(_PAUSES) - 1)]
            return {**known, "times": times + 1, "until": now + pause, "said": self._said}

        await self._known.change(once_more)

    async def end_pause(self) -> None:
        """It may be tried now; how often it was refused is still known."""
        self._refused = False
        await self._known.change(lambda known: {**known, "until": 0.0})

    async def forget(self) -> None:
        """It was accepted."""
        await self._known.change(lambda known: {**known, "times": 0, "until": 0.0})
