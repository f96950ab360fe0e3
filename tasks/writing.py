"""Writing a firm's cases, a page at a time; a case in technical trouble becomes a task run of its own."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from prefect import get_run_logger, task

from connectors.errors import Unavailable, Wait
from ledger import Link
from ledger.pages import Selection
from tasks.one_case import Attempt, attempt_case
from tasks.patience import PATIENT_STEP, STEP
from tasks.progress import Progress
from tasks.sync_run import SyncRun

PAGE = 200
PAGES_AT_ONCE = 2
"""While one page is read from the ledger, or settled in it, the writes of the other are on their way."""
AT_ONCE = 16
"""Writes on their way at the same time, of all pages together: enough to hide a slow answer, few enough to be polite."""
OUTAGE = 25
"""So many technical failures in a row are an outage, not trouble of single cases."""
OWN_TASK_RUNS = 100
"""So many troubled cases get a task run of their own; beyond, the trouble is not the cases'."""


@dataclass(frozen=True, slots=True)
class Portion:
    """The cases of one page: ``select`` narrowed to the integration ids past ``after``, up to and including ``until``."""

    select: Selection
    size: int
    after: str | None = None
    until: str | None = None


class Effort:
    """What the pages that are written at the same time share: places for writes on their way, and a reason to stop."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(AT_ONCE)
        self.ended_by: BaseException | None = None
        self._in_a_row = 0

    def stop(self, error: BaseException) -> None:
        """Begin no further case; the first reason is the one that counts."""
        self.ended_by = self.ended_by or error

    def note(self, attempt: Attempt) -> None:
        """Count technical failures in a row. Raises Unavailable when they are an outage."""
        self._in_a_row = self._in_a_row + 1 if attempt.technical else 0
        if self._in_a_row >= OUTAGE:
            last = attempt.outcome.defects[0].sentence
            raise Unavailable(f"Case Status failed {OUTAGE} times in a row, last: {last}")


async def write_cases(run: SyncRun) -> None:
    """Bring every case of the run into step, page by page, then the troubled ones again one by one."""
    if run.passing_over is not None:
        await asyncio.to_thread(run.ledger.links.pass_over, run.lease, run.id, run.slug, run.passing_over)
    portions = await asyncio.to_thread(_portions, run)
    stubborn = await _write_pages(run, portions)
    alone = [
        sync_case.with_options(task_run_name=f"case {integration_id}")(run, integration_id)
        for integration_id in stubborn[:OWN_TASK_RUNS]
    ]
    for result in await asyncio.gather(*alone, return_exceptions=True):
        if isinstance(result, BaseException) and not isinstance(result, Wait):
            raise result


async def _write_pages(run: SyncRun, portions: Sequence[Portion]) -> list[str]:
    """Write the pages in order, a few at the same time; returns the ids of the cases in technical trouble."""
    progress = Progress(run, "Writing to Case Status", sum(portion.size for portion in portions))
    effort = Effort()
    waiting = zip(portions, accumulate(portion.size for portion in portions), strict=True)
    stubborn: list[str] = []
    done = 0

    async def work() -> None:
        nonlocal done
        try:
            for portion, last in _until_stopped(waiting, effort):
                named = sync_case_page.with_options(task_run_name=f"cases {last - portion.size + 1:,} to {last:,}")
                stubborn.extend(await named(run, portion, effort))
                done += portion.size
                await progress.at(done)
        except BaseException as error:
            effort.stop(error)
            raise

    # Both are waited for when one has failed: what the other has on its way must be settled before the run ends.
    await asyncio.gather(*(work() for _ in range(PAGES_AT_ONCE)), return_exceptions=True)
    if effort.ended_by is not None:
        raise effort.ended_by
    await progress.done(f"{done:,} cases looked at")
    return stubborn


def _until_stopped(waiting: Iterator[tuple[Portion, int]], effort: Effort) -> Iterator[tuple[Portion, int]]:
    """What is still waiting, for as long as there is a point in it."""
    for item in waiting:
        if effort.ended_by is not None:
            return
        yield item


def _portions(run: SyncRun) -> list[Portion]:
    if isinstance(run.selection, str):
        spans = run.ledger.links.spans(run.slug, run.id, select=run.selection, size=PAGE, rules=run.passing_over)
        return [Portion(run.selection, span.size, span.after, span.until) for span in spans]
    ids = run.selection
    return [Portion(ids[first : first + PAGE], len(ids[first : first + PAGE])) for first in range(0, len(ids), PAGE)]


@task(name="sync_case_page", **STEP)
async def sync_case_page(run: SyncRun, portion: Portion, effort: Effort) -> list[str]:
    """Bring one page of cases into step; returns the ids of those in technical trouble.

    What succeeded in an earlier try of this run is not touched again. Everything attempted is settled in the ledger,
    also when the page ends early: what stops one page stops the others.

    Raises:
        Unavailable: the portal has stopped answering altogether.
        LogInAgain, NotPermitted, Misconfigured, LeaseLost: see :func:`tasks.one_case.attempt_case`.
    """
    links = await asyncio.to_thread(
        run.ledger.links.page,
        run.slug,
        run.id,
        select=portion.select,
        size=PAGE,
        after=portion.after,
        until=portion.until,
        rules=run.passing_over,
    )
    attempts: list[Attempt] = []
    try:
        await _attempt_all(run, await _still_to_do(run, links), attempts, effort)
    finally:
        await settle(run, attempts)
    stubborn = [attempt.outcome.integration_id for attempt in attempts if attempt.technical]
    if stubborn:
        get_run_logger().warning("%s cases are in technical trouble and are tried again alone.", len(stubborn))
    return stubborn


@task(name="sync_case", **PATIENT_STEP)
async def sync_case(run: SyncRun, integration_id: str) -> None:
    """Try one troubled case again, alone, so that the run history shows what is wrong with it.

    Raises:
        Unavailable: it is still in technical trouble.
    """
    links = await asyncio.to_thread(run.ledger.links.page, run.slug, run.id, select=[integration_id], size=1)
    for link in links:
        attempt = await attempt_case(run, link)
        await settle(run, [attempt])
        if attempt.technical:
            raise Unavailable(attempt.outcome.defects[0].sentence)


async def settle(run: SyncRun, attempts: Sequence[Attempt]) -> None:
    """Write what came of the attempts into the ledger, all or nothing. Unchanged cases outside the scope leave no row."""
    await asyncio.to_thread(
        run.ledger.links.settle,
        run.lease,
        run.id,
        run.slug,
        [attempt.outcome for attempt in attempts if attempt.worth_a_row],
        {attempt.outcome.integration_id: attempt.portal_case for attempt in attempts if attempt.portal_case},
        night=run.is_night,
        today=run.today,
        agreed=[attempt.outcome.integration_id for attempt in attempts if attempt.in_step],
        rules=run.rules_mark,
    )
    await run.remember_landlines()


async def _still_to_do(run: SyncRun, links: Sequence[Link]) -> list[Link]:
    ids = [link.integration_id for link in links]
    done: set[str] = set()
    if run.retrying:
        done = await asyncio.to_thread(run.ledger.attempts.done_ids, run.id, ids)
        if not run.retrying_finished:
            # Found unreadable before the run broke off: what the ledger holds of it is an older reading.
            done |= await asyncio.to_thread(run.ledger.attempts.ids_with, run.id, "unreadable_record", ids)
    return [link for link in links if link.integration_id not in done and link.integration_id not in run.set_aside]


async def _attempt_all(run: SyncRun, links: Sequence[Link], attempts: list[Attempt], effort: Effort) -> None:
    """Attempt the cases in order, a few at a time; after one fatal error no further case is begun."""
    waiting = deque(links)

    async def work() -> None:
        while waiting:
            async with effort.places:
                if effort.ended_by is not None or not waiting:
                    return
                try:
                    attempts.append(await attempt_case(run, waiting.popleft()))
                    effort.note(attempts[-1])
                except BaseException as error:
                    effort.stop(error)
                    raise

    await asyncio.gather(*(work() for _ in range(AT_ONCE)), return_exceptions=True)
    if effort.ended_by is not None:
        raise effort.ended_by
