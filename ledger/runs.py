"""Sync runs: what was asked, how far the reading of both sides has come, how it ended."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from ledger.errors import RunUnknown
from ledger.leases import Lease, fenced
from ledger.sortable_id import sortable_id
from ledger.store import Store
from ledger.tables import runs


@dataclass(slots=True)
class Run:
    """One sync run of one firm. ``tries`` counts how often the same flow run was started."""

    id: str
    firm: str
    system: str | None
    """The case system it reads; None when the firm has only ever had one."""
    kind: str
    trigger: str
    requested_by: str | None
    flow_run_id: str | None
    parent_run_id: str | None
    dry_run: bool
    tries: int
    started_at: datetime
    finished_at: datetime | None
    source_cursor: str | None
    source_done: bool
    portal_cursor: str | None
    portal_done: bool
    outcome: str | None
    message: str | None
    scope: dict[str, Any] = field(default_factory=dict)
    totals: dict[str, Any] | None = None
    requests: dict[str, Any] | None = None


def run_of(connection: Connection, run_id: str) -> Run:
    """The run inside a transaction. Raises RunUnknown."""
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise RunUnknown(f"There is no sync run {run_id}.")
    return _run(row)


def note_run(connection: Connection, run_id: str, **columns: Any) -> None:
    """Set columns of the run inside a transaction. Raises RunUnknown."""
    if not connection.execute(update(runs).where(runs.c.id == run_id).values(columns)).rowcount:
        raise RunUnknown(f"There is no sync run {run_id}.")


class Runs(Store):
    """The sync runs of all firms."""

    def start(
        self,
        lease: Lease,
        *,
        firm: str,
        kind: str,
        trigger: str,
        requested_by: str | None = None,
        flow_run_id: str | None = None,
        scope: dict[str, Any] | None = None,
        dry_run: bool = False,
        parent_run_id: str | None = None,
        system: str | None = None,
    ) -> Run:
        """Open a run; when this flow run has one already, go on with it (``tries`` grows, it is unfinished again).

        ``system`` names the case system read; it keeps the cases apart of a firm that moved from one to another.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
        """
        with fenced(self._database, lease) as connection:
            known = runs.c.flow_run_id == flow_run_id
            row = None
            if flow_run_id is not None:
                row = connection.execute(select(runs.c.id, runs.c.tries).where(known)).one_or_none()
            if row is not None:
                again = {"tries": row.tries + 1, "finished_at": None, "outcome": None, "message": None}
                connection.execute(update(runs).where(runs.c.id == row.id).values(again))
                return run_of(connection, row.id)
            now = self._database.now(connection)
            run_id = sortable_id(now)
            connection.execute(
                runs.insert().values(
                    id=run_id,
                    firm=firm,
                    system=system,
                    kind=kind,
                    trigger=trigger,
                    requested_by=requested_by,
                    flow_run_id=flow_run_id,
                    parent_run_id=parent_run_id,
                    scope=scope or {},
                    dry_run=dry_run,
                    tries=1,
                    started_at=now,
                    source_done=False,
                    portal_done=False,
                )
            )
            return run_of(connection, run_id)

    def get(self, run_id: str) -> Run | None:
        """The run with this id, or with this flow run id; None when there is none."""
        wanted = or_(runs.c.id == run_id, runs.c.flow_run_id == run_id)
        with self._database.reading() as connection:
            row = connection.execute(select(runs).where(wanted)).one_or_none()
        return None if row is None else _run(row)

    def checkpoint(
        self,
        lease: Lease,
        run_id: str,
        *,
        source_cursor: str | None = None,
        source_done: bool | None = None,
        portal_cursor: str | None = None,
        portal_done: bool | None = None,
    ) -> None:
        """Note how far a side has been read; what is left None stays as it is.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
            RunUnknown: no such run.
        """
        given = {
            "source_cursor": source_cursor,
            "source_done": source_done,
            "portal_cursor": portal_cursor,
            "portal_done": portal_done,
        }
        with fenced(self._database, lease) as connection:
            note_run(connection, run_id, **{name: value for name, value in given.items() if value is not None})

    def finish(
        self,
        lease: Lease,
        run_id: str,
        outcome: str,
        message: str = "",
        totals: dict[str, Any] | None = None,
        requests: dict[str, Any] | None = None,
    ) -> None:
        """Note how the run ended.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
            RunUnknown: no such run.
        """
        with fenced(self._database, lease) as connection:
            note_run(
                connection,
                run_id,
                outcome=outcome,
                message=message,
                totals=totals,
                requests=requests,
                finished_at=self._database.now(connection),
            )

    def recent(self, firm: str, limit: int = 20) -> list[Run]:
        """The firm's last runs, newest first."""
        newest = select(runs).where(runs.c.firm == firm).order_by(runs.c.started_at.desc(), runs.c.id.desc())
        with self._database.reading() as connection:
            return [_run(row) for row in connection.execute(newest.limit(limit))]

    def latest_finished(self, firm: str, kind: str) -> Run | None:
        """The firm's last run of this kind that ended and was no dry run."""
        wanted = select(runs).where(
            runs.c.firm == firm, runs.c.kind == kind, runs.c.finished_at.is_not(None), runs.c.dry_run.is_(False)
        )
        newest = wanted.order_by(runs.c.finished_at.desc(), runs.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(newest).one_or_none()
        return None if row is None else _run(row)


def _run(row: Row[Any]) -> Run:
    return Run(**row._asdict())
