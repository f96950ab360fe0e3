"""Judging a case's body against its firm: every 422 at once, in the portal's check order, and who and what is meant.

The order is schema, practice area, stage, attorney, clients (sections 6.2 and 6.12 of the vendor file) [assumed].
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.casestatus.firm import Firm
from sandbox.casestatus.people import DraftClient
from sandbox.casestatus.phones import BadPhone, assess
from sandbox.casestatus.records import ATTORNEY_ROLES, PARALEGAL_ROLES, Case, PracticeArea, Stage, User
from sandbox.casestatus.refusals import Entry, Refusal
from sandbox.casestatus.schema import CaseFields, ClientFields

Warnings = list[dict[str, Any]]

REASONS: Final = {
    "not_a_number": "is not a phone number",
    "wrong_length": "has too few or too many digits",
    "unassigned_area_code": "has an area code that is not assigned",
    "not_mobile": "is a landline",
    "unsupported_country": "is not a US number",
}


@dataclass(slots=True)
class Verdict:
    """What a body that passed means. Fields the body leaves alone are as the case has them (or empty)."""

    practice_area: PracticeArea | None = None
    stage: Stage | None = None
    attorney: User | None = None
    additional_attorneys: tuple[User, ...] = ()
    paralegals: tuple[User, ...] = ()
    clients: list[DraftClient] = field(default_factory=list)
    warnings: Warnings = field(default_factory=list)


def judge(firm: Firm, case: Case | None, fields: CaseFields) -> Verdict:
    """Judge a create (``case`` None) or an update. Raises Refusal (422) with all defects."""
    verdict, defects = Verdict(), list[Entry]()
    if (case is None or "readable_id" in fields) and _blank(fields.get("readable_id")):
        defects.append(Entry("readable_id_required", "A case needs a readable id.", "readable_id"))
    verdict.practice_area, area_known = _practice_area(firm, case, fields, defects)
    verdict.stage = _stage(firm, case, fields, verdict.practice_area, defects, area_known=area_known)
    verdict.attorney = _attorney(firm, case, fields, defects)
    verdict.additional_attorneys = _staff(firm, fields, "additional_attorney_emails", ATTORNEY_ROLES, verdict.warnings)
    verdict.paralegals = _staff(firm, fields, "paralegal_emails", PARALEGAL_ROLES, verdict.warnings)
    if case is None or "clients" in fields:
        verdict.clients = judge_clients(fields.get("clients", ()), defects)
    if defects:
        raise Refusal(422, *defects)
    return verdict


def _blank(value: str | None) -> bool:
    return value is None or not value.strip()


def _practice_area(
    firm: Firm, case: Case | None, fields: CaseFields, defects: list[Entry]
) -> tuple[PracticeArea | None, bool]:
    """The practice area, and whether the stage can be judged against it."""
    if case is not None and "practice_area" not in fields:
        return case.practice_area, True
    name = fields.get("practice_area")
    if name is None or _blank(name):
        required = firm.settings.require_practice_area
        if required:
            defects.append(Entry("practice_area_required", "The firm requires a practice area.", "practice_area"))
        return None, not required
    area = firm.practice_area_named(name)
    if area is None:
        closest = firm.closest_practice_area(name)
        message = f"No practice area of this firm has the name or mapping {name}."
        defects.append(Entry("practice_area_unknown", message, "practice_area", {"value": name, "closest": closest}))
    return area, area is not None


def _stage(
    firm: Firm,
    case: Case | None,
    fields: CaseFields,
    area: PracticeArea | None,
    defects: list[Entry],
    *,
    area_known: bool,
) -> Stage | None:
    if case is not None and "stage" not in fields and area_known and area is case.practice_area:
        return case.stage
    name = fields.get("stage")
    if name is None or _blank(name):
        if firm.settings.require_stage:
            defects.append(Entry("stage_required", "The firm requires a stage.", "stage"))
        return None
    return find_stage(firm, area, name, defects) if area_known else None


def find_stage(firm: Firm, area: PracticeArea | None, name: str, defects: list[Entry]) -> Stage | None:
    """The stage of ``area`` with exactly this display name or mapping; a defect when there is not exactly one."""
    names = firm.stage_names(area) if area else None
    found = names.find(name) if names else []
    if len(found) == 1:
        return found[0]
    shown = area.display_name if area else None
    if found:
        stages = [stage.display_name for stage in found]
        details = {"value": name, "practice_area": shown, "stages": stages}
        message = f"{name} is mapped to more than one stage of {shown}."
        defects.append(Entry("mapping_ambiguous", message, "stage", details))
        return None
    details = {
        "value": name,
        "practice_area": shown,
        "known_stages": [stage.display_name for stage in area.stages] if area else [],
        "closest": names.closest(name) if names else None,
    }
    where = f"of {shown}" if shown else "without a practice area"
    defects.append(Entry("stage_unknown", f"No stage {where} has the name or mapping {name}.", "stage", details))
    return None


def _attorney(firm: Firm, case: Case | None, fields: CaseFields, defects: list[Entry]) -> User | None:
    if case is not None and "attorney_email" not in fields:
        return case.attorney
    email = fields.get("attorney_email")
    if email is None or _blank(email):
        defects.append(Entry("attorney_required", "A case needs a primary attorney.", "attorney_email"))
        return None
    user = firm.user_with_email(email)
    if user is not None and user.status != "removed" and user.role in ATTORNEY_ROLES:
        return user
    details: dict[str, Any] = {"email": email, "user_exists": user is not None}
    if user is not None and user.status == "removed":
        details["status"] = user.status
    elif user is not None:
        details["role"] = user.role
    message = f"No attorney user of this firm has the e-mail {email}."
    defects.append(Entry("attorney_not_found", message, "attorney_email", details))
    return None


def _staff(firm: Firm, fields: CaseFields, name: str, roles: frozenset[str], warnings: Warnings) -> tuple[User, ...]:
    """Those of a list whom the portal knows in that role; the others are left off with a warning."""
    found: list[User] = []
    emails: Sequence[str] = fields.get(name, ())  # type: ignore[assignment]
    for index, email in enumerate(emails):
        user = firm.user_with_email(email)
        if user is None or user.status == "removed" or user.role not in roles:
            code = name.removesuffix("_emails") + "_not_found"
            warnings.append({"code": code, "field": f"{name}[{index}]", "details": {"email": email}})
        elif user not in found:
            found.append(user)
    return tuple(found)


def judge_clients(clients: Sequence[ClientFields], defects: list[Entry]) -> list[DraftClient]:
    """The clients with a name and a good phone; a defect for each that lacks something."""
    if not clients:
        defects.append(Entry("client_required", "A case needs a client.", "clients"))
    drafts = []
    for index, fields in enumerate(clients):
        draft = judge_client(fields, defects, index, f"clients[{index}]")
        if draft is not None:
            drafts.append(draft)
    return drafts


def judge_client(fields: ClientFields, defects: list[Entry], index: int = 0, place: str = "") -> DraftClient | None:
    """One client, number ``index`` of the list at ``place``; None when a defect was found."""
    before, where = len(defects), f"{place}.cell_phone" if place else "cell_phone"
    person = not _blank(fields.get("first_name")) and not _blank(fields.get("last_name"))
    if not person and _blank(fields.get("company_name")):
        message = "A client needs a first and a last name, or a company name."
        defects.append(Entry("client_name_required", message, place or None, {"client_index": index}))
    value = fields.get("cell_phone")
    if value is None or _blank(value):
        message = "A client needs a cell phone."
        defects.append(Entry("client_cell_phone_missing", message, where, {"client_index": index}))
        return None
    phone = assess(value)
    if isinstance(phone, BadPhone):
        details = {"client_index": index, "value": value, "reason": phone.reason}
        message = f"{value} {REASONS[phone.reason]}."
        defects.append(Entry("client_cell_phone_invalid", message, where, details))
        return None
    return DraftClient(fields, phone) if len(defects) == before else None
