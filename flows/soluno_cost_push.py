"""A firm's costs, charges and trust come into its books, once and to the cent, and back comes what became of them."""

from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.books.invoices import follow_invoices
from tasks.books.posting import make_records, post_entries, request_invoices, tell_of_posted
from tasks.books.preflight import check_books, show_preflight, tell_of_books
from tasks.books.push import open_push, refuse_if_push_switched_off
from tasks.books.readiness import stopped_by
from tasks.books.reading import read_money
from tasks.books.reconciling import compare_balances
from tasks.books.report import publish_push
from tasks.books.statuses import read_entries, take_back_statuses
from tasks.endings import ends_with_a_sentence


@flow(name="soluno_cost_push", flow_run_name=run_name("costs"), persist_result=False)
@ends_with_a_sentence
async def soluno_cost_push(
    firm: str, dry_run: bool = False, cost_ids: list[str] | None = None, requested_by: str | None = None
) -> Any:
    """Push a firm's costs, settlement charges and trust lines from CASEpeer into Soluno, and take statuses back.

    Checks the books first (*soluno_preflight*): what is wrong with them stops the push, what is wrong with a case leaves
    out that case; nothing is lost, as the next push goes on. Everything is posted once, whatever dies in between. Ends
    *Completed*, *Exceptions* (somebody must act) or *PartialFailure* (Retry goes on with what failed).

    Args:
        firm: The firm's short name: the name of its Firm block.
        dry_run: Write nothing outside; the report says what would be posted.
        cost_ids: Only these costs, by their ids in CASEpeer. Empty: everything.
        requested_by: Your e-mail; the report is mailed to it.
    """
    await refuse_if_push_switched_off(firm)
    async with open_push(firm, "soluno_cost_push", only=cost_ids, dry_run=dry_run) as push:
        await read_money(push)
        await check_books(push)
        await show_preflight(push)
        await tell_of_books(push)
        if not dry_run:
            if stopped := stopped_by(push):
                return stopped
            await make_records(push)
            await post_entries(push)
            await tell_of_posted(push)
            await request_invoices(push)
            await follow_invoices(push)
            await read_entries(push)
            await take_back_statuses(push)
            await compare_balances(push)
        return await publish_push(push, requested_by)
