"""Links: one row per case of a firm, with both sides as last seen and its trouble, if any."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update

from ledger.clients import Clients
from ledger.database import chunks
from ledger.link import Link, belongs, select_links, to_link, troubled
from ledger.pages import Pages
from ledger.settlement import Settlement
from ledger.staging import Staging
from ledger.tables import links


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many open cases sit in one stage of one practice area, both in the case system's words."""

    practice_area: str | None
    stage: str | None
    open_count: int


class Links(Staging, Clients, Pages, Settlement):
    """The links of all firms. Where ``system`` is None, all case systems a firm has had are meant."""

    def get(self, firm: str, integration_id: str, *, system: str | None = None) -> Link | None:
        """The link of one case, or None; the most recently read one when two systems used the same id."""
        wanted = select_links().where(belongs(firm, system), links.c.integration_id == integration_id)
        newest = wanted.order_by(links.c.source_read_at.desc().nulls_last()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(newest).one_or_none()
        return None if row is None else to_link(row)

    def find_by_readable_id(self, firm: str, readable_id: str, *, system: str | None = None) -> list[Link]:
        """The cases with this client-facing number."""
        wanted = select_links().where(belongs(firm, system), links.c.readable_id == readable_id)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(links.c.integration_id)).all()
        return [to_link(row) for row in rows]

    def troubled_ids(self, firm: str, *, unread_by: str | None = None, system: str | None = None) -> list[str]:
        """Integration ids of the cases that were rejected or failed and have not been dismissed, sorted.

        With ``unread_by`` only those that this run has not read yet.
        """
        return self._ids(belongs(firm, system) & troubled(), unread_by)

    def linked_ids(self, firm: str, *, unread_by: str | None = None, system: str | None = None) -> list[str]:
        """Integration ids of the cases that are in the portal, sorted; ``unread_by`` as with :meth:`troubled_ids`."""
        return self._ids(belongs(firm, system) & links.c.portal_id.is_not(None), unread_by)

    def ids_read_by(self, firm: str, run_id: str) -> list[str]:
        """Integration ids of the cases that this run has read from the case system, sorted."""
        return self._ids(belongs(firm, None) & (links.c.source_run == run_id), None)

    def coverage(self, firm: str, system: str) -> list[Coverage]:
        """Open cases by practice area and stage, the fullest first."""
        place = (links.c.source_practice_area, links.c.source_stage)
        counted = select(*place, func.count()).where(belongs(firm, system), links.c.source_open.is_(True))
        with self._database.reading() as connection:
            rows = connection.execute(counted.group_by(*place)).tuples().all()
        found = [Coverage(*row) for row in rows]
        return sorted(found, key=lambda place: (-place.open_count, place.practice_area or "", place.stage or ""))

    def dismiss(self, firm: str, ids: Iterable[str], by: str, why: str, *, system: str | None = None) -> int:
        """Try these troubled cases no longer by themselves, until their trouble changes; how many were troubled."""
        dismissed = 0
        with self._database.writing() as connection:
            now = self._database.now(connection)
            for page in chunks(ids):
                wanted = belongs(firm, system) & troubled() & links.c.integration_id.in_(page)
                values = {"dismissed_at": now, "dismissed_by": by, "dismissed_why": why}
                dismissed += connection.execute(update(links).where(wanted).values(values)).rowcount
        return dismissed

    def _ids(self, wanted: ColumnElement[bool], unread_by: str | None) -> list[str]:
        if unread_by is not None:
            wanted &= links.c.source_run.is_distinct_from(unread_by)
        with self._database.reading() as connection:
            found = select(links.c.integration_id).where(wanted).order_by(links.c.integration_id)
            return list(connection.execute(found).scalars())
