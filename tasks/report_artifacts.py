"""What a run shows of itself in the Prefect UI: a page to read, and a table of the cases that need attention."""

import asyncio
from collections.abc import Sequence

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from domain.forecast import duration
from domain.outcome import Outcome, Result
from domain.report import neutral_cell, nights
from ledger import Attempt
from tasks.markdown import plain
from tasks.patience import STEP
from tasks.report_file import Report
from tasks.sync_run import SyncRun

MOST_SHOWN = 500
"""How many troubled cases the table shows; the CSV has them all."""
REASONS_SHOWN = 12
_WOULD_BE = (Result.CREATED, Result.UPDATED, Result.CLOSED)


@task(name="show_report", **STEP)
async def show_report(run: SyncRun, report: Report) -> None:
    """Put the report among the run's artifacts, troubled cases with links into both systems."""
    troubled = await asyncio.to_thread(run.ledger.attempts.troubled, run.id, MOST_SHOWN)
    await acreate_markdown_artifact(
        key=f"sync-report-{run.slug}",
        markdown=_markdown(run, report, troubled),
        description=f"Sync report · {run.firm.name}",
    )
    if troubled:
        await acreate_table_artifact(
            key=f"needs-attention-{run.slug}",
            table=[_shown(run, attempt) for attempt in troubled],
            description=f"Cases that need attention · {run.firm.name}",
        )


@task(name="show_case", **STEP)
async def show_case(run: SyncRun, attempts: Sequence[Attempt]) -> None:
    """Put what came of a single case among the run's artifacts."""
    for attempt in attempts:
        outcome = attempt.outcome
        case = outcome.readable_id or outcome.integration_id
        lines = [f"# Case {plain(case)}: {outcome.result.value}", "", plain(case_words(outcome)), ""]
        lines.append(f"- Open it in [{run.rules.system.name}]({run.case_system.case_url(outcome.integration_id)})")
        if outcome.portal_id:
            lines.append(f"- Open it in [Case Status]({run.portal.case_url(outcome.portal_id)})")
        for title, items in (
            ("What needs attention", [f"{defect.sentence} {defect.how_to_fix}" for defect in outcome.defects]),
            ("What changed", [str(change) for change in outcome.changes]),
            ("Worth knowing", list(outcome.warnings)),
        ):
            lines += ["", f"## {title}", "", *(f"- {plain(item)}" for item in items)] if items else []
        await acreate_markdown_artifact(
            key=f"case-{run.slug}", markdown="\n".join(lines), description=f"Case {case} · {run.firm.name}"
        )


def case_words(outcome: Outcome) -> str:
    """What came of a case, in a sentence."""
    about = " ".join(defect.sentence for defect in outcome.defects) or "; ".join(map(str, outcome.changes))
    return f"Case {outcome.integration_id}: {outcome.result.value}{f': {about}' if about else '.'}"


def _shown(run: SyncRun, attempt: Attempt) -> dict[str, str]:
    outcome = attempt.outcome
    case_url = run.case_system.case_url(outcome.integration_id)
    return {
        "case": f"[{plain(outcome.readable_id or outcome.integration_id)}]({case_url})",
        "client": neutral_cell(outcome.client_name),
        "result": outcome.result.value,
        "reason": " ".join(defect.sentence for defect in outcome.defects),
        "where to fix it": " ".join(dict.fromkeys(defect.how_to_fix for defect in outcome.defects)),
        "since": nights(attempt.trouble.nights) if attempt.trouble else "",
        "portal": f"[open]({run.portal.case_url(outcome.portal_id)})" if outcome.portal_id else "not there yet",
    }


def _markdown(run: SyncRun, report: Report, troubled: Sequence[Attempt]) -> str:
    dry = run.record.dry_run
    told = "would be told" if dry else "were told"
    took = f"It took {duration(report.seconds)} and {report.requests:,} requests."
    lines = [
        f"# {'Dry run' if dry else 'Sync report'} · {run.firm.name}",
        "",
        report.sentence(run.firm.name),
        "",
        "| result | cases |",
        "| --- | ---: |",
        *(_count(result, report, dry=dry) for result in Result if report.count(result)),
        "",
        f"**{report.notified:,}** clients {told} of a change. {took}",
        *_attention(report, troubled),
        "",
        "## The report",
        "",
        f"One row per case, as CSV: `{report.csv}`",
        "",
        f"Run `{run.id}`. {_RETRY}",
    ]
    return "\n".join(lines)


_RETRY = (
    "*Retry* on this flow run attempts only its rejected and failed cases again; so does `retry_failed_cases` with this "
    "id, or with the rows you leave in the CSV."
)


def _count(result: Result, report: Report, *, dry: bool) -> str:
    words = f"would be {result.value}" if dry and result in _WOULD_BE else result.value
    return f"| {words} | {report.count(result):,} |"


def _attention(report: Report, troubled: Sequence[Attempt]) -> list[str]:
    """Reasons by how many cases have them; those that have been there for several nights apart from the new ones."""
    if not report.reasons:
        return []
    examples = {defect.code: defect.sentence for attempt in reversed(troubled) for defect in attempt.outcome.defects}
    rows = [
        f"| `{code}` | {count:,} | {plain(examples.get(code, ''))} |"
        for code, count in list(report.reasons.items())[:REASONS_SHOWN]
    ]
    lines = ["", "## What needs attention", "", "| reason | cases | for example |", "| --- | ---: | --- |", *rows]
    old = [attempt for attempt in troubled if attempt.trouble and attempt.trouble.nights > 1]
    if old:
        lines += ["", f"New: {len(troubled) - len(old):,}. Known from earlier nights:", ""]
        oldest = sorted(old, key=lambda attempt: -attempt.trouble.nights if attempt.trouble else 0)
        lines += [f"- {_aged(attempt)}" for attempt in oldest[:REASONS_SHOWN]]
    return lines


def _aged(attempt: Attempt) -> str:
    outcome = attempt.outcome
    age = nights(attempt.trouble.nights) if attempt.trouble else ""
    return f"{plain(outcome.readable_id or outcome.integration_id)}: `{outcome.defects[0].code}`, {age}"
