"""A firm of CASEpeer through its import by a list and its nights: the flows, the server and the sandbox are real."""

from collections.abc import Iterator
from typing import Any

import pytest
from prefect.client.schemas.objects import State

from connectors.casepeer import lists
from flows.check_connection import check_connection
from flows.connect_case_system import connect_case_system
from flows.initial_bulk_import import initial_bulk_import
from flows.nightly_case_sync import nightly_case_sync
from flows.retry_failed_cases import retry_failed_cases
from flows.sync_one_case import sync_one_case
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tasks.reading import read_case_system
from tests.flows.mailbox import Mailbox, open_mailbox
from tests.flows.peers import Peers, casepeer_credentials, open_peers
from tests.flows.processes import PrefectServer

WORLD = WorldOptions(matters=40, shares=Shares.trouble_free())
ASKER = "ops@casebridge.example"
NAMED = 30
"""So many of the firm's cases were named in its list; the others never come over."""
WITHOUT_PHONE = NAMED - 1


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def settled(
    prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox
) -> Iterator[Peers]:
    """A firm whose cases were imported from a list; one of them had no number, the last ten were never named."""
    home = tmp_path_factory.mktemp("peers") / "casebridge"
    with open_peers("peers", home, WORLD, mail=mailbox.credentials) as office:
        without = office.matter(WITHOUT_PHONE)
        office.change_client(without, phones=[{"kind": "cell", "number": ""}])
        host = casepeer_credentials(office.sandbox).host
        named = "\n".join(f"{host}/case/{office.matter(index)}/" for index in range(NAMED))
        first = office.run_now(initial_bulk_import, cases=f"{named}\n{office.matter(0)}\n")
        assert first.counts == {"created": NAMED - 1, "rejected": 1}
        assert first.row(without)["reason_code"] == "client_cell_phone_missing"
        assert len(office.asked("casepeer")) == 1
        assert office.told == []
        office.activate_all()
        yield office


@pytest.fixture
def office(settled: Peers) -> Iterator[Peers]:
    settled.portal.notices.clear()
    settled.forget_requests()
    yield settled
    settled.records.switches.login_page = "never"


async def test_a_quiet_night_reads_the_linked_cases_alone_and_writes_nothing(office: Peers) -> None:
    night = await office.run(nightly_case_sync)
    assert night.run.scope["said"] == "all cases that are in Case Status"
    assert night.counts == {"unchanged": NAMED - 1}
    assert office.written == []
    asked = office.asked("casepeer")
    assert len(asked) == 1
    assert "id__in=" in asked[0]
    assert not [case_id for case_id in (office.matter(WITHOUT_PHONE), office.matter(39)) if case_id in asked[0]]


async def test_a_list_that_breaks_off_is_gone_on_with_and_a_search_names_cases_too(
    office: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "AT_ONCE", 10)
    monkeypatch.setattr("connectors.http.patience.Patience.exhausted", lambda *_: True)
    monkeypatch.setattr(read_case_system, "retry_delay_seconds", [0.0, 0.0])
    down = FaultRule("casepeer", FaultKind.HTML, path="*/case/", status=502, count=None, skip=2)
    office.sandbox.controls.faults.add(down)
    listed = "\n".join(map(office.matter, range(NAMED - 1)))
    broken = await office.run(initial_bulk_import, cases=f"{listed}\n77")
    assert broken.state.name == "VendorUnavailable"
    office.sandbox.controls.faults.clear()
    office.forget_requests()
    whole = await office.retry(initial_bulk_import, str(broken.run.flow_run_id))
    assert whole.counts == {"unchanged": NAMED - 1, "rejected": 1}
    assert whole.row("77")["reason_code"] == "cms_case_not_found"
    assert len(office.asked("casepeer")) == 1

    name = office.records.client_of(office.records.cases.get(int(office.matter(38)))).last_name
    found = await office.run(initial_bulk_import, search=f" {name} ", dry_run=True)
    assert office.matter(38) in found.rows.index
    assert len(found.rows) < NAMED
    nothing = await initial_bulk_import(office.slug, search="nobody of that name", return_state=True)
    assert nothing.name == "BadInput"
    assert office.written == []


async def test_a_night_never_imports_however_much_an_unlinked_case_moves(
    office: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.change_case(office.matter(35), status=office.next_status(office.matter(35))[0])
    made = str(office.records.add_case(int(office.matter(3))).id)
    office.change_client(office.matter(WITHOUT_PHONE), phones=[{"kind": "cell", "number": "(614) 555-0163"}])
    night = await office.run(nightly_case_sync)
    assert not {office.matter(35), made, office.matter(WITHOUT_PHONE)} & set(night.rows.index)
    named = await office.run(nightly_case_sync, case_ids=[office.matter(35), made])
    assert named.counts == {"skipped": 2}
    alone = await office.run(sync_one_case, case=made)
    assert (await alone.state.result())["result"] == "skipped"
    with monkeypatch.context() as patch:
        patch.setattr(office.records.cases, "get", lambda _: None)
        assert (await office.run(nightly_case_sync, case_ids=[made])).counts == {"rejected": 1}
    tried = await office.run(retry_failed_cases, run=office.ledger.runs.recent(office.slug, 1)[0].id)
    assert tried.counts == {"skipped": 1}
    assert office.written == []
    # What was refused when it was named is still known as such, and comes over when its import is retried.
    assert office.matter(WITHOUT_PHONE) in office.ledger.links.troubled_ids(office.slug)
    first = office.ledger.runs.recent(office.slug, 20)[-1]
    again = await office.run(retry_failed_cases, run=first.id)
    assert again.counts == {"created": 1}
    assert office.written == [office.matter(WITHOUT_PHONE)]


async def test_everything_follows_the_client_included(office: Peers) -> None:
    changed = office.matter(4)
    status, stage = office.next_status(changed)
    (attorney, other), assistant = office.seed.staff.attorneys[:2], office.seed.staff.paralegals[0]
    team = {"lead_attorney": attorney.id, "supervising_attorney": other.id, "case_manager": assistant.id}
    office.change_case(changed, team=dict.fromkeys(team))
    office.change_case(changed, team=team, status=status, file_number="HP-90001", incident="2026-02-03")
    office.change_case(changed, description="Fall on the stairs of Lot C")
    office.change_client(changed, last_name="Changed", phones=[{"kind": "cell", "number": "(614) 555-0177"}])
    await office.run(nightly_case_sync)
    after = office.case(changed)
    assert office.written == [changed]
    assert office.told == [("stage_changed", changed)]
    assert after is not None
    assert after["stage"]["display_name"] == stage
    assert (after["readable_id"], after["case_date"]) == ("HP-90001", "2026-02-03")
    assert after["description"] == "Fall on the stairs of Lot C"
    assert after["attorney"]["email"] == attorney.email
    assert [one["email"] for one in after["additional_attorneys"]] == [other.email]
    assert [one["email"] for one in after["paralegals"]] == [assistant.email]
    assert (after["clients"][0]["last_name"], after["clients"][0]["cell_phone"]) == ("Changed", "+16145550177")


async def test_what_is_closed_there_is_closed_and_what_is_gone_is_left_and_told(
    office: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, gone = office.matter(6), office.matter(7)
    office.change_case(over, closed=True)
    seen = office.records.cases.get
    monkeypatch.setattr(office.records.cases, "get", lambda case_id: None if case_id == int(gone) else seen(case_id))
    night = await office.run(nightly_case_sync)
    assert office.written == [over]
    assert (office.case(over) or {})["state"] == "closed"
    assert office.told == [("case_closed", over)]
    assert night.row(gone)["reason_code"] == "missing_in_case_system"


async def test_a_night_that_breaks_off_goes_on_where_it_stopped(office: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "AT_ONCE", 10)
    down = FaultRule("casepeer", FaultKind.HTML, path="*/case/", status=502, count=None, skip=2)
    whole = await office.retry_a_night_that_broke_off(monkeypatch, down)
    assert set(whole.rows.index) == set(office.ledger.links.linked_ids(office.slug))
    assert len(office.asked("casepeer")) == 1


async def test_all_by_hand_mails_the_report_to_whoever_asked(office: Peers, mailbox: Mailbox) -> None:
    mailbox.mails.clear()
    await office.run(nightly_case_sync, requested_by=ASKER)
    [(recipients, mail)] = mailbox.mails
    assert recipients == [ASKER]
    [report] = mail.iter_attachments()
    assert office.matter(0).encode() in report.get_content()


async def test_one_case_by_its_id_or_by_its_address(office: Peers) -> None:
    case = office.matter(8)
    office.change_case(case, description="Another one")
    host = casepeer_credentials(office.sandbox).host
    for reference in (case, f"{host}/case/{case}/"):
        ended = await office.run(sync_one_case, case=reference)
        assert (await ended.state.result())["integration_id"] == case
    assert office.written == [case]
    assert len(office.asked("casepeer")) == 2


@pytest.mark.parametrize(
    ("flow", "parameters", "said"),
    [
        (initial_bulk_import, {}, "CASEpeer cases are imported from a list only. Fill in cases:"),
        (initial_bulk_import, {"cases": "7", "search": "Marsh"}, "Fill in either cases or search"),
        (initial_bulk_import, {"window": "10y"}, "CASEpeer cases are imported from a list only."),
        (nightly_case_sync, {"window": "30d"}, "a run reads every case that is in Case Status"),
        (sync_one_case, {"case": "HP-2210"}, "not a CASEpeer case id"),
        (sync_one_case, {"case": "https://app.clio.com/nc/#/matters/7"}, "an address of Clio"),
        (sync_one_case, {"case": "https://leadcheck.casepeer.com/case/7/"}, "does not belong to the firm's CASEpeer"),
        (connect_case_system, {}, "CASEpeer, which is asked by a key"),
    ],
)
async def test_what_cannot_be_done_is_said_before_anything_is_asked(
    office: Peers, flow: Any, parameters: dict[str, Any], said: str
) -> None:
    state: State[Any] = await flow(firm=office.slug, **parameters, return_state=True)
    assert state.name == "BadInput"
    assert said in str(state.message)
    assert office.asked("*") == []


async def test_a_key_that_is_not_accepted_is_told_at_the_check_and_by_the_night_and_stays_secret(
    office: Peers, prefect_server: PrefectServer
) -> None:
    well = await check_connection(office.slug, return_state=True)
    assert (well.name, well.message) == ("Completed", "1 of 1 firm well connected.")
    office.records.switches.login_page = "redirect"
    for flow in (check_connection, nightly_case_sync):
        state: State[Any] = await flow(office.slug, return_state=True)  # type: ignore[operator]
        assert state.name == "ReconnectNeeded"
        assert "Account Settings › Integrations › Case Status › Manage" in str(state.message)
    keys = office.records.keys
    assert office.left_behind(prefect_server, keys.integration.value, keys.partner_api_key) == []


async def test_a_case_that_is_new_in_the_portal_is_in_step_after_the_same_night(office: Peers) -> None:
    linked, new = office.case(office.matter(10)), office.matter(37)
    assert linked is not None
    body = {
        "readable_id": "by hand",
        "practice_area": linked["practice_area"]["display_name"],
        "stage": linked["stage"]["display_name"],
        "attorney_email": linked["attorney"]["email"],
        "clients": [{"first_name": "Ines", "last_name": "Marsh", "cell_phone": "(614) 555-0171", "primary": True}],
    }
    office.portal_call("PUT", f"/cases/by_integration_id/{new}?source=casepeer", body)
    await office.run(nightly_case_sync)
    assert office.written == [new, new]
    assert (office.case(new) or {})["readable_id"] == office.records.cases.get(int(new)).file_number
