"""The figures of the whole house that a monitor asks for: a handful of statements, however many firms there are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, distinct, func, select

from ledger.delivery_statements import unended
from ledger.overview import WHOLE, good_syncs
from ledger.store import Store
from ledger.tables import deliveries, feeds, incidents, runs


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a stream has not ended, and since when the oldest waits that nobody holds back (None: none does)."""

    count: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """How the house stands at one moment."""

    at: datetime
    """The database's clock."""
    synced_at: dict[str, datetime]
    """When each firm's last good night or import ended."""
    last_cases: dict[str, dict[str, int]]
    """Cases by result, of the last night or import of each firm that ended with a report; dry runs are none."""
    waiting: dict[str, Waiting]
    """By stream."""
    incidents: dict[str, int]
    """Firms concerned, by code."""


class FiguresStore(Store):
    """Reads the figures."""

    def now(self, *, besides: tuple[str, ...] = ()) -> Figures:
        """The figures as they are; ``besides`` are streams whose incidents are none."""
        ended = runs.c.finished_at.is_not(None) & runs.c.totals.is_not(None)
        reported = ended & runs.c.dry_run.is_(False) & runs.c.kind.in_(WHOLE)
        newest = select(func.max(runs.c.id)).where(reported).group_by(runs.c.firm)
        pending = select(
            deliveries.c.stream, func.count(), func.min(case((~deliveries.c.held, deliveries.c.waiting_since)))
        ).where(unended(deliveries))
        wrong = select(incidents.c.code, func.count(distinct(incidents.c.firm))).where(
            incidents.c.stream.not_in(besides)
        )
        with self._database.reading() as connection:
            waiting = {stream: Waiting() for stream in connection.execute(select(feeds.c.stream).distinct()).scalars()}
            for stream, count, since in connection.execute(pending.group_by(deliveries.c.stream)).tuples():
                waiting[stream] = Waiting(count, since)
            totals = connection.execute(select(runs.c.firm, runs.c.totals).where(runs.c.id.in_(newest))).tuples()
            return Figures(
                at=self._database.now(connection),
                synced_at={firm: at for firm, at in connection.execute(good_syncs()).tuples() if at is not None},
                last_cases={firm: told["counts"] for firm, told in totals if told and "counts" in told},
                waiting=waiting,
                incidents=dict(connection.execute(wrong.group_by(incidents.c.code)).tuples().all()),
            )
