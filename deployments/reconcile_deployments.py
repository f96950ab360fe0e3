"""Prefect's deployments made equal to the Firm blocks: after a block was saved, every hour, and by hand."""

from typing import Any

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.states import Completed

from deployments.automations import alert
from deployments.reconciliation import Action, Reconciled, Step, reconcile
from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.markdown import needs_attention, plain

MOST_SHOWN = 200


@flow(name="reconcile_deployments", flow_run_name=run_name("deployments", "all firms"), persist_result=False)
@ends_with_a_sentence
async def reconcile_deployments(dry_run: bool = False) -> Any:
    """Make the firms' deployments as their blocks have it: created, changed, paused, resumed and removed.

    What somebody paused in the Prefect UI stays paused, and is told. Runs by itself a minute after a Firm block was saved,
    and every hour.

    Args:
        dry_run: Only show what would be done; nothing is changed.
    """
    async with get_client() as client:
        reconciled = await reconcile(client, dry_run=dry_run)
        alerts = "" if dry_run else await alert(client)
    sentence = f"Nothing was changed. {reconciled.sentence}" if dry_run else f"{reconciled.sentence} {alerts}"
    await _show(reconciled, sentence, dry_run=dry_run)
    attention = bool(reconciled.unreadable or reconciled.paused_by_people)
    return Completed(name="Exceptions" if attention else None, message=sentence, data=_counts(reconciled))


def _counts(reconciled: Reconciled) -> dict[str, int]:
    return {action.value: reconciled.count(action) for action in Action}


async def _show(reconciled: Reconciled, sentence: str, *, dry_run: bool) -> None:
    news = [step for step in reconciled.steps if step.action is not Action.UNCHANGED]
    title = "What would be done" if dry_run else "What was done"
    lines = ["# Deployments", "", sentence]
    if news:
        lines += ["", f"## {title}", "", "| firm | deployment | action | what differs |", "| --- | --- | --- | --- |"]
        lines += [_row(step) for step in news[:MOST_SHOWN]]
    if len(news) > MOST_SHOWN:
        lines += ["", f"… and {len(news) - MOST_SHOWN:,} more."]
    paused = [(step.firm, _paused(step)) for step in reconciled.paused_by_people]
    lines += needs_attention([*reconciled.unreadable.items(), *paused])
    await acreate_markdown_artifact(
        key="deployments", markdown="\n".join(lines), description="Deployments of all firms"
    )


def _row(step: Step) -> str:
    differences = "; ".join(step.differences)
    return f"| {plain(step.firm)} | {plain(step.deployment)} | {step.action} | {plain(differences)} |"


def _paused(step: Step) -> str:
    return (
        f"{step.deployment} was paused in the Prefect UI, though its switch is on in Blocks › {step.firm}. Resume it there, "
        "or turn the switch off and say why."
    )
