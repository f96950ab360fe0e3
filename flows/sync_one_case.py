"""One case, now: for the person on the phone with a client."""

from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.reading import read_both_sides, read_directory
from tasks.references import named_cases
from tasks.report import publish_case_result
from tasks.sync_run import Request, open_run
from tasks.writing import write_cases


@flow(name="sync_one_case", flow_run_name=run_name("one case"), persist_result=False)
@ends_with_a_sentence
async def sync_one_case(
    firm: str,
    case: str,
    dry_run: bool = False,
    requested_by: str | None = None,
) -> Any:
    """Bring one case up to date and say what happened: as an artifact, in the state's message, and as return value.

    Args:
        firm: The firm's short name: the name of its Firm block.
        case: The case's integration id, or the address of its page in the case system.
        dry_run: Write nothing outside; say what would be done.
        requested_by: Your e-mail; the report is mailed to it.
    """
    ids = await named_cases(firm, [case])
    async with open_run(Request(firm, "sync_one_case", ids=ids, dry_run=dry_run, requested_by=requested_by)) as run:
        await read_directory(run)
        await read_both_sides(run)
        await write_cases(run)
        return await publish_case_result(run)
