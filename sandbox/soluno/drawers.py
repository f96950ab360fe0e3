"""Records of one kind in one set of books, also found by ``ExternalReference`` and by casefile."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sandbox.shelf import Dated, Shelf


class Referenced(Dated, Protocol):
    """A record that may bear the caller's own reference."""

    reference: str | None


R = TypeVar("R", bound=Referenced)


class Drawer(Shelf[R]):
    """Records of which none is seeded; ``there`` says which of them lists and references know of."""

    def __init__(self, highest: int, there: Callable[[R], bool] = lambda _record: True) -> None:
        super().__init__(seeded=list, make=lambda _id: None, moment=lambda _id: 0, highest=highest)
        self._there = there
        self._by_reference: dict[str, list[R]] = {}

    def add(self, record: R) -> R:
        """Put in a new record, with an id from :meth:`next_id`."""
        if record.reference is not None:
            self._by_reference.setdefault(record.reference, []).append(record)
        return super().add(record)

    def every(self) -> list[R]:
        """All that were ever put in, by ascending id."""
        return [self.there(record_id) for record_id in self.added]

    def there(self, record_id: int) -> R:
        """The record of that id, whatever became of it. Raises KeyError."""
        record = self.get(record_id)
        if record is None:
            raise KeyError(record_id)
        return record

    def listed(self) -> list[R]:
        """Those that lists know of."""
        return list(filter(self._there, self.every()))

    def with_reference(self, reference: str) -> list[R]:
        """Those that lists know of, with that reference."""
        return list(filter(self._there, self._by_reference.get(reference, ())))


class Filed(Referenced, Protocol):
    """A record that lies with a casefile."""

    casefile_id: int


F = TypeVar("F", bound=Filed)


class CasefileDrawer(Drawer[F]):
    """Records that lie with casefiles."""

    def __init__(self, highest: int, there: Callable[[F], bool] = lambda _record: True) -> None:
        super().__init__(highest, there)
        self._by_casefile: dict[int, list[F]] = {}

    def add(self, record: F) -> F:
        """Put in a new record."""
        self._by_casefile.setdefault(record.casefile_id, []).append(record)
        return super().add(record)

    def of_casefile(self, casefile_id: int) -> list[F]:
        """Those of a casefile that lists know of, by ascending id."""
        return list(filter(self._there, self._by_casefile.get(casefile_id, ())))
