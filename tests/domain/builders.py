"""A small firm, its portal and its cases, and a model of what the portal does with a decision."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from domain.case import Case, CaseState, Client, Phone, StaffMember
from domain.decision import Action, Decision
from domain.firm import FirmRules
from domain.mapping import PortalIndex
from domain.portal import (
    Directory,
    Draft,
    PortalCase,
    PortalClient,
    PortalFirm,
    PortalState,
    PortalUser,
    PracticeArea,
    Stage,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

TOMAS = StaffMember("u-77", "Tomas Ibarra", "t.ibarra@larkfirm.example")
JO = StaffMember("u-78", "Jo Osei", "j.osei@larkfirm.example")

USERS = (
    PortalUser(905, "T.Ibarra@larkfirm.example", "attorney", "active", "Tomas Ibarra"),
    PortalUser(906, "j.osei@larkfirm.example", "paralegal", "active", "Jo Osei"),
    PortalUser(907, "c.manager@larkfirm.example", "case_manager", "active"),
    PortalUser(908, "new.attorney@larkfirm.example", "attorney", "invited"),
    PortalUser(909, "gone@larkfirm.example", "attorney", "removed"),
    PortalUser(910, "second@larkfirm.example", "attorney", "active"),
)

AREAS = (
    PracticeArea(
        12,
        "Auto Injury",
        (
            Stage(121, "Getting Started", 1, ("Intake", "Signed Up")),
            Stage(122, "Treating", 2, ("Treatment",)),
            Stage(123, "Settling", 3, ("Demand", "Both")),
            Stage(124, "Closing", 4, ("Both",)),
        ),
        ("MVA", "Motor Vehicle"),
    ),
    PracticeArea(13, "Slip and Fall", (Stage(131, "Getting Started", 1, ("Intake",)), Stage(132, "Suing", 2))),
    PracticeArea(14, "Too Short", (Stage(141, "Only", 1),)),
    PracticeArea(15, "Twelve", tuple(Stage(1500 + n, f"Step {n}", n) for n in range(1, 13))),
    PracticeArea(16, "Thirteen", tuple(Stage(1600 + n, f"Step {n}", n) for n in range(1, 14))),
)


def directory(**firm: Any) -> Directory:
    return Directory(PortalFirm(41, "Lark & Quill", "America/Denver", "clio", **firm), USERS, AREAS)


def firm_rules(**settings: Any) -> FirmRules:
    known = {"slug": "lark", "name": "Lark & Quill", "case_system": "clio", "time_zone": "America/Denver"}
    return FirmRules(**{**known, **settings})


def index_for(rules: FirmRules | None = None, **firm: Any) -> PortalIndex:
    return PortalIndex(directory(**firm), rules or firm_rules())


def client(**facts: Any) -> Client:
    known: dict[str, Any] = {
        "external_id": "c-5501",
        "first_name": "Della",
        "last_name": "Vance",
        "email": "della.vance@mail.example",
        "phones": (Phone("(303) 555-0112", "Mobile", primary=True),),
    }
    return Client(**{**known, **facts})


def case(**facts: Any) -> Case:
    known: dict[str, Any] = {
        "system": "clio",
        "integration_id": "1649203377",
        "readable_id": "00231-Vance",
        "description": "Rear-end collision on Rt 9",
        "practice_area": "MVA",
        "stage": "Treatment",
        "case_date": date(2025, 2, 11),
        "created_at": NOON,
        "updated_at": NOON,
        "attorney": TOMAS,
        "paralegals": (JO,),
        "clients": (client(),),
    }
    return Case(**{**known, **facts})


def closed(one: Case) -> Case:
    return replace(one, state=CaseState.CLOSED, closed_on=date(2026, 11, 20))


def as_portal_case(draft: Draft, state: PortalState | None = None, **facts: Any) -> PortalCase:
    """The draft as the portal would hold it after creating it."""
    clients = tuple(
        PortalClient(
            3300 + position,
            one.external_id,
            one.first_name,
            one.last_name,
            one.company_name,
            one.cell_phone,
            one.email,
            one.preferred_language,
            one.primary,
        )
        for position, one in enumerate(draft.clients)
    )
    known: dict[str, Any] = {
        "id": 88017,
        "source": draft.source,
        "integration_id": draft.integration_id,
        "state": state or (PortalState.CLOSED if draft.closed else PortalState.ACTIVE),
        "readable_id": draft.readable_id,
        "practice_area": draft.practice_area,
        "stage": draft.stage,
        "attorney_email": draft.attorney_email,
        "additional_attorney_emails": draft.additional_attorney_emails,
        "paralegal_emails": draft.paralegal_emails,
        "clients": clients,
        "description": draft.description,
        "case_date": draft.case_date,
        "source_updated_at": draft.source_updated_at,
    }
    return PortalCase(**{**known, **facts})


def written(decision: Decision, before: PortalCase | None) -> PortalCase | None:
    """What the portal holds after a decision was carried out: only the fields that were sent change."""
    if not decision.action.writes or decision.draft is None:
        return before
    after = as_portal_case(decision.draft)
    if before is None:
        return after
    sent = {name: getattr(after, name) for name in decision.fields if hasattr(after, name)}
    sent["source_updated_at"] = after.source_updated_at
    if decision.action is Action.CLOSE:
        sent["state"] = PortalState.CLOSED
    if decision.action is Action.REOPEN:
        sent["state"] = PortalState.ACTIVE
    return replace(before, **sent)
