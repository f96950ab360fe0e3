import time
from dataclasses import asdict
from datetime import UTC, datetime

import phonenumbers
import pytest

from sandbox.seed import Shares, Trouble, World, WorldOptions
from sandbox.seeding import phones
from sandbox.seeding.troubles import PAIRED

NOW = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
DAY = 86_400


@pytest.fixture(scope="module")
def world() -> World:
    return World(WorldOptions(seed=11, matters=3000, firms=2), now=NOW)


def test_the_same_seed_gives_the_same_world_and_another_seed_another():
    def told(seed: int) -> list[object]:
        firm = World(WorldOptions(seed=seed, matters=60), now=NOW).firms[0]
        return [(firm.matter(index), firm.contact(index)) for index in range(60)]

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_a_record_does_not_depend_on_what_was_asked_before(world):
    again = World(world.options, now=NOW).firms[0]
    assert again.matter(2999) == world.firms[0].matter(2999)


def test_shares_are_exact_and_small_ones_occur_at_least_once(world):
    firm = world.firms[0]
    for trouble in Trouble:
        share = getattr(world.options.shares, trouble)
        assert len(firm.troubles[trouble]) == max(1, round(3000 * share)), trouble


def test_trouble_free_worlds_have_only_recent_changes():
    world = World(WorldOptions(matters=500, shares=Shares.trouble_free(0.2)), now=NOW)
    assert {kind for kind in Trouble if world.troubles[kind]} == {Trouble.RECENTLY_UPDATED}
    assert len(world.troubles[Trouble.RECENTLY_UPDATED]) == 100


def test_ids_differ_between_firms_and_between_kinds(world):
    one, two = world.firms
    assert not set(one.matter_ids) & set(two.matter_ids)
    assert not set(one.contact_ids) & set(one.matter_ids)
    assert {user.id for user in one.users}.isdisjoint(user.id for user in two.users)


def test_one_attorney_works_for_both_firms_under_one_email(world):
    first, second = ({user.email for user in firm.portal_users} for firm in world.firms)
    assert len(first & second) == 1


def test_every_trouble_shows_in_the_records(world):
    firm = world.firms[0]
    stages = {stage.id: stage for area in firm.practice_areas for stage in area.stages}
    areas = {area.id: area for area in firm.practice_areas}
    users = {user.id: user for user in firm.users}
    mapped = {name for area in firm.practice_areas for name in (s.name for s in area.stages if s.portal_name)}

    def labels(contact):
        return [phone.label for phone in contact.phones]

    shows = {
        Trouble.CLOSED: lambda m, _: m.status == "closed" and m.close_date,
        Trouble.PENDING: lambda m, _: m.status == "pending" and m.pending_date,
        Trouble.OLDER_THAN_TEN_YEARS: lambda m, _: m.created < NOW.timestamp() - 3652 * DAY,
        Trouble.RECENTLY_UPDATED: lambda m, _: m.updated > NOW.timestamp() - 30 * DAY,
        Trouble.NO_ATTORNEY: lambda m, _: m.attorney_id is None,
        Trouble.ATTORNEY_UNKNOWN: lambda m, _: users[m.attorney_id].portal_role is None,
        Trouble.ATTORNEY_IS_PARALEGAL: lambda m, _: users[m.attorney_id].portal_role == "paralegal",
        Trouble.ATTORNEY_REMOVED: lambda m, _: users[m.attorney_id].portal_status == "removed",
        Trouble.NO_PHONE: lambda _, c: c.phones == (),
        Trouble.INVALID_PHONE: lambda _, c: c.phones[0].number in phones.INVALID_NUMBERS,
        Trouble.LANDLINE_ONLY: lambda _, c: labels(c) == ["Home"] and "555" in c.phones[0].number,
        Trouble.HOME_THEN_MOBILE: lambda _, c: labels(c) == ["Home", "Mobile"] and c.phones[0].primary,
        Trouble.FAX_ONLY: lambda _, c: labels(c) == ["Fax"],
        Trouble.COMPANY_CLIENT: lambda _, c: c.company_name and c.first_name is c.last_name is None,
        Trouble.MISSING_LAST_NAME: lambda _, c: c.first_name and c.last_name is None,
        Trouble.PRACTICE_AREA_UNMAPPED: lambda m, _: areas[m.practice_area_id].portal_name is None,
        Trouble.STAGE_UNMAPPED: lambda m, _: stages[m.stage_id].name.lower() not in {n.lower() for n in mapped},
        Trouble.STAGE_LETTER_CASE: lambda m, _: (
            stages[m.stage_id].name not in mapped and stages[m.stage_id].name in {n.lower() for n in mapped}
        ),
        Trouble.NO_STAGE: lambda m, _: m.stage_id is None,
        Trouble.FORMULA_DESCRIPTION: lambda m, _: m.description[0] in "=+-@",
        Trouble.NULL_DESCRIPTION: lambda m, _: m.description is None,
        Trouble.UNKNOWN_PARALEGAL: lambda m, _: users[m.staff_id].portal_role is None,
        Trouble.SHARED_CLIENT: lambda m, c: c == firm.contact_of(firm.partner(m.id) - firm.first_matter_id),
        Trouble.SHARED_PHONE: lambda m, c: (
            mobile(c) == mobile(firm.contact_of(firm.partner(m.id) - firm.first_matter_id))
        ),
        Trouble.DUPLICATE_DISPLAY_NUMBER: lambda m, _: (
            m.display_number == firm.matter(firm.partner(m.id) - firm.first_matter_id).display_number
        ),
    }
    assert set(shows) == set(Trouble)
    for trouble, ids in firm.troubles.items():
        for matter_id in ids:
            index = matter_id - firm.first_matter_id
            assert shows[trouble](firm.matter(index), firm.contact_of(index)), (trouble, matter_id)


def mobile(contact) -> str:
    """The digits of the number that is not a landline."""
    digits = ["".join(filter(str.isdigit, phone.number))[-10:] for phone in contact.phones if "x" not in phone.number]
    return next(number for number in digits if not (number[3:8] == "55501" and 50 <= int(number[8:]) <= 59))


def test_untroubled_matters_are_acceptable_to_the_portal(world):
    firm = world.firms[0]
    mappings = {
        name: {text for stage in area.stages for text in (stage.display_name, *stage.integration_mappings)}
        for area in firm.portal_practice_areas
        for name in (area.display_name, *area.integration_mappings)
    }
    areas = {area.id: area.name for area in firm.practice_areas}
    stages = {stage.id: stage.name for area in firm.practice_areas for stage in area.stages}
    attorneys = {u.id for u in firm.portal_users if u.portal_role == "attorney" and u.portal_status != "removed"}
    numbers = set()
    for index in range(firm.size):
        if index in firm.assignment.trouble_of:
            continue
        matter, client = firm.matter(index), firm.contact_of(index)
        assert stages[matter.stage_id] in mappings[areas[matter.practice_area_id]]
        assert matter.attorney_id in attorneys
        assert client.first_name
        assert client.last_name
        numbers.add(mobile(client))
    assert len(numbers) == firm.size - len(firm.assignment.trouble_of)


def test_portal_practice_areas_have_two_to_twelve_stages(world):
    counts = {len(area.stages) for area in world.firms[0].portal_practice_areas}
    assert min(counts) == 2
    assert max(counts) == 12


def test_partners_of_paired_troubles_are_untroubled_and_earlier(world):
    firm = world.firms[0]
    for trouble in PAIRED:
        for matter_id in firm.troubles[trouble]:
            partner = firm.partner(matter_id)
            assert partner < matter_id
            assert partner - firm.first_matter_id not in firm.assignment.trouble_of


def test_mobile_numbers_are_valid_us_numbers():
    for person in (*range(0, 12_000, 37), *range(12_000, 400_000, 1_001)):
        number = phonenumbers.parse("+1" + phones.mobile(person))
        assert phonenumbers.is_valid_number(number), person
        assert phonenumbers.region_code_for_number(number) == "US"
        assert phonenumbers.number_type(number) in {0, 1, 2}


def test_no_two_of_a_hundred_thousand_people_share_a_number():
    assert len({phones.mobile(person) for person in range(100_000)}) == 100_000


def test_landlines_are_recognisable():
    assert all(50 <= int(phones.landline(person)[-2:]) <= 59 for person in range(3000))


def test_times_are_cheap_and_agree_with_the_records(world):
    firm = world.firms[1]
    for index in range(0, 3000, 131):
        matter = firm.matter(index)
        assert firm.times(index) == (matter.created, matter.updated)
        assert matter.created <= matter.stage_changed <= matter.updated < world.base.timestamp()
        contact = firm.contact(index)
        assert firm.contact_times(index) == (contact.created, contact.updated)


def test_a_hundred_thousand_matters_in_seconds():
    started = time.process_time()
    firm = World(WorldOptions(matters=100_000), now=NOW).firms[0]
    assert firm.matter(99_999).number == 100_000
    assert len(firm.troubles[Trouble.CLOSED]) == 8000
    assert time.process_time() - started < 5


def test_shares_are_adjustable():
    world = World(
        WorldOptions(matters=200, shares=Shares(**asdict(Shares.trouble_free()) | {"fax_only": 0.05})), now=NOW
    )
    assert len(world.troubles[Trouble.FAX_ONLY]) == 10
