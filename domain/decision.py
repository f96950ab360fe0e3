"""What to do with one case: create, change, close or reopen it in the portal, leave it, or say why it cannot be done."""

from collections.abc import Container
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum

from domain.case import Case, CaseState
from domain.comparison import changed_fields, clients_to_send, compare, notifies, state_change
from domain.drafting import Drafted, draft
from domain.firm import FirmRules
from domain.mapping import PortalIndex
from domain.outcome import Change, Defect, Result
from domain.phones import mask
from domain.portal import Draft, PortalCase, PortalState
from domain.reasons import client_words, defect


class Action(StrEnum):
    """What is to be done with a case."""

    CREATE = "create"
    UPDATE = "update"
    CLOSE = "close"
    REOPEN = "reopen"
    NOTHING = "nothing"
    SKIP = "skip"
    REJECT = "reject"

    @property
    def writes(self) -> bool:
        """True when the portal is written to."""
        return self in (Action.CREATE, Action.UPDATE, Action.CLOSE, Action.REOPEN)

    @property
    def result(self) -> Result:
        """The result of a case for which this was done."""
        return _RESULTS[self]


_RESULTS = {
    Action.CREATE: Result.CREATED,
    Action.UPDATE: Result.UPDATED,
    Action.CLOSE: Result.CLOSED,
    Action.REOPEN: Result.UPDATED,
    Action.NOTHING: Result.UNCHANGED,
    Action.SKIP: Result.SKIPPED,
    Action.REJECT: Result.REJECTED,
}

ALL_FIELDS = frozenset(field.name for field in fields(Draft))


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one case, and why.

    ``draft`` is what to write, None when nothing is; of it, only ``fields`` are to be sent, a None among them as null.
    Its clients already include those the firm added by hand in the portal. ``defects`` holds the reason of a skip, too.
    """

    action: Action
    draft: Draft | None = None
    fields: frozenset[str] = frozenset()
    changes: tuple[Change, ...] = ()
    defects: tuple[Defect, ...] = ()
    warnings: tuple[str, ...] = ()
    """What is not as it should be, and will be so again at the next look."""
    notes: tuple[str, ...] = ()
    """What is worth knowing about this write only: which number was taken for each client."""
    notifies_client: bool = False


def decide(
    case: Case,
    portal_case: PortalCase | None,
    rules: FirmRules,
    index: PortalIndex,
    *,
    landlines: Container[str] = (),
    nightly: bool = False,
    opened_since: date | None = None,
) -> Decision:
    """Decide what to do with ``case``, given what the portal holds under its integration id (None: nothing).

    The case system is the source of truth: where the two differ, the portal is overwritten. The rules are those of
    casestatus.md 6.13 and DESIGN.md's table.

    Args:
        case: The case as its case system has it.
        portal_case: The portal's case.
        rules: The firm's settings.
        index: The portal's directory.
        landlines: E.164 numbers the portal has refused as landlines before.
        nightly: True for a run that keeps cases in step, in which some case systems bring in no new ones.
        opened_since: Leaves out new cases opened before this day; see :class:`domain.windows.Reading`.
    """
    if case.redacted:
        return _skip("record_redacted", rules)
    if portal_case is None:
        excluded = _left_out(case, rules, nightly=nightly, opened_since=opened_since)
        return excluded or _decide_new(case, rules, index, landlines)
    closed_there = portal_case.state is PortalState.CLOSED
    if closed_there and case.state is CaseState.CLOSED:
        return _UNCHANGED
    drafted = draft(case, rules, index, landlines=landlines)
    if case.state is CaseState.CLOSED:
        return _decide_closing(drafted, portal_case, rules)
    defects = _defects_that_count(drafted, rules)
    if closed_there and not rules.reopen_closed:
        defects = (*defects, defect("case_closed", system=rules.case_system, field="state"))
    if defects:
        return Decision(Action.REJECT, defects=defects, warnings=drafted.warnings)
    return _decide_changes(drafted, portal_case, rules, Action.REOPEN if closed_there else Action.UPDATE)


def decide_missing(rules: FirmRules) -> Decision:
    """A case of the portal that the case system no longer shows: it is left as it is, and said so."""
    return _skip("missing_in_case_system", rules)


_UNCHANGED = Decision(Action.NOTHING)


def _left_out(case: Case, rules: FirmRules, *, nightly: bool, opened_since: date | None) -> Decision | None:
    """Why a case that is not in the portal yet is not to come over, if so."""
    if nightly and not rules.system.imports_new_at_night:
        return _skip("not_eligible", rules, kind="night")
    if case.state is CaseState.CLOSED and not rules.import_closed:
        return _skip("not_eligible", rules, kind="closed")
    if opened_since and case.case_date and case.case_date < opened_since:
        return _skip("outside_window", rules, since=opened_since.isoformat())
    return None


def _decide_new(case: Case, rules: FirmRules, index: PortalIndex, landlines: Container[str]) -> Decision:
    drafted = draft(case, rules, index, landlines=landlines)
    if drafted.clients_hidden:
        return _skip("record_redacted", rules, kind="client")
    if drafted.defects:
        return Decision(Action.REJECT, defects=drafted.defects, warnings=drafted.warnings)
    return Decision(Action.CREATE, drafted.draft, ALL_FIELDS, warnings=drafted.warnings, notes=_labels_taken(drafted))


def _decide_closing(drafted: Drafted, portal_case: PortalCase, rules: FirmRules) -> Decision:
    """A case that is over is closed whatever else is wrong with it; only then nothing else of it is written."""
    defects = _defects_that_count(drafted, rules)
    if not defects:
        return _decide_changes(drafted, portal_case, rules, Action.CLOSE)
    changes = (state_change(portal_case, closing=True),)
    return _write(Action.CLOSE, drafted.draft, changes, portal_case, rules, tuple(one.sentence for one in defects))


def _decide_changes(drafted: Drafted, portal_case: PortalCase, rules: FirmRules, action: Action) -> Decision:
    changes = compare(drafted.draft, portal_case, leave_alone=_left_alone(drafted, rules))
    if not changes:
        return Decision(Action.NOTHING, warnings=drafted.warnings) if drafted.warnings else _UNCHANGED
    return _write(action, drafted.draft, changes, portal_case, rules, drafted.warnings, drafted)


def _write(
    action: Action,
    wanted: Draft,
    changes: tuple[Change, ...],
    portal_case: PortalCase,
    rules: FirmRules,
    warnings: tuple[str, ...],
    drafted: Drafted | None = None,
) -> Decision:
    written, read = portal_case.source_updated_at, wanted.source_updated_at
    if written is not None and read is not None and read < written:
        return _skip("stale_source", rules)
    notes: tuple[str, ...] = ()
    sent = changed_fields(changes)
    if "clients" in sent:
        wanted = replace(wanted, clients=clients_to_send(wanted, portal_case))
        notes = _labels_taken(drafted) if drafted else ()
    told = notifies(changes, portal_case, notify_clients=rules.notify_clients)
    return Decision(action, wanted, sent, changes, warnings=warnings, notes=notes, notifies_client=told)


def _defects_that_count(drafted: Drafted, rules: FirmRules) -> tuple[Defect, ...]:
    """Defects of an existing case: those of clients do not matter while its clients are left alone."""
    if rules.follows_clients or not drafted.defects:
        return drafted.defects
    return tuple(one for one in drafted.defects if not one.field.startswith("clients"))


def _left_alone(drafted: Drafted, rules: FirmRules) -> frozenset[str]:
    """Fields about which the case system, or the connected user, has nothing to say."""
    left = set()
    if not rules.follows_clients or drafted.clients_hidden:
        left.add("clients")
    if not rules.system.knows_additional_attorneys and not drafted.draft.additional_attorney_emails:
        left.add("additional_attorneys")
    return frozenset(left)


def _labels_taken(drafted: Drafted) -> tuple[str, ...]:
    """Which number was taken for each client, for the report [assumed, casestatus.md 6.13]."""
    clients = zip(drafted.draft.clients, drafted.phones, strict=True)
    return tuple(
        f"{client_words(client, position)}: number {mask(choice.e164 or '')} taken ({choice.label})"
        for position, (client, choice) in enumerate(clients)
    )


def _skip(code: str, rules: FirmRules, **facts: str) -> Decision:
    return Decision(Action.SKIP, defects=(defect(code, system=rules.case_system, **facts),))
