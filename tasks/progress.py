"""A progress bar in the run's artifacts that moves during long work."""

import asyncio
import time
from collections.abc import Awaitable
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException

from tasks.sync_run import SyncRun

SOON = 1.0
"""Seconds until a bar appears: what is done by then needs no bar, only the sentence that is left behind."""
EVERY = 5.0
"""Seconds between two updates: often enough to watch, rare enough to cost nothing."""
LONGEST = 5.0
"""Seconds that the work waits for its bar."""


class Progress:
    """One bar that says ``what``; ``total`` is the number of cases, when it is known.

    Without a flow run (a step called on its own) it stays silent.
    """

    def __init__(self, run: SyncRun, what: str, total: int | None = None) -> None:
        self._watched = FlowRunContext.get() is not None
        self._key = f"progress-{run.slug}"
        self._what = what
        self._total = total
        self._artifact_id: UUID | None = None
        self._next = time.monotonic() + SOON

    async def at(self, done: int) -> None:
        """Say that ``done`` cases are done, at most every few seconds; the bar moves where the total is known."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        share = min(100.0, 100.0 * done / self._total) if self._total else 0.0
        await self._show(share, f"{done:,} cases" + (f" of {self._total:,}" if self._total else ""))

    async def done(self, said: str) -> None:
        """Fill the bar and leave a sentence behind."""
        await self._show(100.0, said)

    async def _show(self, share: float, said: str) -> None:
        if not self._watched:
            return
        said = f"{self._what}: {said}"
        if self._artifact_id is not None:
            await _shown(aupdate_progress_artifact(self._artifact_id, progress=share, description=said))
            return
        made = await _shown(acreate_progress_artifact(progress=share, key=self._key, description=said))
        self._artifact_id = made if isinstance(made, UUID) else None


async def _shown(artifact: Awaitable[object]) -> object:
    """What Prefect answers; None when it is away. A bar is a courtesy: it neither stops nor holds up the work."""
    try:
        async with asyncio.timeout(LONGEST):
            return await artifact
    except (httpx.HTTPError, PrefectException, TimeoutError) as error:
        get_run_logger().warning("The progress bar could not be moved: %s.", type(error).__name__)
        return None
