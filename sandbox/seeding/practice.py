"""The practice areas and stages of a seeded firm, in the case system and in the portal."""

from sandbox.seeding.shapes import PortalPracticeAreaSeed, PortalStageSeed, PracticeAreaSeed, StageSeed

# (name in the case system, category, name in the portal, ((stage in the case system, stage in the portal), ...)).
# Several case-system stages may mean one portal stage; portal areas have 2 to 12 stages.
_PLANS: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Personal Injury",
        "personal_injury",
        "Personal Injury",
        (
            ("Intake", "Getting Started"),
            ("Signed Up", "Getting Started"),
            ("Treatment", "Treating"),
            ("Demand", "Demand Sent"),
            ("Negotiation", "Negotiation"),
            ("Litigation", "Litigation"),
            ("Settlement", "Settlement"),
        ),
    ),
    (
        "MVA",
        "insurance",
        "Auto Injury",
        (
            ("New File", "Welcome"),
            ("Investigation", "Investigating"),
            ("Property Damage", "Property Damage"),
            ("Treatment", "Treating"),
            ("Records Requested", "Collecting Records"),
            ("Records Received", "Reviewing Records"),
            ("Demand Drafting", "Preparing Demand"),
            ("Demand Sent", "Demand Sent"),
            ("Negotiation", "Negotiation"),
            ("Suit Filed", "Suit Filed"),
            ("Mediation", "Mediation"),
            ("Disbursement", "Disbursement"),
        ),
    ),
    (
        "Workers' Compensation",
        "workers_compensation",
        "Workers' Compensation",
        (
            ("Claim Opened", "Claim Opened"),
            ("Medical Review", "Medical Review"),
            ("Hearing Set", "Waiting for Hearing"),
            ("Decision", "Decision"),
        ),
    ),
    (
        "Immigration",
        "immigration",
        "Immigration",
        (
            ("Consultation", "Consultation"),
            ("Documents", "Gathering Documents"),
            ("Filed", "Petition Filed"),
            ("Biometrics", "Biometrics"),
            ("Interview", "Interview"),
            ("Approved", "Approved"),
        ),
    ),
    ("Estate Planning", "wills_and_estates", "Estate Planning", (("Drafting", "Drafting"), ("Signing", "Signing"))),
)
UNMAPPED_AREA = "Internal Administration"
UNMAPPED_STAGE = "Lien Resolution"
_UNMAPPED_STAGE_POSITION = 50
_LETTER_CASE_STAGE_POSITION = 51


def practice_areas(firm: int) -> tuple[PracticeAreaSeed, ...]:
    """The areas of firm number ``firm`` (from 0): the mapped ones first, the unmapped one last.

    Each mapped area ends with two troubled stages: one the portal does not know, and one that differs from its first
    stage in letter case only.
    """
    area_base, stage_base = 7_000_000 + firm * 100, 90_000_000 + firm * 1000
    areas = []
    for rank, (name, category, portal_name, plan) in enumerate(_PLANS):
        first = stage_base + rank * 100
        stages = [StageSeed(first + n, stage, n, portal) for n, (stage, portal) in enumerate(plan, start=1)]
        stages.append(StageSeed(first + _UNMAPPED_STAGE_POSITION, UNMAPPED_STAGE, len(plan) + 1, None))
        other_case = plan[0][0].lower()
        stages.append(StageSeed(first + _LETTER_CASE_STAGE_POSITION, other_case, len(plan) + 2, None))
        areas.append(PracticeAreaSeed(area_base + rank, name, category, portal_name, tuple(stages)))
    last = len(_PLANS)
    only_stage = StageSeed(stage_base + last * 100, "In Progress", 1, None)
    areas.append(PracticeAreaSeed(area_base + last, UNMAPPED_AREA, "administrative", None, (only_stage,)))
    return tuple(areas)


def portal_practice_areas(firm: int, areas: tuple[PracticeAreaSeed, ...]) -> tuple[PortalPracticeAreaSeed, ...]:
    """The same areas as the portal has them; a name that is the same on both sides needs no mapping."""
    portal = []
    for rank, area in enumerate(area for area in areas if area.portal_name):
        meanings: dict[str, list[str]] = {}
        for stage in area.stages:
            if stage.portal_name:
                meanings.setdefault(stage.portal_name, []).append(stage.name)
        area_id = 10 + firm * 20 + rank
        stages = tuple(
            PortalStageSeed(area_id * 20 + position, position, shown, _mappings(shown, names))
            for position, (shown, names) in enumerate(meanings.items(), start=1)
        )
        shown_area = area.portal_name or area.name
        portal.append(PortalPracticeAreaSeed(area_id, shown_area, _mappings(shown_area, [area.name]), stages))
    return tuple(portal)


def _mappings(shown: str, names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name != shown)
