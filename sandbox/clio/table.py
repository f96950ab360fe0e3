"""Records of one kind in one firm, found by id or by when they changed; seeded ones are made when first touched."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from hashlib import md5
from typing import Any, Literal

Record = dict[str, Any]
"""A record in wire form. Keys with a leading underscore are links and never leave the server."""
Moment = Literal["_created", "_updated"]

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_KEPT_RECORDS = 60_000
"""Unchanged records beyond this many are made anew each time, so that memory stays bounded."""


def instant(seconds: float) -> str:
    """Unix seconds as Clio writes an instant, whole seconds in UTC."""
    days, rest = divmod(int(seconds), 86_400)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_day(days)}T{hour:02d}:{minute:02d}:{second:02d}Z"


@lru_cache(maxsize=20_000)
def _day(days: int) -> str:
    return date.fromordinal(_EPOCH_DAY + days).isoformat()


class Table:
    """Records by id. ``make(id)`` builds a seeded record, ``times(id)`` tells its unix seconds (created, updated).

    ``keys`` tells under which keys :meth:`having` finds an added record; seeded ones have none.
    """

    def __init__(
        self,
        kind: str,
        seeded: range = range(0),
        make: Callable[[int], Record] | None = None,
        times: Callable[[int], tuple[int, int]] | None = None,
        keys: Callable[[Record], Iterable[Hashable]] | None = None,
    ) -> None:
        self.kind = kind
        self._seeded = seeded
        self._make = make
        self._times = times
        self._keys = keys or (lambda _record: ())
        self._records: dict[int, Record] = {}
        self._changed: set[int] = set()
        self._removed: set[int] = set()
        self._ids: Sequence[int] = seeded
        self._highest = seeded.stop - 1
        self._by_moment: dict[Moment, list[tuple[int, int]]] = {}
        self._by_key: dict[Hashable, list[int]] = {}

    @property
    def ids(self) -> Sequence[int]:
        """All ids, ascending."""
        return self._ids

    def get(self, record_id: int) -> Record | None:
        """The record, or None. Do not change it: use :meth:`change`."""
        record = self._records.get(record_id)
        if record is None and record_id in self._seeded and record_id not in self._removed and self._make:
            record = self._make(record_id)
            record["_version"] = 0
            self._stamp(record)
            if len(self._records) < _KEPT_RECORDS:
                self._records[record_id] = record
        return record

    def next_id(self) -> int:
        """An id that was never used."""
        return max(self._highest, 0) + 1

    def add(self, record: Record, now: float) -> Record:
        """Put in a new record (``id`` set); times and etag are filled in."""
        record |= {"_version": 0, "_created": int(now), "_updated": int(now)}
        self._records[record["id"]] = record
        self._changed.add(record["id"])
        self._highest = max(self._highest, record["id"])
        self._stamp(record)
        insort(self._own_ids(), record["id"])
        for moment, index in self._by_moment.items():
            insort(index, (record[moment], record["id"]))
        self._file(record["id"], set(self._keys(record)))
        return record

    def change(self, record: Record, values: Record, now: float, *, silently: bool = False) -> None:
        """Replace fields of ``record``: new etag, and ``updated_at`` moves to ``now`` unless ``silently``."""
        record_id = record["id"]
        self._records[record_id] = record
        self._changed.add(record_id)
        before, keys = record["_updated"], set(self._keys(record))
        record |= values
        record["_version"] += 1
        if not silently:
            record["_updated"] = int(now)
        self._stamp(record)
        if "_updated" in self._by_moment and record["_updated"] != before:
            index = self._by_moment["_updated"]
            index.pop(bisect_left(index, (before, record_id)))
            insort(index, (record["_updated"], record_id))
        now_keys = set(self._keys(record))
        self._unfile(record_id, keys - now_keys)
        self._file(record_id, now_keys - keys)

    def remove(self, record_id: int) -> None:
        """Take a record out."""
        record = self.get(record_id)
        if record is None:
            return
        for moment, index in self._by_moment.items():
            index.pop(bisect_left(index, (record[moment], record_id)))
        self._unfile(record_id, set(self._keys(record)))
        self._records.pop(record_id, None)
        self._removed.add(record_id)
        ids = self._own_ids()
        ids.pop(bisect_left(ids, record_id))

    def having(self, key: Hashable) -> Sequence[int]:
        """Ids of the records with this key, ascending."""
        return self._by_key.get(key, ())

    def after(self, moment: Moment, seconds: float) -> list[int]:
        """Ids of the records created or updated strictly after ``seconds``, ascending by id."""
        index = self._by_moment.get(moment)
        if index is None:
            index = self._by_moment[moment] = sorted(
                (self._moment(record_id, moment), record_id) for record_id in self.ids
            )
        return sorted(record_id for _, record_id in index[bisect_right(index, (seconds, float("inf"))) :])

    def every(self) -> Iterable[Record]:
        """All records by ascending id."""
        return (record for record_id in self.ids if (record := self.get(record_id)) is not None)

    def _moment(self, record_id: int, moment: Moment) -> int:
        if self._times is None or record_id in self._changed:
            seconds: int = (self.get(record_id) or {})[moment]
            return seconds
        return self._times(record_id)[moment == "_updated"]

    def _file(self, record_id: int, keys: set[Hashable]) -> None:
        for key in keys:
            insort(self._by_key.setdefault(key, []), record_id)

    def _unfile(self, record_id: int, keys: set[Hashable]) -> None:
        for key in keys:
            ids = self._by_key[key]
            ids.pop(bisect_left(ids, record_id))
            if not ids:
                del self._by_key[key]

    def _own_ids(self) -> list[int]:
        """The ids as a list that may be changed; until the first write they are the seeded range itself."""
        if not isinstance(self._ids, list):
            self._ids = list(self._ids)
        return self._ids

    def _stamp(self, record: Record) -> None:
        """Etag and printed times from version and seconds; the etag's value includes the quotes [sdk]."""
        mark = f"{self.kind}/{record['id']}/{record['_version']}".encode()
        record["etag"] = f'"{md5(mark, usedforsecurity=False).hexdigest()}"'
        record["created_at"] = instant(record["_created"])
        record["updated_at"] = instant(record["_updated"])
