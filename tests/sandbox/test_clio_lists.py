from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sandbox.clio.firm import ClioFirm
from sandbox.clio.listing import OFFSET_CEILING
from sandbox.seed import Trouble, WorldOptions
from sandbox.testing import SandboxServer

FIRM = "harrow-pike"


def walk(clio, address) -> list[list[int]]:
    """The ids of every page, following ``next`` until it is absent."""
    pages = []
    while address:
        answer = clio.get(address)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        pages.append([record["id"] for record in body["data"]])
        address = body["meta"]["paging"].get("next")
    return pages


def ids(clio, query, collection="matters") -> list[int]:
    return [record for page in walk(clio, f"/{collection}.json?{query}") for record in page]


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def firm(server):
    return server.world.firm(FIRM)


@pytest.fixture
def matters(firm):
    return list(firm.matters())


def test_cursor_pages_cover_everything_once_in_order(clio, firm):
    pages = walk(clio, "/matters.json?order=id(asc)&limit=100")
    assert [len(page) for page in pages] == [100, 100, 100, 100, 50]
    assert [record for page in pages for record in page] == list(firm.matter_ids)


def test_next_is_absolute_repeats_the_query_and_is_absent_at_the_end(clio, connection):
    query = "order=id(asc)&limit=449&fields=id,client{id}"
    first = clio.get(f"/matters.json?{query.replace('449', '200')}").json()
    address = first["meta"]["paging"]["next"]
    assert address.startswith(connection["api_base"] + "/matters.json?")
    repeated = dict(parse_qsl(urlsplit(address).query))
    assert set(repeated) == {"order", "limit", "fields", "page_token"}
    assert repeated["fields"] == "id,client{id}"
    assert "previous" not in first["meta"]["paging"]
    assert first["meta"]["records"] == 450


def test_previous_leads_back(clio):
    first = clio.get("/matters.json?order=id(asc)&limit=100").json()
    second = clio.get(first["meta"]["paging"]["next"]).json()
    third = clio.get(second["meta"]["paging"]["next"]).json()
    back = clio.get(third["meta"]["paging"]["previous"]).json()
    assert back["data"] == second["data"]
    assert back["meta"]["paging"].keys() == {"next", "previous"}
    assert clio.get(back["meta"]["paging"]["previous"]).json()["data"] == first["data"]


def test_a_cursor_survives_records_that_vanish_or_arrive(clio, firm):
    first = clio.get("/matters.json?order=id(asc)&limit=100").json()
    clio.delete(f"/matters/{firm.first_matter_id + 50}.json")
    clio.delete(f"/matters/{firm.first_matter_id + 150}.json")
    second = clio.get(first["meta"]["paging"]["next"]).json()
    assert second["data"][0]["id"] == firm.first_matter_id + 100
    assert len(second["data"]) == 100
    assert firm.first_matter_id + 150 not in [record["id"] for record in second["data"]]


@pytest.mark.parametrize("token", ["nonsense", "WzFd", "%25%25%25", "eyJhZnRlciI6IngifQ"])
def test_a_broken_page_token_is_refused(clio, token):
    assert clio.get(f"/matters.json?order=id(asc)&page_token={token}").status_code == 400


@pytest.mark.parametrize(("limit", "status"), [(1, 200), (200, 200), (201, 400), (0, 400), (-1, 400), ("many", 400)])
def test_limits_of_matters(clio, limit, status):
    assert clio.get(f"/matters.json?limit={limit}").status_code == status


def test_limits_of_users_are_wider(clio):
    assert clio.get("/users.json?limit=2000").status_code == 200
    assert clio.get("/users.json?limit=2001").status_code == 400


def test_two_hundred_is_the_default(clio):
    assert len(clio.get("/matters.json").json()["data"]) == 200


def test_offset_pages(clio, firm):
    answer = clio.get("/matters.json?limit=20&offset=440").json()
    assert [record["id"] for record in answer["data"]] == list(firm.matter_ids)[440:]
    assert "next" not in answer["meta"]["paging"]
    before = clio.get(answer["meta"]["paging"]["previous"]).json()
    assert [record["id"] for record in before["data"]] == list(firm.matter_ids)[420:440]


def test_any_order_pages_by_offset(clio, matters):
    expected = [matter.id for matter in sorted(matters, key=lambda m: (m.display_number, m.id))]
    assert ids(clio, "order=display_number(asc)&limit=70") == expected
    assert ids(clio, "order=display_number(desc)&limit=70") == expected[::-1]


def test_records_without_a_value_come_last_in_ascending_order(clio, matters):
    listed = ids(clio, "order=close_date(asc)&limit=200")
    closed = [matter.id for matter in sorted(matters, key=lambda m: (str(m.close_date), m.id)) if matter.close_date]
    assert listed[: len(closed)] == closed


@pytest.mark.parametrize("order", ["client.name(asc)", "matter_stage.name(desc)", "responsible_attorney.name(asc)"])
def test_orders_by_linked_names_cover_everything(clio, firm, order):
    assert sorted(ids(clio, f"order={order}&limit=200")) == list(firm.matter_ids)


@pytest.mark.parametrize("order", ["nonsense(asc)", "id", "id(up)", "email(asc)"])
def test_an_unknown_order_is_400(clio, order):
    assert clio.get(f"/matters.json?order={order}").status_code == 400


def test_offset_paging_ends_at_ten_thousand_and_cursors_do_not():
    with SandboxServer(WorldOptions(matters=OFFSET_CEILING + 450), limits_on=False) as server:
        connection = server.clio.connect(FIRM, server.url)
        headers = {"User-Agent": "casebridge/1.0", "Authorization": f"Bearer {connection['access_token']}"}
        with httpx.Client(base_url=connection["api_base"], headers=headers) as clio:
            assert sum(map(len, walk(clio, "/matters.json?order=id(desc)"))) == OFFSET_CEILING
            assert sum(map(len, walk(clio, "/matters.json"))) == OFFSET_CEILING
            assert sum(map(len, walk(clio, "/matters.json?order=id(asc)"))) == OFFSET_CEILING + 450
            assert clio.get(f"/matters.json?offset={OFFSET_CEILING - 1}").status_code == 200
            assert clio.get(f"/matters.json?offset={OFFSET_CEILING}").status_code == 400


def test_unknown_parameters_are_ignored_silently(clio):
    assert len(ids(clio, "order=id(asc)&matter[id]=1&matter_stage_id=7&stauts=open")) == 450


@pytest.mark.parametrize("status", ["open", "closed", "pending", "open,pending"])
def test_status_goes_in_lower_case(clio, matters, status):
    expected = [matter.id for matter in matters if matter.status in status.split(",")]
    assert ids(clio, f"order=id(asc)&limit=7&status={status}") == expected


def test_a_filtered_list_tells_its_total_on_every_page(clio, firm):
    answer = clio.get("/matters.json?order=id(asc)&limit=10&status=closed").json()
    total = len(firm.troubles[Trouble.CLOSED])
    assert answer["meta"]["records"] == total
    assert clio.get(answer["meta"]["paging"]["next"]).json()["meta"]["records"] == total


@pytest.mark.parametrize(
    "query",
    [
        "status=Open",
        "status=open,nonsense",
        "updated_since=yesterday",
        "client_id=x",
        "open_date[]=2020-01-01",
        "open_date[]=>=someday",
        "billable=maybe",
        "ids[]=x",
    ],
)
def test_bad_filter_values_are_400(clio, query):
    refused = clio.get(f"/matters.json?{query}")
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "ArgumentError"


def test_updated_since_is_strictly_after(clio, matters):
    edge = sorted(matter.updated for matter in matters)[-10]
    assert ids(clio, f"order=id(asc)&limit=4&updated_since={iso(edge)}") == [m.id for m in matters if m.updated > edge]
    assert ids(clio, f"order=id(asc)&updated_since={iso(edge - 1)}") == [m.id for m in matters if m.updated >= edge]


def test_created_since_is_strictly_after(clio, matters):
    edge = sorted(matter.created for matter in matters)[-40]
    assert ids(clio, f"order=id(asc)&created_since={iso(edge)}") == [m.id for m in matters if m.created > edge]


def test_instants_take_any_offset(clio, matters):
    moment = datetime.fromtimestamp(sorted(matter.updated for matter in matters)[-10], UTC)
    shifted = (moment + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S%%2B02:00")
    assert len(ids(clio, f"order=id(asc)&updated_since={shifted}")) == 9


def test_updated_since_with_another_filter(clio, matters, server):
    since = (server.world.base - timedelta(days=30)).timestamp()
    expected = [m.id for m in matters if m.updated > since and m.status == "open"]
    assert ids(clio, f"order=id(asc)&limit=10&status=open&updated_since={iso(since)}") == expected


def test_ids_are_found_and_unknown_ones_absent(clio, firm):
    wanted = [firm.first_matter_id + 9, firm.first_matter_id + 2, 7]
    query = "&".join(f"ids[]={matter}" for matter in wanted)
    assert ids(clio, f"order=id(asc)&{query}") == sorted(wanted[:2])
    assert ids(clio, "order=id(asc)&ids[]=7") == []


@pytest.mark.parametrize(
    ("symbol", "keep"),
    [(">=", lambda d, x: d >= x), (">", lambda d, x: d > x), ("=", lambda d, x: d == x), ("<=", lambda d, x: d <= x)],
)
def test_date_operators(clio, matters, symbol, keep):
    day = sorted(matter.open_date for matter in matters)[225]
    expected = [matter.id for matter in matters if keep(matter.open_date, day)]
    assert ids(clio, f"order=id(asc)&open_date[]={symbol}{day}") == expected
    assert ids(clio, f"order=id(asc)&open_date={symbol}{day}") == expected


def test_several_date_conditions_are_anded(clio, matters):
    days = sorted(matter.open_date for matter in matters)
    low, high = days[100], days[200]
    expected = [matter.id for matter in matters if low <= matter.open_date < high]
    assert ids(clio, f"order=id(asc)&open_date[]=>={low}&open_date[]=<{high}") == expected


def test_filters_by_link_and_the_word_null(clio, matters, firm):
    attorney = firm.staff.attorneys[3].id
    by_attorney = [matter.id for matter in matters if matter.attorney_id == attorney]
    assert ids(clio, f"order=id(asc)&responsible_attorney_id={attorney}") == by_attorney
    without = [matter.id for matter in matters if matter.attorney_id is None]
    assert without
    assert ids(clio, "order=id(asc)&responsible_attorney_id=null") == without
    area = firm.practice_areas[1].id
    assert ids(clio, f"order=id(asc)&practice_area_id={area}") == [m.id for m in matters if m.practice_area_id == area]
    client = matters[5].client_id
    assert ids(clio, f"order=id(asc)&client_id={client}") == [m.id for m in matters if m.client_id == client]
    assert clio.get("/matters.json?client_id=null").status_code == 400


def test_query_finds_numbers_and_client_names(clio, matters, firm):
    matter = matters[42]
    assert matter.id in ids(clio, f"order=id(asc)&query={matter.display_number}")
    client = firm.contact_of(42)
    assert matter.id in ids(clio, f"order=id(asc)&query={client.name.lower()}")
    assert ids(clio, "order=id(asc)&query=no-such-word") == []


def test_custom_field_values_filter_and_choice(clio, matters):
    listed = clio.get("/matters.json?fields=id,custom_field_values{id,field_name,value,custom_field}&limit=3").json()
    value = listed["data"][0]["custom_field_values"][0]
    field = value["custom_field"]["id"]
    assert value["id"].startswith("date-")
    assert value["field_name"] == "Incident Date"
    after = ids(clio, f"order=id(asc)&custom_field_values[{field}]=>={value['value']}")
    assert after == [m.id for m in matters if m.number % 2 and m.open_date.isoformat() >= value["value"]]
    chosen = clio.get(f"/matters.json?fields=custom_field_values{{value}}&limit=1&custom_field_ids[]={field + 1}")
    assert chosen.json()["data"] == [{"custom_field_values": []}]
    assert clio.get("/matters.json?custom_field_values[1]=x").status_code == 400


def test_contact_filters(clio, firm):
    seeds = [firm.contact(index) for index in range(len(firm.contact_ids))]

    def contacts(query):
        return ids(clio, f"order=id(asc)&{query}", "contacts")

    assert contacts("type=Company") == [seed.id for seed in seeds if seed.company_name]
    assert contacts("client_only=true") == [seed.id for seed in seeds if seed.is_client]
    assert contacts("email_only=true") == [seed.id for seed in seeds if seed.email]
    assert contacts("client_only=false") == [seed.id for seed in seeds]
    assert contacts("initial=O") == [seed.id for seed in seeds if (seed.last_name or seed.name).startswith("O")]
    some = "&".join(f"exclude_ids[]={seed.id}" for seed in seeds[2:])
    assert contacts(some) == [seed.id for seed in seeds[:2]]
    assert clio.get("/contacts.json?type=person").status_code == 400


def test_user_filters(clio, firm):
    def users(query):
        return ids(clio, query, "users")

    assert users("subscription_type=attorney") == [user.id for user in firm.users if user.attorney]
    assert users("enabled=false") == [firm.staff.removed_attorney.id]
    assert users("role=admin") == [firm.staff.admin.id]
    assert users(f"name={firm.staff.admin.name}") == [firm.staff.admin.id]
    assert users("pending_setup=true") == []


def test_stage_practice_area_and_relationship_filters(clio, firm):
    area = firm.practice_areas[0]
    assert ids(clio, f"practice_area_id={area.id}", "matter_stages") == [stage.id for stage in area.stages]
    assert ids(clio, f"name={area.name}", "practice_areas") == [area.id]
    matter = firm.matter(firm.related_indices[0])
    assert ids(clio, f"matter_id={matter.id}", "practice_areas") == [matter.practice_area_id]
    assert len(ids(clio, f"matter_id={matter.id}", "relationships")) == 1
    assert ids(clio, f"contact_id={matter.related_contact_id}", "relationships") == ids(
        clio, f"matter_id={matter.id}", "relationships"
    )


def test_the_index_by_change_follows_writes(server, clio):
    firm: ClioFirm = server.clio.firms[FIRM]
    first = firm.seed.first_matter_id
    since = iso(server.controls.clock.timestamp() - 1)
    assert ids(clio, f"order=id(asc)&updated_since={since}") == []
    clio.patch(f"/matters/{first + 3}.json", json={"data": {"description": "changed"}})
    firm.update_matter(first + 8, at=server.controls.clock.timestamp(), description="changed too")
    clio.patch(f"/matters/{first + 3}.json", json={"data": {"description": "changed again"}})
    assert ids(clio, f"order=id(asc)&updated_since={since}") == [first + 3, first + 8]
    clio.delete(f"/matters/{first + 3}.json")
    assert ids(clio, f"order=id(asc)&updated_since={since}") == [first + 8]
