"""Sums of what was asked of the vendors and what became of cases: a few rows a day, however many firms there are."""

from collections.abc import Mapping

from sqlalchemy import func, literal_column, select

from ledger.database import upsert
from ledger.store import Store
from ledger.tables import usage

Sums = Mapping[tuple[str, str], float]
"""By system and measure: requests by class of answer, seconds, or cases."""


class Usage(Store):
    """The sums of all processes. Rows are only added to, never deleted: what is counted never falls."""

    def add(self, sums: Sums) -> None:
        """Add to the sums of today (UTC), in one statement; nothing at all for nothing."""
        if not sums:
            return
        with self._database.writing() as connection:
            today = self._database.now(connection).date()
            rows = [
                {"day": today, "system": system, "measure": measure, "amount": float(amount)}
                for (system, measure), amount in sums.items()
            ]
            grown = usage.c.amount + literal_column("excluded.amount")
            upsert(connection, usage, rows, also={"amount": grown})

    def totals(self) -> dict[tuple[str, str], float]:
        """The sums of all days."""
        summed = select(usage.c.system, usage.c.measure, func.sum(usage.c.amount))
        with self._database.reading() as connection:
            rows = connection.execute(summed.group_by(usage.c.system, usage.c.measure)).tuples()
            return {(system, measure): amount for system, measure, amount in rows}
