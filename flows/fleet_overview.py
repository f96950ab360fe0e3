"""All firms on one page: who is in step, who is not, since when, and why."""

from typing import Any

from prefect import flow
from prefect.states import Completed

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.fleet_overview import read_fleet, show_fleet


@flow(name="fleet_overview", flow_run_name=run_name("overview", "all firms"), persist_result=False)
@ends_with_a_sentence
async def fleet_overview() -> Any:
    """Publish the page of all firms (artifact *fleet*): last good sync, refused cases, what waits, what is switched off.

    Runs by itself every half hour. Nothing is asked of any outside system.
    """
    fleet, seen = await read_fleet()
    return Completed(message=await show_fleet(fleet, seen))
