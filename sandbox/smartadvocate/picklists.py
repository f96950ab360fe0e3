"""The picklists of a firm: note types, document categories, case groups, types and statuses; ids differ per firm."""

from dataclasses import dataclass
from typing import Any

from sandbox.seed import Firm
from sandbox.seeding.shapes import PracticeAreaSeed

PLAINTIFF = "Plaintiff"
"""Notes of this type that are shared reach the client [doc]."""
INCOMING, OUTGOING = "Case Status - Incoming", "Case Status - Outgoing"
"""What the sandbox's firms call the types of the portal's messages [assumed]."""
CASE_DOCUMENTS = "Case Documents"
CLOSED = "Closed Case"
"""The main status of a closed case [seen]."""
_NOTE_TYPES = ("Case", "Call[ed]", PLAINTIFF, "Adjuster Defendant", "Expert", INCOMING, "Intake", OUTGOING, "Other")
_CATEGORIES = ("Correspondence", CASE_DOCUMENTS, "Medical Records", "Invoices", "Receipts", "Other/Misc")
_GROUPS = {
    "personal_injury": "Injury",
    "insurance": "Injury",
    "workers_compensation": "Workers' Compensation",
    "immigration": "Immigration",
    "wills_and_estates": "Estates",
    "administrative": "Administration",
}
CONTACT_TYPES = {1: ("Individual", "Attorney", "Doctor", "Witness"), 2: ("Business", "Insurance Company", "Hospital")}


@dataclass(frozen=True, slots=True)
class Picklist:
    """Names by id."""

    names: dict[int, str]

    def id_of(self, name: str) -> int:
        """The id of exactly this name. Raises KeyError."""
        for identity, known in self.names.items():
            if known == name:
                return identity
        raise KeyError(name)

    def rows(self) -> list[dict[str, Any]]:
        """``[{id, description}]`` [seen for disbursements, assumed elsewhere]."""
        return listed(self.names)


def listed(names: dict[int, str]) -> list[dict[str, Any]]:
    """A picklist as it is answered, in the order of the names."""
    return [{"id": identity, "description": name} for identity, name in sorted(names.items(), key=lambda row: row[1])]


def note_types(rank: int) -> Picklist:
    """The note types of firm number ``rank`` (from 0)."""
    return _scattered(_NOTE_TYPES, 21 + rank * 17, rank)


def document_categories(rank: int) -> Picklist:
    """The document categories of firm number ``rank``."""
    return _scattered(_CATEGORIES, 14 + rank * 23, rank)


def _scattered(names: tuple[str, ...], first: int, rank: int) -> Picklist:
    """Ids that neither follow the order of the names nor are the same in another firm."""
    count = len(names)
    return Picklist({first + (place * 5 + rank) % count * 3: name for place, name in enumerate(names)})


class CaseLists:
    """Groups, types and statuses: the world's practice areas are the types, their stages the statuses."""

    def __init__(self, seed: Firm) -> None:
        self._areas = seed.practice_areas
        names = sorted({_GROUPS[area.category] for area in self._areas})
        self._group_ids = {name: 3 + seed.rank * 10 + place for place, name in enumerate(names)}
        self.closed_id = 99 + seed.rank * 1000
        self._types = {area.id: area for area in self._areas}

    def group_of(self, area: PracticeAreaSeed) -> tuple[int, str]:
        """Id and name of the group of a case type."""
        name = _GROUPS[area.category]
        return self._group_ids[name], name

    def area(self, area_id: int) -> PracticeAreaSeed:
        """The practice area that is a case type."""
        return self._types[area_id]

    def area_named(self, name: str) -> PracticeAreaSeed | None:
        """The practice area with exactly this name."""
        return next((area for area in self._areas if area.name == name), None)

    def status_id(self, name: str, type_id: int) -> int:
        """The id of a status of a case type; 0 for one that is on no list."""
        area = self._types.get(type_id)
        stages = area.stages if area else ()
        return next((stage.id for stage in stages if stage.name == name), self.closed_id if name == CLOSED else 0)

    def groups(self) -> list[dict[str, Any]]:
        """The case groups."""
        return listed({identity: name for name, identity in self._group_ids.items()})

    def types(self, group_id: int) -> list[dict[str, Any]]:
        """The case types of one group."""
        return listed({area.id: area.name for area in self._areas if self.group_of(area)[0] == group_id})

    def statuses(self, type_id: int) -> list[dict[str, Any]]:
        """The statuses of one case type."""
        area = self._types.get(type_id)
        if area is None:
            return []
        return listed({stage.id: stage.name for stage in area.stages} | {self.closed_id: CLOSED})
