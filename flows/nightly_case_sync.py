"""A firm's cases become, and stay, cases in Case Status."""

import asyncio
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.firms import refuse_if_switched_off
from tasks.planning import publish_plan
from tasks.reading import read_case_system, read_directory, read_portal
from tasks.references import named_cases
from tasks.report import publish_report
from tasks.sync_run import Request, open_run
from tasks.writing import write_cases


@flow(name="nightly_case_sync", flow_run_name=run_name("nightly"), persist_result=False)
@ends_with_a_sentence
async def nightly_case_sync(
    firm: Annotated[str, Field(description="The firm's short name: the name of its Firm block.")],
    window: Annotated[
        str,
        Field(
            description="auto: ten years the first time, then 30 days. 10y reads everything again; 90d or 2y work too."
        ),
    ] = "auto",
    case_ids: Annotated[
        list[str] | None, Field(description="Only these cases: ids or addresses in the case system. Empty: the window.")
    ] = None,
    dry_run: Annotated[
        bool, Field(description="Write nothing outside; the report says what would be done and who would be told.")
    ] = False,
    requested_by: Annotated[str | None, Field(description="Your e-mail; the report is mailed to it.")] = None,
) -> Any:
    """Bring a firm's cases from its case system to Case Status.

    Reads what changed in the window and all of the portal, compares, and writes only what differs: new cases are
    created, changed ones updated, closed ones closed, edits made in the portal undone. Ends *Completed*, *Exceptions*
    (some cases need the firm's attention) or *PartialFailure* (some failed for technical reasons). Retry attempts only
    those again.
    """
    await refuse_if_switched_off(firm)
    ids = await named_cases(firm, case_ids)
    request = Request(firm, "nightly_case_sync", window=window, ids=ids, dry_run=dry_run, requested_by=requested_by)
    async with open_run(request) as run:
        await read_directory(run)
        await asyncio.gather(read_portal(run), read_case_system(run))
        await publish_plan(run)
        await write_cases(run)
        return await publish_report(run)
