"""Finds few searches that bring many cases: case numbers that begin alike come with one request [doc].

A search ends in ``%`` and brings every case whose number begins so, at once and without pages [doc]; so only such
beginnings are asked for that are known to fit a bounded number of cases.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

AT_ONCE = 200
"""The most known cases that one search may bring."""
_ANYTHING = "%"


@dataclass(frozen=True, slots=True)
class Search:
    """Cases to be read together. ``number`` is a whole case number, or its beginning and ``%``; empty: by their ids."""

    number: str
    ids: tuple[str, ...]

    def narrowed(self, wanted: Collection[str], numbers: Mapping[str, str]) -> "Search":
        """The same for those of its cases that are wanted; for a single one its own number is enough."""
        ids = tuple(case_id for case_id in self.ids if case_id in wanted)
        return Search(place(ids[0], numbers)[0] if len(ids) == 1 else self.number, ids)


def place(case_id: str, numbers: Mapping[str, str]) -> tuple[str, str]:
    """Where a case stands in the order of the searches: its number, as far as it can be searched for, and its id.

    A ``%`` within a number would be understood as "anything": such a case is read by its id.
    """
    number = numbers[case_id]
    return ("" if _ANYTHING in number else number), case_id


def searches(numbers: Mapping[str, str]) -> Iterator[Search]:
    """The searches that bring all these cases (numbers by id), in the order of their places."""
    found = sorted(place(case_id, numbers) for case_id in numbers)
    without = sum(1 for number, _ in found if not number)
    yield from (Search("", (case_id,)) for _, case_id in found[:without])
    yield from _split(found[without:], 1)


def _split(entries: list[tuple[str, str]], length: int) -> Iterator[Search]:
    """Searches for entries that agree in all but the last of their first ``length`` characters."""
    for _, alike in groupby(entries, key=lambda entry: entry[0][:length]):
        group = list(alike)
        ids = tuple(case_id for _, case_id in group)
        shared = _shared(group[0][0], group[-1][0])
        if len(group) == 1:
            yield Search(shared, ids)
        elif len(group) <= AT_ONCE or group[0][0] == group[-1][0]:
            yield Search(shared + _ANYTHING, ids)
        else:
            exact = sum(1 for number, _ in group if number == shared)
            yield from (Search(shared, (case_id,)) for case_id in ids[:exact])
            yield from _split(group[exact:], len(shared) + 1)


def _shared(first: str, last: str) -> str:
    """What two texts begin with alike; of a sorted list's first and last one, what all of them begin with."""
    pairs = enumerate(zip(first, last, strict=False))
    return first[: next((place for place, (one, other) in pairs if one != other), min(len(first), len(last)))]
