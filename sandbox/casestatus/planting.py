"""What stands in the portal at the start: the world's firms, and two small firms that show every special case."""

from typing import Final

from sandbox.casestatus.firm import Firm, FirmSettings
from sandbox.casestatus.lifecycle import activate, close, hold
from sandbox.casestatus.records import Case, PracticeArea, Stage, User
from sandbox.casestatus.schema import case_fields
from sandbox.casestatus.state import Portal
from sandbox.casestatus.writing import Writer
from sandbox.seed import Firm as FirmSeed
from sandbox.seed import World
from sandbox.seeding.shapes import PortalPracticeAreaSeed

FIRST_FIRM_ID: Final = 41
FIXTURE_FIRM_IDS: Final = (9001, 9002)
SHARED_ATTORNEY: Final = "of.counsel@fixture.example"


def api_key(slug: str) -> str:
    """The key of a seeded firm."""
    return f"csk-{slug}"


def plant_world(portal: Portal, world: World) -> None:
    """Every firm of the world with its users, practice areas and a key, without cases."""
    for seed in world.firms:
        firm = _firm(portal, FIRST_FIRM_ID + seed.rank, seed.slug, seed.name, seed.time_zone)
        _people(portal, firm, seed)
        for area in seed.portal_practice_areas:
            firm.keep_practice_area(_area(area))


def plant_fixtures(portal: Portal) -> None:
    """The two firms of section 6.9: the special cases a hub must cope with, ready made."""
    for identity, slug in zip(FIXTURE_FIRM_IDS, ("fixture-one", "fixture-two"), strict=True):
        firm = _firm(portal, identity, slug, slug.replace("-", " ").title(), "America/Denver")
        _fixture_people(portal, firm, slug)
        _fixture_areas(portal, firm)
    _fixture_cases(portal, portal.firms[FIXTURE_FIRM_IDS[0]])


def _firm(portal: Portal, identity: int, slug: str, name: str, time_zone: str) -> Firm:
    firm = portal.add_firm(FirmSettings(identity, name, time_zone, slug=slug))
    portal.add_key(firm, api_key(slug))
    return firm


def _people(portal: Portal, firm: Firm, seed: FirmSeed) -> None:
    for person in seed.portal_users:
        firm.keep_user(
            User(
                portal.next_id(),
                person.first_name,
                person.last_name,
                person.email,
                person.portal_role or "support",
                person.portal_status,
                client_facing_email=person.email,
                job_title=person.job_title or None,
            )
        )


def _area(seed: PortalPracticeAreaSeed) -> PracticeArea:
    stages = [
        Stage(stage.id, stage.position, stage.display_name, None, tuple(stage.integration_mappings))
        for stage in seed.stages
    ]
    return PracticeArea(seed.id, seed.display_name, stages, tuple(seed.integration_mappings))


def _fixture_people(portal: Portal, firm: Firm, slug: str) -> None:
    people = (
        ("Olive", "Counsel", SHARED_ATTORNEY, "attorney", "active"),
        ("Ina", "Invited", f"invited@{slug}.example", "attorney", "invited"),
        ("Remy", "Removed", f"removed@{slug}.example", "attorney", "removed"),
        ("Petra", "Legal", f"paralegal@{slug}.example", "paralegal", "active"),
        ("Casey", "Manager", f"manager@{slug}.example", "case_manager", "active"),
    )
    for first, last, email, role, status in people:
        firm.keep_user(User(portal.next_id(), first, last, email, role, status))


def _fixture_areas(portal: Portal, firm: Firm) -> None:
    """One area of two stages, one of twelve, and mappings that differ only in letter case."""
    two = [("Drafting", ("Draft",)), ("Signing", ("draft",))]
    twelve = [(f"Step {number}", (f"Phase {number}",)) for number in range(1, 13)]
    for name, mappings, plan in (("Estate Planning", ("Estates",), two), ("Auto Injury", ("MVA", "mva"), twelve)):
        stages = [
            Stage(portal.next_id(), position, shown, None, names)
            for position, (shown, names) in enumerate(plan, start=1)
        ]
        firm.keep_practice_area(PracticeArea(portal.next_id(), name, stages, mappings))


def _fixture_cases(portal: Portal, firm: Firm) -> None:
    """Two clients on a case, one client on two cases, and a case in each state."""
    della = ("c-1", "Della", "Vance", "(303) 555-0112")
    marco = ("c-2", "Marco", "Vance", "(303) 555-0113")
    _fixture_case(portal, firm, "F-1", [della, marco])
    _fixture_case(portal, firm, "F-2", [della])
    active = _fixture_case(portal, firm, "F-3", [("c-3", "Yara", "Solberg", "(303) 555-0114")])
    held = _fixture_case(portal, firm, "F-4", [("c-4", "Hugo", "Marlowe", "(303) 555-0115")])
    closed = _fixture_case(portal, firm, "F-5", [("c-5", "Edith", "Crane", "(303) 555-0116")])
    now = portal.now()
    for case in (active, held, closed):
        activate(firm, case, now, None)
    hold(held)
    close(firm, closed, now, notify=False)
    for case in (active, held, closed):
        firm.touch(case)
    firm.notices.clear()


def _fixture_case(portal: Portal, firm: Firm, name: str, clients: list[tuple[str, str, str, str]]) -> Case:
    body = {
        "readable_id": name,
        "practice_area": "Auto Injury",
        "stage": "Step 1",
        "attorney_email": SHARED_ATTORNEY,
        "clients": [
            {"external_id": key, "first_name": first, "last_name": last, "cell_phone": number}
            for key, first, last, number in clients
        ],
    }
    writer = Writer(firm, portal.now(), portal.next_id)
    return writer.upsert("clio", f"fixture-{name.lower()}", case_fields(body)).case
