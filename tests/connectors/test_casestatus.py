"""Case Status over a real socket against the sandbox, and by scripted answers where the sandbox cannot go."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import httpx
import orjson
import pytest

from connectors.casestatus import CaseStatusClient
from connectors.errors import CursorExpired, FixData, LogInAgain, NotFound, NotPermitted, UnexpectedAnswer
from domain.portal import Draft, DraftClient, PortalState
from sandbox.faults import FaultKind, FaultRule
from tests.connectors.clients import portal_client
from tests.connectors.fakes import json_answer, shared
from tests.connectors.samples import PORTAL_CASE

_numbers = count(1)
NOW = datetime(2026, 6, 3, 16, 20, 9, tzinfo=UTC)


@pytest.fixture
async def draft(portal) -> Draft:
    """A case that the portal accepts and has never seen."""
    directory = await portal.directory()
    attorney = next(user for user in directory.users if user.role == "attorney" and user.status == "active")
    area, number = directory.practice_areas[0], next(_numbers)
    return Draft(
        source="clio", integration_id=f"70{number:05d}", readable_id=f"R-{number}", practice_area=area.name,
        stage=area.stages[0].name, attorney_email=attorney.email, additional_attorney_emails=(), paralegal_emails=(),
        clients=(DraftClient(f"c{number}", "Della", f"Vance{number}", None, f"+1303{2_200_000 + number}", None, primary=True),),
        description="Rear-end collision", case_date=date(2025, 2, 11), closed=False, closed_on=None, source_updated_at=NOW,
    )  # fmt: skip


async def test_the_directory_is_complete(portal):
    directory = await portal.directory()
    assert directory.firm.source == "clio"
    assert "write" in directory.firm.scopes
    assert {"attorney", "paralegal"} <= {user.role for user in directory.users}
    for area in directory.practice_areas:
        assert 2 <= len(area.stages) <= 12
        assert [stage.position for stage in area.stages] == sorted(stage.position for stage in area.stages)


async def test_created_unchanged_updated_and_found_again(portal, draft):
    created = await portal.upsert(draft, notify_client=False)
    assert (created.result, created.changes) == ("created", ())
    assert created.case.state is PortalState.ONBOARDING
    assert created.case.clients[0].cell_phone == draft.clients[0].cell_phone
    assert (await portal.upsert(draft, notify_client=False)).result == "unchanged"
    updated = await portal.upsert(replace(draft, description="Other"), notify_client=False)
    assert [(change.field, change.before, change.after) for change in updated.changes] == [
        ("description", "Rear-end collision", "Other")
    ]
    found = await portal.find("clio", draft.integration_id)
    assert found == updated.case == await portal.case(found.id)


async def test_only_the_named_fields_are_sent_and_a_stage_with_its_practice_area(portal, draft):
    directory = await portal.directory()
    await portal.upsert(draft, notify_client=False)
    moved = replace(draft, stage=directory.practice_areas[0].stages[1].name, description="not sent", clients=())
    answer = await portal.upsert(moved, fields=frozenset({"stage"}), notify_client=False)
    assert [change.field for change in answer.changes] == ["stage"]
    assert answer.case.description == "Rear-end collision"
    assert len(answer.case.clients) == 1


async def test_clients_added_by_hand_survive_when_named(portal, draft):
    made = await portal.upsert(draft, notify_client=False)
    spouse = DraftClient(None, "Sam", "Vance", None, f"+1303{2_900_000 + made.case.id}", None)
    by_hand = await portal.upsert(replace(draft, clients=(*draft.clients, spouse)), notify_client=False)
    added = [client for client in by_hand.case.clients if client.external_id is None]
    kept = await portal.upsert(draft, fields=frozenset({"clients"}), notify_client=False, keep_clients=added)
    assert {client.id for client in kept.case.clients} == {client.id for client in by_hand.case.clients}
    gone = await portal.upsert(draft, fields=frozenset({"clients"}), notify_client=False)
    assert len(gone.case.clients) == 1


async def test_closing_reopening_and_a_change_in_between(portal, draft):
    made = await portal.upsert(draft, notify_client=False)
    closed = await portal.upsert(replace(draft, closed=True, closed_on=date(2026, 5, 1)), notify_client=False)
    assert closed.case.state is PortalState.CLOSED
    with pytest.raises(FixData) as caught:
        await portal.upsert(replace(draft, description="Changed"), notify_client=False)
    assert [problem.code for problem in caught.value.problems] == ["case_closed"]
    again = await portal.upsert(replace(draft, description="Changed"), notify_client=False, reopen=True)
    assert again.case.state is not PortalState.CLOSED
    assert (await portal.close_case(made.case.id, notify_client=False)).case.state is PortalState.CLOSED
    assert (await portal.close_case(made.case.id, notify_client=False)).result == "unchanged"
    assert (await portal.reopen(made.case.id)).case.state is not PortalState.CLOSED


async def test_every_defect_of_a_case_comes_at_once(portal, draft):
    bad = replace(
        draft, readable_id=None, practice_area="personal injury", attorney_email="nobody@x.example", clients=()
    )
    with pytest.raises(FixData) as caught:
        await portal.upsert(bad, notify_client=False)
    assert {problem.code for problem in caught.value.problems} == {
        "readable_id_required", "practice_area_unknown", "attorney_not_found", "client_required",
    }  # fmt: skip
    assert caught.value.status == 422
    assert caught.value.request_id.startswith("req_")


async def test_warnings_are_never_swallowed(portal, draft):
    answer = await portal.upsert(replace(draft, paralegal_emails=("ghost@x.example",)), notify_client=False)
    assert [warning.code for warning in answer.warnings] == ["paralegal_not_found"]
    stale = replace(draft, description="older", source_updated_at=NOW - timedelta(days=1))
    answer = await portal.upsert(stale, notify_client=False)
    assert (answer.result, [warning.code for warning in answer.warnings]) == ("unchanged", ["stale_source"])


async def test_a_stage_moves_by_itself(portal, draft):
    made = await portal.upsert(draft, notify_client=False)
    stage = (await portal.directory()).practice_areas[0].stages[1].name
    assert (await portal.set_stage(made.case.id, stage, notify_client=False)).case.stage == stage


async def test_lists_are_read_to_their_end_and_filtered(portal, draft):
    for number in range(120):
        client = replace(
            draft.clients[0],
            external_id=f"l{number}-{draft.integration_id}",
            cell_phone=f"+1720{2_300_000 + number + 1000 * next(_numbers)}",
        )
        one = replace(
            draft,
            integration_id=f"{draft.integration_id}9{number}",
            readable_id=f"{draft.readable_id}-{number}",
            clients=(client,),
        )
        await portal.upsert(one, notify_client=False)
    read = [page async for page in portal.cases()]
    cases = [case for page in read for case in page.cases]
    assert len(read) >= 2
    assert len({case.id for case in cases}) == len(cases) >= 120
    assert read[-1].cursor is None
    rest = [case async for page in portal.cases(read[0].cursor) for case in page.cases]
    assert rest == cases[len(read[0].cases) :]
    closed = [case async for page in portal.cases(state="closed") for case in page.cases]
    assert all(case.state is PortalState.CLOSED for case in closed)


async def test_a_cursor_that_is_too_old_is_an_error_of_its_own(portal):
    with pytest.raises(CursorExpired) as caught:
        await anext(portal.cases("stale"))
    assert [problem.code for problem in caught.value.problems] == ["invalid_cursor"]


async def test_an_unknown_case(portal):
    assert await portal.find("clio", "does-not-exist") is None
    with pytest.raises(NotFound):
        await portal.case(1)


async def test_a_wrong_key_names_the_key(server):
    client = portal_client(server, key="wrong")
    with pytest.raises(LogInAgain, match="API key"):
        await client.me()
    await client.close()


@pytest.mark.parametrize("kind", [FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER, FaultKind.TRUNCATED_JSON, FaultKind.HTML])
async def test_an_upsert_whose_answer_is_lost_is_repeated_without_harm(server, portal, draft, kind):
    server.controls.faults.add(FaultRule("casestatus", kind, method="PUT"))
    answer = await portal.upsert(draft, notify_client=False)
    assert answer.case.integration_id == draft.integration_id
    assert len([case async for page in portal.cases(integration_id=draft.integration_id) for case in page.cases]) == 1


def scripted(handler) -> CaseStatusClient:
    return CaseStatusClient("canary-key", shared=shared(), transport=httpx.MockTransport(handler))


def _refusal(status, code, **details):
    return json_answer(
        {"errors": [{"code": code, "message": "No.", "details": details}], "request_id": "req_1"}, status
    )


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (_refusal(403, "api_access_disabled"), "no API access"),
        (_refusal(403, "scope_missing", scope="write"), "'write' scope"),
        (_refusal(403, "other"), "does not permit"),
    ],
)
async def test_missing_rights_say_which(answer, says):
    with pytest.raises(NotPermitted, match=says):
        await scripted(lambda _: answer).me()


async def test_a_phone_in_a_refusal_is_masked_in_the_sentence_and_kept_in_the_details():
    entry = {"code": "client_cell_phone_invalid", "message": "(303) 555-0152 is a landline.", "field": "clients[0]",
             "details": {"value": "(303) 555-0152", "reason": "not_mobile"}}  # fmt: skip
    client = scripted(lambda _: json_answer({"errors": [entry]}, 422))
    with pytest.raises(FixData) as caught:
        await client.case(1)
    assert "555-0152" not in str(caught.value)
    assert "0152" in str(caught.value)
    assert caught.value.problems[0].details["reason"] == "not_mobile"
    assert "555" not in repr(caught.value.problems[0].details) or "details" not in repr(caught.value.problems[0])


async def test_an_answer_that_takes_its_time_is_asked_for_again():
    answers = [_refusal(409, "idempotency_in_progress"), json_answer({"result": "updated", "case": PORTAL_CASE})]
    client = scripted(lambda _: answers.pop(0))
    assert (await client.reopen(88017)).result == "updated"


async def test_the_request_is_what_the_contract_says(draft):
    seen = []

    def handler(request):
        seen.append(request)
        return json_answer({"result": "updated", "case": PORTAL_CASE})

    client = scripted(handler)
    await client.upsert(replace(draft, integration_id="a/b"), notify_client=True, reopen=True)
    (request,) = seen
    assert request.method == "PUT"
    assert request.url.raw_path == b"/v1/api/cases/by_integration_id/a%2Fb?source=clio"
    assert request.headers["authorization"] == "ApiKey canary-key"
    body = orjson.loads(request.content)
    assert (body["state"], body["closed_at"], body["notify_client"], body["reopen"]) == ("open", None, True, True)
    assert (body["case_date"], body["source_updated_at"]) == ("2025-02-11", "2026-06-03T16:20:09Z")


async def test_posts_carry_a_key_that_makes_them_repeatable():
    seen = []

    def handler(request):
        seen.append(request.headers["idempotency-key"])
        if len(seen) == 1:
            raise httpx.ReadError("cut")
        return json_answer({"result": "updated", "case": PORTAL_CASE})

    await scripted(handler).close_case(88017, notify_client=False, closed_at=NOW, reason="settled")
    assert len(seen) == 2
    assert seen[0] == seen[1]


async def test_a_list_that_leads_back_to_itself_ends():
    body = {"data": [], "page": {"limit": 100, "has_more": True, "next_cursor": "same"}}
    client = scripted(lambda _: json_answer(body))
    with pytest.raises(UnexpectedAnswer, match="back to itself"):
        _ = [page async for page in client.cases("same")]


def test_a_person_opens_a_case_here():
    assert scripted(lambda _: None).case_url(88017) == "https://app.casestatus.com/cases/88017"
