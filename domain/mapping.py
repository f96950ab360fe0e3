"""Finding a case system's names in the portal: practice areas, stages and people, by the firm's own mappings first.

Names match exactly, letter case and spaces included, against a display name or one of its mappings, stages inside
their practice area [help, casestatus.md 1 and 3.3]. What only nearly matches is offered, never taken.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from domain.case import StaffMember
from domain.firm import FirmRules
from domain.outcome import Defect
from domain.portal import Directory, PortalUser, PracticeArea, Stage
from domain.reasons import defect

_Named = TypeVar("_Named", PracticeArea, Stage)

STAGES_ALLOWED = range(2, 13)
"""How many stages a practice area may have [doc]."""
PARALEGAL_ROLES = frozenset({"paralegal", "case_manager"})
"""[assumed, casestatus.md 6.12.5]"""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a practice area and a stage of the case system lead in the portal (display names), or why nowhere."""

    practice_area: str | None
    stage: str | None
    defects: tuple[Defect, ...] = ()


class PortalIndex:
    """The portal's directory, arranged for look-ups by the names of one firm's case system. Built once per run."""

    __slots__ = ("_areas", "_directory", "_placements", "_rules", "_stages", "_users")

    def __init__(self, directory: Directory, rules: FirmRules) -> None:
        self._directory = directory
        self._rules = rules
        self._areas = _by_name(directory.practice_areas)
        self._stages = {area.id: _by_name(area.stages) for area in directory.practice_areas}
        self._users = _by_email(directory.users)
        self._placements: dict[tuple[str | None, str | None], Placement] = {}

    def place(self, practice_area: str | None, stage: str | None) -> Placement:
        """Resolve a case's practice area and stage; remembered, as a firm has few pairs of them."""
        key = (practice_area, stage)
        placement = self._placements.get(key)
        if placement is None:
            placement = self._placements[key] = self._find_place(practice_area, stage)
        return placement

    def user(self, email: str | None) -> PortalUser | None:
        """The portal's user with this e-mail address, letter case and surrounding space aside, removed ones too."""
        return self._users.get(email.strip().lower()) if email else None

    def attorney(self, email: str | None) -> str | None:
        """The address, as the portal has it, of an attorney who may own a case; an invited one may [assumed]."""
        user = self.user(email)
        return user.email if user and user.role == "attorney" and user.status != "removed" else None

    def paralegal(self, email: str | None) -> str | None:
        """The address, as the portal has it, of a paralegal or case manager."""
        user = self.user(email)
        return user.email if user and user.role in PARALEGAL_ROLES and user.status != "removed" else None

    def attorney_defect(self, member: StaffMember | None) -> Defect:
        """Why ``member`` cannot be the attorney of a case."""
        email = (member.email or "").strip() if member else ""
        if not email:
            name = member.name if member else None
            return self._defect("attorney_required", "attorney_email", name=name)
        user = self.user(email)
        if user is None:
            return self._defect("attorney_not_found", "attorney_email", email=email)
        state = {"status": "removed"} if user.status == "removed" else {"role": user.role}
        return self._defect("attorney_not_found", "attorney_email", email=user.email, **state)

    def _find_place(self, practice_area: str | None, stage: str | None) -> Placement:
        named_area, named_stage = _given(practice_area), _given(stage)
        defects: list[Defect] = []
        area = None
        if named_area is not None:
            area = self._area(named_area, defects)
        elif self._directory.firm.require_practice_area:
            defects.append(self._defect("practice_area_required", "practice_area"))
        found = None
        if named_stage is None:
            if self._directory.firm.require_stage:
                defects.append(self._defect("stage_required", "stage"))
        elif area is not None and named_area is not None:
            found = self._stage(area, named_area, named_stage, defects)
        elif named_area is None and not defects:
            defects.append(self._defect("stage_unknown", "stage", value=named_stage))
        return Placement(area.name if area else None, found.name if found else None, tuple(defects))

    def _area(self, name: str, defects: list[Defect]) -> PracticeArea | None:
        target = self._rules.practice_area_mapping.get(name, name)
        areas = self._areas.get(target)
        if areas is None:
            names = [*self._areas, *self._rules.practice_area_mapping]
            defects.append(self._unknown("practice_area", name, target, names))
            return None
        area = areas[0]
        if len(area.stages) not in STAGES_ALLOWED:
            count = len(area.stages)
            defects.append(
                self._defect("stage_count_out_of_range", "practice_area", practice_area=area.name, count=count)
            )
        return area

    def _stage(self, area: PracticeArea, area_name: str, name: str, defects: list[Defect]) -> Stage | None:
        mapping = self._rules.stage_mapping
        keys = (f"{area_name} / {name}", f"{area.name} / {name}", name)
        target = next((mapping[key] for key in keys if key in mapping), name)
        stages = self._stages[area.id].get(target)
        if stages is None:
            names = [*self._stages[area.id], *(key.rpartition(" / ")[2] for key in mapping)]
            known = [stage.name for stage in sorted(area.stages, key=lambda stage: stage.position)]
            defects.append(self._unknown("stage", name, target, names, practice_area=area.name, known_stages=known))
            return None
        if len(stages) > 1:
            names = [stage.name for stage in stages]
            defects.append(
                self._defect("mapping_ambiguous", "stage", value=name, practice_area=area.name, stages=names)
            )
            return None
        return stages[0]

    def _unknown(self, kind: str, name: str, target: str, names: Iterable[str], **facts: Any) -> Defect:
        mapped = target if target != name else None
        closest = closest_name(target, names)
        return self._defect(f"{kind}_unknown", kind, value=name, target=mapped, closest=closest, **facts)

    def _defect(self, code: str, field: str, **facts: Any) -> Defect:
        return defect(code, system=self._rules.case_system, field=field, **facts)


def closest_name(name: str, names: Iterable[str]) -> str | None:
    """The first of ``names`` that differs from ``name`` only in letter case or white space, else None."""
    plain = _plain(name)
    return next((other for other in names if other != name and _plain(other) == plain), None)


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def _given(name: str | None) -> str | None:
    return name if name and not name.isspace() else None


def _by_name(things: Iterable[_Named]) -> dict[str, list[_Named]]:
    """Each exact name to the things that bear it, those that show it before those that only map it."""
    named: dict[str, list[_Named]] = {}
    for thing in things:
        named.setdefault(thing.name, []).append(thing)
    for thing in things:
        for alias in thing.aliases:
            bearers = named.setdefault(alias, [])
            if thing not in bearers:
                bearers.append(thing)
    return named


def _by_email(users: Iterable[PortalUser]) -> Mapping[str, PortalUser]:
    """Users by plain e-mail; of several with one address, one that may still work goes before a removed one."""
    named: dict[str, PortalUser] = {}
    for user in sorted(users, key=lambda user: (user.status != "removed", user.role == "attorney")):
        named[user.email.strip().lower()] = user
    return named
