"""Which matters are given which trouble, in exact shares, decided once from the seed."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from enum import StrEnum


class Trouble(StrEnum):
    """What a seeded matter can have. A matter has at most one of those from NO_ATTORNEY to DUPLICATE_DISPLAY_NUMBER."""

    CLOSED = "closed"
    PENDING = "pending"
    OLDER_THAN_TEN_YEARS = "older_than_ten_years"
    RECENTLY_UPDATED = "recently_updated"
    """Within 30 days; the rest rests for longer."""

    NO_ATTORNEY = "no_attorney"
    ATTORNEY_UNKNOWN = "attorney_unknown"
    """A user of the case system whom the portal does not know."""
    ATTORNEY_IS_PARALEGAL = "attorney_is_paralegal"
    ATTORNEY_REMOVED = "attorney_removed"
    NO_PHONE = "no_phone"
    INVALID_PHONE = "invalid_phone"
    LANDLINE_ONLY = "landline_only"
    HOME_THEN_MOBILE = "home_then_mobile"
    """A primary home landline and a second number that is the mobile: fine when chosen well."""
    FAX_ONLY = "fax_only"
    COMPANY_CLIENT = "company_client"
    MISSING_LAST_NAME = "missing_last_name"
    PRACTICE_AREA_UNMAPPED = "practice_area_unmapped"
    STAGE_UNMAPPED = "stage_unmapped"
    STAGE_LETTER_CASE = "stage_letter_case"
    NO_STAGE = "no_stage"
    FORMULA_DESCRIPTION = "formula_description"
    """A description that a spreadsheet would take for a formula."""
    NULL_DESCRIPTION = "null_description"
    UNKNOWN_PARALEGAL = "unknown_paralegal"
    SHARED_CLIENT = "shared_client"
    """The client is the partner matter's client."""
    SHARED_PHONE = "shared_phone"
    """Another person with the number of the partner matter's client."""
    DUPLICATE_DISPLAY_NUMBER = "duplicate_display_number"
    """The display number is the partner matter's."""


PAIRED = (Trouble.SHARED_CLIENT, Trouble.SHARED_PHONE, Trouble.DUPLICATE_DISPLAY_NUMBER)
_LIFE = (Trouble.CLOSED, Trouble.PENDING, Trouble.OLDER_THAN_TEN_YEARS, Trouble.RECENTLY_UPDATED)


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of matters that get each trouble; field names are the values of :class:`Trouble`."""

    closed: float = 0.08
    pending: float = 0.03
    older_than_ten_years: float = 0.01
    recently_updated: float = 0.10
    no_attorney: float = 0.005
    attorney_unknown: float = 0.003
    attorney_is_paralegal: float = 0.003
    attorney_removed: float = 0.003
    no_phone: float = 0.005
    invalid_phone: float = 0.005
    landline_only: float = 0.003
    home_then_mobile: float = 0.01
    fax_only: float = 0.002
    company_client: float = 0.02
    missing_last_name: float = 0.002
    practice_area_unmapped: float = 0.005
    stage_unmapped: float = 0.005
    stage_letter_case: float = 0.003
    no_stage: float = 0.003
    formula_description: float = 0.001
    null_description: float = 0.01
    unknown_paralegal: float = 0.005
    shared_client: float = 0.01
    shared_phone: float = 0.0005
    duplicate_display_number: float = 0.0005

    @classmethod
    def trouble_free(cls, recently_updated: float = 0.10) -> "Shares":
        """Open, complete, mapped matters only, of which ``recently_updated`` moved within 30 days."""
        return cls(**{item.name: 0.0 for item in fields(cls)} | {"recently_updated": recently_updated})


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who has what: by trouble, by matter, and the partner of each paired matter. Matters are indices from 0."""

    by_trouble: dict[Trouble, frozenset[int]] = field(default_factory=dict)
    trouble_of: dict[int, Trouble] = field(default_factory=dict)
    partner_of: dict[int, int] = field(default_factory=dict)

    def has(self, index: int, trouble: Trouble) -> bool:
        """Whether matter ``index`` has this trouble."""
        return index in self.by_trouble[trouble]


def assign(matters: int, shares: Shares, key: str) -> Assignment:
    """Draw the matters for each trouble. Worlds of 100 matters or more have at least one of each wanted trouble.

    Closed, pending and old matters get no other trouble, so that each refusal can be foretold exactly.
    """
    by_trouble: dict[Trouble, frozenset[int]] = {}
    for life in _LIFE:
        taken = by_trouble.get(Trouble.CLOSED, frozenset()) if life is Trouble.PENDING else frozenset()
        wanted = _count(matters, getattr(shares, life))
        by_trouble[life] = frozenset(_draw(f"{key}/{life}", (i for i in range(matters) if i not in taken), wanted))
    lived = by_trouble[Trouble.CLOSED] | by_trouble[Trouble.PENDING] | by_trouble[Trouble.OLDER_THAN_TEN_YEARS]
    kinds = [kind for kind in Trouble if kind not in _LIFE]
    counts = {kind: _count(matters, getattr(shares, kind)) for kind in kinds}
    places = sum(count * (2 if kind in PAIRED else 1) for kind, count in counts.items())
    pool = _draw(f"{key}/troubles", (i for i in range(matters) if i not in lived), places)
    partner_of: dict[int, int] = {}
    for kind in kinds:
        chosen = set()
        for _ in range(min(counts[kind], len(pool) // (2 if kind in PAIRED else 1))):
            index = pool.pop()
            if kind in PAIRED:
                earlier, index = sorted((index, pool.pop()))
                partner_of[index] = earlier
            chosen.add(index)
        by_trouble[kind] = frozenset(chosen)
    trouble_of = {index: kind for kind in kinds for index in by_trouble[kind]}
    return Assignment(by_trouble, trouble_of, partner_of)


def _count(matters: int, share: float) -> int:
    if share <= 0:
        return 0
    wanted = round(matters * share)
    return max(wanted, 1) if matters >= 100 else wanted  # noqa: PLR2004


def _draw(key: str, candidates: Iterable[int], wanted: int) -> list[int]:
    pool = list(candidates)
    return random.Random(key).sample(pool, min(wanted, len(pool)))
