"""Once a week: what nobody asks for any more is forgotten; what keeps anything from being done twice never is."""

from typing import Any

from prefect import flow
from prefect.states import Completed

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.retention import clear_history, show_cleared


@flow(name="forget_old_history", flow_run_name=run_name("history", "all firms"), persist_result=False)
@ends_with_a_sentence
async def forget_old_history(keep_run_days: int = 90, keep_delivery_days: int = 400, dry_run: bool = False) -> Any:
    """Delete the case-by-case details of old runs, the steps of deliveries long ended, and old report files.

    Runs keep their counts, and deliveries what they were and what became of them: nothing is relayed or posted twice.

    Args:
        keep_run_days: So many days a run's rows about single cases are kept; after that it cannot be retried case by case.
        keep_delivery_days: So many days the steps of deliveries are kept after their end, and report files.
        dry_run: Only say what would be deleted.
    """
    cleared = await clear_history(keep_run_days, keep_delivery_days, dry_run=dry_run)
    return Completed(message=await show_cleared(cleared, dry_run=dry_run))
