"""Bringing one case into step: decide, write what differs, and say what came of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.casestatus import UpsertAnswer
from connectors.errors import FixData, Problem, RateLimited, UnexpectedAnswer, Wait
from domain.decision import Action, Decision, decide
from domain.outcome import Defect, Outcome, Result
from domain.portal import PortalCase
from domain.reasons import defect, defect_from_problem
from ledger import Link
from tasks.sync_run import SyncRun

_IN_STEP = frozenset({Result.CREATED, Result.UPDATED, Result.CLOSED, Result.UNCHANGED})


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one case. ``technical`` is True when trying again may help without anyone changing anything."""

    outcome: Outcome
    link: Link
    portal_case: PortalCase | None = None
    technical: bool = False
    warned: bool = False
    """True when something is left off that the next look would say again."""

    @property
    def worth_a_row(self) -> bool:
        """A row for whatever the run was asked for; of the rest, looked at for drift, where something was found."""
        quiet = self.outcome.result in (Result.UNCHANGED, Result.SKIPPED)
        return self.link.in_scope or self.link.trouble is not None or not quiet

    @property
    def in_step(self) -> bool:
        """True when a second look would find nothing, unless a side or the rules change."""
        return self.outcome.result in _IN_STEP and not self.warned


async def attempt_case(run: SyncRun, link: Link) -> Attempt:
    """Decide what to do with a case and do it.

    Raises:
        LogInAgain, NotPermitted, Misconfigured: nothing can be written for this firm; the run must stop.
        LeaseLost: the firm may be another run's by now.
    """
    if link.source is None:
        missing = defect("missing_in_case_system", system=run.rules.case_system)
        return Attempt(_outcome(link, Result.SKIPPED, (missing,)), link)
    decision = decision_on(run, link)
    if not decision.action.writes or run.request.dry_run:
        return Attempt(_decided(run, link, decision), link, warned=bool(decision.warnings))
    try:
        return await _write(run, link, decision)
    except FixData as error:
        return Attempt(_refused(run, link, decision, error), link)
    except (Wait, UnexpectedAnswer) as error:
        failed = _outcome(link, Result.FAILED, (_technical(run, error),))
        return Attempt(failed, link, technical=isinstance(error, Wait))


def decision_on(run: SyncRun, link: Link) -> Decision:
    """What is to be done with a case that has been read."""
    assert link.source is not None
    return decide(
        link.source,
        link.portal,
        run.rules,
        run.names,
        landlines=run.landlines,
        nightly=run.keeps_in_step,
        opened_since=run.opened_since,
    )


async def _write(run: SyncRun, link: Link, decision: Decision) -> Attempt:
    """Write a decision. A number the portal refuses as a landline is remembered, and the client's next one offered.

    Not where a person has seen what is written: the next number was not shown.
    """
    while True:  # each turn knows one landline more
        try:
            answer = await _send(run, decision)
        except FixData as error:
            learnt = _landlines(error.problems, decision)
            if run.was_previewed or not learnt - run.landlines:
                raise
            run.learn_landlines(learnt)
            decision = decision_on(run, link)
            if not decision.action.writes:
                return Attempt(_decided(run, link, decision), link)
        else:
            warned = bool(decision.warnings or answer.warnings)
            return Attempt(_written(run, link, decision, answer), link, answer.case, warned=warned)


async def _send(run: SyncRun, decision: Decision) -> UpsertAnswer:
    assert decision.draft is not None
    return await run.portal.upsert(
        decision.draft,
        fields=None if decision.action is Action.CREATE else decision.fields,
        notify_client=decision.notifies_client and not run.silent,
        reopen=decision.action is Action.REOPEN,
    )


def _landlines(problems: Collection[Problem], decision: Decision) -> set[str]:
    """Numbers that this refusal calls landlines; empty unless that is all that stands against the case."""
    assert decision.draft is not None
    numbers = set()
    for problem in problems:
        if problem.code != "client_cell_phone_invalid" or problem.details.get("reason") != "not_mobile":
            return set()
        index = problem.details.get("client_index", 0)
        if isinstance(index, int) and 0 <= index < len(decision.draft.clients):
            numbers.add(decision.draft.clients[index].cell_phone)
    return {number for number in numbers if number}


def _decided(run: SyncRun, link: Link, decision: Decision) -> Outcome:
    created = decision.action is Action.NOTHING and run.has_created(link.portal)
    return _outcome(link, Result.CREATED if created else decision.action.result, decision.defects, decision)


def _written(run: SyncRun, link: Link, decision: Decision, answer: UpsertAnswer) -> Outcome:
    """The outcome of a write.

    What the portal did not have when this run read it, and calls *unchanged* now, was created by a try of this run whose
    answer was lost; *updated* means that somebody else has created the case in the meantime.
    """
    created_by_another = decision.action is Action.CREATE and answer.result == "updated"
    result = Result.UPDATED if created_by_another else decision.action.result
    said = (_explained(run, warning, decision).sentence for warning in answer.warnings)
    warnings = dict.fromkeys((*decision.warnings, *decision.notes, *said))
    return Outcome(
        integration_id=link.integration_id,
        result=result,
        attempted_at=datetime.now(UTC),
        readable_id=link.readable_id or "",
        client_name=_client_name(link),
        portal_id=answer.case.id,
        changes=decision.changes,
        warnings=tuple(warnings),
        notifies_client=decision.notifies_client and not run.silent,
    )


def _refused(run: SyncRun, link: Link, decision: Decision, error: FixData) -> Outcome:
    reasons = tuple(_explained(run, problem, decision) for problem in error.problems)
    fallback = (defect("vendor_error", system=run.rules.case_system, problem=str(error)),)
    return _outcome(link, Result.REJECTED, reasons or fallback, decision)


def _explained(run: SyncRun, problem: Problem, decision: Decision) -> Defect:
    """What the portal said, in the words our own validation would have used."""
    return defect_from_problem(
        problem.code,
        problem.message,
        system=run.rules.case_system,
        field=problem.field,
        details=problem.details,
        draft=decision.draft,
    )


def _technical(run: SyncRun, error: Exception) -> Defect:
    code = "rate_limited_gave_up" if isinstance(error, RateLimited) else "portal_unreachable"
    field = error.field if isinstance(error, UnexpectedAnswer) else ""
    return defect(code, system=run.rules.case_system, field=field, problem=str(error))


def _outcome(link: Link, result: Result, defects: tuple[Defect, ...], decision: Decision | None = None) -> Outcome:
    return Outcome(
        integration_id=link.integration_id,
        result=result,
        attempted_at=datetime.now(UTC),
        readable_id=link.readable_id or "",
        client_name=_client_name(link),
        portal_id=link.portal_id,
        defects=defects,
        changes=decision.changes if decision else (),
        warnings=decision.warnings + decision.notes if decision else (),
        notifies_client=bool(decision and decision.notifies_client and result is not Result.REJECTED),
    )


def _client_name(link: Link) -> str:
    return link.source.clients[0].display_name if link.source and link.source.clients else ""
