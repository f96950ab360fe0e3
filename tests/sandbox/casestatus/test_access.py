"""The gate: key, scopes, budget, JSON, idempotency, in that order, and what every answer carries."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.sandbox.casestatus.client import ATTORNEY, ONE, Office, case_body, codes, refused


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": f"Bearer {ONE}"}, {"Authorization": ONE}, {"Authorization": "ApiKey csk-nobody"}]
)
def test_without_a_valid_key_there_is_nothing(office: Office, headers: dict[str, str]) -> None:
    answer = httpx.get(office.server.url + "/casestatus/v1/api/me", headers=headers)
    refused(answer, 401, "unauthorized")


def test_a_revoked_key_is_as_good_as_none(office: Office) -> None:
    httpx.delete(f"{office.server.url}/__sandbox__/casestatus/keys/{ONE}").raise_for_status()
    refused(office.get("/me"), 401, "unauthorized")


def test_the_key_tells_its_firm_and_itself(office: Office) -> None:
    assert office.get("/me").json() == {
        "firm": {
            "id": 9001,
            "name": "Fixture One",
            "time_zone": "America/Denver",
            "integration_source": "clio",
            "require_practice_area": True,
            "require_stage": True,
        },
        "key": {"label": "hub", "scopes": ["read", "write", "webhooks"]},
    }


def test_a_firm_without_api_access_is_told_so(office: Office) -> None:
    address = f"{office.server.url}/__sandbox__/casestatus/firms/fixture-one"
    httpx.patch(address, json={"api_enabled": False}).raise_for_status()
    refused(office.get("/me"), 403, "api_access_disabled")


def test_a_key_does_what_its_scopes_say(office: Office) -> None:
    office.portal.add_key(office.firm, "csk-reader", scopes=frozenset({"read"}))
    with Office(office.server, "csk-reader") as reader:
        assert reader.get("/cases").status_code == 200
        assert refused(reader.upsert(), 403, "scope_missing") == {"scope": "write"}


def test_another_firms_objects_are_not_there(office: Office, other_office: Office) -> None:
    case_id = office.given_case(active=True)
    client_id = office.case(case_id)["clients"][0]["id"]
    for answer in (
        other_office.get(f"/cases/{case_id}"),
        other_office.call("PATCH", f"/cases/{case_id}", json={}),
        other_office.post(f"/cases/{case_id}/close"),
        other_office.message(case_id),
        other_office.call("PATCH", f"/clients/{client_id}", json={}),
    ):
        assert (answer.status_code, codes(answer)) == (404, ["not_found"])
    assert other_office.get("/cases", cursor="").json()["data"] == []


def test_what_does_not_exist_is_named(office: Office) -> None:
    assert refused(office.get("/cases/999999"), 404, "not_found") == {"resource": "case", "id": 999999}
    assert refused(office.get("/cases/abc"), 404, "not_found") == {"resource": "case", "id": "abc"}
    refused(office.get("/nowhere"), 404, "not_found")
    refused(office.call("DELETE", "/me"), 404, "not_found")


def test_every_answer_has_its_own_request_id(office: Office) -> None:
    answers = [office.get("/me"), office.get("/cases/1"), office.call("GET", "/me", headers={"Authorization": "x"})]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3


def test_broken_and_unfit_json_is_refused(office: Office) -> None:
    path, json_type = "/cases/by_integration_id/1", {"Content-Type": "application/json"}
    assert refused(office.call("PUT", path, content=b"{", headers=json_type), 400, "malformed_json")
    assert refused(office.call("PUT", path, content=b"\xff", headers=json_type), 400, "malformed_json")
    assert refused(office.call("PUT", path, json=[]), 400, "invalid_parameter") == {"parameter": "body"}
    answer = office.call("PUT", path, content=b"a=1", headers={"Content-Type": "text/plain"})
    assert refused(answer, 415, "unsupported_media_type") == {"content_type": "text/plain"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("readable_id", 7),
        ("clients", {}),
        ("clients", [1]),
        ("clients[0].cell_phone", 3035550112),
        ("case_date", "02/11/2025"),
        ("source_updated_at", "yesterday"),
        ("closed_at", "soon"),
        ("paralegal_emails", "a@b.example"),
        ("state", "pending"),
        ("notify_client", "yes"),
    ],
)
def test_a_field_of_the_wrong_type_ends_the_check(office: Office, field: str, value: Any) -> None:
    given = {"clients": [{"cell_phone": value}]} if "." in field else {field: value}
    answer = office.upsert(**{"readable_id": None, "attorney_email": None, **given})
    assert refused(answer, 400, "invalid_parameter")["parameter"].startswith(field.split("[", maxsplit=1)[0])


def test_unknown_fields_are_ignored_and_unknown_parameters_are_not(office: Office) -> None:
    assert office.upsert(favourite_colour="green").status_code == 201
    for path in ("/cases", "/users", "/practice_areas", "/messages", "/me"):
        assert refused(office.get(path, colour="green"), 400, "invalid_parameter") == {"parameter": "colour"}


class TestBudget:
    def test_a_burst_of_twenty_then_two_a_second(self, office: Office) -> None:
        office.server.controls.limit("casestatus").on = True
        office.server.controls.clock.freeze()
        remaining = [int(office.get("/me").headers["ratelimit-remaining"]) for _ in range(20)]
        assert remaining == list(range(19, -1, -1))
        over = office.get("/me")
        refused(over, 429, "rate_limited")
        assert over.headers["retry-after"] == "1"
        assert over.headers["ratelimit-limit"] == "20"
        assert over.headers["ratelimit-reset"] == "10"
        office.server.controls.clock.advance(1.0)
        assert [office.get("/me").status_code for _ in range(3)] == [200, 200, 429]

    def test_refusals_of_the_gate_spend_nothing(self, office: Office) -> None:
        office.server.controls.limit("casestatus").on = True
        office.server.controls.clock.freeze()
        office.portal.add_key(office.firm, "csk-reader", scopes=frozenset({"read"}))
        with Office(office.server, "csk-reader") as reader:
            for _ in range(30):
                refused(reader.upsert(), 403, "scope_missing")
            assert reader.get("/me").headers["ratelimit-remaining"] == "19"
            assert reader.get("/cases/1").headers["ratelimit-remaining"] == "18"

    def test_the_budget_is_the_keys_own(self, office: Office, other_office: Office) -> None:
        office.server.controls.limit("casestatus").on = True
        office.server.controls.clock.freeze()
        for _ in range(21):
            last = office.get("/me")
        assert last.status_code == 429
        assert other_office.get("/me").status_code == 200

    def test_the_budget_goes_before_json_and_after_the_key(self, office: Office) -> None:
        office.server.controls.limit("casestatus").on = True
        office.server.controls.clock.freeze()
        for _ in range(20):
            office.get("/me")
        broken = {"content": b"{", "headers": {"Content-Type": "application/json"}}
        refused(office.call("POST", "/cases", **broken), 429, "rate_limited")
        broken["headers"] = {"Authorization": "ApiKey nobody"}
        refused(office.call("POST", "/cases", **broken), 401, "unauthorized")

    def test_switched_off_it_still_shows_its_headers(self, office: Office) -> None:
        for _ in range(30):
            answer = office.get("/me")
        assert answer.status_code == 200
        assert answer.headers["ratelimit-remaining"] == "20"


class TestIdempotency:
    def test_a_repetition_gets_the_first_answer(self, office: Office) -> None:
        body = case_body(integration_id="1")
        first = office.post("/cases", body, key="k")
        again = office.post("/cases", dict(reversed(body.items())), key="k")
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers
        assert again.headers["x-request-id"] != first.headers["x-request-id"]

    def test_another_body_under_the_key_is_refused(self, office: Office) -> None:
        office.post("/cases", case_body(), key="k")
        refused(office.post("/cases", case_body(readable_id="other"), key="k"), 422, "idempotency_key_reused")

    def test_a_key_belongs_to_its_method_path_and_firm(self, office: Office, other_office: Office) -> None:
        one = office.given_case("1", active=True)
        assert office.post(f"/cases/{one}/hold", key="k").json()["result"] == "updated"
        assert office.post(f"/cases/{one}/resume", key="k").json()["result"] == "updated"
        assert other_office.post("/cases", case_body(), key="k").status_code == 201

    def test_only_successes_are_kept(self, office: Office) -> None:
        case_id = office.given_case()
        refused(office.message(case_id, key="k"), 409, "case_not_activated")
        office.post(f"/cases/{case_id}/activate")
        assert office.message(case_id, key="k").status_code == 201

    def test_after_a_day_the_key_is_new(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        first = office.message(case_id, key="k").json()["id"]
        office.server.controls.clock.advance(24 * 3600 - 60)
        assert office.message(case_id, key="k").json()["id"] == first
        office.server.controls.clock.advance(120)
        assert office.message(case_id, key="k").json()["id"] != first

    def test_messages_and_files_need_a_key(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        body = {"content": "x", "sender_email": ATTORNEY}
        refused(office.post(f"/cases/{case_id}/messages", body), 400, "idempotency_key_required")
        upload = office.call("POST", f"/cases/{case_id}/files", files={"file": ("a.txt", b"a")})
        refused(upload, 400, "idempotency_key_required")

    def test_a_key_of_256_characters_is_too_long(self, office: Office) -> None:
        assert office.post("/cases", case_body(), key="k" * 255).status_code == 201
        refused(office.post("/cases", case_body(), key="k" * 256), 400, "invalid_parameter")

    def test_while_the_first_one_runs_the_second_waits(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        office.portal.processing_seconds = 0.4
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda _: office.message(case_id, key="k"), range(2)))
        running = next(answer for answer in answers if answer.status_code == 409)
        refused(running, 409, "idempotency_in_progress")
        assert running.headers["retry-after"] == "1"
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert office.message(case_id, key="k").headers["idempotent-replayed"] == "true"
        assert len(office.firm.messages) == 1

    def test_the_key_goes_before_the_schema(self, office: Office) -> None:
        office.post("/cases", case_body(), key="k")
        refused(office.post("/cases", {"clients": 7}, key="k"), 422, "idempotency_key_reused")


def test_a_bug_of_the_portal_is_answered_in_its_own_shape(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(office.firm), "case", lambda *_: 1 / 0)
    refused(office.get("/cases/1"), 500, "internal_error")
