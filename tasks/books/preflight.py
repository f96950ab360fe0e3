"""Whether a firm's books are ready: every check before anything is posted, all findings at once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import task
from prefect.artifacts import acreate_markdown_artifact

from connectors.errors import AnswerQuestion, LogInAgain, Misconfigured
from connectors.http import redact
from connectors.soluno import QuestionNotSet
from domain.books_preflight import (
    Finding,
    check_attorney,
    check_casefile,
    check_date,
    check_login,
    check_set_up,
)
from domain.posting_markers import casefile_marker
from ledger import Incident
from tasks.alerts import Alert, send_alert
from tasks.books.push import Push
from tasks.markdown import plain
from tasks.patience import PATIENT_STEP, STEP

STREAM = "accounting"
"""Under this name the ledger keeps what is wrong with a firm's books, so that it is told once."""
REAUTHENTICATION_DUE, LOGIN_REFUSED = "reauthentication_due", "login_refused"


@task(name="check_books", **PATIENT_STEP)
async def check_books(push: Push) -> None:
    """Make every check of the contract; the findings and the plan are in ``push``. Raises ConnectorError."""
    push.findings.clear()
    push.set_up = None
    try:
        standing = await push.accounting.session()
    except (LogInAgain, Misconfigured) as error:
        push.findings.append(_not_let_in(error))
        return
    push.findings += check_login(standing, datetime.now(UTC))
    assert push.firm.accounting is not None
    push.set_up, found = check_set_up(await push.accounting.set_up(), push.firm.accounting.wishes())
    push.findings += found
    await _check_cases(push)


def _not_let_in(error: LogInAgain | Misconfigured) -> Finding:
    """What the login is refused with, which says what to do about it: *check_connection* says the very same."""
    sentence = redact(str(error))
    if isinstance(error, AnswerQuestion):
        return Finding(1, REAUTHENTICATION_DUE, sentence, "")
    return Finding(2 if isinstance(error, QuestionNotSet) else 1, LOGIN_REFUSED, sentence, "")


async def _check_cases(push: Push) -> None:
    """What blocks single cases: who answers for them, the dates of what is to be posted, and their casefiles."""
    wanted = {item.case_id for item in push.wanted.values()}
    cases = [push.cases[case_id] for case_id in sorted(wanted & push.cases.keys())]
    emails = {case.attorney.email.strip().lower() for case in cases if case.attorney and case.attorney.email}
    users = await push.accounting.users(sorted(emails)) if emails else {}
    for case in cases:
        push.answerable[case.integration_id] = found = check_attorney(case, users)
        if isinstance(found, Finding):
            push.findings.append(found)
        marker = casefile_marker(push.slug, case.integration_id)
        casefile = check_casefile(case.integration_id, await push.casefiles(case.integration_id), marker)
        if isinstance(casefile, Finding):
            push.findings.append(casefile)
    if push.set_up is not None:
        dates = {(item.case_id, item.on or push.today) for item in push.wanted.values()}
        dated = (check_date(case_id, on, push.set_up.closed_before) for case_id, on in sorted(dates))
        push.findings += [finding for finding in dated if finding is not None]


def blocking(findings: Sequence[Finding]) -> list[Finding]:
    """Those that keep the whole firm from posting."""
    return [finding for finding in findings if finding.case_id is None and not finding.warning]


@task(name="show_preflight", **STEP)
async def show_preflight(push: Push) -> None:
    """Put all findings among the run's artifacts, the firm's apart from those of single cases."""
    stops, warnings = blocking(push.findings), [one for one in push.findings if one.warning]
    of_cases = [one for one in push.findings if one.case_id is not None]
    lines = [f"# Preflight · {plain(push.firm.name)}", "", verdict(push.findings)]
    for title, findings in (("Before anything can be posted", stops), ("Soon", warnings)):
        lines += ["", f"## {title}", "", *(f"- {_told(one)}" for one in findings)] if findings else []
    if of_cases:
        lines += ["", "## Cases that are left out until then", ""]
        lines += [
            f"- [Case {one.case_id}]({push.case_system.case_url(one.case_id or '')}): {_told(one)}" for one in of_cases
        ]
    lines += ["", "Nothing was made or changed in Soluno by this."]
    await acreate_markdown_artifact(
        key=f"soluno-preflight-{push.slug}", markdown="\n".join(lines), description=f"Preflight · {push.firm.name}"
    )


def _told(finding: Finding) -> str:
    fix = f" **{plain(finding.fix)}**" if finding.fix else ""
    return f"{plain(finding.sentence)}{fix} (check {finding.number})"


def verdict(findings: Sequence[Finding]) -> str:
    """All findings in a sentence."""
    stops, cases = blocking(findings), {one.case_id for one in findings if one.case_id is not None}
    if stops:
        more = f"{len(stops) - 1} more to mend besides." if len(stops) > 1 else ""
        return " ".join(part for part in ("Nothing can be posted yet:", stops[0].sentence, stops[0].fix, more) if part)
    if cases:
        return f"The books are ready; {len(cases):,} case{'' if len(cases) == 1 else 's'} must wait."
    return "The books are ready."


def as_dicts(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings as a flow returns them."""
    return [
        {
            "check": one.number,
            "code": one.code,
            "sentence": one.sentence,
            "how_to_fix": one.fix,
            "case": one.case_id,
            "blocks": "nothing yet" if one.warning else "the case" if one.case_id else "the firm",
        }
        for one in findings
    ]


@task(name="tell_of_books", **STEP)
async def tell_of_books(push: Push) -> None:
    """Tell the firm's people of what concerns all of its books, each thing once, all that is new in one letter."""
    ledger, slug = push.ledger, push.slug
    concerning = {one.code: f"{one.sentence} {one.fix}".strip() for one in push.findings if one.case_id is None}
    found = await asyncio.to_thread(ledger.incidents.observe, slug, STREAM, concerning)
    # What another flow has told of in the same words is not told again.
    new = [one for one in found if not await asyncio.to_thread(ledger.incidents.is_told, slug, one.sentence)]
    if new:
        await send_alert(_alert(push, new), push.firm)
    for incident in found:
        await asyncio.to_thread(ledger.incidents.told, slug, STREAM, incident.code)


def _alert(push: Push, new: Sequence[Incident]) -> Alert:
    paused = any(one.code in {incident.code for incident in new} for one in blocking(push.findings))
    closing = (
        "Until then nothing is posted, and nothing is lost: what is to be posted waits."
        if paused
        else "Nothing is stopped by this yet."
    )
    sentences = "\n\n".join(incident.sentence for incident in new)
    return Alert(
        event=f"{STREAM}.{new[0].code}",
        slug=push.slug,
        name=push.firm.name,
        subject=f"Needs attention · The books of {push.firm.name}",
        text=f"{sentences}\n\n{closing} You are told once.\n",
        details={"sentence": new[0].sentence},
    )
