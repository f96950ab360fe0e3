"""Forgetting what nobody asks for any more: details of old runs and of deliveries long ended, a little at a time.

What keeps anything from being done twice is never forgotten: links, watermarks, deliveries with their markers and payloads,
entries in the books. Nor is what is unfinished.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, func, select

from ledger.store import Store
from ledger.tables import attempts, deliveries, delivery_steps, runs

AT_ONCE = 200
"""So many runs or deliveries are cleared in one transaction: nobody waits for long."""


@dataclass(slots=True)
class Forgotten:
    """How many rows were deleted, or would be."""

    attempts: int = 0
    steps: int = 0


class Retention(Store):
    """What may be forgotten, and forgetting it."""

    def forget(self, *, runs_before: datetime, deliveries_before: datetime, dry_run: bool = False) -> Forgotten:
        """Delete the attempts of runs that ended before an instant, and the steps of deliveries that did.

        The runs themselves stay, with their counts; of a delivery stays what it was and what became of it.
        """
        forgotten = Forgotten()
        for page in self._pages(_ended_runs(runs_before)):
            of_runs = attempts.c.run_id.in_(page)
            with self._database.writing() as connection:
                if dry_run:
                    counted = select(func.count()).select_from(attempts).where(of_runs)
                    forgotten.attempts += connection.execute(counted).scalar_one()
                else:
                    forgotten.attempts += connection.execute(delete(attempts).where(of_runs)).rowcount
        for page in self._pages(_ended_deliveries(deliveries_before)):
            of_deliveries = delivery_steps.c.delivery_id.in_(page)
            with self._database.writing() as connection:
                if dry_run:
                    counted = select(func.count()).select_from(delivery_steps).where(of_deliveries)
                    forgotten.steps += connection.execute(counted).scalar_one()
                else:
                    forgotten.steps += connection.execute(delete(delivery_steps).where(of_deliveries)).rowcount
        return forgotten

    def _pages(self, wanted: Select[tuple[str]] | Select[tuple[int]]) -> Iterator[list[str | int]]:
        """The keys in order, page by page, each page asked for anew: what is done with one may delete what it lists."""
        [key] = wanted.selected_columns
        after = None
        while True:
            page = wanted.order_by(key).limit(AT_ONCE)
            if after is not None:
                page = page.where(key > after)
            with self._database.reading() as connection:
                found: list[str | int] = list(connection.execute(page).scalars())
            if not found:
                return
            yield found
            after = found[-1]


def _ended_runs(before: datetime) -> Select[tuple[str]]:
    """Runs of before that still have details."""
    detailed = select(attempts.c.run_id).where(attempts.c.run_id == runs.c.id).exists()
    return select(runs.c.id).where(runs.c.finished_at < before, detailed)


def _ended_deliveries(before: datetime) -> Select[tuple[int]]:
    """Deliveries of before that still have steps."""
    noted = select(delivery_steps.c.id).where(delivery_steps.c.delivery_id == deliveries.c.id).exists()
    return select(deliveries.c.id).where(deliveries.c.ended_at < before, noted)
