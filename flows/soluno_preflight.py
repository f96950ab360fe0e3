"""Whether a firm's books are ready for its costs, asked before anything is posted."""

from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.books.preflight import check_books, show_preflight, tell_of_books
from tasks.books.push import open_push
from tasks.books.readiness import preflight_state
from tasks.books.reading import read_money
from tasks.endings import ends_with_a_sentence


@flow(name="soluno_preflight", flow_run_name=run_name("preflight"), persist_result=False)
@ends_with_a_sentence
async def soluno_preflight(firm: str) -> Any:
    """Make all checks of a firm's books at once: login, users, features, codes, accounts, dates and casefiles.

    Each finding comes with the clicks that mend it. Nothing is made or changed in Soluno.

    Args:
        firm: The firm's short name: the name of its Firm block.
    """
    async with open_push(firm, "soluno_preflight") as push:
        await read_money(push)
        await check_books(push)
        await show_preflight(push)
        await tell_of_books(push)
        return preflight_state(push)
