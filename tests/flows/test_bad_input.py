"""Whatever is wrong with what a run was given, it ends with one sentence that names the fix, and nothing half-done."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from prefect.client.schemas.objects import State
from pydantic import SecretStr

from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from connectors.http.patience import Patience
from flows.initial_bulk_import import initial_bulk_import
from flows.nightly_case_sync import nightly_case_sync
from flows.retry_failed_cases import retry_failed_cases
from flows.sync_one_case import sync_one_case
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tasks.reading import read_case_system, read_directory, read_portal
from tests.flows.office import Ended, Office, open_office, save_firm
from tests.flows.processes import PrefectServer

WORLD = WorldOptions(matters=20, shares=Shares.trouble_free())
SLUG = "bad-input"


@pytest.fixture(scope="module")
def shared(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(SLUG, tmp_path_factory.mktemp("bad") / "casebridge", WORLD) as office:
        yield office


@pytest.fixture
def office(shared: Office) -> Iterator[Office]:
    """The office as good as new: whatever a test switches off is on again afterwards."""
    shared.forget_requests()
    yield shared
    shared.sandbox.controls.faults.clear()
    shared.clio.denied.clear()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that take a production run minutes take none."""
    monkeypatch.setattr("connectors.http.connection.Patience", partial(Patience, attempts=3, first_pause=0.05))
    for step in (read_directory, read_portal, read_case_system):
        monkeypatch.setattr(step, "retry_delay_seconds", [0.0, 0.0])


def assert_refused(state: State[Any], name: str, *said: str) -> None:
    """One sentence or two, on one line, without a traceback or a secret, and with the fix in it."""
    assert state.name == name, state.message
    assert state.message is not None
    assert not state.is_crashed()
    for part in said:
        assert part in state.message
    assert "\n" not in state.message
    assert len(state.message) < 500
    for unwanted in ("Traceback", "Error(", "csk-", "sandbox-us-secret", "Exception", "http://127"):
        assert unwanted not in state.message


def assert_untouched(office: Office) -> None:
    assert office.written == []
    assert not list(office.portal.cases)
    assert office.ledger.leases.holder(f"cases:{office.slug}") is None


@pytest.mark.parametrize(
    ("flow", "parameters"),
    [
        (nightly_case_sync, {}),
        (initial_bulk_import, {}),
        (initial_bulk_import, {"cases": "17"}),
        (sync_one_case, {"case": "17"}),
    ],
)
async def test_a_firm_nobody_knows(office: Office, flow: Any, parameters: dict[str, str]) -> None:
    state = await flow(firm="nobody-and-sons", **parameters, return_state=True)
    assert_refused(
        state, "BadInput", "There is no firm 'nobody-and-sons'.", SLUG, "Blocks › + › Firm, with 'nobody-and-sons'"
    )
    assert_untouched(office)


async def test_a_firm_block_with_a_field_that_cannot_be_read(office: Office) -> None:
    await _break("broken-zone", office, time_zone="Mars/Olympus")
    state = await nightly_case_sync("broken-zone", return_state=True)
    assert_refused(state, "BadInput", "'broken-zone' cannot be read: time_zone:", "correct that field and save")


async def test_a_firm_block_whose_credentials_were_deleted(office: Office) -> None:
    await save_firm("no-credentials", office.sandbox)
    async with get_client() as client:
        document = await client.read_block_document_by_name("no-credentials-clio", "clio-credentials")
        await client.delete_block_document(document.id)
    state = await nightly_case_sync("no-credentials", return_state=True)
    assert_refused(state, "BadInput", "'no-credentials' cannot be read: case_system", "Open Blocks › no-credentials")


async def test_a_firm_block_that_calls_itself_otherwise(office: Office) -> None:
    firm = await save_firm("one-name", office.sandbox)
    await firm.asave("another-name", overwrite=True)
    state = await nightly_case_sync("another-name", return_state=True)
    assert_refused(state, "BadInput", "'another-name' says its short name is 'one-name'", "Make the two the same")


@pytest.mark.parametrize("window", ["yesterday", "0d", "99y", "", "10 y ears", "-5d"])
async def test_a_window_that_is_none(office: Office, window: str) -> None:
    state = await nightly_case_sync(office.slug, window=window, return_state=True)
    assert_refused(state, "BadInput", f"“{window}”", "10y")
    assert_untouched(office)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("https://app.casepeer.com/case/17", "CASEpeer"),
        ("seventeen", "seventeen"),
        ("https://app.clio.com/nc/#/contacts/17", "matter"),
    ],
)
async def test_a_case_that_names_none_of_the_firms_system(office: Office, case: str, said: str) -> None:
    state = await sync_one_case(office.slug, case, return_state=True)
    assert_refused(state, "BadInput", said, "Clio")
    assert office.asked("*") == []


async def test_a_list_of_cases_with_mistakes_tells_their_lines(office: Office) -> None:
    listing = "integration_id,client\n1480000001,Ann\nabc,Bob\n\n1.48E+09,Cy\n"
    state = await initial_bulk_import(office.slug, cases=listing, return_state=True)
    assert_refused(state, "BadInput", "Line 3:", "Line 5:", "abc")
    assert "Line 2:" not in str(state.message)
    assert_untouched(office)


async def test_a_file_that_is_not_there(office: Office) -> None:
    state = await initial_bulk_import(office.slug, cases="nowhere/cases.csv", return_state=True)
    assert_refused(state, "BadInput", "“nowhere/cases.csv” cannot be read", "Paste the list itself instead.")


async def test_a_list_without_cases(office: Office) -> None:
    state = await initial_bulk_import(office.slug, cases="integration_id\n", return_state=True)
    assert state.name == "BadInput", state.message
    assert_untouched(office)


@pytest.mark.parametrize("run", ["not-a-run", "00000000-0000-4000-8000-000000000000", ""])
async def test_a_run_nobody_knows(office: Office, run: str) -> None:
    state = await retry_failed_cases(run, return_state=True)
    assert_refused(state, "BadInput", f"There is no sync run “{run}”.", "Copy the run's id from its report")


async def test_a_case_that_clio_does_not_have(office: Office) -> None:
    ended = await office.run(sync_one_case, case="17")
    assert_refused(ended.state, "Exceptions", "Case 17: rejected: Clio has no case with this id")
    assert ended.row("17")["reason_code"] == "cms_case_not_found"
    assert "Check the id" in ended.row("17")["how_to_fix"]
    assert_untouched(office)


async def test_a_wrong_portal_key(office: Office) -> None:
    state = await _run_with(office, "wrong-key", portal_key="csk-somebody-else")
    assert_refused(
        state, "ReconnectNeeded", "Case Status refuses the API key.", "Enter the one that Case Status staff issued"
    )
    assert_untouched(office)


async def test_a_grant_that_was_revoked(office: Office) -> None:
    state = await _run_with(office, "revoked-grant", refresh_token="revoked-long-ago")
    assert_refused(state, "ReconnectNeeded", "Clio no longer accepts the firm's grant: connect the firm again.")
    assert_untouched(office)


async def test_a_firm_that_was_never_connected(office: Office) -> None:
    state = await _run_with(office, "never-connected", refresh_token=None)
    assert_refused(state, "ReconnectNeeded", "connect")
    assert_untouched(office)


async def test_the_wrong_region(office: Office) -> None:
    state = await _run_with(office, "wrong-region", region="eu")
    assert_refused(state, "ReconnectNeeded", "region 'eu'")
    assert_untouched(office)


@pytest.mark.parametrize(("resource", "permission"), [("matters", "'Matters'"), ("contacts", "'Contacts'")])
async def test_a_permission_that_is_missing(office: Office, resource: str, permission: str) -> None:
    office.clio.denied.add(resource)
    ended = await office.run(nightly_case_sync)
    assert_refused(ended.state, "SetupNeeded", f"tick the {permission} permission", "connect the firm again")
    assert ended.run.outcome == "interrupted"
    assert_untouched(office)


@pytest.mark.parametrize("vendor", ["casestatus", "clio"])
async def test_a_vendor_that_is_down(office: Office, impatient: None, vendor: str) -> None:
    office.sandbox.controls.faults.add(FaultRule(vendor, FaultKind.CUT_BEFORE, path="*/api*", count=None))
    ended = await office.run(nightly_case_sync)
    name = {"casestatus": "Case Status", "clio": "Clio"}[vendor]
    assert_refused(ended.state, "VendorUnavailable", name, "Retry continues where it stopped.")
    assert_untouched(office)


async def test_web_pages_in_place_of_answers_are_waited_out(office: Office, impatient: None) -> None:
    for vendor in ("clio", "casestatus"):
        office.sandbox.controls.faults.add(FaultRule(vendor, FaultKind.HTML, count=2))
    ended = await office.run(nightly_case_sync, dry_run=True)
    assert ended.state.name == "Completed"
    assert ended.counts == {"created": 20}


async def test_a_window_or_list_in_which_there_is_nothing(office: Office) -> None:
    office.sandbox.controls.clock.advance(400 * 86_400)
    try:
        ended = await office.run(nightly_case_sync, window="1d", dry_run=True)
    finally:
        office.sandbox.controls.clock.reset()
    assert ended.state.name == "Completed"
    assert ended.state.message == (
        "No case of Harrow Pike LLP was in the asked window or list; nothing was to be done."
    )


async def test_a_key_revoked_in_the_middle_of_a_run(office: Office) -> None:
    refused = {"errors": [{"code": "invalid_api_key", "message": "The API key is not valid.", "field": None}]}
    office.sandbox.controls.faults.add(
        FaultRule("casestatus", FaultKind.STATUS, method="PUT", skip=5, count=None, status=401, body=refused)
    )
    ended = await office.run(nightly_case_sync)
    assert_refused(ended.state, "ReconnectNeeded", "Case Status refuses the API key")
    assert len(list(office.portal.cases)) == 5
    # What was done is on record; a firm whose key is dead has no four thousand failed rows for it.
    assert sum(office.ledger.attempts.counts(ended.run.id).values()) == 5
    assert office.ledger.leases.holder(f"cases:{office.slug}") is None
    office.sandbox.controls.faults.clear()
    office.forget_requests()
    again: Ended = await office.run(nightly_case_sync)
    assert again.state.name == "Completed"
    assert len(office.written) == len(list(office.portal.cases)) - 5 == 15


async def _break(slug: str, office: Office, **fields: Any) -> None:
    """Save a firm, then spoil fields of its block as a form of an older version might have."""
    await save_firm(slug, office.sandbox)
    async with get_client() as client:
        document = await client.read_block_document_by_name(slug, Firm.get_block_type_slug())
        await client.update_block_document(document.id, BlockDocumentUpdate(data=fields))


async def _run_with(
    office: Office, slug: str, *, portal_key: str = "csk-harrow-pike", region: str = "us", **credentials: Any
) -> State[Any]:
    """A night of the same firm under other credentials."""
    firm = await save_firm(slug, office.sandbox)
    clio: ClioCredentials = firm.case_system
    if "refresh_token" in credentials:
        given = credentials["refresh_token"]
        clio.refresh_token = SecretStr(given) if given else None
    clio.region, clio.host = region, f"{office.sandbox.url}/clio/{region}"  # type: ignore[assignment]
    await clio.asave(f"{slug}-clio", overwrite=True)
    portal: CaseStatusCredentials = firm.portal
    portal.api_key = SecretStr(portal_key)
    await portal.asave(f"{slug}-case-status", overwrite=True)
    state: State[Any] = await nightly_case_sync(slug, return_state=True)
    return state


async def test_an_address_of_another_host_names_no_case_of_this_firm(office: Office) -> None:
    state = await sync_one_case(office.slug, "https://example.com/matters/17", return_state=True)
    assert state.name == "BadInput"
    assert "example.com" in (state.message or "")
