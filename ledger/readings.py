"""Readings: which cases are to be read for replies to their clients, and what was found there before.

A case system that has no list of what was written for clients is read case by case: those that changed, the oldest change
first, then those that were not read for the longest time. No hold guards these rows: what is found is reserved under its
marker before a reading counts as done, so two runs that read the same case at once do no harm.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, update

from ledger.database import chunks, upsert
from ledger.link import belongs
from ledger.store import Store
from ledger.tables import case_readings, links


@dataclass(frozen=True, slots=True)
class Reading:
    """How a case was last read; ``read_at`` is None when it never was tried."""

    case_id: str
    changed_at: datetime | None = None
    """The case's own change date as it was last listed."""
    read_at: datetime | None = None
    passed_over: frozenset[str] | None = None
    """What was there for clients already and is not to be sent; ids in the case system. None: nothing is known of it."""
    told_by: str | None = None
    """What told then that something is for clients; told by anything else, other things would have been passed over."""


_columns = [case_readings.c[name] for name in Reading.__slots__]
_order = (case_readings.c.noticed_at, case_readings.c.changed_at, case_readings.c.case_id)


class Readings(Store):
    """The readings of all firms."""

    def notice(self, firm: str, changed: Mapping[str, datetime]) -> None:
        """These cases have changed (id → the case's own change date): read those that changed since they were listed."""
        held = select(case_readings.c.case_id, case_readings.c.changed_at).where(case_readings.c.firm == firm)
        with self._database.writing() as connection:
            now = self._database.now(connection)
            for page in chunks(sorted(changed)):
                known = dict(connection.execute(held.where(case_readings.c.case_id.in_(page))).tuples().all())
                news = {case_id: changed[case_id] for case_id in page if _is_news(known.get(case_id), changed[case_id])}
                fresh = {"firm": firm, "noticed_at": now}
                rows = [fresh | {"case_id": case_id, "changed_at": at} for case_id, at in news.items()]
                upsert(connection, case_readings, rows, update=("changed_at",))
                # One that waits already keeps its place.
                mine = case_readings.c.case_id.in_(news)
                idle = (case_readings.c.firm == firm) & mine & case_readings.c.noticed_at.is_(None)
                connection.execute(update(case_readings).where(idle).values(noticed_at=now))

    def of(self, firm: str, case_id: str) -> Reading:
        """How a case was last read."""
        wanted = select(*_columns).where(_of(firm, case_id))
        with self._database.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return Reading(case_id) if row is None else _reading(*row)

    def list_again(self, firm: str) -> None:
        """Forget how these cases were listed: each that is listed once more is noticed, whether or not it changed."""
        with self._database.writing() as connection:
            connection.execute(update(case_readings).where(case_readings.c.firm == firm).values(changed_at=None))

    def due(self, firm: str, system: str, *, read_before: datetime, limit: int) -> list[Reading]:
        """Cases to be read now: noticed ones, the longest noticed first; then open ones in the portal, not read since then."""
        noticed = select(*_columns).where(case_readings.c.firm == firm, case_readings.c.noticed_at.is_not(None))
        with self._database.reading() as connection:
            rows = connection.execute(noticed.order_by(*_order).limit(limit))
            found = [_reading(*row) for row in rows]
            if len(found) < limit:
                rest = _not_read_since(firm, system, read_before).limit(limit - len(found))
                found += [_reading(*row) for row in connection.execute(rest)]
        return found

    def done(self, firm: str, reading: Reading, passed_over: Collection[str] | None, told_by: str | None) -> None:
        """The case was read, as it was after ``reading``; a change that was noticed meanwhile is still to be read."""
        key = {"firm": firm, "case_id": reading.case_id}
        same = case_readings.c.changed_at.is_not_distinct_from(reading.changed_at)
        with self._database.writing() as connection:
            kept = None if passed_over is None else sorted(passed_over)
            found = {"passed_over": kept, "told_by": told_by, "read_at": self._database.now(connection)}
            upsert(connection, case_readings, [key | found])
            connection.execute(update(case_readings).where(_of(firm, reading.case_id), same).values(noticed_at=None))


def _is_news(listed: datetime | None, changed_at: datetime) -> bool:
    return listed is None or listed < changed_at


def _of(firm: str, case_id: str) -> ColumnElement[bool]:
    return and_(case_readings.c.firm == firm, case_readings.c.case_id == case_id)


def _not_read_since(firm: str, system: str, read_before: datetime) -> Select[Any]:
    """The firm's open cases in the portal that were never read, or not since then, the longest unread first."""
    same_case = and_(case_readings.c.firm == links.c.firm, case_readings.c.case_id == links.c.integration_id)
    columns = (links.c.integration_id, *_columns[1:])
    unread = or_(case_readings.c.read_at.is_(None), case_readings.c.read_at < read_before)
    open_there = and_(
        links.c.portal_id.is_not(None), links.c.source_open.is_(True), case_readings.c.noticed_at.is_(None)
    )
    wanted = select(*columns).select_from(links.outerjoin(case_readings, same_case))
    order = (case_readings.c.read_at.asc().nulls_first(), links.c.integration_id)
    return wanted.where(belongs(firm, system), open_there, unread).order_by(*order)


def _reading(
    case_id: str,
    changed_at: datetime | None,
    read_at: datetime | None,
    passed_over: list[str] | None,
    told_by: str | None,
) -> Reading:
    return Reading(case_id, changed_at, read_at, None if passed_over is None else frozenset(passed_over), told_by)
