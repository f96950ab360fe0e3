"""Whether portal, case system and ledger tell the same, by rules written down a second time, plainly."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from connectors.casestatus import wire
from domain.portal import PortalCase
from sandbox.casestatus.rendering import case_json
from tests.flows.office import Office


def portal_cases(office: Office) -> list[dict[str, Any]]:
    """All cases of the firm that came from Clio, as the portal shows them."""
    kept = [case for case in list(office.portal.cases) if case.integration_id is not None and case.deleted_at is None]
    return [case_json(case) for case in kept]


def assert_in_step(office: Office, matters: Iterable[int]) -> None:
    """Each of ``matters`` is in the portal once, as Clio has it, and the ledger knows it so; nothing else is there."""
    cases = portal_cases(office)
    wanted = {str(matter): as_clio_has_it(office, matter) for matter in matters}
    assert Counter(case["integration_id"] for case in cases) == Counter(list(wanted))
    shown = {case["integration_id"]: as_portal_shows_it(case) for case in cases}
    different = {key: (wanted[key], shown[key]) for key in wanted if wanted[key] != shown[key]}
    assert not different, f"{len(different)} cases differ, such as {next(iter(different.items()))}"
    known = as_ledger_knows_them(office)
    for case in cases:
        assert known.pop(case["integration_id"]) == wire.case_from(case)
    assert not known


def as_clio_has_it(office: Office, matter_id: int) -> dict[str, Any]:
    """The facts of a matter, in the portal's names."""
    clio = office.clio
    matter = clio.matters.get(matter_id)
    client = clio.contacts.get(matter["client_id"])
    area = next(area for area in office.seed.practice_areas if area.id == matter["_practice_area"])
    stage = next(stage for stage in area.stages if stage.id == matter["_matter_stage"])
    attorney = next(user for user in office.seed.users if user.id == matter["_responsible_attorney"])
    phones = client["_phone_numbers"]
    mobile = next((phone for phone in phones if phone["name"] == "Mobile"), phones[0])
    return {
        "readable_id": matter["display_number"],
        "description": matter["description"],
        "practice_area": area.portal_name,
        "stage": stage.portal_name,
        "closed": matter["status"] == "Closed",
        "attorney": attorney.email.lower(),
        "client": (client["first_name"], client["last_name"]),
        "cell_phone": _ten_digits(mobile["number"]),
    }


def as_portal_shows_it(case: dict[str, Any]) -> dict[str, Any]:
    """The same facts of a case in the portal."""
    [client] = case["clients"]
    return {
        "readable_id": case["readable_id"],
        "description": case["description"],
        "practice_area": case["practice_area"]["display_name"],
        "stage": case["stage"]["display_name"],
        "closed": case["state"] == "closed",
        "attorney": case["attorney"]["email"].lower(),
        "client": (client["first_name"], client["last_name"]),
        "cell_phone": _ten_digits(client["cell_phone"]),
    }


def as_ledger_knows_them(office: Office) -> dict[str, PortalCase]:
    """The portal's side of every link that has one."""
    links, [run] = office.ledger.links, office.ledger.runs.recent(office.slug, 1)
    pages = links.pages(office.slug, run.id, select=links.linked_ids(office.slug))
    return {link.integration_id: link.portal for page in pages for link in page if link.portal}


def _ten_digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))[-10:]
