"""Telling what a push did: its CSV, its artifacts, its mail, and the state it ends in."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.schemas.objects import State as FlowState
from prefect.states import Completed, Failed

from domain.money import shown, total
from domain.posting_report import (
    COLUMNS,
    TROUBLED,
    Line,
    Outcome,
    PushFacts,
    Sum,
    row_of,
    sentence,
    sums_by_case,
    sums_by_kind,
)
from domain.report import neutral_cell
from ledger.database import home
from tasks.books.push import Push
from tasks.books.rows import client_of, lines_of, links_of
from tasks.csv_file import csv_at
from tasks.flow_run import current_flow_run
from tasks.mail import mail_file
from tasks.markdown import plain
from tasks.patience import STEP

MOST_SHOWN = 500
"""How many rows the table shows, those that need attention first; the CSV has them all."""
_CASES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push did, row by row, and where the CSV with all of it is."""

    lines: tuple[Line, ...]
    csv: Path
    sentence: str
    requests: int

    def as_dict(self) -> dict[str, Any]:
        """The report as a flow returns it; amounts as texts."""
        return {
            "results": dict(Counter(line.outcome.value for line in self.lines)),
            "reasons": dict(Counter(line.code for line in self.lines if line.outcome in TROUBLED)),
            "posted": {one.name: str(one.amount) for one in sums_by_kind(self.lines)},
            "csv": str(self.csv),
            "requests": self.requests,
        }


async def publish_push(push: Push, requested_by: str | None) -> FlowState[Any]:
    """Write the report, show it, mail it; the state the push ends in."""
    report = await write_push_report(push, requested_by)
    await show_push(push, report)
    state = _final_state(report)
    await mail_push(push, report, state.message or "", requested_by)
    return state


@task(name="write_push_report", **STEP)
async def write_push_report(push: Push, requested_by: str | None) -> PushReport:
    """Gather the rows, and write the CSV."""
    lines = await lines_of(push)
    flow_run = current_flow_run()
    facts = PushFacts(
        str(flow_run.id) if flow_run else "", push.started_at.isoformat(timespec="seconds"), requested_by or ""
    )
    name = f"costs-{push.started_at:%Y%m%d-%H%M%S}-{facts.run_id[:8] or 'by-hand'}.csv"
    path = home() / "reports" / push.slug / name
    rows = [row_of(line, facts, links_of(push, line), client_of(push, line)) for line in lines]
    await asyncio.to_thread(_write_csv, path, rows)
    report = PushReport(tuple(lines), path.resolve(), sentence(lines, push.firm.name), push.requests())
    get_run_logger().info("%s The report is at %s.", report.sentence, report.csv)
    return report


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with csv_at(path, COLUMNS) as file:
        file.writerows(rows)


@task(name="show_push", **STEP)
async def show_push(push: Push, report: PushReport) -> None:
    """Put the report among the run's artifacts: sums, what needs attention, and a table with links into both systems."""
    await acreate_markdown_artifact(
        key=f"cost-push-{push.slug}",
        markdown="\n".join(_markdown(push, report)),
        description=f"Cost push · {push.firm.name}",
    )
    if report.lines:
        await acreate_table_artifact(
            key=f"cost-push-rows-{push.slug}",
            table=[_shown(push, line) for line in report.lines[:MOST_SHOWN]],
            description=f"Costs and postings · {push.firm.name}",
        )


def _markdown(push: Push, report: PushReport) -> list[str]:
    kinds, cases = sums_by_kind(report.lines), sums_by_case(report.lines)
    results = Counter(line.outcome.value for line in report.lines)
    lines = [
        f"# {'Dry run of a cost push' if push.dry_run else 'Cost push'} · {push.firm.name}",
        "",
        report.sentence,
        "",
        "| result | rows |",
        "| --- | ---: |",
        *(f"| {name} | {count:,} |" for name, count in sorted(results.items())),
    ]
    if kinds:
        lines += ["", "## Sums by kind", "", *_sums("kind", kinds)]
        lines += ["", "## Sums by case", "", *_sums("case", cases[:_CASES_SHOWN])]
        if len(cases) > _CASES_SHOWN:
            rest = cases[_CASES_SHOWN:]
            lines.append(f"| {len(rest):,} more cases | {sum(one.count for one in rest):,} | {_amount(rest)} |")
        lines.append(f"| **all** | **{sum(one.count for one in cases):,}** | **{_amount(cases)}** |")
    troubled = [line for line in report.lines if line.outcome in TROUBLED]
    reasons = {line.code: line for line in reversed(troubled)}
    if reasons:
        counts = Counter(line.code for line in troubled)
        lines += ["", "## What needs attention", ""]
        lines += [f"- **{counts[code]:,}** `{code}`: {_said(line)}" for code, line in sorted(reasons.items())]
    lines += ["", f"One row per cost and posting, as CSV: `{report.csv}`", "", f"{report.requests:,} requests."]
    return lines


def _said(line: Line) -> str:
    return plain(f"{line.reason} {line.fix}".strip())


def _sums(title: str, sums: list[Sum]) -> list[str]:
    rows = [f"| {plain(one.name)} | {one.count:,} | {shown(one.amount)} |" for one in sums]
    return [f"| {title} | entries | amount |", "| --- | ---: | ---: |", *rows]


def _amount(sums: list[Sum]) -> str:
    return shown(total(one.amount for one in sums))


def _shown(push: Push, line: Line) -> dict[str, str]:
    links = links_of(push, line)
    return {
        "kind": line.kind.value,
        "case": f"[{line.case_id}]({links.case})" if links.case else "",
        "payee": neutral_cell(line.payee),
        "amount": shown(line.amount) if line.amount is not None else "",
        "result": line.outcome.value,
        "reason": line.reason,
        "how to fix it": line.fix,
        "Soluno": f"[{line.entry_id}]({links.entry})" if links.entry else "",
    }


@task(name="mail_push", **STEP)
async def mail_push(push: Push, report: PushReport, said: str, requested_by: str | None) -> None:
    """Mail the CSV to whoever asked; else to the firm's recipients when something needs attention."""
    troubled = any(line.outcome in TROUBLED for line in report.lines)
    recipients = [requested_by] if requested_by else push.firm.report_recipients if troubled else []
    subject = f"{'Dry run' if push.dry_run else 'Cost push'} · {push.firm.name} · {push.today:%d %b %Y}"
    text = f"{said}\n\nThe attached CSV has one row per cost and posting, with what happened and why.\n"
    await mail_file(push.firm, recipients, subject, text, report.csv)


def _final_state(report: PushReport) -> FlowState[Any]:
    """*Completed* when all is posted, *Exceptions* when somebody must act, *PartialFailure* when a retry may help."""
    if any(line.outcome is Outcome.FAILED for line in report.lines):
        return Failed(name="PartialFailure", message=f"{report.sentence} Retry goes on with what failed.")
    if any(line.outcome in TROUBLED for line in report.lines):
        return Completed(name="Exceptions", message=report.sentence, data=report.as_dict())
    return Completed(message=report.sentence, data=report.as_dict())
