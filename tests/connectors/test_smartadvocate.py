"""SmartAdvocate's cases over a real socket against the sandbox, each vendor fact by itself."""

import copy
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.errors import LogInAgain, NotFound, NotPermitted
from connectors.ports import CaseSystem, Scope
from connectors.smartadvocate import Reading, SmartAdvocateClient, lists, numbers
from connectors.smartadvocate.numbers import AT_ONCE, searches
from connectors.smartadvocate.wire import case_from, lower_keys
from domain.case import Case, CaseState, Phone, Unreadable
from domain.phones import choose_phone
from domain.roles import RoleMap
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.clients import smartadvocate_client
from tests.connectors.reading import asked, cases, pages
from tests.connectors.samples import SMARTADVOCATE_CASE

SIZE = 90
EVER, HOUR = datetime(1990, 1, 1, tzinfo=UTC), timedelta(hours=1)


@pytest.fixture(scope="module")
def served():
    with SandboxServer(WorldOptions(matters=SIZE), limits_on=False) as server:
        yield server


@pytest.fixture
def server(served, monkeypatch):
    """A firm of several pages, as pages are small here."""
    monkeypatch.setattr(lists, "PAGE", 40)
    monkeypatch.setattr(numbers, "AT_ONCE", 40)
    served.reset()
    return served


@pytest.fixture
async def client(server):
    client = smartadvocate_client(server)
    yield client
    await client.close()


@pytest.fixture
def firm(server):
    return server.smartadvocate.firms["harrow-pike"]


# Lists and searches.


async def test_every_case_comes_once_and_whole_by_a_few_searches(client, firm):
    read = await pages(client)
    found = [case for page in read for case in page.cases]
    assert sorted(case.integration_id for case in found) == sorted(map(str, firm.cases.ids()))
    assert read[-1].cursor is None
    assert read[0].total == SIZE
    assert all(len(page.cases) <= 40 for page in read)
    assert all(case.clients and not case.clients[0].redacted for case in found)
    assert asked(client, "/case/byDatePaged") == 3
    assert client.counts.total < SIZE / 5
    assert not asked(client, "/case/{id}")


@pytest.mark.parametrize("envelope", ["named", "records", "bare"])
@pytest.mark.parametrize("local_offsets", [False, True])
async def test_lists_come_in_any_envelope_and_stamps_with_any_offset(client, firm, envelope, local_offsets):
    firm.switches.turn({"envelope": envelope, "local_offsets": local_offsets, "full_rows": local_offsets})
    found = await cases(client)
    assert len(found) == SIZE
    some = next(iter(found.values()))
    assert some.created_at == datetime.fromtimestamp(firm.cases.get(int(some.integration_id)).created / 1000, UTC)
    assert some.case_date == firm.cases.get(int(some.integration_id)).incident.day  # the day itself is not shifted


async def test_a_cursor_resumes_after_its_page(client):
    read = await pages(client)
    rest = await pages(client, cursor=read[0].cursor)
    assert len(read) > 1
    assert [page.cases for page in rest] == [page.cases for page in read[1:]]


async def test_a_case_that_moves_while_the_list_is_read_pushes_no_other_one_out_of_sight(client, firm):
    earliest = min(firm.cases.ids(), key=lambda case_id: firm.cases.get(case_id).modified)
    read = []
    async for rows, _ in lists.pages_by_date(client.connection, "/case/byDatePaged", EVER, datetime.now(UTC) + HOUR):
        if not read:
            firm.update_case(earliest, status="Moved")
        read.extend(row["caseid"] for row in rows)
    assert set(read) == set(firm.cases.ids())


async def test_rows_that_come_in_no_order_are_still_read_to_their_end(client, firm, monkeypatch):
    monkeypatch.setattr("sandbox.smartadvocate.paging._newest_first", lambda _sorts: True)
    assert len(await cases(client)) == SIZE


async def test_a_window_of_changes_brings_what_moved_and_what_is_asked_for_besides(client, firm):
    since = datetime.now(UTC) - timedelta(days=30)
    moved = {str(one) for one in firm.cases.ids() if firm.cases.get(one).modified >= since.timestamp() * 1000}
    assert 0 < len(moved) < SIZE / 2
    assert set(await cases(client, Scope(updated_since=since))) == moved
    others = [str(one) for one in firm.cases.ids() if str(one) not in moved][:5]
    assert set(await cases(client, Scope(updated_since=since, besides=[*others, "999"]))) == moved | set(others)


async def test_the_first_window_goes_by_the_day_a_case_was_made(client, firm):
    since = datetime.now(UTC) - timedelta(days=3 * 365)
    made = {str(one) for one in firm.cases.ids() if firm.cases.get(one).created >= since.timestamp() * 1000}
    older = next(str(one) for one in firm.cases.ids() if str(one) not in made)
    assert 0 < len(made) < SIZE
    assert set(await cases(client, Scope(created_since=since))) == made
    firm.update_case(int(older), status="Moved", at=datetime.now(UTC).timestamp())
    assert set(await cases(client, Scope(created_since=since))) == made
    assert set(await cases(client, Scope(created_since=since, besides=[older]))) == made | {older}


async def test_by_ids_gone_and_hidden_ones_are_simply_absent(client, firm):
    some = [str(one) for one in firm.cases.ids()[:4]]
    firm.hidden_cases = {int(some[1])}
    assert set(await cases(client, Scope(ids=[*some, "999"]))) == {some[0], *some[2:]}
    assert not (await pages(client, Scope(ids=[])))[0].cases


async def test_many_ids_are_found_by_searches_too(client, firm):
    some = [str(one) for one in firm.cases.ids()[:60]]
    firm.hidden_cases = {int(some[1])}
    assert set(await cases(client, Scope(ids=[*some, "999"]))) == {some[0], *some[2:]}
    assert client.counts.total < 20
    assert not asked(client, "/case/{id}")


async def test_a_limited_account_reads_what_it_sees_and_the_rest_is_absent(server, firm):
    client = smartadvocate_client(server, "hub_limited")
    found = await cases(client, Scope(besides=[str(one) for one in firm.cases.ids()]))
    assert set(found) == {str(one) for one in firm.cases.ids() if one % 2 == 0}
    await client.close()


async def test_a_list_of_nothing_may_be_a_404(client, firm):
    firm.switches.none_is_404 = True
    firm.hidden_cases = set(firm.cases.ids()[3:])
    assert len(await cases(client)) == 3


async def test_an_account_that_sees_no_case_at_all_is_told_of(client, firm):
    firm.hidden_cases = set(firm.cases.ids())
    with pytest.raises(NotPermitted, match="account 'hub_admin' sees no case at all"):
        await cases(client)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (FaultKind.HTML, {"status": 500}),
        (FaultKind.TRUNCATED_JSON, {}),
        (FaultKind.CUT_AFTER, {}),
        (FaultKind.STATUS, {"status": 429, "headers": {"Retry-After": "0"}}),
    ],
)
async def test_what_passes_is_waited_for(client, server, kind, more):
    for path in ("*/case/byDatePaged", "*/case/CaseInfo"):
        server.controls.faults.add(FaultRule("smartadvocate", kind, path=path, **more))
    assert len(await cases(client)) == SIZE
    assert not asked(client, "/case/{id}")


async def test_a_token_that_ends_in_the_middle_of_a_reading_is_replaced(client, firm):
    firm.switches.requests_per_token = 4
    assert len(await cases(client)) == SIZE


async def test_nothing_secret_is_in_the_log(client, firm, caplog):
    caplog.set_level("DEBUG")
    firm.switches.requests_per_token = 4
    token = await client._tokens.current()
    await cases(client)
    assert "GET /case/CaseInfo" in caplog.text
    assert not [secret for secret in (token, firm.users["hub_admin"].password) if secret in caplog.text]


async def test_what_a_search_does_not_bring_is_asked_for_by_its_id(client, firm, server):
    server.controls.faults.add(
        FaultRule("smartadvocate", FaultKind.STATUS, path="*/case/CaseInfo", status=404, count=None)
    )
    assert len(await cases(client)) == SIZE
    assert asked(client, "/case/{id}") == SIZE


async def test_a_number_with_a_wildcard_in_it_is_never_searched_for(client, firm):
    case_id = firm.cases.ids()[0]
    firm.update_case(case_id, number="2%")
    found = await cases(client)
    assert found[str(case_id)].readable_id == "2%"
    assert len(found) == SIZE
    assert asked(client, "/case/{id}") == 1


async def test_one_case_equals_the_one_in_the_list(client):
    case = (await pages(client))[0].cases[7]
    assert await client.case(case.integration_id) == case


async def test_an_unknown_and_a_hidden_case_are_not_found(client, firm):
    hidden = firm.cases.ids()[0]
    firm.hidden_cases = {hidden}
    for case_id in ("999", str(hidden)):
        with pytest.raises(NotFound, match="may not see"):
            await client.case(case_id)


async def test_changed_clients_are_nobodys_question(client):
    assert [page async for page in client.clients_changed(datetime.now(UTC))] == []


def test_it_is_a_case_system(client):
    system: CaseSystem = client
    assert system.system == "smartadvocate"
    assert isinstance(system, SmartAdvocateClient)
    assert system.case_url("40217").endswith("/case/40217")


@pytest.mark.parametrize(("status", "error"), [(403, NotPermitted), (401, LogInAgain), (404, None)])
async def test_a_refused_probe_says_what_is_wrong(client, server, status, error):
    server.controls.faults.add(
        FaultRule("smartadvocate", FaultKind.STATUS, path="*/case/CaseGroup", status=status, count=2)
    )
    if error is None:
        await client.whoami()
        return
    with pytest.raises(error):
        await client.whoami()


# Which numbers are searched for together.


def _numbers(*numbers: str) -> dict[str, str]:
    return {str(place): number for place, number in enumerate(numbers)}


def test_searches_bring_every_case_once_and_none_more_than_is_known_to_fit():
    known = _numbers(*(f"{20 + year}-{count:05d}" for year in range(5) for count in range(700)), "24-00009", "", "7%")
    found = list(searches(known))
    assert sorted(case_id for one in found for case_id in one.ids) == sorted(known)
    for one in found:
        brought = [number for number in known.values() if number.startswith(one.number.removesuffix("%"))]
        assert not one.number or len(brought) <= AT_ONCE
        assert not one.number or set(one.ids) <= {k for k, v in known.items() if v in brought}
    assert len(found) < 42


def test_a_number_that_begins_others_is_searched_for_by_itself():
    known = _numbers("24-1", *(f"24-1{count:03d}" for count in range(AT_ONCE)))
    assert [one.number for one in searches(known)][:2] == ["24-1", "24-10%"]


def test_the_same_number_many_times_is_one_search():
    assert [one.number for one in searches(_numbers(*["24-1"] * (AT_ONCE + 1)))] == ["24-1%"]


# What a record becomes.


def read(reading=None, **changes):
    record = copy.deepcopy(SMARTADVOCATE_CASE) | changes
    return case_from(lower_keys(record), reading or Reading())


def test_a_case_in_our_own_words():
    case = read()
    assert (case.integration_id, case.readable_id) == ("40217", "24-01873")
    assert (case.practice_area, case.stage, case.state) == ("Motor Vehicle Accident", "Treating", CaseState.OPEN)
    assert (case.case_date, case.description) == (date(2024, 11, 16), "Rear-end collision on I-71.")
    assert case.updated_at == datetime(2025, 2, 12, 14, 10, 7, 330_000, UTC)
    assert (case.attorney.external_id, case.attorney.name, case.attorney.email) == (
        "212",
        "Lena Ortiz",
        "lortiz@firm.example",
    )
    assert [one.email for one in case.paralegals] == ["sreed@firm.example"]
    client = case.clients[0]
    assert (client.external_id, client.first_name, client.last_name) == ("1055102", "Dana", "Okafor")
    assert client.email == "dana.okafor@example.com"
    assert client.phones == (
        Phone("(614) 555-0142", "Cell", primary=True),
        Phone("(614) 555-0109", "Home Primary Phone", primary=True),
    )


def test_letter_case_of_names_means_nothing():
    def shouted(value):
        if isinstance(value, dict):
            return {name.upper(): shouted(inner) for name, inner in value.items()}
        return [shouted(inner) for inner in value] if isinstance(value, list) else value

    assert case_from(lower_keys(shouted(SMARTADVOCATE_CASE)), Reading()) == read()


@pytest.mark.parametrize(
    "missing", ["caseNumber", "caseType", "caseStatus", "plaintiffs", "secondStatuses", "createdDate", "modifiedDate"]
)
def test_a_published_field_that_is_missing_is_noticed_and_never_read_as_empty(missing):
    record = {name: value for name, value in SMARTADVOCATE_CASE.items() if name != missing}
    found = case_from(lower_keys(record), Reading())
    assert isinstance(found, Unreadable)
    assert (found.integration_id, found.field) == ("40217", missing.lower())
    assert "it is missing" in found.sentence


@pytest.mark.parametrize(
    "missing", ["caseName", "caseOpenedDate", "caseClosedDate", "incident", "caseGroup", "officeID"]
)
def test_what_nobody_publishes_may_be_missing(missing):
    record = {name: value for name, value in SMARTADVOCATE_CASE.items() if name != missing}
    assert isinstance(case_from(lower_keys(record), Reading()), Case)


def test_without_an_incident_the_description_is_the_name_and_the_date_the_day_it_was_opened():
    case = read(incident=None)
    assert (case.description, case.case_date) == ("Okafor, Dana v. Brightline Freight", date(2024, 11, 19))
    assert read(incident={"incidentDate": None, "incidentFacts": " "}).case_date == date(2024, 11, 19)


@pytest.mark.parametrize(
    ("changes", "stage", "state"),
    [
        ({"caseStatus": "Closed Case"}, "Closed Case", CaseState.CLOSED),
        ({"caseStatus": "Settled", "caseClosedDate": "2025-03-01T00:00:00-08:00"}, "Settled", CaseState.CLOSED),
        ({"caseStatus": "closed case"}, "closed case", CaseState.OPEN),
        ({"caseStatus": None}, None, CaseState.OPEN),
    ],
)
def test_a_case_is_closed_by_its_status_or_by_a_closing_date(changes, stage, state):
    case = read(**changes)
    assert (case.stage, case.state) == (stage, state)
    assert case.closed_on == (date(2025, 3, 1) if "caseClosedDate" in changes else None)


def test_the_stage_may_come_from_a_chosen_sub_status():
    assert read(Reading(stage_from="Records Status")).stage == "Requested"
    assert read(Reading(stage_from="Treatment Status")).stage is None


def _staff(*roles: str, **more) -> list[dict]:
    return [
        {"userID": 300 + place, "firstName": "A", "lastName": role, "email": f" {role[0]}{place}@Firm.example ",
         "role": role, **more}
        for place, role in enumerate(roles)
    ]  # fmt: skip


def test_the_highest_attorney_slot_leads_and_the_others_come_along():
    staff = _staff("Managing Attorney", "Secondary Attorney", "Originating Attorney", "Case Manager", "paralegal ")
    case = read(caseStaff=staff)
    assert case.attorney.name == "A Secondary Attorney"
    assert [one.name for one in case.additional_attorneys] == ["A Managing Attorney"]
    assert [one.name for one in case.paralegals] == ["A paralegal", "A Case Manager"]
    assert case.attorney.email == "s1@firm.example"


def test_a_firm_that_has_relabelled_its_roles_says_so_in_its_map():
    labels = ["1. Attorney, Assigned", "2. Attorney, Trial"]
    roles = RoleMap.of({"attorney": labels, "paralegal": ["4 Litigation Paralegal"]})
    staff = _staff("4 Litigation Paralegal", *reversed(labels), "Primary Attorney", "Case Manager")
    case = read(Reading(roles), caseStaff=staff)
    assert case.attorney.name == "A 1. Attorney, Assigned"
    assert [one.name for one in case.additional_attorneys] == ["A 2. Attorney, Trial"]
    assert [one.name for one in case.paralegals] == ["A 4 Litigation Paralegal"]


def test_somebody_in_two_roles_is_named_once_and_ended_assignments_are_over():
    twice = [{**one, "userID": 7} for one in _staff("Primary Attorney", "Managing Attorney")]
    ended = _staff("Paralegal", toDate="2020-01-01T00:00:00Z")
    case = read(caseStaff=[*twice, *ended, *_staff("Case Manager", toDate="2999-01-01T00:00:00Z")])
    assert (case.attorney.external_id, case.additional_attorneys) == ("7", ())
    assert [one.name for one in case.paralegals] == ["A Case Manager"]


def _plaintiff(identity: int, **flags) -> dict:
    usual = {"primary": False, "primaryContact": False, "client": False, "markedAsRemoved": False}
    return {**SMARTADVOCATE_CASE["plaintiffs"][0], "contactID": identity, **usual, **flags}


@pytest.mark.parametrize(
    ("plaintiffs", "chosen"),
    [
        ([_plaintiff(1, client=True), _plaintiff(2, primary=True), _plaintiff(3, primaryContact=True)], "3"),
        ([_plaintiff(1, client=True), _plaintiff(2, primary=True)], "2"),
        ([_plaintiff(1), _plaintiff(2, client=True), _plaintiff(3, client=True)], "2"),
        ([_plaintiff(1, primaryContact=True, client=True, markedAsRemoved=True), _plaintiff(2, client=True)], "2"),
        ([_plaintiff(1)], None),
        ([], None),
        (None, None),
    ],
)
def test_the_client_is_the_main_contact_then_the_main_plaintiff_then_the_first_client(plaintiffs, chosen):
    found = read(plaintiffs=plaintiffs).clients
    assert [one.external_id for one in found] == ([chosen] if chosen else [])


def test_a_client_whose_contact_does_not_come_is_hidden_and_not_one_without_a_number():
    assert read(plaintiffs=[_plaintiff(1, client=True, contact=None)]).clients[0].redacted


def _contact(**changes) -> dict:
    contact = SMARTADVOCATE_CASE["plaintiffs"][0]["contact"] | changes
    return {"plaintiffs": [_plaintiff(1, client=True, contact=contact)]}


def test_an_organisation_has_one_name():
    client = read(**_contact(contactCtg=2, firstName="", lastName="", name="Brightline Freight LLC")).clients[0]
    assert (client.first_name, client.last_name, client.company_name) == (None, None, "Brightline Freight LLC")


@pytest.mark.parametrize("place", ["emailAddress", "email", "address", "name"])
def test_an_address_is_wherever_there_is_an_at(place):
    emails = [{"name": "Home", "primary": False}, {"name": "Work", "primary": True} | {place: "b@x.example"}]
    assert read(**_contact(emails=[*emails, {"name": "a@x.example"}])).clients[0].email == "b@x.example"


def test_a_number_for_texting_comes_before_the_primary_one_and_a_cell_before_both():
    def chosen(*phones):
        fields = [
            {"name": label, "phoneNumber": number, "primary": primary, "useForTexting": texting}
            for label, number, primary, texting in phones
        ]
        return choose_phone(read(**_contact(phones=fields)).clients[0].phones).e164

    home, work = ("Home Primary Phone", "(614) 555-0101", True, False), ("Work Phone", "(614) 555-0102", False, True)
    assert chosen(home, work) == "+16145550102"
    assert chosen(home, work, ("Cell", "(614) 555-0103", False, False)) == "+16145550103"
    assert chosen(home, ("Work Phone", None, False, True)) == "+16145550101"
