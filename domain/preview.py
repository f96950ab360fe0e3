"""What *Connect to Case Status* is about to push of one case, and all that stands against it, for a person to read first."""

from dataclasses import dataclass, fields

from domain.case import Case, CaseState
from domain.decision import Action, Decision, decide
from domain.firm import FirmRules
from domain.mapping import PortalIndex
from domain.outcome import Defect
from domain.phones import mask
from domain.portal import Draft, DraftClient, PortalCase
from domain.reasons import client_words, defect

_REQUIREMENTS = (
    ("The case is open, and not connected to another one", ("case_over", "connected_elsewhere", "case_closed")),
    ("It has a number that clients know it by", ("readable_id_required",)),
    (
        "Its type is a practice area of Case Status, and its status a stage of that",
        (
            "practice_area_required",
            "practice_area_unknown",
            "stage_required",
            "stage_unknown",
            "stage_count_out_of_range",
            "mapping_ambiguous",
        ),
    ),
    ("Its lead attorney is an attorney in Case Status", ("attorney_required", "attorney_not_found")),
    ("Its client has a first and a last name", ("client_required", "client_name_required")),
    (
        "Its client has a cell phone number that is valid",
        ("client_cell_phone_missing", "client_cell_phone_invalid"),
    ),
)
"""What is looked at before a case is connected [help for attorney and number, assumed for the others], with its codes."""
_UNTOLD = frozenset({"version", "updated_at"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a case must have to be connected, and what is wrong with it."""

    words: str
    defects: tuple[Defect, ...]


@dataclass(frozen=True, slots=True)
class Push:
    """One field that will be written: as Case Status has it, and as it will be; phones masked."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A case as it was read, what is to be done with it, and what stands against that."""

    case: Case
    portal_case: PortalCase | None
    decision: Decision
    defects: tuple[Defect, ...]
    is_connected: bool
    """True when both sides name each other already."""

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Everything that was looked at, in the order of the form; what belongs nowhere else comes last."""
        met = [
            Requirement(words, tuple(one for one in self.defects if one.code in codes))
            for words, codes in _REQUIREMENTS
        ]
        known = {code for _, codes in _REQUIREMENTS for code in codes}
        others = tuple(one for one in self.defects if one.code not in known)
        return (*met, Requirement("Nothing else stands against it", others))

    @property
    def pushes(self) -> tuple[Push, ...]:
        """What will be written; nothing where nothing may be, or both sides are the same."""
        if self.decision.draft is None or self.defects:
            return ()
        if self.decision.action is Action.CREATE:
            return _all_of(self.decision.draft)
        return tuple(Push(change.field, change.before, change.after) for change in self.decision.changes)

    def difference(self, case: Case | None, decision: Decision | None) -> str | None:
        """What is different now from what was shown, in words; None when nothing is.

        Args:
            case: the case as it has been read again; None when it is gone.
            decision: what would be done with it now.
        """
        if case is None:
            return "the case is gone, or hidden"
        if case.version == self.case.version and decision == self.decision:
            return None
        names = (one.name for one in fields(Case) if one.name not in _UNTOLD)
        changed = [name.replace("_", " ") for name in names if getattr(case, name) != getattr(self.case, name)]
        if changed:
            return f"this of it has changed: {', '.join(changed)}"
        return "it was touched" if case.version != self.case.version else "Case Status holds or allows something else"


def preview(
    case: Case,
    portal_case: PortalCase | None,
    rules: FirmRules,
    index: PortalIndex,
    *,
    twin: str | None,
    own_twin: str | None,
) -> Preview:
    """Judge a case that is to be connected; nothing is written.

    Args:
        case: The case as its case system has it.
        portal_case: The portal's case with its integration id, if there is one.
        rules: The firm's settings.
        index: The portal's directory.
        twin: What the case system says that the case is connected to.
        own_twin: How the case system would name ``portal_case``.
    """
    decision = decide(case, portal_case, rules, index)
    against: list[Defect] = []
    if case.state is CaseState.CLOSED:
        against.append(defect("case_over", system=rules.case_system, field="state"))
    if twin is not None and twin != own_twin:
        against.append(defect("connected_elsewhere", system=rules.case_system, field="case_status", value=twin))
    if decision.action in (Action.REJECT, Action.SKIP):
        against.extend(decision.defects)
    return Preview(case, portal_case, decision, tuple(against), twin is not None and twin == own_twin)


def _all_of(draft: Draft) -> tuple[Push, ...]:
    """Every field of a new case."""
    texts = {
        "number": draft.readable_id,
        "practice area": draft.practice_area,
        "stage": draft.stage,
        "attorney": draft.attorney_email,
        "additional attorneys": ", ".join(draft.additional_attorney_emails),
        "paralegals": ", ".join(draft.paralegal_emails),
        **{
            "client" if position == 0 else f"client {position + 1}": _client(client, position)
            for position, client in enumerate(draft.clients)
        },
        "description": draft.description,
        "case date": draft.case_date.isoformat() if draft.case_date else None,
        "integration id": draft.integration_id,
    }
    return tuple(Push(field, "", text or "(empty)") for field, text in texts.items())


def _client(client: DraftClient, position: int) -> str:
    parts = (client_words(client, position), mask(client.cell_phone or ""), client.email, client.preferred_language)
    return ", ".join(part for part in parts if part)
