"""Telling what a run did: its CSV, its artifacts, its mail, and the state it ends in."""

import asyncio
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from domain.outcome import Result
from ledger import Attempt
from tasks.mail import mail_report
from tasks.report_artifacts import case_words, show_case, show_report
from tasks.report_file import Report, rows_of, write_report
from tasks.sync_run import SyncRun
from tasks.usage import count_cases


async def publish_report(run: SyncRun) -> State[Any]:
    """Write the report, show it, mail it; the state the run ends in."""
    report = await write_report(run)
    await show_report(run, report)
    return await _end(run, report, final_state(run, report))


async def publish_case_result(run: SyncRun) -> State[Any]:
    """Show what came of a single case, mail it if asked; the state the run ends in, with the case's row as its data."""
    report = await write_report(run)
    attempts = await asyncio.to_thread(lambda: next(run.ledger.attempts.iterate(run.id), []))
    await show_case(run, attempts)
    return await _end(run, report, _case_state(run, attempts[0]) if attempts else final_state(run, report))


def final_state(run: SyncRun, report: Report) -> State[Any]:
    """*Completed* when all is in step, *Exceptions* when the firm must act, *PartialFailure* when a retry may help."""
    sentence = report.sentence(run.firm.name)
    if report.count(Result.FAILED):
        failed = f"{report.count(Result.FAILED):,} of them failed for technical reasons; Retry attempts them again."
        return Failed(name="PartialFailure", message=f"{sentence} {failed}")
    if report.count(Result.REJECTED):
        reasons = ", ".join(f"{code} {count:,}" for code, count in list(report.reasons.items())[:3])
        return Completed(name="Exceptions", message=f"{sentence} Mostly: {reasons}.", data=report.as_dict())
    return Completed(message=sentence, data=report.as_dict())


def _case_state(run: SyncRun, attempt: Attempt) -> State[Any]:
    said = case_words(attempt.outcome)
    if attempt.outcome.result is Result.FAILED:
        return Failed(name="PartialFailure", message=said)
    row = {column: text for column, text in rows_of(run, [attempt])[0].items() if text}
    if attempt.outcome.result is Result.REJECTED:
        return Completed(name="Exceptions", message=said, data=row)
    return Completed(message=said, data=row)


async def _end(run: SyncRun, report: Report, state: State[Any]) -> State[Any]:
    await asyncio.to_thread(
        run.ledger.runs.finish,
        run.lease,
        run.id,
        state.name or "",
        state.message or "",
        report.as_dict(),
        run.requests(),
    )
    if not run.request.dry_run:
        count_cases(report.as_dict()["counts"], run.record.totals)
    await run.note_window_done()
    await mail_report(run, report, state.message or "")
    return state
