"""The first import of a firm: many cases, silent to every client, and never begun anew after a stop."""

from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.planning import publish_plan
from tasks.reading import read_both_sides, read_directory
from tasks.references import cases_to_import
from tasks.report import publish_report
from tasks.sync_run import Request, open_run
from tasks.writing import write_cases


@flow(name="initial_bulk_import", flow_run_name=run_name("import"), persist_result=False)
@ends_with_a_sentence
async def initial_bulk_import(
    firm: str,
    window: str = "10y",
    cases: str | None = None,
    search: str | None = None,
    dry_run: bool = False,
    requested_by: str | None = None,
) -> Any:
    """Import a firm's cases for the first time. No client is told anything by it.

    It can be stopped or killed at any point: Retry on the flow run goes on where it stopped and reports the whole.

    Args:
        firm: The firm's short name: the name of its Firm block.
        window: How far back, such as 10y. Counts only when no list of cases is given.
        cases: A list instead of a window: ids or addresses, one a line, or a CSV with a column integration_id
            (pasted here, or the path of a file the worker can read). CASEpeer cases are imported from a list only.
        search: For CASEpeer, in place of a list: the cases that its own search finds for these words.
        dry_run: Write nothing outside; the report says what would be done.
        requested_by: Your e-mail; the report is mailed to it.
    """
    ids = await cases_to_import(firm, cases, search)
    request = Request(firm, "initial_bulk_import", window=window, ids=ids, dry_run=dry_run, requested_by=requested_by)
    async with open_run(request) as run:
        await read_directory(run)
        await read_both_sides(run)
        await publish_plan(run)
        await write_cases(run)
        return await publish_report(run)
