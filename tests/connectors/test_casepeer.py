"""CASEpeer's cases over a real socket against the sandbox, each vendor fact by itself."""

import copy
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from connectors.casepeer import CasePeerClient, Host, lists
from connectors.casepeer.wire import case_from
from connectors.errors import (
    FixData,
    LogInAgain,
    Misconfigured,
    NotFound,
    NotPermitted,
    UnexpectedAnswer,
    WrongReference,
)
from connectors.ports import CaseSystem, Scope
from domain.case import Case, CaseState, Client, Phone, StaffMember, Unreadable
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.clients import casepeer_client
from tests.connectors.fakes import json_answer, page_answer, shared
from tests.connectors.reading import asked, cases, pages
from tests.connectors.samples import CASEPEER_CASE
from tests.connectors.test_drift import GONE, SUBSTITUTES, dotted, paths, spoiled

SIZE = 90
HOST = Host.of("leadcheck.casepeer.com")


@pytest.fixture(scope="module")
def served():
    with SandboxServer(WorldOptions(matters=SIZE), limits_on=False) as server:
        yield server


@pytest.fixture
def server(served, monkeypatch):
    """A firm of several pages, as pages are small here."""
    monkeypatch.setattr(lists, "PAGE", 20)
    monkeypatch.setattr(lists, "AT_ONCE", 20)
    served.reset()
    return served


@pytest.fixture
async def client(server):
    client = casepeer_client(server)
    yield client
    await client.close()


@pytest.fixture
def firm(server):
    return server.casepeer.firms["harrow-pike"]


def speaking(handler) -> CasePeerClient:
    """A client whose answers come from ``handler``."""
    return CasePeerClient(host=HOST, key="0b1c", shared=shared(), transport=httpx.MockTransport(handler))


# Named cases.


async def test_named_cases_come_by_batches_and_what_is_not_there_is_absent(client, firm):
    some = [str(one) for one in firm.cases.ids()[:45]]
    read = await pages(client, Scope(ids=[*some, "999", "HP-1", "0", "9" * 40]))
    assert {case.integration_id for page in read for case in page.cases} == set(some)
    assert all(case.clients for page in read for case in page.cases)
    assert (asked(client, "/case/"), len(read), read[-1].cursor) == (3, 3, None)
    rest = await pages(client, Scope(ids=[*some, "999", "HP-1", "0", "9" * 40]), cursor=read[0].cursor)
    assert [page.cases for page in rest] == [page.cases for page in read[1:]]


async def test_no_ids_are_no_request(client):
    assert [page.cases for page in await pages(client, Scope(ids=[]))] == [()]
    assert [page.cases for page in await pages(client, Scope(ids=["HP-1"]))] == [()]
    assert client.counts.total == 0


async def test_a_smaller_page_than_asked_for_loses_nothing(client, firm, monkeypatch):
    monkeypatch.setattr("sandbox.casepeer.paging.LARGEST_PAGE", 7)
    firm.switches.turn({"rows_move_while_paging": 3})
    some = [str(one) for one in firm.cases.ids()[:20]]
    assert set(await cases(client, Scope(ids=some))) == set(some)


async def test_a_filter_that_is_not_heeded_is_noticed():
    client = speaking(lambda _: json_answer({"results": [CASEPEER_CASE], "next": None}))
    with pytest.raises(UnexpectedAnswer, match="not asked for"):
        await pages(client, Scope(ids=["7"]))
    await client.close()


# From change to change.


async def test_every_case_comes_once_and_whole(client, firm):
    read = await pages(client)
    found = [case.integration_id for page in read for case in page.cases]
    assert sorted(found) == sorted(map(str, firm.cases.ids()))
    assert (read[0].total, read[-1].cursor) == (SIZE, None)
    rest = await pages(client, cursor=read[1].cursor)
    assert {case for page in rest for case in page.cases} >= {case for page in read[2:] for case in page.cases}


@pytest.mark.parametrize(
    "switches",
    [
        {"rows_move_while_paging": 3},
        {"duplicate_at_boundary": True},
        {"rows_move_while_paging": 3, "duplicate_at_boundary": True, "empty_dates": True},
        {"next_host": "http://elsewhere.example"},
    ],
    ids="+".join,
)
async def test_rows_that_move_or_come_twice_and_a_next_page_elsewhere(client, firm, switches):
    firm.switches.turn(switches)
    found = [case for page in await pages(client) for case in page.cases]
    assert {case.integration_id for case in found} == set(map(str, firm.cases.ids()))
    # A case that has moved comes again as it is now; one that has not does not.
    assert len({(case.integration_id, case.version) for case in found}) == len(found)


async def test_many_changes_of_one_instant_are_left_behind_page_by_page(client, firm):
    for case_id in firm.cases.ids()[:50]:
        firm.update_case(case_id, description="Moved", at=1_790_000_000)
    assert set(await cases(client)) == set(map(str, firm.cases.ids()))


@pytest.mark.parametrize("at_a_time", [1, 7, 20, 35])
async def test_rows_that_move_out_of_many_changes_of_one_instant_leave_none_out(client, firm, monkeypatch, at_a_time):
    """All later ones of that instant slip forward past the page that is asked for by its number."""
    for case_id in firm.cases.ids()[:70]:
        firm.update_case(case_id, description="Moved", at=1_790_000_000)
    read, left, instant = lists._page, list(firm.cases.ids()[:40]), firm.stamps.instant(1_790_000_000)

    async def page(*given):
        found = await read(*given)
        if any(row["updated_at"] == instant for row in found.rows):
            for _ in range(min(at_a_time, len(left))):
                firm.update_case(left.pop(0), description="Moved again")
        return found

    monkeypatch.setattr(lists, "_page", page)
    found = [case for page in await pages(client) for case in page.cases]
    assert (len(left), {case.integration_id for case in found}) == (0, set(map(str, firm.cases.ids())))
    assert len({(case.integration_id, case.version) for case in found}) == len(found)


async def test_a_list_goes_on_within_many_changes_of_one_instant(client, firm):
    for case_id in firm.cases.ids():
        firm.update_case(case_id, description="Moved", at=1_790_000_000)
    read = await pages(client)
    rest = await pages(client, cursor=read[1].cursor)
    assert {case for page in rest for case in page.cases} >= {case for page in read[2:] for case in page.cases}


async def test_a_window_brings_what_has_changed_in_it(client, firm):
    since = datetime.now(UTC) - timedelta(days=30)
    moved = {str(one) for one in firm.cases.ids() if firm.cases.get(one).updated >= since.timestamp()}
    assert 0 < len(moved) < SIZE / 2
    assert set(await cases(client, Scope(updated_since=since))) == moved


async def test_a_bare_array_is_the_whole_list():
    client = speaking(lambda _: json_answer([CASEPEER_CASE, {"id": 7}]))
    (page,) = await pages(client)
    assert ([case.integration_id for case in page.cases], page.unreadable[0].integration_id) == (["52918"], "7")
    await client.close()


@pytest.mark.parametrize("body", [None, {}, {"results": None}, "rows"])
async def test_what_is_no_list_is_said(body):
    client = speaking(lambda _: json_answer(body))
    with pytest.raises(UnexpectedAnswer, match="without results"):
        await pages(client)
    await client.close()


@pytest.mark.parametrize("bare", [False, True])
async def test_a_search_finds_each_case_once(client, firm, bare):
    firm.switches.turn({"bare_arrays": bare})
    number = firm.cases.get(firm.cases.ids()[5]).file_number
    assert await client.search(number) == [str(firm.cases.ids()[5])]
    found = await client.search(number[:3])
    assert len(found) == len(set(found)) > 20
    assert await client.search("no such words") == []


async def test_a_search_is_read_again_when_rows_have_slipped_by():
    pages = iter([[{"id": 1}, {"id": 2}], [{"id": 4}], [{"id": 1}, {"id": 3}], [{"id": 2}, {"id": 4}], []])

    def handler(request: httpx.Request) -> httpx.Response:
        rows = next(pages)
        more = "https://elsewhere.example/" if len(rows) == 2 else None
        return json_answer({"count": 4, "next": more, "previous": None, "results": rows})

    client = speaking(handler)
    assert sorted(await client.search("marsh")) == ["1", "2", "3", "4"]
    await client.close()


# One case, and the firm.


async def test_one_case_equals_the_one_in_the_list(client):
    case = (await pages(client))[0].cases[7]
    assert await client.case(case.integration_id) == case


async def test_an_unknown_case_is_not_found_and_what_is_no_id_is_not_even_asked_for(client):
    with pytest.raises(NotFound, match="may not see"):
        await client.case("999")
    with pytest.raises(NotFound, match="'my' is no id"):
        await client.case("my")
    assert client.counts.total == 1


async def test_a_case_is_connected_once_and_the_same_connection_again_changes_nothing(client, firm):
    case_id = str(firm.cases.ids()[3])
    assert (await client.case_and_twin(case_id))[1] is None
    await client.connect(case_id, 58213)
    case, twin = await client.case_and_twin(case_id)
    await client.connect(case_id, 58213)
    assert twin == client.twin_of(58213) == "cs_58213"
    assert await client.case_and_twin(case_id) == (case, twin)
    with pytest.raises(FixData, match="connected to another case"):
        await client.connect(case_id, 58214)


async def test_a_closed_case_takes_no_connection(client, firm):
    case_id = firm.cases.ids()[4]
    firm.update_case(case_id, closed=True)
    with pytest.raises(FixData, match="closed case cannot be connected"):
        await client.connect(str(case_id), 58213)


async def test_the_key_belongs_to_a_firm(client, firm):
    account = await client.whoami()
    assert (account.user_name, account.firm_name) == (firm.seed.name, firm.seed.name)
    assert account.firm_id.endswith("/casepeer/harrow-pike")
    assert client.counts.total == 1


@pytest.mark.parametrize(
    ("partner", "enabled", "said"),
    [(None, False, "no key of Case Status yet"), ("csk-harrow-pike", False, "switched off in CASEpeer")],
)
async def test_an_administrators_key_sees_the_other_end(server, firm, partner, enabled, said):
    client = casepeer_client(server, "admin_key")
    await client.whoami()
    firm.keys.set_up(partner, enabled=enabled, at=0, user_id=None)
    with pytest.raises(Misconfigured, match=said):
        await client.whoami()
    await client.close()


async def test_changed_clients_are_nobodys_question(client):
    assert [page async for page in client.clients_changed(datetime.now(UTC))] == []


def test_it_is_a_case_system():
    system: CaseSystem = speaking(lambda _: json_answer({}))
    assert (system.system, system.case_url("27891")) == ("casepeer", "https://leadcheck.casepeer.com/case/27891/")


# Keys, and what is refused.


@pytest.mark.parametrize("way", ["redirect", "page"])
async def test_a_login_page_in_the_place_of_an_answer_means_that_the_key_is_not_accepted(client, firm, way):
    firm.switches.login_page = way
    for ask in (client.whoami(), pages(client, Scope(ids=["7"])), client.case("7")):
        with pytest.raises(LogInAgain, match="Account Settings › Integrations › Case Status › Manage"):
            await ask


@pytest.mark.parametrize("status", [401, 403])
async def test_a_login_page_with_a_status_of_its_own(status):
    client = speaking(lambda _: page_answer(status))
    with pytest.raises(LogInAgain if status == 401 else NotPermitted):
        await client.whoami()
    await client.close()


async def test_a_key_that_was_renewed_or_an_integration_that_is_off(client, firm):
    firm.keys.renew("integration")
    with pytest.raises(LogInAgain, match="enter the key that is shown there"):
        await pages(client)


async def test_one_view_may_be_closed_to_the_key(client, firm):
    firm.keys.integration.denied = {"case"}
    await client.whoami()
    with pytest.raises(NotPermitted, match="the right to read 'case'"):
        await pages(client)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (FaultKind.HTML, {"status": 502}),
        (FaultKind.TRUNCATED_JSON, {}),
        (FaultKind.CUT_AFTER, {}),
        (FaultKind.STATUS, {"status": 429, "headers": {"Retry-After": "0"}}),
    ],
)
async def test_what_passes_is_waited_for(client, server, kind, more):
    server.controls.faults.add(FaultRule("casepeer", kind, path="*/case/", skip=1, **more))
    assert len(await cases(client)) == SIZE


async def test_the_key_is_in_no_log_and_in_no_error(client, firm, caplog):
    caplog.set_level("DEBUG")
    key = firm.keys.integration.value
    await pages(client)
    firm.keys.renew("integration")
    with pytest.raises(LogInAgain) as refused:
        await client.whoami()
    assert "GET /case/" in caplog.text
    assert key not in caplog.text + str(refused.value) + repr(refused.value)


# What a record becomes.


def test_a_case_with_everything():
    assert case_from(CASEPEER_CASE) == Case(
        system="casepeer",
        integration_id="52918",
        readable_id="HP-3071",
        description="Fall on the stairs of Lot C",
        practice_area="Premises",
        stage="Demand Writing",
        state=CaseState.OPEN,
        case_date=date(2031, 3, 7),
        updated_at=datetime(2031, 6, 1, 23, 22, 31, tzinfo=UTC),
        attorney=StaffMember("10402", "Ruth Pike", "rpike@harrowpike.example"),
        additional_attorneys=(StaffMember("10407", "Tess Harrow", "tharrow@harrowpike.example"),),
        paralegals=(StaffMember("10431", "Dov Amsel", "damsel@harrowpike.example"),),
        clients=(Client("90617", "Ines", "Marsh", None, "ines@clients.example", (Phone("(312) 555-0127", "cell"),)),),
        version="17",
    )


def test_roles_dates_and_texts_may_be_empty_and_the_flag_alone_says_that_a_case_is_over():
    nobody = dict.fromkeys(CASEPEER_CASE["team"])
    empty = {"casestatus": "", "description": "", "doi": "", "client": None, "team": nobody}
    read = case_from(CASEPEER_CASE | empty | {"is_open": False, "closed_date": "6/2/2031", "casetype": "Closed"})
    assert isinstance(read, Case)
    assert (read.stage, read.description, read.attorney, read.paralegals, read.clients) == (None, None, None, (), ())
    assert (read.state, read.closed_on, read.case_date) == (CaseState.CLOSED, date(2031, 6, 2), date(2031, 3, 15))


def test_a_company_has_one_name():
    record = copy.deepcopy(CASEPEER_CASE)
    record["client"] |= {"firstname": "", "lastname": "Marsh & Sons"}
    read = case_from(record)
    assert isinstance(read, Case)
    assert (read.clients[0].first_name, read.clients[0].display_name) == (None, "Marsh & Sons")


@pytest.mark.parametrize("day", ["2031-03-07", "13/01/2031", "02/30/2031", "03/07/31", 7])
def test_what_is_no_day_is_unreadable_and_says_so(day):
    read = case_from(CASEPEER_CASE | {"doi": day})
    assert isinstance(read, Unreadable)
    assert (read.integration_id, read.field) == ("52918", "doi")


_READ = [
    path for path in paths(CASEPEER_CASE)
    if path[0] not in {"_casename", "statutedate", "last_touched", "language", "linked_cases", "case_status"}
    and path[-1] not in {"primary_contact", "lien_negotiator"}
]  # fmt: skip


@pytest.mark.parametrize("path", _READ, ids=dotted)
def test_a_field_that_vanishes_or_changes_its_kind_is_noticed(path):
    for value in SUBSTITUTES:
        read = case_from(spoiled(CASEPEER_CASE, path, value))
        if isinstance(read, Unreadable):
            assert read.field.startswith(dotted(path))
        else:
            assert value is not GONE or isinstance(path[-1], int)


# Where it is.


@pytest.mark.parametrize(
    "entered",
    ["leadcheck.casepeer.com", "https://LeadCheck.casepeer.com/case/27891/", "http://leadcheck.casepeer.com/api/v1/"],
)
def test_the_host_is_the_firms_own_in_any_form(entered):
    assert Host.of(entered).api == "https://leadcheck.casepeer.com/api/v1"


@pytest.mark.parametrize(
    "reference",
    ["27891", "https://leadcheck.casepeer.com/case/27891/", "leadcheck.casepeer.com/case/27891/notes/#top"],
)
def test_a_case_is_named_by_its_id_or_by_the_address_of_its_page(reference):
    assert HOST.case_id(reference) == "27891"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("HP-2210", "A case number is not its id"),
        ("https://od.casepeer.com/case/27891/", "does not belong to the firm's CASEpeer, which is at leadcheck"),
        ("https://leadcheck.casepeer.com/calendar/", "names no case"),
    ],
)
def test_what_names_no_case_says_why(reference, said):
    with pytest.raises(WrongReference, match=said):
        HOST.case_id(reference)


def test_what_is_no_host_is_refused_with_what_to_enter():
    with pytest.raises(Misconfigured, match=r"not the host of a CASEpeer: .* such as my\.casepeer\.com"):
        Host.of("our firm")
