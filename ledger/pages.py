"""Reading links page by page: ordered by integration id, each page its own short transaction, memory flat."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, and_, func, literal, not_
from sqlalchemy import select as select_columns

from domain.outcome import Result
from ledger.columns import Instant
from ledger.database import chunks
from ledger.leases import Lease, fenced
from ledger.link import Link, agrees, belongs, of_night, select_links, to_link
from ledger.runs import run_of
from ledger.store import Store
from ledger.tables import attempts, links

Selection = Literal["night", "scope"] | Sequence[str]
"""``scope``: what the run has read in its scope. ``night``: that, every linked case (for drift), every troubled
undismissed one. Or integration ids."""


@dataclass(frozen=True, slots=True)
class Span:
    """The integration ids of one page: greater than ``after``, up to and including ``until``.

    A page asked for again by its span never reaches into the next one, whatever has been settled since.
    """

    after: str | None
    until: str
    size: int


class Pages(Store):
    """The part of the links that is read page by page."""

    def pages(
        self, firm: str, run_id: str, *, select: Selection, size: int = 200, after: str | None = None
    ) -> Iterator[list[Link]]:
        """Lists of at most ``size`` links, from ``after`` on. Raises RunUnknown."""
        if not isinstance(select, str):
            for ids in chunks(sorted(set(select)), size):
                if page := self.page(firm, run_id, select=ids, size=size):
                    yield page
            return
        while page := self.page(firm, run_id, select=select, size=size, after=after):
            yield page
            after = page[-1].integration_id

    def page(
        self,
        firm: str,
        run_id: str,
        *,
        select: Selection,
        size: int = 200,
        after: str | None = None,
        until: str | None = None,
        rules: str | None = None,
    ) -> list[Link]:
        """The first ``size`` links past ``after``, none past ``until``. Raises RunUnknown.

        With ``rules``, here and below, the cases that :meth:`pass_over` passes over are left out.
        """
        with self._database.reading() as connection:
            wanted = _selected(firm, run_of(connection, run_id).system, run_id, select, rules)
            if after is not None:
                wanted &= links.c.integration_id > after
            if until is not None:
                wanted &= links.c.integration_id <= until
            statement = select_links().where(wanted).order_by(links.c.integration_id, links.c.system).limit(size)
            rows = connection.execute(statement).all()
        return [to_link(row, run_id) for row in rows]

    def spans(
        self, firm: str, run_id: str, *, select: Selection, size: int = 200, rules: str | None = None
    ) -> list[Span]:
        """The pages of this moment without their cases: a few bytes each. Raises RunUnknown."""
        with self._database.reading() as connection:
            wanted = _selected(firm, run_of(connection, run_id).system, run_id, select, rules)
            ids = select_columns(links.c.integration_id).where(wanted).order_by(links.c.integration_id)
            spans: list[Span] = []
            for page in chunks(connection.execute(ids).scalars(), size):
                spans.append(Span(spans[-1].until if spans else None, page[-1], len(page)))
        return spans

    def count(self, firm: str, run_id: str, *, select: Selection, rules: str | None = None) -> int:
        """How many links :meth:`pages` would give. Raises RunUnknown."""
        with self._database.reading() as connection:
            wanted = _selected(firm, run_of(connection, run_id).system, run_id, select, rules)
            return connection.execute(select_columns(func.count()).select_from(links).where(wanted)).scalar_one()

    def pass_over(self, lease: Lease, run_id: str, firm: str, rules: str) -> int:
        """Record as unchanged what the run has read and need not look at: neither side, nor the rules, have changed.

        ``rules`` is the mark the cases were found in step under; with another mark, none is passed over. Cases this run
        has attempted already keep their result. Returns how many were passed over.

        Raises:
            LeaseLost: see :func:`ledger.leases.fenced`.
            RunUnknown: no such run.
        """
        with fenced(self._database, lease) as connection:
            run = run_of(connection, run_id)
            row = {
                "run_id": literal(run_id),
                "integration_id": links.c.integration_id,
                "result": literal(Result.UNCHANGED.value),
                "codes": literal(""),
                "readable_id": func.coalesce(links.c.readable_id, ""),
                "client_name": func.coalesce(links.c.client_name, ""),
                "portal_id": links.c.portal_id,
                "notifies_client": literal(value=False),
                "attempted_at": literal(self._database.now(connection), Instant),
                "tries": literal(1),
            }
            attempted = select_columns(attempts.c.integration_id).where(attempts.c.run_id == run_id)
            in_scope = _selected(firm, run.system, run_id, "scope", None)
            quiet = select_columns(*row.values()).where(
                in_scope, agrees(rules), links.c.integration_id.not_in(attempted)
            )
            return connection.execute(attempts.insert().from_select(list(row), quiet)).rowcount


def _selected(
    firm: str, system: str | None, run_id: str, selection: Selection, rules: str | None
) -> ColumnElement[bool]:
    if selection == "scope":
        chosen: ColumnElement[bool] = links.c.source_run == run_id
    elif selection == "night":
        chosen = of_night(run_id)
    else:
        chosen = links.c.integration_id.in_(list(selection))
    wanted = and_(belongs(firm, system), chosen)
    return wanted if rules is None else and_(wanted, not_(agrees(rules)))
