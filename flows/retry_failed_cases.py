"""From a past run, only what failed or was rejected, once more."""

from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.reading import read_both_sides, read_directory
from tasks.references import cases_to_retry
from tasks.report import publish_report
from tasks.sync_run import Request, open_run
from tasks.writing import write_cases


@flow(name="retry_failed_cases", flow_run_name=run_name("retry", "{run}"), persist_result=False)
@ends_with_a_sentence
async def retry_failed_cases(
    run: str,
    report: str | None = None,
    dry_run: bool = False,
    requested_by: str | None = None,
) -> Any:
    """Attempt again what failed or was rejected in a past run of any kind. A second retry of the same finds less to do.

    Args:
        run: The past run: its id from the report, its flow run's id, or that flow run's address.
        report: That run's report CSV, edited down to the rows wanted (pasted, or the path of a file the worker can
            read). Empty: all that failed or were rejected.
        dry_run: Write nothing outside; the report says what would be done.
        requested_by: Your e-mail; the report is mailed to it.
    """
    past, ids = await cases_to_retry(run, report)
    request = Request(
        past.firm, "retry_failed_cases", ids=ids, dry_run=dry_run, requested_by=requested_by, parent_run_id=past.id
    )
    async with open_run(request) as this_run:
        await read_directory(this_run)
        await read_both_sides(this_run)
        await write_cases(this_run)
        return await publish_report(this_run)
