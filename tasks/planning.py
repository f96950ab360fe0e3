"""Before a run writes: what the portal does not know, how much there is to do, and when it will be done."""

import asyncio
from datetime import UTC, datetime

from prefect import get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact

from domain.coverage import Coverage, Gap, mapping_coverage
from domain.forecast import Forecast, Load, forecast
from tasks.markdown import plain
from tasks.patience import STEP
from tasks.sync_run import SyncRun

GAPS_SHOWN = 20
WRITES_A_MINUTE = 120.0
"""Case Status' limit [assumed]."""


@task(name="publish_plan", **STEP)
async def publish_plan(run: SyncRun) -> None:
    """Show mapping coverage and forecast as an artifact, and say both in the log, before anything is written."""
    rows = await asyncio.to_thread(run.ledger.links.coverage, run.slug, run.rules.case_system)
    coverage = mapping_coverage(((row.practice_area, row.stage, row.open_count) for row in rows), run.names)
    to_look_at = await asyncio.to_thread(run.ledger.links.count, run.slug, run.id, select=run.selection)
    to_write = await asyncio.to_thread(
        run.ledger.links.count, run.slug, run.id, select=run.selection, rules=run.passing_over
    )
    expected = forecast([Load("Case Status", 0, to_write, WRITES_A_MINUTE)], now=datetime.now(UTC), zone=run.rules.zone)
    logger = get_run_logger()
    logger.info("%s", coverage)
    for gap in coverage.gaps[:GAPS_SHOWN]:
        logger.warning("%s open cases: %s %s", gap.open_cases, gap.defects[0].sentence, gap.defects[0].how_to_fix)
    logger.info("%s cases to look at, up to %s to write: %s.", f"{to_look_at:,}", f"{to_write:,}", expected.sentence)
    await acreate_markdown_artifact(
        key=f"plan-{run.slug}",
        markdown=_markdown(run, coverage, to_look_at, to_write, expected),
        description=f"Plan and mapping coverage · {run.firm.name}",
    )


def _markdown(run: SyncRun, coverage: Coverage, to_look_at: int, to_write: int, expected: Forecast) -> str:
    dry = run.record.dry_run
    none_of_it = " (this dry run writes none of them)" if dry else ""
    work = f"**{to_look_at:,}** cases to look at, up to **{to_write:,}** to write{none_of_it}."
    lines = [
        f"# {'Dry run' if dry else 'Plan'} · {run.firm.name}",
        "",
        f"Read: {run.record.scope.get('said', 'all cases')}. {work}",
        "",
        f"**Forecast:** {expected.sentence}.",
        "",
        "## Mapping coverage",
        "",
        str(coverage),
    ]
    if coverage.gaps:
        lines += [
            "",
            "| practice area | stage | open cases | why | where to fix it |",
            "| --- | --- | ---: | --- | --- |",
        ]
        lines += [_gap_row(gap) for gap in coverage.gaps[:GAPS_SHOWN]]
    return "\n".join(lines)


def _gap_row(gap: Gap) -> str:
    reason = gap.defects[0]
    cells = (gap.practice_area, gap.stage, f"{gap.open_cases:,}", reason.sentence, reason.how_to_fix)
    return f"| {' | '.join(map(plain, cells))} |"
