"""What a run has seen in the portal: noted page by page, and compared at the end with what is held."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select

from ledger.link import belongs
from ledger.sortable_id import sortable_id
from ledger.tables import links, sightings


def note_seen(
    connection: Connection, firm: str, run_id: str, system: str | None, ids: Collection[str], now: datetime
) -> None:
    """The run has seen these cases of the case system; where ``system`` is None, those of all that the firm has had."""
    if ids:
        page = {"firm": firm, "run_id": run_id, "id": sortable_id(now), "system": system, "ids": list(ids)}
        connection.execute(sightings.insert().values(page))


def unseen(connection: Connection, firm: str, run_id: str) -> dict[str, list[str]]:
    """Integration ids, by case system, of the linked cases that the run has not seen; forgets what runs before it saw."""
    of_firm = sightings.c.firm == firm
    connection.execute(delete(sightings).where(of_firm, sightings.c.run_id < run_id))
    seen: dict[str | None, set[str]] = defaultdict(set)
    pages = select(sightings.c.system, sightings.c.ids).where(of_firm, sightings.c.run_id == run_id)
    for system, ids in connection.execute(pages).tuples():
        seen[system].update(ids)
    anywhere = seen[None]
    gone: dict[str, list[str]] = defaultdict(list)
    linked = select(links.c.system, links.c.integration_id).where(belongs(firm, None), links.c.portal_id.is_not(None))
    for system, integration_id in connection.execute(linked).tuples():
        if integration_id not in seen[system] and integration_id not in anywhere:
            gone[system].append(integration_id)
    return gone
