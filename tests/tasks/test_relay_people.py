"""Whose case something belongs to and who its people are: from the ledger first, asked of nobody twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from connectors.errors import NotFound, Unavailable
from domain.case import StaffMember
from domain.portal import PortalCase, PortalClient
from domain.relay import Correspondent, PartyKind, PortalPlace
from ledger import Ledger
from tasks.relay.courier import Held
from tasks.relay.people import FoundCase, Whereabouts
from tests.blocks import samples
from tests.ledger.samples import case, portal_case

CASE, PORTAL_CASE = case(1), portal_case(1)
ID = CASE.integration_id
PLACE = PortalPlace(PORTAL_CASE.id, ID, "00001-Vance", "clio")
ADA = PortalClient(id=3001, external_id="553001", first_name="Ada", last_name="Okafor")
LLC = PortalClient(id=3002, external_id="553002", company_name="Okafor LLC", first_name="Ada", last_name="Okafor")
BY_HAND = PortalClient(id=3003, external_id=None, first_name="Kim", last_name=None)
USERS = [
    StaffMember("9", "Gone Since", "Gone.Since@larkfirm.example"),
    StaffMember("u1", "T. Ibarra of the list", "t.ibarra@larkfirm.example"),
    StaffMember("8", "No Address", None),
]


class Systems:
    """Portal and case system at once; counts what it is asked."""

    def __init__(self, *cases: PortalCase) -> None:
        self.cases = {one.id: one for one in cases}
        self.asked: Counter[str] = Counter()
        self.down = False

    async def case(self, case_id: int) -> PortalCase:
        self.asked["case"] += 1
        if self.down:
            raise Unavailable("Case Status does not answer.")
        if case_id not in self.cases:
            raise NotFound("No such case.")
        return self.cases[case_id]

    async def staff(self) -> Sequence[StaffMember]:
        self.asked["staff"] += 1
        return USERS


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


def link(ledger: Ledger, source: Any = CASE, portal: Any = PORTAL_CASE) -> None:
    """As a nightly run leaves it."""
    lease = ledger.leases.acquire("cases:harrow-pike", "test", 600)
    run = ledger.runs.start(lease, firm="harrow-pike", kind="nightly_case_sync", trigger="nightly", system="clio")
    if source is not None:
        ledger.links.stage_source(lease, run.id, "harrow-pike", [source], cursor=None, done=True)
    if portal is not None:
        ledger.links.stage_portal(lease, run.id, "harrow-pike", [portal], cursor=None, done=True)


def whereabouts(ledger: Ledger, systems: Systems) -> Whereabouts:
    return Whereabouts(samples.firm(), ledger, cast("Any", systems), cast("Any", systems))


async def test_a_linked_case_is_found_without_asking_anybody(ledger: Ledger) -> None:
    link(ledger)
    systems = Systems()
    found = await whereabouts(ledger, systems).case(PLACE)
    assert found == FoundCase(ID, CASE, PORTAL_CASE)
    assert not systems.asked


async def test_one_that_the_ledger_has_never_seen_is_found_by_what_the_portal_says(ledger: Ledger) -> None:
    systems = Systems()
    assert await whereabouts(ledger, systems).case(PLACE) == FoundCase(ID, None, None)
    assert not systems.asked


async def test_one_that_was_linked_since_is_asked_for_once(ledger: Ledger) -> None:
    link(ledger)
    systems = Systems(PORTAL_CASE)
    finder = whereabouts(ledger, systems)
    for _ in range(3):
        assert (await finder.case(replace(PLACE, integration_id=None, source=None))).integration_id == ID
    assert systems.asked == {"case": 1}


@pytest.mark.parametrize("integration_id", [None, ""])
async def test_one_without_a_link_is_held_for_the_firm(ledger: Ledger, integration_id: str | None) -> None:
    systems = Systems(replace(PORTAL_CASE, integration_id=None))
    for portal in (systems, Systems()):
        with pytest.raises(Held, match="00001-Vance in Case Status is linked to no case in Clio") as held:
            await whereabouts(ledger, portal).case(replace(PLACE, integration_id=integration_id))
        assert held.value.code == "case_not_linked"


async def test_one_of_another_system_is_held(ledger: Ledger) -> None:
    with pytest.raises(Held, match="belongs to casepeer, not to Clio"):
        await whereabouts(ledger, Systems()).case(replace(PLACE, source="casepeer"))
    portal = Systems(replace(PORTAL_CASE, source="casepeer"))
    with pytest.raises(Held, match="belongs to casepeer"):
        await whereabouts(ledger, portal).case(replace(PLACE, integration_id=None, source=None))


NO_CASE = [
    "fixture-f-1",
    "https://app.clio.com/nc/#/contacts/7",
    "https://[app.clio.com/nc/#/matters/7",
    f"https://app.clio.com/nc/#/matters/{'9' * 30}",
    "9" * 30,
    "٣",
    "-1",
]


@pytest.mark.parametrize("integration_id", NO_CASE)
async def test_an_id_that_names_no_case_is_held(ledger: Ledger, integration_id: str) -> None:
    with pytest.raises(Held, match="names no case") as held:
        await whereabouts(ledger, Systems()).case(replace(PLACE, integration_id=integration_id))
    assert held.value.code == "case_not_linked"


async def test_an_address_is_as_good_as_an_id(ledger: Ledger) -> None:
    link(ledger)
    address = f"https://app.clio.com/nc/#/matters/{ID}"
    assert (await whereabouts(ledger, Systems()).case(replace(PLACE, integration_id=address))).source == CASE


async def test_another_portal_case_under_the_same_id_is_not_the_linked_one(ledger: Ledger) -> None:
    link(ledger)
    found = await whereabouts(ledger, Systems()).case(replace(PLACE, case_id=7))
    assert (found.source, found.portal) == (CASE, None)


async def test_a_portal_that_does_not_answer_is_no_missing_link(ledger: Ledger) -> None:
    systems = Systems()
    systems.down = True
    finder = whereabouts(ledger, systems)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await finder.case(replace(PLACE, integration_id=None))
    assert systems.asked == {"case": 2}, "what failed is not kept"


def on_portal(*clients: PortalClient) -> PortalCase:
    return replace(PORTAL_CASE, clients=clients, attorney_email="T.IBARRA@larkfirm.example")


async def test_people_of_a_known_case_cost_nothing(ledger: Ledger) -> None:
    systems = Systems()
    found = FoundCase(ID, CASE, on_portal(ADA, LLC, BY_HAND))
    people = await whereabouts(ledger, systems).people(PLACE, found, {3001}, {"J.OSEI@larkfirm.example"})
    assert people.clients == {
        3001: Correspondent(PartyKind.CLIENT, "553001", "Ada Okafor"),
        3002: Correspondent(PartyKind.CLIENT, "553002", "Okafor LLC"),
    }
    assert people.client_names == {3001: "Ada Okafor", 3002: "Okafor LLC", 3003: "Kim"}
    assert people.staff["j.osei@larkfirm.example"].external_id == "u2"
    assert people.attorney == Correspondent(PartyKind.STAFF, "u1", "T. Ibarra")
    assert not systems.asked


async def test_a_client_who_came_since_is_looked_for_in_the_portal_once(ledger: Ledger) -> None:
    systems = Systems(on_portal(ADA, LLC))
    finder, found = whereabouts(ledger, systems), FoundCase(ID, CASE, on_portal(ADA))
    for _ in range(2):
        assert 3002 in (await finder.people(PLACE, found, {3001, 3002}, set())).clients
    assert systems.asked == {"case": 1}


async def test_a_case_that_is_gone_from_the_portal_leaves_what_was_known(ledger: Ledger) -> None:
    people = await whereabouts(ledger, Systems()).people(PLACE, FoundCase(ID, CASE, on_portal(ADA)), {7}, set())
    assert set(people.clients) == {3001}
    nobody = await whereabouts(ledger, Systems()).people(PLACE, FoundCase(ID, None, None), {7}, set())
    assert (nobody.clients, nobody.client_names, nobody.attorney) == ({}, {}, None)


async def test_staff_who_are_not_on_the_case_are_looked_for_among_all_once(ledger: Ledger) -> None:
    systems = Systems()
    finder, found = whereabouts(ledger, systems), FoundCase(ID, CASE, on_portal(ADA))
    for email in ("gone.since@larkfirm.example", "GONE.SINCE@larkfirm.example", "nobody@larkfirm.example"):
        staff = (await finder.people(PLACE, found, set(), {email})).staff
        assert staff["gone.since@larkfirm.example"].external_id == "9"
        assert staff["t.ibarra@larkfirm.example"].name == "T. Ibarra", "who is on the case goes before"
        assert "" not in staff
    assert systems.asked == {"staff": 1}


async def test_nobody_looks_for_somebody_without_an_address(ledger: Ledger) -> None:
    systems = Systems()
    await whereabouts(ledger, systems).people(PLACE, FoundCase(ID, CASE, on_portal(ADA)), set(), {""})
    assert not systems.asked


async def test_without_the_case_the_portals_attorney_is_looked_up_by_e_mail(ledger: Ledger) -> None:
    systems = Systems()
    people = await whereabouts(ledger, systems).people(PLACE, FoundCase(ID, None, on_portal(ADA)), set(), set())
    assert people.attorney == Correspondent(PartyKind.STAFF, "u1", "T. Ibarra of the list")
    stranger = replace(on_portal(ADA), attorney_email="nobody@larkfirm.example")
    assert (
        await whereabouts(ledger, systems).people(PLACE, FoundCase(ID, None, stranger), set(), set())
    ).attorney is None
