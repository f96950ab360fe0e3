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

EVERY = 5.0
"""Seconds between two updates: often enough to watch, rare enough to cost nothing."""
LONGEST = 5.0
"""Seconds that the work waits for its bar."""


class Progress:
    """One bar. Without a flow run (a step called on its own) it stays silent."""

    def __init__(self, artifact_id: UUID | None, what: str, total: int | None) -> None:
        self._artifact_id = artifact_id
        self._what = what
        self._total = total
        self._last = 0.0

    @classmethod
    async def start(cls, run: SyncRun, what: str, total: int | None = None) -> "Progress":
        """Begin a bar that says ``what``; ``total`` is the number of cases, when it is known."""
        if FlowRunContext.get() is None:
            return cls(None, what, total)
        description = f"{what} · {run.firm.name}"
        artifact_id = await _shown(
            acreate_progress_artifact(progress=0.0, key=f"progress-{run.slug}", description=description)
        )
        return cls(artifact_id if isinstance(artifact_id, UUID) else None, what, total)

    async def at(self, done: int) -> None:
        """Say that ``done`` cases are done, at most every few seconds; the bar moves where the total is known."""
        if self._artifact_id is None or time.monotonic() - self._last < EVERY:
            return
        self._last = time.monotonic()
        share = min(100.0, 100.0 * done / self._total) if self._total else 0.0
        said = f"{self._what}: {done:,} cases" + (f" of {self._total:,}" if self._total else "")
        await _shown(aupdate_progress_artifact(self._artifact_id, progress=share, description=said))

    async def done(self, said: str) -> None:
        """Fill the bar and leave a sentence behind."""
        if self._artifact_id is not None:
            said = f"{self._what}: {said}"
            await _shown(aupdate_progress_artifact(self._artifact_id, progress=100.0, description=said))


async def _shown(artifact: Awaitable[object]) -> object:
    """What Prefect answers; None when it is away. A bar is a courtesy: it neither stops nor holds up the work."""
    try:
        async with asyncio.timeout(LONGEST):
            return await artifact
    except (httpx.HTTPError, PrefectException, TimeoutError) as error:
        get_run_logger().warning("The progress bar could not be moved: %s.", type(error).__name__)
        return None
