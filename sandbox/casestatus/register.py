"""Records by id that can be walked oldest change first without sorting, while they keep changing."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from typing import Final, Generic, Protocol, TypeVar

Position = tuple[int, int]
"""(``updated_at`` in microseconds, ``id``): a place in the order of changes."""

BEGINNING: Final[Position] = (-1, -1)
_SLACK: Final = 64


class Record(Protocol):
    """Anything with an id and the instant of its last change."""

    id: int
    updated_at: int


AnyRecord = TypeVar("AnyRecord", bound=Record)


class Register(Generic[AnyRecord]):
    """Records filed under (``updated_at``, ``id``).

    A change files the record anew, nearly always at the end; its former place stays behind as a dead key that walks
    skip, and dead keys are swept out once they outnumber the living. Positions stay valid through all of that.
    """

    def __init__(self) -> None:
        self._records: dict[int, AnyRecord] = {}
        self._keys: list[Position] = []
        self._filed: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[AnyRecord]:
        """All records in the order they were first filed."""
        return iter(self._records.values())

    def get(self, identity: int) -> AnyRecord | None:
        """The record of that id, or None."""
        return self._records.get(identity)

    def file(self, record: AnyRecord) -> None:
        """Take in a new record, or move a changed one to the place of its ``updated_at``."""
        self._records[record.id] = record
        if self._filed.get(record.id) == record.updated_at:
            return
        self._filed[record.id] = record.updated_at
        key = (record.updated_at, record.id)
        if not self._keys or self._keys[-1] < key:
            self._keys.append(key)
        else:
            place = bisect_right(self._keys, key)
            # A record that comes back to an instant it once had finds its old key still there.
            if place == 0 or self._keys[place - 1] != key:
                insort(self._keys, key)
        if len(self._keys) > 2 * len(self._records) + _SLACK:
            self._keys = [(instant, identity) for instant, identity in self._keys if self._lives(instant, identity)]

    def after(self, position: Position) -> Iterator[AnyRecord]:
        """Records whose place is beyond ``position``, oldest change first; do not change records while walking."""
        for index in range(bisect_right(self._keys, position), len(self._keys)):
            instant, identity = self._keys[index]
            if self._lives(instant, identity):
                yield self._records[identity]

    def _lives(self, instant: int, identity: int) -> bool:
        return self._filed.get(identity) == instant
