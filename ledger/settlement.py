"""Settling a page of attempts: results, the portal's new side and the age of troubles, all or nothing."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from domain.outcome import Outcome
from domain.portal import PortalCase
from ledger.attempts import write_attempts
from ledger.database import chunks, upsert
from ledger.leases import Lease, fenced
from ledger.link import as_agreed, belongs
from ledger.runs import Run, run_of
from ledger.sides import write_portals
from ledger.sightings import note_seen
from ledger.store import Store
from ledger.tables import links

Standing = dict[str, Any]
"""The columns of a link that say how it stands."""

IN_STEP: Standing = {
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
        *,
        night: bool,
        today: date | None = None,
        agreed: Collection[str] = (),
        rules: str = "",
    ) -> None:
        """Record outcomes and, by integration id, the portal's side after them.

        A trouble begins anew when its code (that of the first defect) changes; in a nightly run each new calendar day
        ``today`` (default: of UTC) with the same code adds a night; an untroubled result ends it.
        A dry run's outcomes are recorded and nothing else.

        ``agreed`` are the integration ids of cases that are fully in step now, those without an outcome included, and
        ``rules`` is the mark of the rules they were judged by; see :meth:`ledger.pages.Pages.pass_over`.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
            RunUnknown: no such run.
        """
        by_system: dict[str, dict[str, PortalCase]] = defaultdict(dict)
        for integration_id, case in portal_after.items():
            by_system[case.source][integration_id] = case
        with fenced(self._database, lease) as connection:
            run = run_of(connection, run_id)
            write_attempts(connection, run_id, outcomes)
            if run.dry_run:
                return
            now = self._database.now(connection)
            for system, group in by_system.items():
                note_seen(connection, firm, run_id, system, group, now)
                write_portals(connection, firm, system, group)
            judgement = _Judgement(now, today or now.date(), night=night)
            for page in chunks({outcome.integration_id: outcome for outcome in outcomes}.values()):
                _settle_links(connection, firm, run, page, judgement)
            for ids in chunks(agreed):
                of_ids = belongs(firm, run.system) & links.c.integration_id.in_(ids)
                news = links.c.agreed.is_distinct_from(as_agreed(rules))
                connection.execute(update(links).where(of_ids & news).values(agreed=as_agreed(rules)))


@dataclass(frozen=True, slots=True)
class _Judgement:
    """How a link stands after an outcome; the facts that are the same for all outcomes settled at once."""

    now: datetime
    today: date
    night: bool

    def after(self, before: Standing, outcome: Outcome) -> Standing:
        if not outcome.result.troubled:
            return IN_STEP
        code = outcome.defects[0].code if outcome.defects else outcome.result.value
        if code != before["trouble_code"]:
            # Another reason is news, also when somebody has dismissed the former one.
            began = {"trouble_code": code, "trouble_since": self.now, "trouble_nights": 1, "trouble_day": self.today}
            return IN_STEP | began
        if self.night and self.today > before["trouble_day"]:
            older = {"trouble_nights": before["trouble_nights"] + 1, "trouble_day": self.today}
            return before | older
        return before


def _settle_links(
    connection: Connection, firm: str, run: Run, outcomes: Sequence[Outcome], judgement: _Judgement
) -> None:
    by_id = {outcome.integration_id: outcome for outcome in outcomes}
    troubled = [outcome.integration_id for outcome in outcomes if outcome.result.troubled]
    columns = [links.c[name] for name in ("integration_id", "system", *IN_STEP)]
    # Of most cases nothing was wrong before and nothing is wrong now: their links need not even be looked at.
    was_troubled = links.c.trouble_code.is_not(None)
    concerned = links.c.integration_id.in_(by_id) & (was_troubled | links.c.integration_id.in_(troubled))
    held = select(*columns).where(belongs(firm, run.system), concerned)
    changed: list[dict[str, Any]] = []
    unheard = set(troubled)
    for row in connection.execute(held):
        unheard.discard(row.integration_id)
        before = {name: getattr(row, name) for name in IN_STEP}
        after = judgement.after(before, by_id[row.integration_id])
        if after != before:
            changed.append({"firm": firm, "integration_id": row.integration_id, "system": row.system} | after)
    if judgement.night and run.system is not None:
        # A case that could not even be read has a trouble that ages like any other.
        changed.extend(
            {"firm": firm, "integration_id": integration_id, "system": run.system}
            | judgement.after(IN_STEP, by_id[integration_id])
            for integration_id in unheard
        )
    upsert(connection, links, changed)
