"""`casebridge sync` and `casebridge report`: starting a firm's sync and seeing what came of it and of those before."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.utilities.urls import url_for

from deployments.command_line.output import AsJson, Refused, beside, print_json, print_table, say
from deployments.command_line.server import with_server
from domain.outcome import Result
from ledger import Ledger, Run
from ledger.database import home

LOOKED_AT_EVERY = 1.0
EXCEPTIONS, FAILED = 3, 1
"""What a command ends with when cases need attention, and when the run failed."""
REASONS_SHOWN = 8


def sync(
    slug: Annotated[str, typer.Argument(help="The firm's short name.", show_default=False)],
    case: Annotated[
        list[str] | None, typer.Option(help="Only this case, by its integration id; may be given again.")
    ] = None,
    window: Annotated[str, typer.Option(help="How far back: auto, 30d, 10y …")] = "auto",
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done; nothing is written.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait for the run to end, and tell what came of it.")] = True,
    as_json: AsJson = False,
) -> None:
    """Sync a firm's cases now, through a worker. Ends with 0, with 3 when cases need attention, with 1 when it failed."""
    parameters: dict[str, Any] = {"window": window, "dry_run": dry_run}
    if case:
        parameters["case_ids"] = case

    async def work(client: PrefectClient) -> FlowRun:
        try:
            deployment = await client.read_deployment_by_name(f"nightly_case_sync/{slug}")
        except ObjectNotFound as error:
            raise Refused(f"There is no deployment nightly_case_sync/{slug}: see `casebridge firm list`.") from error
        flow_run = await client.create_flow_run_from_deployment(deployment.id, parameters=parameters)
        beside.print(f"{url_for(flow_run)}")
        return await _ended(client, flow_run) if wait else flow_run

    flow_run = with_server(work)
    state = flow_run.state
    found = {
        "run": flow_run.name,
        "id": str(flow_run.id),
        "state": state.name if state else None,
        "message": state.message if state else None,
        "report": _report_of(str(flow_run.id)),
        "address": url_for(flow_run),
    }
    if as_json:
        print_json(found)
    else:
        say(f"{found['state']}: {found['message'] or 'it waits for a worker.'}", under=str(found["run"]))
        if found["report"]:
            say(f"Report: {found['report']}")
    if wait and state is not None and not state.is_completed():
        raise typer.Exit(FAILED)
    if wait and state is not None and state.name == "Exceptions":
        raise typer.Exit(EXCEPTIONS)


async def _ended(client: PrefectClient, flow_run: FlowRun) -> FlowRun:
    """The run once it has ended; meanwhile its state is shown."""
    with beside.status("waiting for a worker") as status:
        while flow_run.state is None or not flow_run.state.is_final():
            await asyncio.sleep(LOOKED_AT_EVERY)
            flow_run = await client.read_flow_run(flow_run.id)
            if flow_run.state is not None:
                waiting = " (no worker has taken it yet: casebridge doctor)" if flow_run.state.name == "Late" else ""
                status.update(f"{flow_run.name}: {flow_run.state.name}{waiting}")
    return flow_run


def _report_of(flow_run_id: str) -> str | None:
    with Ledger.open() as ledger:
        run = ledger.runs.get(flow_run_id)
        return _csv(run) if run else None


def _csv(run: Run) -> str | None:
    path = home() / "reports" / run.firm / f"{run.id}.csv"
    return str(path) if path.exists() else None


def report(
    slug: Annotated[str, typer.Argument(help="The firm's short name.", show_default=False)],
    last: Annotated[int, typer.Option(help="How many runs.", min=1)] = 5,
    run: Annotated[str | None, typer.Option(help="One run, by its id in the ledger or in Prefect.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a firm's last runs did, and of the newest one what is refused and why."""
    with Ledger.open() as ledger:
        if run is not None:
            found = ledger.runs.get(run)
            if found is None or found.firm != slug:
                raise Refused(f"{slug} has no run {run}: leave --run out to see the last ones.")
            runs = [found]
        else:
            runs = ledger.runs.recent(slug, last)
        if not runs:
            raise Refused(f"Nothing was run for {slug} yet, or there is no such firm: see `casebridge firm list`.")
        rows = [_row(ledger, one) for one in runs]
        reasons = ledger.attempts.reasons(runs[0].id)
        troubled = [
            {
                "case": attempt.outcome.readable_id or attempt.outcome.integration_id,
                "reason": defect.sentence,
                "fix": defect.how_to_fix,
            }
            for attempt in ledger.attempts.troubled(runs[0].id, REASONS_SHOWN)
            for defect in attempt.outcome.defects[:1]
        ]
    if as_json:
        print_json({"firm": slug, "runs": rows, "reasons": reasons, "first troubled": troubled})
        return
    columns = {"began": "began", "kind": "run", "ended": "ended", "message": "what came of it"}
    print_table(
        rows, columns | {result.value: result.value for result in Result if any(row[result.value] for row in rows)}
    )
    if troubled:
        print_table(
            troubled,
            {"case": "case", "reason": "reason", "fix": "where to fix it"},
            "The first cases that need attention",
        )
    if rows[0]["report"]:
        say(f"All cases of the newest run: {rows[0]['report']}")


def _row(ledger: Ledger, run: Run) -> dict[str, Any]:
    counts = ledger.attempts.counts(run.id)
    return {
        "id": run.id,
        "began": _shown(run.started_at),
        "kind": f"{run.kind}{' (dry run)' if run.dry_run else ''}",
        "ended": run.outcome or "under way",
        "message": run.message or "",
        "report": _csv(run),
        **{result.value: counts.get(result, 0) for result in Result},
    }


def _shown(moment: datetime) -> str:
    return f"{moment:%-d %b, %H:%M} UTC"
