"""Settling a page of attempts: results, the portal's new side and the age of troubles, all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from domain.outcome import Outcome
from domain.portal import PortalCase
from ledger.attempts import write_attempts
from ledger.database import chunks, upsert
from ledger.leases import Lease, fenced
from ledger.link import belongs
from ledger.runs import Run, run_of
from ledger.sides import write_portals
from ledger.store import Store
from ledger.tables import links

NO_TROUBLE: dict[str, Any] = {
    "trouble_code": None,
    "trouble_since": None,
    "trouble_nights": 0,
    "trouble_day": None,
    "dismissed_at": None,
    "dismissed_by": None,
    "dismissed_why": None,
}


class Settlement(Store):
    """The part of the links that takes in what came of the attempts."""

    def settle(
        self,
        lease: Lease,
        run_id: str,
        firm: str,
        outcomes: Sequence[Outcome],
        portal_after: Mapping[str, PortalCase],
        refusals: Mapping[str, Any],
        *,
        night: bool,
        today: date | None = None,
    ) -> None:
        """Record outcomes, the portal's side after them, and what the portal refused, by integration id.

        A trouble begins anew when its code (that of the first defect) changes; in a nightly run each new calendar day
        ``today`` (default: of UTC) with the same code adds a night; an untroubled result ends it, and the refusal.
        A dry run's outcomes are recorded and nothing else.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
            RunUnknown: no such run.
        """
        with fenced(self._database, lease) as connection:
            run = run_of(connection, run_id)
            write_attempts(connection, run_id, outcomes)
            if run.dry_run:
                return
            by_system: dict[str, dict[str, PortalCase]] = {}
            for integration_id, case in portal_after.items():
                by_system.setdefault(case.source, {})[integration_id] = case
            for system, cases in by_system.items():
                write_portals(connection, firm, system, cases, {"portal_run": run_id})
            now = self._database.now(connection)
            for page in chunks({outcome.integration_id: outcome for outcome in outcomes}.values()):
                _settle_links(connection, run, page, refusals, now, night=night, today=today or now.date())


def _settle_links(
    connection: Connection,
    run: Run,
    outcomes: Sequence[Outcome],
    refusals: Mapping[str, Any],
    now: datetime,
    *,
    night: bool,
    today: date,
) -> None:
    by_id = {outcome.integration_id: outcome for outcome in outcomes}
    columns = [links.c[name] for name in ("firm", "integration_id", "system", "refusal", *NO_TROUBLE)]
    held = select(*columns).where(belongs(run.firm, run.system), links.c.integration_id.in_(by_id))
    changed: list[dict[str, Any]] = []
    missing = set(by_id)
    for row in connection.execute(held):
        missing.discard(row.integration_id)
        outcome = by_id[row.integration_id]
        before = {name: getattr(row, name) for name in ("refusal", *NO_TROUBLE)}
        after = _after(before, outcome, refusals, now, night=night, today=today)
        if after != before:
            changed.append({"firm": row.firm, "integration_id": row.integration_id, "system": row.system} | after)
    if run.system is not None:
        # A case that could never be read whole has a trouble that ages like any other.
        changed.extend(
            {"firm": run.firm, "integration_id": integration_id, "system": run.system}
            | _after({"refusal": None, **NO_TROUBLE}, by_id[integration_id], refusals, now, night=night, today=today)
            for integration_id in missing
            if by_id[integration_id].result.troubled
        )
    upsert(connection, links, changed)


def _after(
    before: Mapping[str, Any],
    outcome: Outcome,
    refusals: Mapping[str, Any],
    now: datetime,
    *,
    night: bool,
    today: date,
) -> dict[str, Any]:
    """The refusal and trouble of a link after an outcome."""
    if not outcome.result.troubled:
        return {"refusal": refusals.get(outcome.integration_id), **NO_TROUBLE}
    refusal = refusals.get(outcome.integration_id, before["refusal"])
    code = outcome.defects[0].code if outcome.defects else outcome.result.value
    if code != before["trouble_code"]:
        began = {"trouble_code": code, "trouble_since": now, "trouble_nights": 1, "trouble_day": today}
        return {"refusal": refusal, **NO_TROUBLE, **began}
    if night and today > before["trouble_day"]:
        return {**before, "refusal": refusal, "trouble_nights": before["trouble_nights"] + 1, "trouble_day": today}
    return {**before, "refusal": refusal}
