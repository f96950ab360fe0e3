"""*Connect to Case Status*: the preview, the pause and its end, and what is sent; flows, server and sandbox are real."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.client.schemas.objects import State
from prefect.flow_runs import aresume_flow_run
from prefect.states import Pending, Scheduled

import flows.connect_case
from flows.connect_case import connect_case
from flows.initial_bulk_import import initial_bulk_import
from sandbox.casepeer.rendering import case_json
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.flows.peers import Peers, casepeer_credentials, open_peers
from tests.flows.processes import PrefectServer

WORLD = WorldOptions(matters=30, shares=Shares.trouble_free())
LINKING = "*/case/*/case-status/"


@pytest.fixture(scope="module")
def opened(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    with open_peers("connecting-peers", tmp_path_factory.mktemp("peers") / "casebridge", WORLD) as office:
        yield office


@pytest.fixture
def office(opened: Peers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peers]:
    monkeypatch.setattr("tasks.asking._LOOK_EVERY", 0.1)
    opened.portal.notices.clear()
    opened.forget_requests()
    yield opened
    opened.sandbox.controls.faults.clear()


async def _connect(office: Peers, case: str, **parameters: Any) -> State[Any]:
    return await connect_case(office.slug, case, **parameters, return_state=True)


def _twin(office: Peers, case: str) -> str | None:
    """What CASEpeer shows of the connection."""
    shown = case_json(office.records, office.records.cases.get(int(case)))["case_status"]
    return str(shown["external_id"]) if shown["connected"] else None


def _preview(server: PrefectServer, office: Peers) -> str:
    return str(server.ask(f"artifacts/connect-case-{office.slug}/latest").json()["data"])


async def _paused(office: Peers, case: str) -> UUID:
    """The flow run that waits for its person."""
    wanted = FlowRunFilter(name=FlowRunFilterName(like_=f"case {case}"))
    async with get_client() as client:
        for _ in range(300):
            runs = await client.read_flow_runs(flow_run_filter=wanted)
            if runs and runs[0].state is not None and runs[0].state.is_paused():
                return runs[0].id
            await asyncio.sleep(0.1)
    raise AssertionError("the flow did not pause")


async def _shown_then(office: Peers, case: str, meanwhile: Any, **answer: Any) -> State[Any]:
    """Connect a case by a person: what happens while the preview is looked at, then *Resume* with the answer."""
    connecting = asyncio.create_task(_connect(office, case))
    flow_run = await _paused(office, case)
    assert office.written == []
    meanwhile()
    await aresume_flow_run(flow_run, run_input=answer)
    return await connecting


async def test_a_person_sees_what_will_be_sent_resumes_and_both_sides_are_linked(
    office: Peers, prefect_server: PrefectServer
) -> None:
    case = office.matter(0)
    shown: list[str] = []
    address = f"{casepeer_credentials(office.sandbox).host}/case/{case}/"
    connecting = asyncio.create_task(_connect(office, address))
    flow_run = await _paused(office, case)
    shown.append(_preview(prefect_server, office))
    assert office.written == []
    await aresume_flow_run(flow_run, run_input={"send": True})
    state = await connecting
    assert (state.name, state.message) == ("Completed", f"Case {case}: created.")
    imported = office.case(case)
    assert imported is not None
    assert _twin(office, case) == f"cs_{imported['id']}"
    assert office.written == [case]
    assert office.told == []
    number = imported["clients"][0]["cell_phone"]
    assert imported["clients"][0]["last_name"] in shown[0]
    assert imported["stage"]["display_name"] in shown[0]
    assert (number[-4:] in shown[0], number[-7:] in shown[0]) == (True, False)
    assert shown[0].count("✓ fine") == 7

    again = await _connect(office, case)
    assert again.is_completed()
    assert "is connected to Case Status already" in str(again.message)
    assert office.written == [case]


async def test_what_has_changed_since_the_preview_is_not_sent_and_a_retry_asks_anew(office: Peers) -> None:
    case = office.matter(1)
    state = await _shown_then(office, case, lambda: office.change_case(case, description="Another fall"), send=True)
    assert state.name == "ChangedMeanwhile"
    assert "this of it has changed: description" in str(state.message)
    assert (office.written, _twin(office, case)) == ([], None)

    flow_run = UUID(office.ledger.runs.recent(office.slug, 1)[0].flow_run_id)
    retrying = asyncio.create_task(_retry(office, flow_run))
    assert await _paused(office, case) == flow_run
    await aresume_flow_run(flow_run, run_input={"send": True})
    assert (await retrying).is_completed()
    assert (office.case(case) or {})["description"] == "Another fall"


async def _retry(office: Peers, flow_run: UUID) -> State[Any]:
    async with get_client() as client:
        await client.set_flow_run_state(flow_run, Scheduled(name="AwaitingRetry"), force=True)
        await client.set_flow_run_state(flow_run, Pending())
    return (await office.retry(connect_case, str(flow_run))).state


async def test_without_a_yes_nothing_is_sent(office: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    case = office.matter(2)
    declined = await _shown_then(office, case, lambda: None, send=False)
    assert declined.is_cancelled()
    monkeypatch.setattr(flows.connect_case, "TIME_TO_CONFIRM", timedelta(seconds=1))
    late = await _connect(office, case)
    assert late.is_cancelled()
    assert "Nobody has confirmed it within an hour" in str(late.message)
    assert (office.written, _twin(office, case)) == ([], None)


async def test_everything_against_it_is_said_at_once(office: Peers, prefect_server: PrefectServer) -> None:
    case = office.matter(3)
    attorney = office.seed.staff.paralegals[0].id
    office.change_case(case, closed=True, team={"lead_attorney": attorney})
    office.change_client(case, first_name="", phones=[{"kind": "home", "number": "12"}])
    state = await _connect(office, case, confirm=True)
    assert state.name == "Exceptions"
    said, shown = str(state.message), _preview(prefect_server, office)
    for sentence in ("a closed case is not connected", "not as an attorney", "has no first name", "The number"):
        assert sentence in said
        assert sentence in shown
    assert office.written == []


async def test_a_case_that_came_by_a_list_is_connected_too_and_one_connected_elsewhere_is_not(office: Peers) -> None:
    imported, elsewhere = office.matter(4), office.matter(5)
    await office.run(initial_bulk_import, cases=imported)
    office.forget_requests()
    state = await _connect(office, imported, confirm=True)
    assert state.is_completed()
    assert office.written == []
    assert _twin(office, imported) == f"cs_{(office.case(imported) or {})['id']}"

    office.records.connect_case(int(elsewhere), "cs_1")
    state = await _connect(office, elsewhere, confirm=True)
    assert state.name == "Exceptions"
    assert "connected to cs_1" in str(state.message)
    assert office.written == []


@pytest.mark.parametrize("fault", [FaultKind.CUT_AFTER, FaultKind.CUT_BEFORE])
async def test_a_lost_answer_of_the_link_leaves_one_link(office: Peers, fault: FaultKind) -> None:
    case = office.matter(6 if fault is FaultKind.CUT_AFTER else 7)
    office.sandbox.controls.faults.add(FaultRule("casepeer", fault, "PUT", LINKING))
    state = await _connect(office, case, confirm=True)
    assert state.is_completed()
    assert _twin(office, case) == f"cs_{(office.case(case) or {})['id']}"
    assert office.written == [case]


async def test_a_case_that_is_sent_but_not_linked_is_linked_by_the_retry(office: Peers) -> None:
    case = office.matter(8)
    refused = FaultRule("casepeer", FaultKind.STATUS, "PUT", LINKING, status=400, body={"external_id": ["Not now."]})
    office.sandbox.controls.faults.add(refused)
    broken = await office.run(connect_case, case=case, confirm=True)
    assert broken.state.name == "VendorRefused"
    assert "is in Case Status as" in str(broken.state.message)
    assert _twin(office, case) is None
    whole = await _retry(office, UUID(broken.run.flow_run_id))
    assert whole.is_completed()
    assert _twin(office, case) is not None
    assert office.written == [case]


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    ("index", "where"),
    [
        (10, "ledger.links.Links.settle"),  # the portal has it, the ledger does not know
        (11, "connectors.casepeer.client.CasePeerClient.connect"),  # both know it, CASEpeer does not
        (12, "ledger.runs.Runs.finish"),  # everything is done but said
    ],
)
async def test_wherever_it_dies_the_retry_finds_one_case_and_links_it(
    office: Peers, monkeypatch: pytest.MonkeyPatch, index: int, where: str
) -> None:
    case = office.matter(index)

    def die(*_: Any, **__: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(where, die)
        with pytest.raises(Died):
            await _connect(office, case, confirm=True)
    flow_run = UUID(office.ledger.runs.recent(office.slug, 1)[0].flow_run_id)
    state = await _retry(office, flow_run)
    assert state.is_completed(), state.message
    assert _twin(office, case) == f"cs_{(office.case(case) or {})['id']}"
    assert office.written == [case]
    assert office.told == []


async def test_a_number_that_was_not_shown_is_not_sent(office: Peers) -> None:
    """The portal may know a number for a landline; the next one of the client was on no preview."""
    case = office.matter(9)
    numbers = [{"kind": "cell", "number": "(614) 555-0181"}, {"kind": "cell", "number": "(614) 555-0182"}]
    office.change_client(case, phones=numbers)
    error = {
        "code": "client_cell_phone_invalid",
        "message": "Not a mobile number.",
        "field": "clients[0].cell_phone",
        "details": {"reason": "not_mobile", "client_index": 0},
    }
    body = {"errors": [error]}
    office.sandbox.controls.faults.add(
        FaultRule("casestatus", FaultKind.STATUS, "PUT", "*/by_integration_id/*", status=422, body=body)
    )
    ended = await office.run(connect_case, case=case, confirm=True)
    assert ended.state.name == "Exceptions"
    assert ended.row(case)["reason_code"] == "client_cell_phone_invalid"
    assert (len(office.written), office.case(case), _twin(office, case)) == (1, None, None)


async def test_what_cannot_be_connected_at_all_is_said(office: Peers) -> None:
    state = await _connect(office, "999", confirm=True)
    assert state.name == "BadInput"
    assert "has no case with this id" in str(state.message)
