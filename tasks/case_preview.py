"""Connecting one case with a preview: what will be pushed is shown, and nothing else is."""

import asyncio
from datetime import timedelta
from typing import Any, cast

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.firm import Firm
from connectors.errors import FixData, NotFound
from connectors.http import redact_handlers
from connectors.ports import KeepsTwins
from domain.errors import BadInput
from domain.mapping import PortalIndex
from domain.preview import Preview, Requirement, preview
from domain.reasons import defect
from tasks.endings import ChangedMeanwhile
from tasks.firms import load_firm
from tasks.markdown import plain
from tasks.one_case import decision_on
from tasks.patience import PATIENT_STEP, STEP
from tasks.references import named_cases
from tasks.sync_run import SyncRun
from tasks.unheld import open_systems

TIME_TO_CONFIRM = timedelta(hours=1)
"""How long a preview waits for its person."""


@task(name="preview_case", **PATIENT_STEP)
async def preview_case(slug: str, reference: str) -> Preview:
    """Read a case on both sides and show, as an artifact, what will be pushed and everything that was looked at.

    Raises:
        BadInput: the firm's case system connects no cases, or has no such case.
        ConnectorError: a system cannot be asked.
    """
    redact_handlers("", "casebridge", "prefect.flow_runs", "prefect.task_runs")
    firm = await load_firm(slug)
    system = firm.rules().system
    if not system.connects_cases:
        raise BadInput(
            f"Cases of {system.name} come to Case Status by themselves, every night. To bring one over now, run sync_one_case."
        )
    [case_id] = await named_cases(slug, [reference]) or []
    shown = await _read(firm, case_id)
    await _show(firm, shown)
    return shown


async def _read(firm: Firm, case_id: str) -> Preview:
    rules = firm.rules()
    async with open_systems(firm) as (case_system, portal):
        twins = cast("KeepsTwins", case_system)  # as its rules say that it connects cases
        try:
            case, twin = await twins.case_and_twin(case_id)
        except NotFound as error:
            missing = defect("cms_case_not_found", system=rules.case_system)
            raise BadInput(f"Case {case_id}: {missing.sentence} {missing.how_to_fix}") from error
        index = PortalIndex(await portal.directory(), rules)
        portal_case = await portal.find(rules.case_system, case_id)
        own_twin = twins.twin_of(portal_case.id) if portal_case else None
        return preview(case, portal_case, rules, index, twin=twin, own_twin=own_twin)


def nothing_to_confirm(shown: Preview) -> State[Any] | None:
    """The state of a run that ends with its preview, as the case is connected already or cannot be; else None."""
    case = f"Case {shown.case.integration_id}"
    if shown.defects:
        sentences = " ".join(f"{one.sentence} {one.how_to_fix}" for one in shown.defects)
        return Completed(name="Exceptions", message=f"{case} cannot be connected: {sentences}")
    if shown.is_connected:
        message = f"{case} is connected to Case Status already. To bring it up to date now, run sync_one_case."
        return Completed(message=message)
    return None


@task(name="compare_with_preview", **STEP)
async def refuse_if_changed(run: SyncRun, shown: Preview) -> None:
    """See that what would be written now is exactly what was shown. Raises ChangedMeanwhile."""
    case_id = shown.case.integration_id
    link = await asyncio.to_thread(run.ledger.links.get, run.slug, case_id, system=run.case_system.system)
    read = link is not None and link.source is not None and case_id not in run.set_aside
    case, decision = (link.source, decision_on(run, link)) if link is not None and read else (None, None)
    if different := shown.difference(case, decision):
        raise ChangedMeanwhile(
            f"Nothing was sent of case {case_id}: since it was shown, {different}. Retry shows it as it is now."
        )


@task(name="link_both_sides", **PATIENT_STEP)
async def link_both_sides(run: SyncRun, shown: Preview) -> None:
    """Note in the case system which case of the portal is the case's twin, if it is there now.

    Raises:
        FixData: the case system does not take the connection; the case is in the portal all the same.
    """
    case_id = shown.case.integration_id
    link = await asyncio.to_thread(run.ledger.links.get, run.slug, case_id, system=run.case_system.system)
    if link is None or link.portal_id is None or link.trouble is not None:
        return
    twins = cast("KeepsTwins", run.case_system)  # as its rules say that it connects cases
    try:
        await twins.connect(case_id, link.portal_id)
    except FixData as error:
        raise FixData(
            f"Case {case_id} is in Case Status as {link.portal_id}, but {run.rules.system.name} does not take the "
            f"connection ({error}). Retry shows how it stands.",
            problems=error.problems,
            system=error.system,
        ) from error


async def _show(firm: Firm, shown: Preview) -> None:
    case, system = shown.case, firm.rules().system.name
    client = case.clients[0].display_name if case.clients else "no client"
    lines = [
        f"# Connect to Case Status · {plain(case.readable_id or case.integration_id)} · {plain(client)}",
        "",
        _verdict(shown),
        "",
        "| looked at | |",
        "| --- | --- |",
        *(f"| {one.words} | {_found(one)} |" for one in shown.requirements),
    ]
    if shown.pushes:
        lines += ["", "## What will be pushed", "", "| field | in Case Status now | will be |", "| --- | --- | --- |"]
        lines += [f"| {plain(one.field)} | {plain(one.before)} | {plain(one.after)} |" for one in shown.pushes]
        told = "is told of it" if shown.decision.notifies_client else "is told nothing"
        lines += ["", f"The client {told}. Of phone numbers only the last digits are shown here."]
    notes = (*shown.decision.warnings, *shown.decision.notes)
    lines += ["", "## Worth knowing", "", *(f"- {plain(note)}" for note in notes)] if notes else []
    lines += ["", f"As read from {system} at version {plain(case.version or '')}."]
    await acreate_markdown_artifact(
        key=f"connect-case-{firm.slug}",
        markdown="\n".join(lines),
        description=f"Connect case {case.readable_id or case.integration_id} · {firm.name}",
    )


def _found(requirement: Requirement) -> str:
    if not requirement.defects:
        return "✓ fine"
    return f"**✗** {plain(' '.join(f'{one.sentence} {one.how_to_fix}' for one in requirement.defects))}"


def _verdict(shown: Preview) -> str:
    if shown.defects:
        count = len(shown.defects)
        return (
            f"**It cannot be connected yet:** {count} thing{'' if count == 1 else 's'} to mend first. Nothing is sent."
        )
    if shown.is_connected:
        return "It is connected already. Nothing is sent."
    if shown.portal_case is not None:
        return (
            "It is in Case Status already, and not yet connected. Press *Resume* on this flow run to connect it and to "
            "write exactly what is listed below."
        )
    return (
        "It can be connected. Press *Resume* on this flow run to send exactly what is listed below; after an hour "
        "without an answer nothing is sent."
    )
