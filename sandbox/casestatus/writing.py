"""Writing cases: the upsert by integration id and its relatives, each answering what changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sandbox.casestatus import lifecycle
from sandbox.casestatus.firm import Firm
from sandbox.casestatus.instants import as_text
from sandbox.casestatus.judging import Verdict, Warnings, judge
from sandbox.casestatus.people import Placement, foreseen, identify, listed, settle
from sandbox.casestatus.records import Case, State, User
from sandbox.casestatus.refusals import refuse
from sandbox.casestatus.schema import CaseFields, Closing

Change = dict[str, Any]
"""``{"field": …, "from": …, "to": …}`` as answers show it."""


@dataclass(slots=True)
class Written:
    """What a write came to: ``created``, ``updated`` or ``unchanged``, and the case as it is now."""

    case: Case
    result: str
    changes: list[Change] = field(default_factory=list)
    warnings: Warnings = field(default_factory=list)


@dataclass(slots=True)
class Writer:
    """Writes into one firm at one instant; ``next_id`` numbers new cases and clients."""

    firm: Firm
    now: int
    next_id: Callable[[], int]

    def upsert(self, source: str, integration_id: str, fields: CaseFields) -> Written:
        """Create or update by the case system's id. Raises Refusal."""
        case = self.firm.case_with_integration_id(source, integration_id)
        if case is None:
            return self._create(source, integration_id, fields)
        return self.update(case, fields)

    def create(self, source: str, integration_id: str | None, fields: CaseFields) -> Written:
        """Create only. Raises Refusal."""
        return self._create(source, integration_id, fields)

    def _create(self, source: str, integration_id: str | None, fields: CaseFields) -> Written:
        verdict = judge(self.firm, None, fields)
        if integration_id is not None:
            self._require_free_integration_id(source, integration_id)
        placements = identify(self.firm, source, verdict.clients)
        readable_id = str(fields.get("readable_id"))
        self._require_free_readable_id(readable_id, None)
        stamp = self.firm.stamp()
        case = Case(self.next_id(), source, integration_id, readable_id, State.ONBOARDING, stamp, stamp)
        case.source_updated_at = fields.get("source_updated_at")
        _assign(case, fields, verdict)
        settle(self.firm, case, placements, self.next_id)
        if fields.get("state") == "closed":
            case.state, case.closed_at = State.CLOSED, self._closing(fields.get("closed_at"))
        self.firm.keep_case(case)
        return Written(case, "created", warnings=verdict.warnings)

    def update(self, case: Case, fields: CaseFields) -> Written:
        """Change what the body names and differs. Raises Refusal."""
        firm = self.firm
        verdict = judge(firm, case, fields)
        placements = identify(firm, case.source, verdict.clients) if "clients" in fields else None
        if "readable_id" in fields:
            self._require_free_readable_id(str(fields["readable_id"]), case)
        if _stale(case, fields):
            return Written(case, "unchanged", warnings=[*verdict.warnings, _stale_warning(case, fields)])
        changes = _differences(case, fields, verdict, placements)
        before = case.state
        self._enter(case, fields, changes)
        if changes:
            self._apply(case, fields, verdict, placements, changes)
        if fields.get("state") == "closed":
            closed_at = self._closing(fields.get("closed_at"))
            lifecycle.close(firm, case, closed_at, notify=fields.get("notify_client", True))
        if case.state is not before:
            changes.append({"field": "state", "from": before, "to": case.state})
        self._note_source_instant(case, fields)
        if changes:
            firm.touch(case)
        return Written(case, "updated" if changes else "unchanged", changes, verdict.warnings)

    def _enter(self, case: Case, fields: CaseFields, changes: list[Change]) -> None:
        """Make sure the case may be written: a closed one takes no change unless the body reopens it."""
        if case.state is not State.CLOSED:
            return
        reopens = fields.get("reopen", False)
        wanted_open = fields.get("state") == "open" or (reopens and fields.get("state") != "closed")
        if not changes and not wanted_open:
            return
        if not reopens:
            raise lifecycle.case_closed(case)
        lifecycle.reopen(case)

    def _apply(
        self,
        case: Case,
        fields: CaseFields,
        verdict: Verdict,
        placements: list[Placement] | None,
        changes: list[Change],
    ) -> None:
        if "readable_id" in fields:
            self.firm.rename_case(case, str(fields["readable_id"]))
        _assign(case, fields, verdict)
        if placements is not None and any(change["field"] == "clients" for change in changes):
            settle(self.firm, case, placements, self.next_id)
        moved = case.state is State.ACTIVE and any(change["field"] == "stage" for change in changes)
        if moved and case.stage is not None and fields.get("notify_client", True):
            self.firm.tell_clients(case, "stage_changed", case.stage.display_name, self.now)

    def _note_source_instant(self, case: Case, fields: CaseFields) -> None:
        """A newer instant of the source alone is kept but is no change [assumed: 6.13]."""
        given = fields.get("source_updated_at")
        if given is not None and given != case.source_updated_at:
            case.source_updated_at = given
            case.body = None

    def _closing(self, given: Closing | None) -> int:
        return self.now if given is None else given.instant

    def _require_free_integration_id(self, source: str, integration_id: str) -> None:
        holder = self.firm.case_with_integration_id(source, integration_id)
        if holder is not None:
            raise refuse(
                409,
                "duplicate_integration_id",
                f"There is a case with the integration id {integration_id}.",
                field="integration_id",
                existing_case_id=holder.id,
                existing_state=holder.state,
            )

    def _require_free_readable_id(self, readable_id: str, case: Case | None) -> None:
        holder = self.firm.case_with_readable_id(readable_id)
        if holder is not None and holder is not case:
            raise refuse(
                409,
                "duplicate_readable_id",
                f"There is another case with the readable id {readable_id}.",
                field="readable_id",
                existing_case_id=holder.id,
                existing_integration_id=holder.integration_id,
            )


def _stale(case: Case, fields: CaseFields) -> bool:
    given = fields.get("source_updated_at")
    return given is not None and case.source_updated_at is not None and given < case.source_updated_at


def _stale_warning(case: Case, fields: CaseFields) -> dict[str, Any]:
    given, kept = fields.get("source_updated_at") or 0, case.source_updated_at or 0
    details = {"source_updated_at": as_text(given), "stored_source_updated_at": as_text(kept)}
    return {"code": "stale_source", "field": "source_updated_at", "details": details}


_PLAIN: Final[tuple[Literal["description", "group_name", "case_date"], ...]] = (
    "description",
    "group_name",
    "case_date",
)
_STAFF: Final = (
    ("attorney_email", "attorney"),
    ("additional_attorney_emails", "additional_attorneys"),
    ("paralegal_emails", "paralegals"),
)


def _assign(case: Case, fields: CaseFields, verdict: Verdict) -> None:
    """Put everything into the case that is not its ids, its clients or its state."""
    case.practice_area, case.stage = verdict.practice_area, verdict.stage
    for plain in _PLAIN:
        if plain in fields:
            setattr(case, plain, fields[plain])
    for name, attribute in _STAFF:
        if name in fields:
            setattr(case, attribute, getattr(verdict, attribute))


def _differences(case: Case, fields: CaseFields, verdict: Verdict, placements: list[Placement] | None) -> list[Change]:
    """What the body would change, as people see it."""
    pairs: list[tuple[str, Any, Any]] = []
    if "readable_id" in fields:
        pairs.append(("readable_id", case.readable_id, fields["readable_id"]))
    pairs.append(("practice_area", _shown(case.practice_area), _shown(verdict.practice_area)))
    pairs.append(("stage", _shown(case.stage), _shown(verdict.stage)))
    for name, attribute in _STAFF:
        if name in fields:
            pairs.append((name, _emails(getattr(case, attribute)), _emails(getattr(verdict, attribute))))
    if placements is not None:
        pairs.append(("clients", listed(case.links), foreseen(case, placements)))
    pairs.extend((plain, getattr(case, plain), fields[plain]) for plain in _PLAIN if plain in fields)
    changes = [{"field": name, "from": old, "to": new} for name, old, new in pairs if old != new]
    return changes + _moved_closing(case, fields)


def _moved_closing(case: Case, fields: CaseFields) -> list[Change]:
    """Another closing instant for a case that is and stays closed; ``closed_at: null`` is no change."""
    given, stays = fields.get("closed_at"), fields.get("state") == "closed" or not fields.get("reopen")
    if case.closed_at is None or given is None or not stays or given.agrees_with(case.closed_at):
        return []
    return [{"field": "closed_at", "from": as_text(case.closed_at), "to": as_text(given.instant)}]


def _shown(named: Any) -> str | None:
    return None if named is None else str(named.display_name)


def _emails(staff: User | tuple[User, ...] | None) -> str | list[str] | None:
    if isinstance(staff, tuple):
        return [user.email for user in staff]
    return None if staff is None else staff.email
