"""Reading both sides of a firm into the ledger, page by page, so that a killed run goes on where it stopped."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prefect import get_run_logger, task

from connectors.errors import FixData, UnexpectedAnswer
from connectors.ports import Scope
from domain.case import Client, Unreadable
from domain.mapping import PortalIndex
from domain.outcome import Defect, Outcome, Result
from domain.portal import PortalPage
from domain.reasons import defect
from tasks.patience import PATIENT_STEP
from tasks.progress import Progress
from tasks.rules_mark import rules_mark
from tasks.scopes import clients_stream
from tasks.sync_run import SyncRun

CLIENTS_OVERLAP = timedelta(hours=1)
"""Contacts are read again from this long before the last reading: more than any clock skew we have seen."""
FEW = 20
"""Up to so many cases are looked up one by one in the portal; for more, reading it whole costs fewer requests."""
CASES, CLIENTS, TROUBLED = "cases", "clients", "troubled"
"""What is read of a case system, in this order; the checkpoint's cursor begins with the step it belongs to."""
_NEXT = {CASES: CLIENTS, CLIENTS: TROUBLED, TROUBLED: TROUBLED}


@task(name="read_directory", **PATIENT_STEP)
async def read_directory(run: SyncRun) -> None:
    """Read the portal's users, practice areas and stages: what every case is judged against."""
    run.directory = await run.portal.directory()
    run.names = PortalIndex(run.directory, run.rules)
    if not run.by_hand:
        run.landlines = await asyncio.to_thread(run.ledger.phones.landlines, run.slug)
    run.rules_mark = rules_mark(run.rules, run.directory)
    get_run_logger().info(
        "Case Status has %s users and %s practice areas for %s.",
        len(run.directory.users),
        len(run.directory.practice_areas),
        run.firm.name,
    )


async def read_both_sides(run: SyncRun) -> None:
    """Read portal and case system at the same time; when one side fails, the other is stopped at its last checkpoint.

    Where only linked cases are read, one after the other: the portal's side says which those are.
    """
    if run.reads_linked_only:
        await read_portal(run)
        await read_case_system(run)
        return
    sides = [asyncio.ensure_future(read_portal(run)), asyncio.ensure_future(read_case_system(run))]
    try:
        await asyncio.gather(*sides)
    finally:
        for side in sides:
            side.cancel()
        await asyncio.gather(*sides, return_exceptions=True)


@task(name="read_portal", **PATIENT_STEP)
async def read_portal(run: SyncRun) -> int:
    """Read the portal's cases into the ledger: all of them, or a few by integration id. Returns how many were read."""
    if run.ids is not None and len(run.ids) <= FEW:
        return await _look_up(run, run.ids)
    if run.record.portal_done:
        return 0
    read = 0
    progress = Progress(run, "Reading Case Status")
    # The place of the last page stays noted until what is gone has been cleared: a try killed before that comes back.
    place = run.record.portal_cursor
    async for page in _portal_pages(run):
        place = page.cursor or place
        await _note_unreadable(run, page.unreadable)
        await asyncio.to_thread(
            run.ledger.links.stage_portal,
            run.lease,
            run.id,
            run.slug,
            page.cases,
            cursor=place,
            done=False,
            known=page.known,
        )
        run.record.portal_cursor = place
        read += len(page.cases) + len(page.known)
        await progress.at(read)
    gone = await asyncio.to_thread(run.ledger.links.clear_unseen_portal, run.lease, run.id, run.slug)
    await asyncio.to_thread(run.ledger.runs.checkpoint, run.lease, run.id, portal_done=True)
    await progress.done(f"{read:,} cases read" + (f", {gone:,} no longer there" if gone else ""))
    return read


@task(name="read_case_system", **PATIENT_STEP)
async def read_case_system(run: SyncRun) -> int:
    """Read the case system into the ledger: the asked window or ids, changed clients, and what is still in trouble.

    Returns how many cases were read.
    """
    if run.record.source_done:
        return 0
    if run.ids is not None:
        read = await _read_cases(run, Scope(ids=await _unread(run, run.ids)), step=CASES)
    elif run.reads_linked_only:
        read = await _read_cases(run, Scope(ids=await _linked(run)), step=CASES)
    else:
        read = await _read_window(run)
    await asyncio.to_thread(run.ledger.runs.checkpoint, run.lease, run.id, source_done=True)
    return read


async def _read_window(run: SyncRun) -> int:
    step, _, cursor = (run.record.source_cursor or f"{CASES}|").partition("|")
    read = 0
    if step == CASES:
        read = await _read_cases(run, await _with_linked(run), step=CASES, cursor=cursor or None)
        step, cursor = CLIENTS, ""
    if step == CLIENTS:
        await _read_changed_clients(run, cursor or None)
    troubled = await asyncio.to_thread(run.ledger.links.troubled_ids, run.slug, unread_by=run.id)
    return read + (await _read_cases(run, Scope(ids=troubled), step=TROUBLED) if troubled else 0)


async def _with_linked(run: SyncRun) -> Scope:
    """The window, and where cases change without moving also those that are linked or in trouble: all in one reading."""
    if not run.rules.system.rereads_linked:
        return run.scope
    links, system = run.ledger.links, run.case_system.system
    linked = await asyncio.to_thread(links.linked_ids, run.slug, system=system)
    troubled = await asyncio.to_thread(links.troubled_ids, run.slug, system=system)
    return replace(run.scope, besides=[*linked, *troubled])


async def _linked(run: SyncRun) -> list[str]:
    """The linked cases; when a killed run goes on, those that it has not read yet."""
    unread_by = run.id if run.record.source_cursor else None
    system = run.case_system.system
    return await asyncio.to_thread(run.ledger.links.linked_ids, run.slug, unread_by=unread_by, system=system)


async def _unread(run: SyncRun, ids: list[str]) -> list[str]:
    """The named cases; when a killed run goes on, those that it has not read yet."""
    if not run.record.source_cursor:
        return ids
    read = set(await asyncio.to_thread(run.ledger.links.ids_read_by, run.slug, run.id))
    return [integration_id for integration_id in ids if integration_id not in read]


def _following(step: str, cursor: str | None) -> str:
    """Where a killed run goes on: on the page at ``cursor``, or with the next step."""
    return f"{step}|{cursor}" if cursor else f"{_NEXT[step]}|"


async def _read_cases(run: SyncRun, scope: Scope, *, step: str, cursor: str | None = None) -> int:
    read = 0
    seen: set[str] = set()
    progress = Progress(run, f"Reading {run.rules.system.name}")

    async def known(versions: Mapping[str, str]) -> Mapping[str, Client]:
        return await asyncio.to_thread(run.ledger.links.known_clients, run.slug, run.case_system.system, versions)

    async for page in run.case_system.cases(scope, cursor=cursor, known_clients=known):
        await _note_unreadable(run, page.unreadable)
        await asyncio.to_thread(
            run.ledger.links.stage_source,
            run.lease,
            run.id,
            run.slug,
            page.cases,
            cursor=_following(step, page.cursor),
            done=False,
        )
        run.record.source_cursor = _following(step, page.cursor)
        read += len(page.cases)
        if scope.ids is not None:
            seen.update(case.integration_id for case in page.cases)
            seen.update(record.integration_id for record in page.unreadable)
        await progress.at(read)
    if scope.ids is not None:
        await _note_missing(run, [integration_id for integration_id in scope.ids if integration_id not in seen])
    await progress.done(f"{read:,} cases read")
    return read


async def _read_changed_clients(run: SyncRun, cursor: str | None) -> None:
    """Contacts have a change date of their own: a new cell phone does not move the matter's."""
    mark = await asyncio.to_thread(run.ledger.watermarks.get, run.slug, clients_stream(run.rules))
    if mark is not None and run.rules.follows_clients:
        async for page in run.case_system.clients_changed(mark.instant - CLIENTS_OVERLAP, cursor=cursor):
            await asyncio.to_thread(
                run.ledger.links.refresh_clients, run.lease, run.id, run.slug, run.case_system.system, page.clients
            )
            await asyncio.to_thread(
                run.ledger.runs.checkpoint, run.lease, run.id, source_cursor=_following(CLIENTS, page.cursor)
            )


async def _portal_pages(run: SyncRun) -> AsyncIterator[PortalPage]:
    held = await asyncio.to_thread(run.ledger.links.portal_fingerprints, run.slug, run.case_system.system)

    async def known(fingerprints: Mapping[str, str]) -> Collection[str]:
        return [each for each, fingerprint in fingerprints.items() if held.get(each) == fingerprint]

    cursor = run.record.portal_cursor
    if cursor:
        try:
            async for page in run.portal.cases(cursor=cursor, known=known):
                yield page
        except FixData as error:
            # A cursor of the portal lives one hour: after a longer pause the list is read from its beginning.
            if not any(problem.code == "invalid_cursor" for problem in error.problems):
                raise
        else:
            return
    async for page in run.portal.cases(known=known):
        yield page


async def _look_up(run: SyncRun, ids: Sequence[str]) -> int:
    cases, missing, unreadable = [], [], []
    for integration_id in ids:
        try:
            case = await run.portal.find(run.case_system.system, integration_id)
        except UnexpectedAnswer as error:
            unreadable.append(Unreadable(integration_id, error.field, str(error)))
            continue
        if case is None:
            missing.append(integration_id)
        else:
            cases.append(case)
    await asyncio.to_thread(run.ledger.links.stage_portal, run.lease, run.id, run.slug, cases, cursor=None, done=True)
    await asyncio.to_thread(run.ledger.links.clear_portal, run.lease, run.slug, missing)
    await _note_unreadable(run, unreadable)
    return len(cases)


async def _note_missing(run: SyncRun, ids: Sequence[str]) -> None:
    """Cases we asked for by id that did not come: gone, or hidden from the connected user. Nothing is closed for it."""
    outcomes = []
    for integration_id in ids:
        link = await asyncio.to_thread(run.ledger.links.get, run.slug, integration_id)
        linked = link is not None and link.portal_id is not None
        reason = defect(
            "missing_in_case_system" if linked else "cms_case_not_found",
            system=run.rules.case_system,
            field="integration_id",
        )
        outcomes.append(
            replace(
                _outcome(
                    integration_id, Result.SKIPPED if linked else Result.REJECTED, replace(reason, value=integration_id)
                ),
                readable_id=(link.readable_id or "") if link else "",
                portal_id=link.portal_id if link else None,
            )
        )
    run.set_aside.update(ids)
    await asyncio.to_thread(
        run.ledger.links.settle, run.lease, run.id, run.slug, outcomes, {}, night=run.is_night, today=run.today
    )


async def _note_unreadable(run: SyncRun, records: Sequence[Unreadable]) -> None:
    """A record in a shape nobody expected fails alone, and its row says which field."""
    if not records:
        return
    outcomes = [
        _outcome(
            record.integration_id,
            Result.FAILED,
            replace(defect_unreadable(run, record), field=record.field),
        )
        for record in records
    ]
    run.set_aside.update(record.integration_id for record in records)
    await asyncio.to_thread(
        run.ledger.links.settle, run.lease, run.id, run.slug, outcomes, {}, night=run.is_night, today=run.today
    )


def defect_unreadable(run: SyncRun, record: Unreadable) -> Defect:
    """The reason of a record that could not be read."""
    return defect("unreadable_record", system=run.rules.case_system, field=record.field, problem=record.sentence)


def _outcome(integration_id: str, result: Result, reason: Defect) -> Outcome:
    return Outcome(integration_id, result, datetime.now(UTC), defects=(reason,))
