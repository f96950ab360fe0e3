"""Writing a firm's cases, a page at a time; a case in technical trouble becomes a task run of its own."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from prefect import get_run_logger, task

from connectors.errors import Unavailable, Wait
from ledger import Link
from ledger.pages import Selection
from tasks.one_case import Attempt, attempt_case
from tasks.patience import PATIENT_STEP, STEP
from tasks.progress import Progress
from tasks.sync_run import SyncRun

PAGE = 200
AT_ONCE = 16
"""Writes on their way at the same time: enough to hide a slow answer, few enough to be polite."""
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


async def write_cases(run: SyncRun) -> None:
    """Bring every case of the run into step, page by page, then the troubled ones again one by one."""
    if run.passing_over is not None:
        await asyncio.to_thread(run.ledger.links.pass_over, run.lease, run.id, run.slug, run.passing_over)
    portions = await asyncio.to_thread(_portions, run)
    progress = await Progress.start(run, "Writing to Case Status", sum(portion.size for portion in portions))
    done = 0
    stubborn: list[str] = []
    for portion in portions:
        named = sync_case_page.with_options(task_run_name=f"cases {done + 1:,} to {done + portion.size:,}")
        stubborn += await named(run, portion)
        done += portion.size
        await progress.at(done)
    await progress.done(f"{done:,} cases looked at")
    alone = [
        sync_case.with_options(task_run_name=f"case {integration_id}")(run, integration_id)
        for integration_id in stubborn[:OWN_TASK_RUNS]
    ]
    for result in await asyncio.gather(*alone, return_exceptions=True):
        if isinstance(result, BaseException) and not isinstance(result, Wait):
            raise result


def _portions(run: SyncRun) -> list[Portion]:
    if isinstance(run.selection, str):
        spans = run.ledger.links.spans(run.slug, run.id, select=run.selection, size=PAGE, rules=run.passing_over)
        return [Portion(run.selection, span.size, span.after, span.until) for span in spans]
    ids = run.selection
    return [Portion(ids[first : first + PAGE], len(ids[first : first + PAGE])) for first in range(0, len(ids), PAGE)]


@task(name="sync_case_page", **STEP)
async def sync_case_page(run: SyncRun, portion: Portion) -> list[str]:
    """Bring one page of cases into step; returns the ids of those in technical trouble.

    What succeeded in an earlier try of this run is not touched again. Everything attempted is settled in the ledger,
    also when the page ends early.

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
        await _attempt_all(run, await _still_to_do(run, links), attempts)
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


async def _attempt_all(run: SyncRun, links: Sequence[Link], attempts: list[Attempt]) -> None:
    """Attempt the cases in order, a few at a time; after one fatal error no further case is begun."""
    waiting = deque(links)
    in_a_row = 0

    async def work() -> None:
        nonlocal in_a_row
        while waiting:
            link = waiting.popleft()
            try:
                attempt = await attempt_case(run, link)
            except BaseException:
                waiting.clear()
                raise
            attempts.append(attempt)
            in_a_row = in_a_row + 1 if attempt.technical else 0
            if in_a_row >= OUTAGE:
                waiting.clear()
                raise Unavailable(
                    f"Case Status failed {OUTAGE} times in a row, last: {attempt.outcome.defects[0].sentence}"
                )

    results = await asyncio.gather(*(work() for _ in range(AT_ONCE)), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
