"""Cases, portal cases and outcomes for tests, and clocks that tests turn by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from domain.case import Case, Client, Phone, StaffMember
from domain.outcome import Defect, Outcome, Result
from domain.portal import PortalCase, PortalClient, PortalState
from ledger import Lease, Ledger, Run

FIRM = "harrow-pike"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def case(number: int = 1, **changes: Any) -> Case:
    """Case ``number`` with everything filled in."""
    client = Client(
        external_id=f"client-{number}",
        first_name="Della",
        last_name="Vance",
        email="della.vance@mail.example",
        phones=(Phone("(303) 555-0112", "Mobile", primary=True), Phone("303-555-0113", "Work")),
        version="v1",
    )
    whole = Case(
        system="clio",
        integration_id=f"{1_000_000_000 + number}",
        readable_id=f"{number:05}-Vance",
        description="Rear-end collision on Rt 9",
        practice_area="MVA",
        stage="Treatment",
        case_date=date(2025, 2, 11),
        created_at=NOON - timedelta(days=300),
        updated_at=NOON - timedelta(days=3),
        attorney=StaffMember("u1", "T. Ibarra", "t.ibarra@larkfirm.example"),
        paralegals=(StaffMember("u2", "J. Osei", "j.osei@larkfirm.example"),),
        clients=(client,),
    )
    return replace(whole, **changes)


def portal_case(number: int = 1, **changes: Any) -> PortalCase:
    """What the portal holds of :func:`case` ``number``."""
    client = PortalClient(id=3000 + number, external_id=f"client-{number}", first_name="Della", last_name="Vance")
    whole = PortalCase(
        id=88_000 + number,
        source="clio",
        integration_id=f"{1_000_000_000 + number}",
        state=PortalState.ACTIVE,
        readable_id=f"{number:05}-Vance",
        practice_area="Auto Injury",
        stage="Treating",
        paralegal_emails=("j.osei@larkfirm.example",),
        clients=(client,),
        case_date=date(2025, 2, 11),
        updated_at=NOON,
    )
    return replace(whole, **changes)


def outcome(number: int = 1, result: Result = Result.UNCHANGED, *codes: str, **changes: Any) -> Outcome:
    """What came of case ``number``; one defect for each code."""
    whole = Outcome(
        integration_id=f"{1_000_000_000 + number}",
        result=result,
        attempted_at=NOON,
        readable_id=f"{number:05}-Vance",
        client_name="Della Vance",
        defects=tuple(Defect(code, f"It is {code}.", field="stage", value="Intake") for code in codes),
    )
    return replace(whole, **changes)


def start(ledger: Ledger, lease: Lease, **facts: object) -> Run:
    """A nightly run of the firm; ``facts`` overrides what is said of it."""
    said: dict[str, object] = {"firm": FIRM, "kind": "nightly_case_sync", "trigger": "nightly", "system": "clio"}
    return ledger.runs.start(lease, **(said | facts))  # type: ignore[arg-type]


class HandClock:
    """The database's clock, turned by hand."""

    def __init__(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        monkeypatch.setattr(ledger._database, "now", self._read)

    def _read(self, _connection: Connection) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        """Go on by days, hours, minutes or seconds."""
        self.now += timedelta(**by)
