"""The Clio sandbox against the OpenAPI document Clio publishes: what it is asked, and what it answers.

Skipped where the document is not at hand (``CLIO_OPENAPI``).
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.clio.contract import Contract, document_path
from sandbox.seed import Trouble, World, WorldOptions
from sandbox.testing import SandboxServer
from tests.sandbox.clio_writing import SENT, STAFF, communication, put

pytestmark = pytest.mark.skipif(document_path() is None, reason="Clio's OpenAPI document is not available")

OPTIONS = WorldOptions(matters=450)
MATTER = 1_480_000_000
RELATED = MATTER + World(OPTIONS).firms[0].related_indices[0]
CLIENT = 5_530_000_000
PERSON = (
    "id,name,first_name,last_name,type,primary_email_address,primary_phone_number,"
    "phone_numbers{id,etag,name,number,primary},email_addresses{id,etag,name,address,primary}"
)
CASE = (
    "id,etag,number,display_number,custom_number,description,status,open_date,close_date,pending_date,created_at,"
    "updated_at,matter_stage_updated_at,billable,billing_method,matter_stage{id,name},practice_area{id,name},"
    "client{id,name,first_name,last_name,type,primary_email_address,primary_phone_number},"
    "responsible_attorney{id,name,email},responsible_staff{id,name,email},originating_attorney,user,relationships,"
    "custom_field_values{id,field_name,field_type,value,custom_field},folder,account_balances"
)


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer(OPTIONS, limits_on=False, check_openapi=True) as server:
        yield server


@pytest.fixture(scope="module")
def contract() -> Contract:
    loaded = Contract.load()
    assert loaded is not None
    return loaded


@pytest.fixture
def clio(running: SandboxServer) -> Iterator[httpx.Client]:
    running.clio.contract.violations.clear()
    connection = running.clio.connect("harrow-pike", running.url)
    headers = {"User-Agent": "casebridge/1.0", "Authorization": f"Bearer {connection['access_token']}"}
    with httpx.Client(base_url=connection["api_base"], headers=headers, verify=False) as client:
        yield client


def relative(answer: httpx.Response) -> str:
    address = urlsplit(str(answer.request.url))
    return f"{address.path.partition('/api/v4')[2]}?{address.query}"


def check(contract: Contract, answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    problems = contract.answer_problems(
        answer.request.method, relative(answer), status, answer.headers.get("content-type", ""), answer.content
    )
    assert problems == []
    return answer.json() if answer.content else None


READ = [
    f"/matters.json?order=id(asc)&limit=200&fields={CASE}",
    f"/matters.json?order=id(asc)&fields=id&ids[]={MATTER}&ids[]={MATTER + 1}",
    "/matters.json?fields=id&updated_since=2020-01-01T00:00:00Z&created_since=2019-01-01T00:00:00%2B00:00",
    "/matters.json?fields=id&open_date[]=>=2020-01-01&open_date[]=<2026-01-01&status=open,pending",
    "/matters.json?fields=id&responsible_attorney_id=null&limit=5",
    "/matters.json?fields=id&responsible_attorney_id=3300003&query=v.&billable=true",
    "/matters.json?offset=200",
    f"/matters/{MATTER}.json?fields={CASE}",
    f"/matters/{MATTER}",
    f"/matters/{MATTER}/client.json?fields={PERSON}",
    f"/matters/{MATTER}/contacts.json?fields={PERSON},is_client,relationship_name,relationship",
    f"/matters/{RELATED}/related_contacts.json?fields={PERSON},contact_id,is_matter_client",
    f"/contacts.json?order=id(asc)&fields={PERSON},is_client,date_of_birth,addresses,company&limit=200",
    f"/contacts.json?fields=id,phone_numbers{{number}}&ids[]={CLIENT}&type=Person&client_only=true",
    f"/contacts/{CLIENT}.json?fields={PERSON}",
    f"/contacts/{CLIENT}/phone_numbers.json?fields=id,etag,name,number,primary",
    f"/contacts/{CLIENT}/email_addresses.json?fields=id,etag,name,address,primary",
    "/users.json?fields=id,name,email,enabled,roles,subscription_type,time_zone,rate,account&limit=2000",
    "/users.json?enabled=true&role=admin&subscription_type=nonattorney",
    "/users/3300000.json?fields=id,name,groups",
    "/users/who_am_i.json?fields=id,name,email,account{id,name}",
    "/matter_stages.json?fields=id,etag,name,order,practice_area_id,created_at,updated_at",
    "/matter_stages.json?practice_area_id=7000000",
    "/practice_areas.json?fields=id,etag,code,name,category,created_at",
    "/practice_areas/7000000.json?fields=id,name",
    "/relationships.json?fields=id,description,contact{id,name},matter{id}&limit=10",
    "/relationships/42000000.json?fields=id,contact,matter",
]


@pytest.mark.parametrize("address", READ, ids=[address.partition("?")[0] + f" {n}" for n, address in enumerate(READ)])
def test_reads(running, contract, clio, address):
    body = check(contract, clio.get(address))
    assert body["data"]
    assert running.clio.contract.violations == []


def test_next_pages(running, contract, clio):
    body = check(contract, clio.get(f"/matters.json?order=id(asc)&limit=200&fields={CASE}"))
    while "next" in body["meta"]["paging"]:
        body = check(contract, clio.get(body["meta"]["paging"]["next"]))
    assert running.clio.contract.violations == []


def test_every_trouble_of_the_world_still_fits_the_document(running, contract, clio):
    wanted = {ids[0] for ids in running.world.troubles.values()}
    query = "&".join(f"ids[]={matter}" for matter in sorted(wanted))
    body = check(contract, clio.get(f"/matters.json?fields={CASE}&{query}"))
    assert len(body["data"]) == len(wanted) > len(Trouble) / 2


MESSAGE = (
    "id,etag,subject,body,type,date,received_at,time_entries_count,created_at,updated_at,user{id,name},matter{id},"
    "senders{id,etag,type,name,identifier,secondary_identifier,initials,enabled,created_at},receivers{id,type,name},"
    "external_properties{id,etag,name,value,created_at},notification_event_subscribers{id,user_id,name},"
    "documents{id,name},time_entries{id},communication_eml_file{id}"
)
VERSION = "latest_document_version{id,uuid,put_url,put_headers,fully_uploaded,size,version_number,creator,multiparts}"
FILE = (
    f"id,etag,name,type,filename,content_type,size,locked,received_at,deleted_at,created_at,updated_at,matter{{id}},"
    f"contact{{id}},parent{{id,name,root,type}},creator{{id,name,type}},document_category,group,"
    f"external_properties{{id,name,value}},{VERSION}"
)


def test_communications(running, contract, clio):
    posted = communication(type="PhoneCommunication", notification_event_subscribers=[{"user_id": str(STAFF)}])
    body = check(contract, clio.post(f"/communications.json?fields={MESSAGE}", json={"data": posted}), 201)["data"]
    address = f"/communications/{body['id']}.json?fields={MESSAGE}"
    changes = {"receivers": [{"id": STAFF, "type": "User", "_deleted": True}], "body": "more"}
    changes |= {"external_properties": [{"id": body["external_properties"][0]["id"], "_destroy": True}]}
    check(contract, clio.patch(address, json={"data": changes}))
    check(contract, clio.get(address))
    for query in (
        f"matter_id={MATTER}&contact_id={CLIENT}&user_id={STAFF}&type=PhoneCommunication&query=x",
        "matter_id=null&having_time_entries=false&date=2026-10-02&received_at=2026-10-02T14:05:00Z",
        "received_since=2026-10-02T14:05:00Z&received_before=2026-10-03T00:00:00Z&updated_since=2026-01-01T00:00:00Z",
        "external_property_name=case_status_message_id&external_property_value=msg_7781&ids[]=1&order=received_at(desc)",
        "order=id(asc)&limit=1",
    ):
        check(contract, clio.get(f"/communications.json?fields={MESSAGE}&{query}"))
    check(contract, clio.delete(f"/communications/{body['id']}.json"), 204)
    assert running.clio.contract.violations == []


@pytest.mark.parametrize("mark", [True, "true"])
def test_documents(running, contract, clio, mark):
    named = {"external_properties": [{"name": "case_status_file_id", "value": "file_33"}]}
    posted = SENT | named | {"received_at": "2026-10-02T14:05:00Z", "content_type": "image/jpeg"}
    body = check(contract, clio.post(f"/documents.json?fields={FILE}", json={"data": posted}), 201)["data"]
    assert put(body).status_code == 200
    address = f"/documents/{body['id']}.json?fields={FILE}"
    check(contract, clio.get(address))
    data = {"uuid": body["latest_document_version"]["uuid"], "fully_uploaded": mark}
    check(contract, clio.patch(address, json={"data": data}))
    moved = {"name": "new.jpg", "parent": {"id": CLIENT, "type": "Contact"}}
    folder = check(contract, clio.patch(address, json={"data": moved}))["data"]["parent"]["id"]
    for query in (
        f"contact_id={CLIENT}&query=new&locked=false&document_category_id=null",
        f"matter_id=null&parent_id={folder}&scope=descendants&include_deleted=true&show_uncompleted=true",
        "external_property_name=case_status_file_id&external_property_value=file_33&order=document_number(desc)",
    ):
        listed = check(contract, clio.get(f"/documents.json?fields={FILE}&{query}"))
        assert body["id"] in [record["id"] for record in listed["data"]]
    check(
        contract, clio.get(f"/documents/{body['id']}/versions.json?fields=id,put_url,put_headers&fully_uploaded=true")
    )
    assert clio.get(f"/documents/{body['id']}/download.json?document_version_id=7").status_code == 404
    assert clio.get(f"/documents/{body['id']}/download.json").status_code == 303
    check(contract, clio.delete(f"/documents/{body['id']}.json"), 204)
    check(contract, clio.patch(address, json={"data": {"restore": True}}))
    assert running.clio.contract.violations == []


def test_writes(running, contract, clio):
    person = {"type": "Person", "first_name": "Ada", "last_name": "Okafor"}
    person |= {"phone_numbers": [{"name": "Mobile", "number": "(312) 555-0142", "default_number": True}]}
    person |= {"email_addresses": [{"name": "Home", "address": "ada@mail.example"}]}
    contact = check(contract, clio.post(f"/contacts.json?fields={PERSON}", json={"data": person}), 201)["data"]
    matter = {"client": {"id": contact["id"]}, "description": "x", "status": "pending"}
    created = check(contract, clio.post(f"/matters.json?fields={CASE}", json={"data": matter}), 201)["data"]
    changes = {"status": "closed", "matter_stage": {"id": None}, "close_date": "2026-01-31"}
    check(contract, clio.patch(f"/matters/{created['id']}.json?fields={CASE}", json={"data": changes}))
    relation = {"matter": {"id": created["id"]}, "contact": {"id": CLIENT}, "description": "Spouse"}
    related = check(contract, clio.post("/relationships.json?fields=id", json={"data": relation}), 201)["data"]
    check(contract, clio.delete(f"/relationships/{related['id']}.json"), 204)
    area = {"name": "Tax", "category": "tax", "code": "T"}
    check(contract, clio.post("/practice_areas.json?fields=id,category", json={"data": area}), 201)
    assert running.clio.contract.violations == []


@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("GET", "/matters.json?fields=foo", None, 400),
        ("GET", "/matters/7.json", None, 404),
        ("POST", "/matters.json", {"data": {"client": {"id": 7}, "description": "x"}}, 422),
        ("PATCH", f"/matters/{MATTER}.json", {"data": {"matter_stage": {"id": 7}}}, 422),
        ("POST", "/communications.json", {"data": communication(matter={"id": 7})}, 422),
        ("POST", "/documents.json", {"data": SENT | {"parent": {"id": 7, "type": "Matter"}}}, 422),
        ("PATCH", "/documents/7.json", {"data": {"name": "x"}}, 404),
    ],
)
def test_refusals_fit_the_error_schema(contract, clio, method, address, body, status):
    check(contract, clio.request(method, address, json=body), status)


def test_rate_limit_and_stale_etag_fit_the_error_schema(running, contract, clio):
    stale = clio.patch(f"/matters/{MATTER}.json", json={"data": {}}, headers={"If-Match": '"x"'})
    check(contract, stale, 412)
    limit = running.controls.limit("clio")
    limit.on, limit.requests = True, 0
    try:
        check(contract, clio.get("/matters.json"), 429)
    finally:
        limit.on, limit.requests = False, 50


@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("GET", "/matters.json?limit=many", None, 400),
        ("GET", "/matters.json?ids[]=1&ids[]=x", None, 400),
        ("GET", "/matters.json?status=Open", None, 400),
        ("GET", "/contacts.json?order=email(asc)", None, 400),
        ("POST", "/matters.json", {"data": {"description": "no client"}}, 422),
        ("POST", "/contacts.json", {"data": {"type": "Robot", "name": "x"}}, 422),
        ("PATCH", f"/matters/{MATTER}.json", {"data": {"status": "Closed"}}, 422),
        ("GET", "/communications.json?order=subject(asc)", None, 400),
        ("POST", "/communications.json", {"data": communication(received_at=...)}, 422),
        ("POST", "/communications.json", {"data": communication(senders=[{"id": 1, "type": "Person"}])}, 422),
        ("POST", "/documents.json", {"data": {"name": "a.pdf"}}, 422),
        ("PATCH", "/documents/7.json", {"data": {"fully_uploaded": "yes"}}, 422),
    ],
)
def test_a_breach_of_the_document_is_refused_and_recorded(running, clio, method, address, body, status):
    assert clio.request(method, address, json=body).status_code == status
    recorded = httpx.get(running.url + "/__sandbox__/clio/violations").json()
    assert recorded["checked"] is True
    assert [(item["method"], "/" + item["path"]) for item in recorded["violations"]] == [
        (method, address.partition("?")[0])
    ]


def test_an_undeclared_parameter_is_ignored_as_clio_does_but_recorded(running, clio):
    assert clio.get("/matters.json?matter_stage_id=7&limit=1").status_code == 200
    problems = [item["problem"] for item in running.clio.contract.violations]
    assert problems == ["query parameter matter_stage_id is not in the document"]


@pytest.mark.parametrize(
    "data",
    [
        {"id": "not a number"},
        {"id": 1, "status": "open"},
        {"id": 1, "open_date": "31.01.2026"},
        {"id": 1, "client": [1]},
        {"id": 1, "client": {"id": 1, "type": "Robot"}},
    ],
)
def test_the_check_of_answers_can_fail(contract, data):
    body = httpx.Response(200, json={"data": data}).content
    assert contract.answer_problems("GET", f"/matters/{MATTER}.json", 200, "application/json; charset=utf-8", body)


def test_without_the_document_nothing_is_checked(monkeypatch, tmp_path):
    monkeypatch.setenv("CLIO_OPENAPI", str(tmp_path / "nothing.json"))
    assert Contract.load() is None
    with SandboxServer(WorldOptions(matters=3), check_openapi=True) as server:
        connection = server.clio.connect("harrow-pike", server.url)
        headers = {"User-Agent": "casebridge/1.0", "Authorization": f"Bearer {connection['access_token']}"}
        assert httpx.get(connection["api_base"] + "/matters.json?limit=1", headers=headers).status_code == 200
        assert httpx.get(server.url + "/__sandbox__/clio/violations").json() == {"checked": False, "violations": []}
