"""Attempts: one row per case a run has attempted, with its latest result and how often it was tried."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from domain.outcome import Outcome, Result
from ledger.codec import plain, to_changes, to_defects
from ledger.database import chunks, upsert
from ledger.link import Trouble, trouble_of
from ledger.store import Store
from ledger.tables import attempts, links, runs

TROUBLED = [result.value for result in Result if result.troubled]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An outcome as recorded, how many times the run tried the case, and the trouble it is in by now."""

    run_id: str
    outcome: Outcome
    tries: int
    trouble: Trouble | None


class Attempts(Store):
    """The attempts of all runs."""

    def counts(self, run_id: str) -> dict[Result, int]:
        """How many cases ended with each result; results that did not occur are absent."""
        counted = select(attempts.c.result, func.count()).where(attempts.c.run_id == run_id).group_by(attempts.c.result)
        with self._database.reading() as connection:
            found = dict(connection.execute(counted).tuples().all())
        return {result: found[result.value] for result in Result if result.value in found}

    def reasons(self, run_id: str) -> dict[str, int]:
        """How many cases have each reason code, the most frequent first; a case counts once for each of its codes."""
        counted = select(attempts.c.codes, func.count()).where(attempts.c.run_id == run_id, attempts.c.codes != "")
        reasons: Counter[str] = Counter()
        with self._database.reading() as connection:
            for codes, count in connection.execute(counted.group_by(attempts.c.codes)).tuples():
                for code in codes.split(";"):
                    reasons[code] += count
        return dict(sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])))

    def iterate(self, run_id: str, size: int = 500) -> Iterator[list[Attempt]]:
        """All attempts by integration id, in lists of at most ``size``."""
        after: str | None = None
        while page := self._page(run_id, after, size):
            yield page
            after = page[-1].outcome.integration_id

    def _page(self, run_id: str, after: str | None, size: int) -> list[Attempt]:
        wanted = _select_attempts(run_id).order_by(attempts.c.integration_id).limit(size)
        if after is not None:
            wanted = wanted.where(attempts.c.integration_id > after)
        with self._database.reading() as connection:
            return [_attempt(row) for row in connection.execute(wanted)]

    def troubled(self, run_id: str, limit: int = 500) -> list[Attempt]:
        """The first ``limit`` rejected or failed attempts by integration id."""
        wanted = _select_attempts(run_id).where(attempts.c.result.in_(TROUBLED)).order_by(attempts.c.integration_id)
        with self._database.reading() as connection:
            return [_attempt(row) for row in connection.execute(wanted.limit(limit))]

    def retryable_ids(self, run_id: str) -> list[str]:
        """Integration ids that were rejected or failed, sorted."""
        wanted = select(attempts.c.integration_id).where(attempts.c.run_id == run_id, attempts.c.result.in_(TROUBLED))
        with self._database.reading() as connection:
            return list(connection.execute(wanted.order_by(attempts.c.integration_id)).scalars())

    def ids_with(self, run_id: str, code: str, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` whose attempt in this run has ``code`` as its only reason."""
        having = select(attempts.c.integration_id).where(attempts.c.run_id == run_id, attempts.c.codes == code)
        with self._database.reading() as connection:
            return {
                integration_id
                for page in chunks(ids)
                for integration_id in connection.execute(having.where(attempts.c.integration_id.in_(page))).scalars()
            }

    def done_ids(self, run_id: str, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` that this run has settled without trouble: a retry leaves them alone."""
        settled = select(attempts.c.integration_id).where(
            attempts.c.run_id == run_id, attempts.c.result.not_in(TROUBLED)
        )
        with self._database.reading() as connection:
            return {
                integration_id
                for page in chunks(ids)
                for integration_id in connection.execute(settled.where(attempts.c.integration_id.in_(page))).scalars()
            }


def write_attempts(connection: Connection, run_id: str, outcomes: Sequence[Outcome]) -> None:
    """Record outcomes inside a transaction; a case attempted before in this run gets the new result, one try more."""
    rows = {outcome.integration_id: _row(run_id, outcome) for outcome in outcomes}
    upsert(connection, attempts, list(rows.values()), also={"tries": attempts.c.tries + 1})


def _row(run_id: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "integration_id": outcome.integration_id,
        "result": outcome.result.value,
        "codes": ";".join(dict.fromkeys(defect.code for defect in outcome.defects)),
        "defects": plain(outcome.defects),
        "changes": plain(outcome.changes),
        "warnings": plain(outcome.warnings),
        "readable_id": outcome.readable_id,
        "client_name": outcome.client_name,
        "portal_id": outcome.portal_id,
        "notifies_client": outcome.notifies_client,
        "attempted_at": outcome.attempted_at,
        "tries": 1,
    }


def _select_attempts(run_id: str) -> Select[Any]:
    linked = and_(
        links.c.firm == runs.c.firm,
        links.c.integration_id == attempts.c.integration_id,
        or_(runs.c.system.is_(None), links.c.system == runs.c.system),
    )
    tables = attempts.join(runs, runs.c.id == attempts.c.run_id).outerjoin(links, linked)
    trouble = (links.c.trouble_code, links.c.trouble_since, links.c.trouble_nights)
    return select(attempts, *trouble).select_from(tables).where(attempts.c.run_id == run_id)


def _attempt(row: Row[Any]) -> Attempt:
    outcome = Outcome(
        integration_id=row.integration_id,
        result=Result(row.result),
        attempted_at=row.attempted_at,
        readable_id=row.readable_id,
        client_name=row.client_name,
        portal_id=row.portal_id,
        defects=to_defects(row.defects),
        changes=to_changes(row.changes),
        warnings=tuple(row.warnings or ()),
        notifies_client=row.notifies_client,
    )
    return Attempt(row.run_id, outcome, row.tries, trouble_of(row))
