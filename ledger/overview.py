"""The whole fleet at a glance: a few statements over all firms, however many there are."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select

from ledger.delivery_statements import unended
from ledger.link import troubled
from ledger.store import Store
from ledger.tables import deliveries, feeds, incidents, links, runs

GOOD = ("Completed", "Exceptions")
"""How a sync ends after which every case was attempted; *Exceptions* are the firm's to mend."""

WHOLE = ("nightly_case_sync", "initial_bulk_import")
"""Kinds of runs that are about a firm's whole window, or list."""


@dataclass(slots=True)
class FirmStanding:
    """How one firm stands. Instants are None for what has never been."""

    synced_at: datetime | None = None
    """When its last good sync ended."""
    refused: int = 0
    refused_since: datetime | None = None
    """Since when the oldest of its refused cases has been so."""
    linked: int = 0
    asked_at: dict[str, datetime] = field(default_factory=dict)
    """When each relay last asked for news, by stream."""
    waiting: int = 0
    waiting_since: datetime | None = None
    incidents: dict[str, str] = field(default_factory=dict)
    """What is wrong, code → sentence; of several streams with one code, one sentence."""


class Overview(Store):
    """What is known of all firms."""

    def firms(self, *, besides: tuple[str, ...] = ()) -> dict[str, FirmStanding]:
        """Every firm the ledger knows, by slug; ``besides`` are streams whose incidents are none."""
        found: dict[str, FirmStanding] = defaultdict(FirmStanding)
        with self._database.reading() as connection:
            for firm, at in connection.execute(good_syncs()).tuples():
                found[firm].synced_at = at
            refused = select(links.c.firm, func.count(), func.min(links.c.trouble_since)).where(troubled())
            for firm, count, since in connection.execute(refused.group_by(links.c.firm)).tuples():
                found[firm].refused, found[firm].refused_since = count, since
            linked = select(links.c.firm, func.count()).where(links.c.portal_id.is_not(None))
            for firm, count in connection.execute(linked.group_by(links.c.firm)).tuples():
                found[firm].linked = count
            asked = select(feeds.c.firm, feeds.c.stream, feeds.c.polled_at).where(feeds.c.polled_at.is_not(None))
            for firm, stream, at in connection.execute(asked).tuples():
                found[firm].asked_at[stream] = at
            waiting = select(deliveries.c.firm, func.count(), func.min(deliveries.c.waiting_since)).where(
                unended(deliveries)
            )
            for firm, count, since in connection.execute(waiting.group_by(deliveries.c.firm)).tuples():
                found[firm].waiting, found[firm].waiting_since = count, since
            wrong = select(incidents.c.firm, incidents.c.code, incidents.c.sentence).where(
                incidents.c.stream.not_in(besides)
            )
            for firm, code, sentence in connection.execute(wrong).tuples():
                found[firm].incidents[code] = sentence
        return dict(found)


def good_syncs() -> Select[tuple[str, datetime | None]]:
    """Each firm, and when its last good sync of its whole window ended."""
    synced = select(runs.c.firm, func.max(runs.c.finished_at)).where(
        runs.c.outcome.in_(GOOD),
        runs.c.dry_run.is_(False),
        runs.c.kind.in_(WHOLE),
    )
    return synced.group_by(runs.c.firm)
