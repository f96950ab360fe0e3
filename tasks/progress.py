"""A progress bar in the run's artifacts that moves during long work."""

import time
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.context import FlowRunContext

from tasks.sync_run import SyncRun

EVERY = 5.0
"""Seconds between two updates: often enough to watch, rare enough to cost nothing."""


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
        artifact_id = await acreate_progress_artifact(
            progress=0.0, key=f"progress-{run.slug}", description=f"{what} · {run.firm.name}"
        )
        return cls(artifact_id if isinstance(artifact_id, UUID) else None, what, total)

    async def at(self, done: int) -> None:
        """Say that ``done`` cases are done, at most every few seconds; the bar moves where the total is known."""
        if self._artifact_id is None or time.monotonic() - self._last < EVERY:
            return
        self._last = time.monotonic()
        share = min(100.0, 100.0 * done / self._total) if self._total else 0.0
        said = f"{self._what}: {done:,} cases" + (f" of {self._total:,}" if self._total else "")
        await aupdate_progress_artifact(self._artifact_id, progress=share, description=said)

    async def done(self, said: str) -> None:
        """Fill the bar and leave a sentence behind."""
        if self._artifact_id is not None:
            await aupdate_progress_artifact(self._artifact_id, progress=100.0, description=f"{self._what}: {said}")
