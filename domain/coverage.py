"""Mapping coverage: which practice areas and stages of the case system lead nowhere in the portal, and how many cases sit there."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.mapping import PortalIndex
from domain.outcome import Defect


@dataclass(frozen=True, slots=True)
class Gap:
    """Names of the case system that lead nowhere. Cases without a practice area or stage have an empty name."""

    practice_area: str
    stage: str
    open_cases: int
    defects: tuple[Defect, ...]

    @property
    def code(self) -> str:
        """The first reason's code."""
        return self.defects[0].code


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many open cases there are, and where those sit that cannot come over; the fullest gap first."""

    open_cases: int
    gaps: tuple[Gap, ...]

    @property
    def uncovered(self) -> int:
        """Open cases in gaps."""
        return sum(gap.open_cases for gap in self.gaps)

    def __str__(self) -> str:
        if not self.gaps:
            return f"All practice areas and stages of {self.open_cases:,} open cases are mapped."
        count = len(self.gaps)
        return (
            f"{self.uncovered:,} of {self.open_cases:,} open cases sit in {count} "
            f"{'place' if count == 1 else 'places'} the portal does not know."
        )


def mapping_coverage(rows: Iterable[tuple[str | None, str | None, int]], index: PortalIndex) -> Coverage:
    """Judge every pair of names in use.

    Args:
        rows: (practice area, stage, number of open cases) as the case system has them; pairs may repeat.
        index: The portal's directory.

    An unknown practice area is one gap, whatever the stages of its cases; an unknown stage is one per practice area.
    """
    total = 0
    found: dict[tuple[str, str], tuple[int, tuple[Defect, ...]]] = {}
    for practice_area, stage, count in rows:
        total += count
        defects = index.place(practice_area, stage).defects
        if not defects:
            continue
        area_only = defects[0].field == "practice_area"
        key = (practice_area or "", "" if area_only else stage or "")
        before = found[key][0] if key in found else 0
        found[key] = (before + count, defects[:1])
    gaps = [Gap(area, stage, count, defects) for (area, stage), (count, defects) in found.items() if count]
    return Coverage(total, tuple(sorted(gaps, key=lambda gap: (-gap.open_cases, gap.practice_area, gap.stage))))
