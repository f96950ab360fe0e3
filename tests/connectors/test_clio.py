"""Clio over a real socket against the sandbox, and by scripted answers where the sandbox cannot go."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from connectors.clio import ClioClient, Region
from connectors.errors import LogInAgain, Misconfigured, NotFound, NotPermitted, UnexpectedAnswer, WrongReference
from connectors.ports import CaseSystem, Scope
from domain.case import CaseState, Phone
from sandbox.faults import FaultKind, FaultRule
from tests.connectors.clients import clio_client
from tests.connectors.fakes import json_answer, shared
from tests.connectors.samples import CONTACT, MATTER


async def pages(client, scope=None, **options):
    return [page async for page in client.cases(scope or Scope(), **options)]


async def test_every_matter_comes_once_with_its_client_by_two_requests_a_page(server, clio):
    read = await pages(clio)
    cases = [case for page in read for case in page.cases]
    assert [len(page.cases) for page in read] == [200, 200, 50]
    assert len({case.integration_id for case in cases}) == 450
    assert read[-1].cursor is None
    assert read[0].total == 450
    assert all(case.clients for case in cases if not case.redacted)
    assert any(client.phones for case in cases for client in case.clients)
    assert clio.counts.requests["Clio", "GET /matters.json", 200] == 3
    assert clio.counts.requests["Clio", "GET /contacts.json", 200] == 3
    assert clio.counts.total == 6


async def test_known_clients_are_not_asked_for_again(clio):
    first = await pages(clio)
    known = {client.external_id: client for page in first for case in page.cases for client in case.clients}
    asked = clio.counts.requests["Clio", "GET /contacts.json", 200]

    async def remembered(versions):
        return {name: known[name] for name, version in versions.items() if known[name].version == version}

    again = await pages(clio, known_clients=remembered)
    assert [page.cases for page in again] == [page.cases for page in first]
    assert clio.counts.requests["Clio", "GET /contacts.json", 200] == asked


async def test_a_cursor_resumes_after_its_page(clio):
    read = await pages(clio)
    rest = await pages(clio, cursor=read[0].cursor)
    assert [page.cases for page in rest] == [page.cases for page in read[1:]]


async def test_by_ids_gone_ones_are_simply_absent(clio):
    some = [case.integration_id for case in (await pages(clio))[1].cases][:150]
    read = await pages(clio, Scope(ids=[*some, "999", *[str(1000 + number) for number in range(99)]]))
    assert [case.integration_id for page in read for case in page.cases] == some
    assert [page.cursor for page in read] == ["ids:200", None]
    assert await pages(clio, Scope(ids=[])) != []
    assert not (await pages(clio, Scope(ids=[])))[0].cases


async def test_a_window_of_changes_is_a_subset(clio):
    every = [case for page in await pages(clio) for case in page.cases if case.updated_at]
    since = datetime.now(UTC) - timedelta(days=30)
    changed = [case for page in await pages(clio, Scope(updated_since=since)) for case in page.cases]
    assert {case.integration_id for case in changed} == {
        case.integration_id for case in every if case.updated_at > since
    }


async def test_one_case_equals_the_one_in_the_list(clio):
    case = (await pages(clio))[0].cases[7]
    assert await clio.case(case.integration_id) == case


async def test_an_unknown_case_is_not_found(clio):
    with pytest.raises(NotFound):
        await clio.case("999")


async def test_who_we_are_and_what_the_firm_has(clio):
    account = await clio.whoami()
    assert account.firm_name == "Harrow Pike LLP"
    assert "@" in account.user_email
    assert any(user.attorney for user in await clio.users())
    areas = {area.id for area in await clio.practice_areas()}
    assert {stage.practice_area_id for stage in await clio.matter_stages()} <= areas


async def test_contacts_that_moved_come_as_clients(clio):
    clients = [
        client async for page in clio.clients_changed(datetime(2000, 1, 1, tzinfo=UTC)) for client in page.clients
    ]
    assert len(clients) >= 450
    assert not [
        page async for page in clio.clients_changed(datetime.now(UTC) + timedelta(days=1)) for _ in page.clients
    ]


async def test_a_reader_that_stops_early_leaves_nothing_running(clio):
    async for page in clio.cases(Scope()):
        assert page.cases
        break
    await clio.close()


@pytest.mark.parametrize(
    "fault",
    [
        FaultRule("clio", FaultKind.CUT_BEFORE, path="/api/v4/matters*"),
        FaultRule("clio", FaultKind.CUT_AFTER, path="/api/v4/matters*"),
        FaultRule("clio", FaultKind.TRUNCATED_JSON, path="/api/v4/contacts*"),
        FaultRule("clio", FaultKind.HTML, path="/api/v4/contacts*"),
        FaultRule("clio", FaultKind.STATUS, path="/api/v4/matters*", status=500),
    ],
    ids=lambda fault: fault.kind.value,
)
async def test_a_passing_fault_costs_a_repeat_and_nothing_else(server, clio, fault):
    server.controls.faults.add(replace(fault))
    assert sum(len(page.cases) for page in await pages(clio)) == 450


async def test_an_expired_token_is_replaced_in_the_middle_of_a_list(server, clio):
    read = []
    async for page in clio.cases(Scope()):
        read.append(page)
        server.clio.oauth["us"].expire_access_tokens()
    assert sum(len(page.cases) for page in read) == 450


async def test_a_grant_of_another_region_says_to_check_the_region(server):
    client = clio_client(server, region="eu", host=f"{server.url}/clio/eu")
    with pytest.raises(LogInAgain, match=r"app's key and secret.* region 'eu'"):
        await client.whoami()
    await client.close()


async def test_a_wrong_app_secret_names_the_app(server):
    client = clio_client(server, client_secret="wrong")
    with pytest.raises(LogInAgain, match="app's key and secret"):
        await client.whoami()
    await client.close()


def scripted(handler) -> ClioClient:
    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            return json_answer({"access_token": "t", "expires_in": 2_592_000, "token_type": "bearer"})
        return handler(request)

    return ClioClient(client_id="k", client_secret="s", refresh_token="r", shared=shared(),
                      transport=httpx.MockTransport(answer))  # fmt: skip


def listing(*matters, contacts=(), following=None):
    def handler(request):
        if request.url.path.endswith("/contacts.json"):
            return json_answer({"data": list(contacts)})
        paging = {"next": following} if following else {}
        return json_answer({"data": list(matters), "meta": {"paging": paging, "records": len(matters)}})

    return handler


async def only_page(handler):
    return await anext(scripted(handler).cases(Scope()))


async def test_a_matter_becomes_a_case():
    (case,) = (await only_page(listing(MATTER, contacts=[CONTACT]))).cases
    assert case.system == "clio"
    assert case.integration_id == "1480021"
    assert case.readable_id == "00412-Okafor"
    assert case.state is CaseState.OPEN
    assert case.case_date == date(2025, 11, 3)
    assert case.updated_at == datetime(2026, 9, 14, 22, 2, 40, tzinfo=UTC)
    assert (case.stage, case.practice_area) == ("Treatment", "Personal Injury")
    assert case.attorney.email == "mvance@firm.example"
    assert case.paralegals == ()
    (client,) = case.clients
    assert (client.first_name, client.last_name, client.company_name) == ("Ada", "Okafor", None)
    assert client.phones == (Phone("(312) 555-0142", "Mobile", primary=True), Phone("312-555-0199", "Work"))


@pytest.mark.parametrize(
    ("status", "state"),
    [("Open", CaseState.OPEN), ("Pending", CaseState.OPEN), ("Closed", CaseState.CLOSED), ("closed", CaseState.CLOSED)],
)
async def test_only_closed_is_closed(status, state):
    (case,) = (await only_page(listing({**MATTER, "status": status}, contacts=[CONTACT]))).cases
    assert case.state is state


async def test_redacted_records_are_stubs_not_empty_ones():
    stub = {"id": 5, "redacted": True}
    hidden = {**MATTER, "client": {"id": 553001, "redacted": True}, "responsible_attorney": {"id": 1, "redacted": True}}
    page = await only_page(listing(stub, hidden))
    assert page.cases[0].redacted
    assert page.cases[0].integration_id == "5"
    assert page.cases[1].clients[0].redacted
    assert page.cases[1].attorney.external_id == "1"
    assert page.unreadable == ()


async def test_a_contact_that_clio_withholds_is_hidden_not_without_a_phone():
    (case,) = (await only_page(listing(MATTER, contacts=[]))).cases
    assert case.clients[0].redacted


async def test_a_company_has_one_name():
    company = {**CONTACT, "type": "Company", "name": "Lakeside LLC", "first_name": None, "last_name": None}
    (case,) = (await only_page(listing(MATTER, contacts=[company]))).cases
    assert case.clients[0].company_name == "Lakeside LLC"
    assert case.clients[0].display_name == "Lakeside LLC"


async def test_a_primary_number_that_is_not_listed_comes_first():
    contact = {**CONTACT, "primary_phone_number": "312 555 0100"}
    (case,) = (await only_page(listing(MATTER, contacts=[contact]))).cases
    assert case.clients[0].phones[0] == Phone("312 555 0100", primary=True)


async def test_the_request_is_what_clio_documents():
    seen = []

    def handler(request):
        seen.append(request)
        return listing(MATTER, contacts=[CONTACT])(request)

    await anext(scripted(handler).cases(Scope(updated_since=datetime(2026, 9, 1, 2, tzinfo=UTC))))
    matters, contacts = seen
    assert b"order=id(asc)&limit=200&updated_since=2026-09-01T02:00:00Z&fields=id," in matters.url.raw_path
    assert b"client{id,etag,name" in matters.url.raw_path
    assert b"&ids[]=553001&" in contacts.url.raw_path
    assert matters.headers["x-api-version"] == "4.0.13"
    assert matters.headers["user-agent"] == "casebridge/1.0"


@pytest.mark.parametrize(
    "following",
    ["https://evil.test/api/v4/matters.json?page_token=x", "https://eu.app.clio.com/api/v4/matters.json?p=1"],
)
async def test_a_next_page_elsewhere_is_not_followed(following):
    with pytest.raises(UnexpectedAnswer):
        await only_page(listing(MATTER, contacts=[CONTACT], following=following))


async def test_a_next_page_that_is_the_same_page_ends_the_list():
    def handler(request):
        if request.url.path.endswith("/contacts.json"):
            return json_answer({"data": []})
        return json_answer({"data": [], "meta": {"paging": {"next": str(request.url)}}})

    with pytest.raises(UnexpectedAnswer, match="back to itself"):
        await only_page(handler)


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (
            json_answer({"error": {"type": "ForbiddenError", "message": "No."}}, 403),
            NotPermitted,
            "'Matters' permission",
        ),
        (json_answer({"error": "invalid_token", "error_description": "expired"}, 401), LogInAgain, "region"),
        (json_answer({"error": {"type": "UnauthorizedError", "message": "no"}}, 401), LogInAgain, "region"),
        (json_answer({"error": {"type": "X", "message": "gone"}}, 410), Misconfigured, "version"),
        (
            json_answer({"error": {"type": "InvalidFields", "message": "foo is not a valid field"}}, 400),
            UnexpectedAnswer,
            "foo",
        ),
    ],
)
async def test_refusals_say_what_to_do(answer, error, says):
    with pytest.raises(error, match=says):
        await only_page(lambda _: answer)


async def test_practice_areas_follow_the_307_of_newer_accounts():
    def handler(request):
        if request.url.path.endswith("/practice_areas.json"):
            return httpx.Response(307, headers={"location": "/api/v4/new_practice_areas.json"})
        assert request.headers["authorization"] == "Bearer t"
        return json_answer({"data": [{"id": 7001, "name": "Personal Injury"}]})

    (area,) = await scripted(handler).practice_areas()
    assert area.name == "Personal Injury"


US = Region("us")


@pytest.mark.parametrize(
    "text",
    [
        "1480021", " 1480021 ", "https://app.clio.com/nc/#/matters/1480021", "app.clio.com/nc/#/matters/1480021/details",
        "https://app.clio.com/api/v4/matters/1480021.json?fields=id",
    ],
)  # fmt: skip
def test_a_number_or_an_address_names_a_matter(text):
    assert US.matter_id(text) == "1480021"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("https://eu.app.clio.com/nc/#/matters/1480021", "region 'eu'"),
        ("https://firm.casepeer.com/case/77", "belongs to firm.casepeer.com"),
        ("https://app.clio.com/nc/#/contacts/5", "names no matter"),
        ("Okafor", "neither"), ("", "neither"), ("12a", "neither"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_the_reason(text, says):
    with pytest.raises(WrongReference, match=re.escape(says)) as caught:
        US.matter_id(text)
    assert isinstance(caught.value, ValueError)


def test_addresses_by_region():
    assert Region("eu").api == "https://eu.app.clio.com/api/v4"
    assert Region("ca").oauth == "https://ca.app.clio.com/oauth"
    assert US.matter_id(US.matter_url("42")) == "42"
    with pytest.raises(Misconfigured, match="no Clio region"):
        Region("uk")


def test_the_client_is_a_case_system(server):
    client: CaseSystem = clio_client(server)
    assert client.system == "clio"
