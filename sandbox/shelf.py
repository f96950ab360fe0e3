"""Records of one kind in one firm, found by id or by when they changed; seeded ones are made when first touched.

Moments are whole numbers of any unit, the same for all records of a shelf: SmartAdvocate counts milliseconds, CASEpeer
and Soluno seconds. Clio has a table of its own, which stamps etags.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

_KEPT_RECORDS = 60_000
"""Unchanged records beyond this many are made anew each time, so that memory stays bounded."""


class Dated(Protocol):
    """A record: ``moment`` is when it was created or last changed."""

    id: int

    @property
    def moment(self) -> int:
        """When it last changed."""
        ...


T = TypeVar("T", bound=Dated)


class Shelf(Generic[T]):
    """Records by id. ``make(id)`` builds a seeded one or says None, ``moment(id)`` tells cheaply when it changed.

    ``seeded()`` gives all seeded ids, ascending; ``added`` are the others, which come after ``highest``.
    """

    def __init__(
        self,
        seeded: Callable[[], Iterable[int]],
        make: Callable[[int], T | None],
        moment: Callable[[int], int],
        highest: int,
    ) -> None:
        self._seeded = seeded
        self._make = make
        self._moment = moment
        self._highest = highest
        self._records: dict[int, T] = {}
        self._changed: set[int] = set()
        self.added: list[int] = []
        self._by_moment: list[tuple[int, int]] | None = None

    def get(self, record_id: int) -> T | None:
        """The record, or None. Do not change it: use :meth:`change`."""
        record = self._records.get(record_id)
        if record is None:
            record = self._make(record_id)
            if record is not None and len(self._records) < _KEPT_RECORDS:
                self._records[record_id] = record
        return record

    def touched(self, record_id: int) -> T | None:
        """The record if it is made already, else None."""
        return self._records.get(record_id)

    def next_id(self) -> int:
        """An id that was never used."""
        return self._highest + 1

    def add(self, record: T) -> T:
        """Put in a new record, with an id from :meth:`next_id`."""
        self._highest = record.id
        self.added.append(record.id)
        self._keep(record)
        if self._by_moment is not None:
            insort(self._by_moment, (record.moment, record.id))
        return record

    def change(self, record: T, **values: Any) -> None:
        """Replace fields of a record. Raises AttributeError for a field it does not have."""
        before = record.moment
        for name, value in values.items():
            setattr(record, name, value)
        self._keep(record)
        if self._by_moment is not None and record.moment != before:
            self._by_moment.pop(bisect_left(self._by_moment, (before, record.id)))
            insort(self._by_moment, (record.moment, record.id))

    def ids(self) -> list[int]:
        """All ids, ascending."""
        return [*self._seeded(), *self.added]

    def between(self, low: int, high: int) -> list[int]:
        """Ids of the records that last changed from ``low`` to ``high``, both included, the earliest first."""
        index = self._by_moment
        if index is None:
            index = self._by_moment = sorted((self._when(record_id), record_id) for record_id in self.ids())
        return [record_id for _, record_id in index[bisect_left(index, (low, 0)) : bisect_right(index, (high + 1, 0))]]

    def _when(self, record_id: int) -> int:
        return self._records[record_id].moment if record_id in self._changed else self._moment(record_id)

    def _keep(self, record: T) -> None:
        self._records[record.id] = record
        self._changed.add(record.id)


class Filed(Dated, Protocol):
    """A record that lies with a case."""

    case_id: int


F = TypeVar("F", bound=Filed)


class CaseShelf(Shelf[F]):
    """Records that lie with cases. ``seeded_with(case_id)`` gives the seeded ids of a case, ascending."""

    def __init__(
        self,
        seeded: Callable[[], Iterable[int]],
        make: Callable[[int], F | None],
        moment: Callable[[int], int],
        highest: int,
        seeded_with: Callable[[int], Iterable[int]],
    ) -> None:
        super().__init__(seeded, make, moment, highest)
        self._seeded_with = seeded_with
        self._added_to: dict[int, list[int]] = {}

    def add(self, record: F) -> F:
        """Keep a new record."""
        self._added_to.setdefault(record.case_id, []).append(record.id)
        return super().add(record)

    def of_case(self, case_id: int) -> list[F]:
        """Those of a case, the oldest first."""
        return self._there([*self._seeded_with(case_id), *self._added_to.get(case_id, ())])

    def new(self) -> list[F]:
        """Those that were not seeded, by ascending id."""
        return self._there(self.added)

    def _there(self, ids: Iterable[int]) -> list[F]:
        return [record for record in map(self.get, ids) if record is not None]
