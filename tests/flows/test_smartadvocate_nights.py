"""A firm of SmartAdvocate through trials, its first night and later ones: the flows, the server and the sandbox are real."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prefect.client.schemas.objects import State
from prefect.flow_runs import aresume_flow_run
from pydantic import SecretStr

from flows.connect_case_system import connect_case_system
from flows.initial_bulk_import import initial_bulk_import
from flows.nightly_case_sync import nightly_case_sync
from flows.sync_one_case import sync_one_case
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from sandbox.smartadvocate.oauth import CLIENT_ID, CLIENT_SECRET
from tests.flows.advocates import Advocates, open_advocates, smartadvocate_credentials
from tests.flows.consent import consent_address
from tests.flows.office import save_firm
from tests.flows.processes import PrefectServer

WORLD = WorldOptions(matters=40, shares=Shares.trouble_free())


@pytest.fixture(scope="module")
def settled(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advocates]:
    """A firm whose nightly sync is off, after three cases were tried dry and then really, and all were imported."""
    home = tmp_path_factory.mktemp("advocates") / "casebridge"
    with open_advocates("advocates", home, WORLD, nightly_sync=False) as office:
        yield office


@pytest.fixture
def office(settled: Advocates) -> Iterator[Advocates]:
    settled.portal.notices.clear()
    settled.forget_requests()
    yield settled
    settled.records.hidden_cases = set()


def test_a_few_cases_are_tried_first_dry_and_then_really(settled: Advocates) -> None:
    trial = [settled.matter(index) for index in (1, 4, 9)]
    dry = settled.run_now(nightly_case_sync, case_ids=trial, dry_run=True)
    assert dry.counts == {"created": 3}
    assert settled.written == []
    real = settled.run_now(nightly_case_sync, case_ids=trial)
    assert real.counts == {"created": 3}
    assert settled.written == trial
    # Everything comes over by the first import, which tells nobody; those that were tried do not come twice.
    whole = settled.run_now(initial_bulk_import)
    assert whole.run.scope["said"] == "cases created in the last 10 years"
    assert whole.counts == {"created": 37, "unchanged": 3}
    assert settled.told == []
    settled.activate_all()
    for case_id in trial:
        assert settled.case(case_id)["integration_source"] == "smartadvocate"


async def test_a_quiet_night_asks_little_and_writes_nothing(office: Advocates) -> None:
    night = await office.run(nightly_case_sync)
    assert night.run.scope["said"] == "cases changed in the last 30 days"
    assert night.counts == {"unchanged": 40}
    assert office.written == []
    assert len(office.asked("smartadvocate")) == 2


async def test_a_night_that_breaks_off_goes_on_where_it_stopped(
    office: Advocates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.smartadvocate.numbers.AT_ONCE", 4)
    monkeypatch.setattr("connectors.smartadvocate.lists.PAGE", 10)
    down = FaultRule("smartadvocate", FaultKind.STATUS, path="*/case/[C1]*", status=503, count=None, skip=6)
    whole = await office.retry_a_night_that_broke_off(monkeypatch, down)
    assert len(whole.rows) == 40
    rest = len(office.asked("smartadvocate", "GET", "*/CaseInfo"))
    office.forget_requests()
    await office.run(nightly_case_sync)
    assert 0 < rest <= len(office.asked("smartadvocate", "GET", "*/CaseInfo")) - 4


async def test_exactly_what_the_vendor_lists_is_updated_and_client_data_is_left_alone(office: Advocates) -> None:
    changed = next(office.resting)
    status, stage = office.next_status(changed)
    (attorney, other), assistant = office.seed.staff.attorneys[:2], office.seed.staff.paralegals[0]
    office.change_case(
        changed,
        status=status,
        number="26-90001",
        incident_date="2026-02-03",
        staff=[(other.id, "Managing Attorney"), (attorney.id, "Primary Attorney"), (assistant.id, "Paralegal")],
    )
    office.change_case(changed, description="Rear-end <b>collision</b> &amp; fall")
    office.change_client(changed, last_name="Changed-Later", phones=[{"label": "Cell", "number": "(614) 555-0177"}])
    before = office.case(changed)
    night = await office.run(nightly_case_sync)
    after = office.case(changed)
    assert office.written == [changed]
    assert office.told == [("stage_changed", changed)]
    assert before is not None
    assert after is not None
    assert after["stage"]["display_name"] == stage
    assert (after["readable_id"], after["case_date"]) == ("26-90001", "2026-02-03")
    assert after["description"] == "Rear-end collision & fall"
    assert after["attorney"]["email"] == attorney.email
    assert [one["email"] for one in after["additional_attorneys"]] == [other.email]
    assert [one["email"] for one in after["paralegals"]] == [assistant.email]
    assert after["clients"] == before["clients"]
    assert {change.partition(":")[0] for change in night.row(changed)["changes"].split("; ")} == {
        "readable_id", "description", "stage", "case_date", "attorney", "additional_attorneys", "paralegals",
    }  # fmt: skip


async def test_staff_that_changes_without_moving_the_case_is_caught_the_next_night(office: Advocates) -> None:
    changed = next(office.resting)
    moved = office.records.cases.get(int(changed)).modified
    attorney = office.seed.staff.attorneys[3]
    office.change_case(changed, staff=[(attorney.id, "Primary Attorney")])
    assert office.records.cases.get(int(changed)).modified == moved
    await office.run(nightly_case_sync)
    assert office.written == [changed]
    shown = office.case(changed)
    assert shown is not None
    assert shown["attorney"]["email"] == attorney.email


async def test_a_case_that_is_closed_there_is_closed_in_the_portal_and_a_hidden_one_is_not(office: Advocates) -> None:
    over, hidden = next(office.resting), next(office.resting)
    office.change_case(over, closed=True)
    office.change_case(hidden, closed=True)
    office.records.hidden_cases = {int(hidden)}
    await office.run(nightly_case_sync)
    assert office.written == [over]
    states = [(office.case(case_id) or {})["state"] for case_id in (over, hidden)]
    assert states == ["closed", "active"]
    assert office.told == [("case_closed", over)]

    office.records.hidden_cases = set()
    await office.run(nightly_case_sync)
    assert office.written == [over, hidden]


async def test_a_new_case_comes_over_at_night_and_never_twice(office: Advocates) -> None:
    made = str(office.records.add_case(int(next(office.resting)), number="26-90002").id)
    for window in ("auto", "10y"):
        await office.run(nightly_case_sync, window=window)
        assert office.written == [made]


async def test_one_case_by_its_id_or_by_its_address(office: Advocates) -> None:
    case = next(office.resting)
    office.change_case(case, description="Another one")
    host = smartadvocate_credentials(office.sandbox).host
    for reference in (case, f"{host}/case/{case}"):
        ended = await office.run(sync_one_case, case=reference)
        assert (await ended.state.result())["integration_id"] == case
    assert office.written == [case]
    assert len(office.asked("smartadvocate")) == 2


@pytest.mark.parametrize(
    ("reference", "said"),
    [("24-00012", "not a SmartAdvocate case id"), ("https://app.clio.com/nc/#/matters/7", "an address of Clio")],
)
async def test_what_names_no_case_is_said_before_anything_is_asked(
    office: Advocates, reference: str, said: str
) -> None:
    state: State[Any] = await sync_one_case(office.slug, reference, return_state=True)
    assert state.name == "BadInput"
    assert said in str(state.message)
    assert office.asked("smartadvocate") == []


async def test_a_firm_with_words_of_its_own_for_stages_roles_and_closed_cases(office: Advocates) -> None:
    open_one, over = next(office.resting), str(office.records.add_case(int(next(office.resting))).id)
    (status, stage), last = office.next_status(open_one), office.next_status(over)[1]
    attorney, assistant = office.seed.staff.attorneys[1], office.seed.staff.paralegals[0]
    staff = [(attorney.id, "1. Attorney, Assigned"), (assistant.id, "4 Litigation Paralegal")]
    office.change_case(open_one, staff=staff, sub_statuses={"Client Stage": status})
    office.change_case(over, staff=staff, sub_statuses={"Client Stage": "Closed and filed"}, status="Settled, filed")
    refused = await office.run(nightly_case_sync, case_ids=[open_one, over])
    assert refused.row(open_one)["reason_code"] == "attorney_required"
    assert refused.row(over)["reason_code"] == "stage_unknown;attorney_required"

    await save_firm(
        office.slug,
        office.sandbox,
        case_system=smartadvocate_credentials(
            office.sandbox, stage_from="Client Stage", closed_statuses=["Settled, filed"]
        ),
        roles={"attorney": ["1. Attorney, Assigned"], "paralegal": ["4 Litigation Paralegal"]},
        stages={"Closed and filed": last},
        nightly_sync=False,
    )
    understood = await office.run(nightly_case_sync, case_ids=[open_one, over])
    assert [understood.result(case_id) for case_id in (open_one, over)] == ["updated", "created"]
    shown = office.case(open_one) or {}
    assert shown["stage"]["display_name"] == stage
    assert shown["attorney"]["email"] == attorney.email
    assert [one["email"] for one in shown["paralegals"]] == [assistant.email]
    assert (office.case(over) or {})["state"] == "closed"


async def test_a_refused_password_ends_the_run_with_what_to_do_and_is_not_sent_again(office: Advocates) -> None:
    credentials = smartadvocate_credentials(office.sandbox, username="hub_limited")
    await save_firm("locked-out", office.sandbox, case_system=credentials)
    office.records.users["hub_limited"].locked = True
    for _ in range(2):
        state: State[Any] = await nightly_case_sync("locked-out", return_state=True)
        assert state.name == "ReconnectNeeded"
        assert "See that the account is active and not locked" in str(state.message)
    assert len(office.asked("smartadvocate")) == 1


async def test_nobody_is_sent_to_a_consent_page_that_there_is_not(office: Advocates) -> None:
    state: State[Any] = await connect_case_system(office.slug, return_state=True)
    assert state.name == "BadInput"
    assert "is asked by an account and its password" in str(state.message)


async def test_a_person_allows_the_access_where_smartadvocate_offers_it(office: Advocates) -> None:
    office.records.switches.oauth = True
    by_consent = smartadvocate_credentials(
        office.sandbox,
        password=SecretStr(""),
        use_oauth=True,
        oauth_client_id=CLIENT_ID,
        oauth_client_secret=SecretStr(CLIENT_SECRET),
    )
    firm = await save_firm("by-consent", office.sandbox, case_system=by_consent)
    refused: State[Any] = await sync_one_case(firm.slug, office.matter(0), return_state=True)
    assert refused.name == "ReconnectNeeded"
    connecting = asyncio.create_task(connect_case_system(firm.slug, return_state=True))
    address, flow_run_id = await consent_address(firm)
    asked = dict(httpx.URL(address).params)
    allowed = {"username": "hub_admin", "password": office.records.users["hub_admin"].password, "decision": "allow"}
    landed = httpx.post(address.partition("?")[0], data=asked | allowed).headers["location"]
    assert landed.startswith("http://127.0.0.1:8399/smartadvocate?code=")
    await aresume_flow_run(flow_run_id, run_input={"address": landed})
    state = await connecting
    assert "in SmartAdvocate as hub_admin" in str(state.message)
    synced: State[Any] = await sync_one_case(firm.slug, office.matter(0), return_state=True)
    assert synced.name == "Completed"


async def test_neither_password_nor_token_is_left_anywhere(office: Advocates, prefect_server: PrefectServer) -> None:
    await office.run(sync_one_case, case=office.matter(0))
    password = office.records.users["hub_admin"].password
    token = office.ledger.tokens.load(f"smartadvocate:{office.slug}")
    assert token is not None
    assert office.left_behind(prefect_server, password, token.access_token) == []
