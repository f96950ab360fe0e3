"""Staging: what a run reads on both sides goes into the links, page by page, with the run's checkpoint."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select, tuple_, update

from domain.case import Case
from domain.portal import PortalCase
from ledger.database import chunks
from ledger.leases import Lease, fenced
from ledger.link import belongs
from ledger.runs import note_run, run_of
from ledger.sides import write_portals, write_sources
from ledger.sightings import note_seen, unseen
from ledger.store import Store
from ledger.tables import bodies, links


@dataclass(frozen=True, slots=True)
class Staged:
    """How many cases of a page were staged, how many of them were new or changed, how many cannot be linked."""

    read: int
    changed: int
    ignored: int = 0


class Staging(Store):
    """The part of the links that takes in what a run reads."""

    def stage_source(
        self, lease: Lease, run_id: str, firm: str, cases: Sequence[Case], *, cursor: str | None, done: bool
    ) -> Staged:
        """Store a page of the case system's cases as read by this run, together with the run's checkpoint.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
            RunUnknown: no such run.
        """
        by_system: dict[str, list[Case]] = defaultdict(list)
        for case in cases:
            by_system[case.system].append(case)
        with fenced(self._database, lease) as connection:
            note_run(connection, run_id, source_cursor=cursor, source_done=done)
            seen = {"source_run": run_id, "source_read_at": self._database.now(connection)}
            changed = sum(write_sources(connection, firm, *group, seen) for group in by_system.items())
        return Staged(len(cases), changed)

    def portal_fingerprints(self, firm: str, system: str) -> dict[str, str]:
        """Fingerprints of the portal cases that are held, by integration id: a quarter of a KiB for each."""
        held = select(links.c.integration_id, links.c.portal_digest)
        with self._database.reading() as connection:
            rows = connection.execute(held.where(belongs(firm, system), links.c.portal_digest.is_not(None)))
            return dict(rows.tuples().all())

    def stage_portal(
        self,
        lease: Lease,
        run_id: str,
        firm: str,
        portal_cases: Sequence[PortalCase],
        *,
        cursor: str | None,
        done: bool,
        known: Collection[str] = (),
    ) -> Staged:
        """Store a page of the portal's cases as seen by this run, together with the run's checkpoint.

        ``known`` are integration ids of cases on the page whose fingerprint is the one that is held: they are only seen.
        Portal cases without an integration id were made by hand in the portal: they are counted and left alone.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
            RunUnknown: no such run.
        """
        by_system: dict[str, dict[str, PortalCase]] = defaultdict(dict)
        for case in portal_cases:
            if case.integration_id is not None:
                by_system[case.source][case.integration_id] = case
        with fenced(self._database, lease) as connection:
            note_run(connection, run_id, portal_cursor=cursor, portal_done=done)
            now = self._database.now(connection)
            note_seen(connection, firm, run_id, run_of(connection, run_id).system if known else None, known, now)
            for system, group in by_system.items():
                note_seen(connection, firm, run_id, system, group, now)
            changed = sum(write_portals(connection, firm, *group) for group in by_system.items())
        by_hand = sum(case.integration_id is None for case in portal_cases)
        return Staged(len(portal_cases) - by_hand + len(known), changed, ignored=by_hand)

    def clear_unseen_portal(self, lease: Lease, run_id: str, firm: str) -> int:
        """After the portal was read whole: forget the portal side of cases this run did not see; how many.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
        """
        with fenced(self._database, lease) as connection:
            return sum(
                _clear_portal(connection, belongs(firm, system) & links.c.integration_id.in_(page))
                for system, ids in unseen(connection, firm, run_id).items()
                for page in chunks(ids)
            )

    def clear_portal(self, lease: Lease, firm: str, ids: Iterable[str], *, system: str | None = None) -> int:
        """Forget the portal side of these cases (the portal has none with their ids); how many had one.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
        """
        with fenced(self._database, lease) as connection:
            return sum(
                _clear_portal(connection, belongs(firm, system) & links.c.integration_id.in_(page))
                for page in chunks(ids)
            )


def _clear_portal(connection: Connection, condition: ColumnElement[bool]) -> int:
    linked = condition & links.c.portal_id.is_not(None)
    keys = select(links.c.firm, links.c.integration_id, links.c.system).where(linked)
    of_links = tuple_(bodies.c.firm, bodies.c.integration_id, bodies.c.system).in_(keys)
    connection.execute(update(bodies).where(of_links).values(portal=None))
    return connection.execute(update(links).where(linked).values(portal_id=None, portal_digest=None)).rowcount
