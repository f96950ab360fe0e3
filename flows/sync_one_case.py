"""One case, now: for the person on the phone with a client."""

import asyncio
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.reading import read_case_system, read_directory, read_portal
from tasks.references import named_cases
from tasks.report import publish_case_result
from tasks.sync_run import Request, open_run
from tasks.writing import write_cases


@flow(name="sync_one_case", flow_run_name=run_name("one case"), persist_result=False)
@ends_with_a_sentence
async def sync_one_case(
    firm: Annotated[str, Field(description="The firm's short name: the name of its Firm block.")],
    case: Annotated[
        str, Field(description="The case's integration id, or the address of its page in the case system.")
    ],
    dry_run: Annotated[bool, Field(description="Write nothing outside; say what would be done.")] = False,
    requested_by: Annotated[str | None, Field(description="Your e-mail; the report is mailed to it.")] = None,
) -> Any:
    """Bring one case up to date and say what happened: as an artifact, in the state's message, and as return value."""
    ids = await named_cases(firm, [case])
    async with open_run(Request(firm, "sync_one_case", ids=ids, dry_run=dry_run, requested_by=requested_by)) as run:
        await read_directory(run)
        await asyncio.gather(read_portal(run), read_case_system(run))
        await write_cases(run)
        return await publish_case_result(run)
