"""A run's hold on a firm: a lease that is renewed in the background and refuses itself once it may have passed."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from ledger import Lease, LeaseHeld, LeaseLost, Ledger
from tasks.flow_run import current_flow_run

log = logging.getLogger("casebridge.hold")

LEASE_SECONDS = 60.0
CERTAIN = 0.95
"""The part of these seconds after which we stop: what is sent last has arrived before anybody else may begin."""


class Hold:
    """The lease of a run."""

    def __init__(self, ledger: Ledger, lease: Lease) -> None:
        self._ledger = ledger
        self._lease = lease
        self._good_until = time.monotonic() + CERTAIN * LEASE_SECONDS

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, ledger: Ledger, lease: Lease) -> "AsyncIterator[Hold]":
        """Keep ``lease`` for the length of the block, and let it go at its end."""
        hold = cls(ledger, lease)
        keeping = asyncio.create_task(hold._keep())
        try:
            yield hold
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
            await asyncio.to_thread(ledger.leases.release, hold._lease)

    @property
    def lease(self) -> Lease:
        """The lease, as long as it is certainly ours.

        The monotonic clock goes on while a process is frozen, so one that wakes up too late is refused here: connectors
        ask before each request they send, repetitions included. Writes to the ledger are fenced there, too.

        Raises:
            LeaseLost: it was not renewed in time.
        """
        if time.monotonic() >= self._good_until:
            raise LeaseLost(f"The hold {self._lease.name} was not renewed in time.")
        return self._lease

    def require(self) -> None:
        """Raises LeaseLost once the firm may be another run's."""
        _ = self.lease

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 4)
            asked_at = time.monotonic()
            try:
                self._lease = await asyncio.to_thread(self._ledger.leases.renew, self._lease, LEASE_SECONDS)
            except LeaseLost:
                self._good_until = 0.0
                return
            except Exception as error:  # noqa: BLE001 - a database that stumbles is asked again; _good_until knows how long
                log.warning("The hold %s could not be renewed just now: %s", self._lease.name, type(error).__name__)
            else:
                self._good_until = asked_at + CERTAIN * LEASE_SECONDS


async def take_hold(ledger: Ledger, name: str, kind: str) -> Lease:
    """Become the only run of ``name``. An earlier try of this same flow run that died is waited out: its hold ends by itself.

    Raises:
        LeaseHeld: another run has it.
    """
    flow_run = current_flow_run()
    owner = str(flow_run.id) if flow_run else uuid.uuid4().hex
    note = f"{kind}, flow run {flow_run.name}" if flow_run else kind
    while True:
        try:
            return await asyncio.to_thread(ledger.leases.acquire, name, owner, LEASE_SECONDS, note=note)
        except LeaseHeld as held:
            if held.owner != owner or flow_run is None or flow_run.run_count < 2:  # noqa: PLR2004
                raise
            await asyncio.sleep(max(1.0, (held.expires_at - datetime.now(UTC)).total_seconds()))
