"""A firm's cases become, and stay, cases in Case Status."""

from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.firms import refuse_if_switched_off
from tasks.planning import publish_plan
from tasks.reading import read_both_sides, read_directory
from tasks.references import named_cases
from tasks.report import publish_report
from tasks.sync_run import Request, open_run
from tasks.writing import write_cases


@flow(name="nightly_case_sync", flow_run_name=run_name("nightly"), persist_result=False)
@ends_with_a_sentence
async def nightly_case_sync(
    firm: str,
    window: str = "auto",
    case_ids: list[str] | None = None,
    dry_run: bool = False,
    requested_by: str | None = None,
) -> Any:
    """Bring a firm's cases from its case system to Case Status.

    Reads what changed in the window and all of the portal, compares, and writes only what differs: new cases are
    created, changed ones updated, closed ones closed, edits made in the portal undone. Ends *Completed*, *Exceptions*
    (some cases need the firm's attention) or *PartialFailure* (some failed for technical reasons). Retry attempts only
    those again.

    Args:
        firm: The firm's short name: the name of its Firm block.
        window: auto: ten years the first time, then 30 days. 10y reads everything again; 90d or 2y work too.
            Of CASEpeer always auto: every case that is in Case Status.
        case_ids: Only these cases: ids or addresses in the case system. Empty: the window.
        dry_run: Write nothing outside; the report says what would be done and who would be told.
        requested_by: Your e-mail; the report is mailed to it.
    """
    await refuse_if_switched_off(firm)
    ids = await named_cases(firm, case_ids)
    request = Request(firm, "nightly_case_sync", window=window, ids=ids, dry_run=dry_run, requested_by=requested_by)
    async with open_run(request) as run:
        await read_directory(run)
        await read_both_sides(run)
        await publish_plan(run)
        await write_cases(run)
        return await publish_report(run)
