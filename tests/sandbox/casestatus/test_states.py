"""The life of a case: what may follow what, what a closed case takes, and what clients are told."""

from typing import Any

import pytest

from sandbox.casestatus.instants import HOUR, as_text
from tests.sandbox.casestatus.client import Office, case_body, changed, refused

ZOE = {"external_id": "c-7", "first_name": "Zoë", "last_name": "Vance", "cell_phone": "3035550130"}


def in_state(office: Office, state: str) -> int:
    """A case in that state."""
    case_id = office.given_case(active=state != "onboarding")
    move = {"on_hold": "hold", "closed": "close"}.get(state)
    if move:
        assert office.post(f"/cases/{case_id}/{move}").status_code == 200
        office.firm.notices.clear()
    return case_id


@pytest.mark.parametrize(
    ("state", "move", "expected"),
    [
        ("onboarding", "activate", "active"),
        ("onboarding", "hold", "case_not_activated"),
        ("onboarding", "resume", "case_not_activated"),
        ("onboarding", "close", "closed"),
        ("onboarding", "reopen", "onboarding"),
        ("active", "activate", "active"),
        ("active", "hold", "on_hold"),
        ("active", "resume", "active"),
        ("active", "close", "closed"),
        ("active", "reopen", "active"),
        ("on_hold", "activate", "on_hold"),
        ("on_hold", "hold", "on_hold"),
        ("on_hold", "resume", "active"),
        ("on_hold", "close", "closed"),
        ("closed", "activate", "case_closed"),
        ("closed", "hold", "case_closed"),
        ("closed", "resume", "case_closed"),
        ("closed", "close", "closed"),
        ("closed", "reopen", "active"),
    ],
)
def test_every_move_from_every_state(office: Office, state: str, move: str, expected: str) -> None:
    case_id = in_state(office, state)
    before = office.case(case_id)
    answer = office.post(f"/cases/{case_id}/{move}")
    if expected.startswith("case_"):
        refused(answer, 409, expected)
        assert office.case(case_id) == before
        return
    assert answer.json()["result"] == ("unchanged" if expected == state else "updated")
    assert answer.json()["case"] == office.case(case_id)
    assert office.case(case_id)["state"] == expected
    assert (office.case(case_id)["updated_at"] > before["updated_at"]) == (expected != state)


def test_a_case_that_never_was_active_reopens_as_onboarding(office: Office) -> None:
    case_id = office.given_case()
    office.post(f"/cases/{case_id}/close")
    office.post(f"/cases/{case_id}/reopen")
    assert office.case(case_id)["state"] == "onboarding"
    assert office.case(case_id)["closed_at"] is None


@pytest.mark.parametrize(
    ("given", "expected"), [("2025-05-01", "2025-05-01T00:00:00Z"), ("2025-05-01T12:00:00Z", "2025-05-01T12:00:00Z")]
)
def test_a_case_is_closed_at_an_instant_or_on_a_day(office: Office, given: str, expected: str) -> None:
    case_id = office.given_case()
    answer = office.post(f"/cases/{case_id}/close", {"closed_at": given, "reason": "Settled"})
    assert changed(answer) == {"state": ("onboarding", "closed"), "closed_at": (None, expected)}
    again = office.post(f"/cases/{case_id}/close", {"closed_at": "2025-06-01"})
    assert (again.json()["result"], again.json()["case"]["closed_at"]) == ("unchanged", expected)


def test_activation_can_be_scheduled(office: Office) -> None:
    office.server.controls.clock.freeze()
    case_id = office.given_case()
    instant = as_text(office.portal.now() + HOUR)
    answer = office.post(f"/cases/{case_id}/activate", {"scheduled_at": instant, "welcome_message": "Welcome"})
    assert (answer.json()["result"], answer.json()["case"]["state"]) == ("unchanged", "onboarding")
    assert office.notices() == []
    office.server.controls.clock.advance(3601)
    assert office.case(case_id)["state"] == "active"
    assert office.notices() == ["welcome"]


class TestClosedCases:
    def test_a_closed_case_can_be_created(self, office: Office) -> None:
        answer = office.upsert(state="closed", closed_at="2020-02-02")
        assert answer.status_code == 201
        assert (answer.json()["case"]["state"], answer.json()["changes"]) == ("closed", [])
        assert answer.json()["case"]["closed_at"] == "2020-02-02T00:00:00Z"
        assert office.notices() == []

    def test_the_upsert_closes_after_it_applied_the_rest(self, office: Office) -> None:
        office.given_case(active=True)
        answer = office.upsert(state="closed", closed_at="2025-05-01T12:00:00Z", stage="Phase 2")
        changes = changed(answer)
        assert changes == {"stage": ("Step 1", "Step 2"), "state": ("active", "closed")}
        assert answer.json()["result"] == "updated"
        assert office.notices() == ["stage_changed", "case_closed"]

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"state": "closed"},
            {"state": "closed", "closed_at": None},
            {"state": "closed", "closed_at": "2025-05-01"},
            {"state": "closed", "closed_at": "2025-05-01T00:00:00Z"},
            {"source_updated_at": "2025-07-01T00:00:00Z"},
        ],
    )
    def test_what_is_no_change_is_unchanged(self, office: Office, changes: dict[str, Any]) -> None:
        case_id = office.given_case(state="closed", closed_at="2025-05-01")
        before = office.case(case_id)
        answer = office.upsert(**changes)
        assert (answer.status_code, answer.json()["result"]) == (200, "unchanged")
        assert office.case(case_id)["updated_at"] == before["updated_at"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"description": "New"},
            {"stage": "Phase 2"},
            {"state": "open"},
            {"state": "closed", "closed_at": "2025-05-02"},
            {"clients": [{"first_name": "Zoë", "last_name": "Vance", "cell_phone": "3035550130"}]},
        ],
    )
    def test_any_other_change_is_refused(self, office: Office, changes: dict[str, Any]) -> None:
        case_id = office.given_case(state="closed", closed_at="2025-05-01")
        before = office.case(case_id)
        assert refused(office.upsert(**changes), 409, "case_closed") == {"closed_at": "2025-05-01T00:00:00Z"}
        refused(office.call("PATCH", f"/cases/{case_id}", json=changes), 409, "case_closed")
        assert office.case(case_id) == before

    def test_stage_clients_messages_and_files_are_refused(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        client_id = office.case(case_id)["clients"][0]["id"]
        office.post(f"/cases/{case_id}/close")
        refused(office.post(f"/cases/{case_id}/stage", {"stage": "Phase 2"}), 409, "case_closed")
        person = {"first_name": "Zoë", "last_name": "Vance", "cell_phone": "3035550130"}
        refused(office.post(f"/cases/{case_id}/clients", person), 409, "case_closed")
        refused(office.call("PATCH", f"/clients/{client_id}", json={"email": "x@y.example"}), 409, "case_closed")
        refused(office.message(case_id), 409, "case_closed")
        upload = office.call(
            "POST", f"/cases/{case_id}/files", files={"file": ("a.txt", b"a")}, headers={"Idempotency-Key": "k"}
        )
        refused(upload, 409, "case_closed")
        assert office.post(f"/cases/{case_id}/stage", {"stage": "Phase 1"}).json()["result"] == "unchanged"

    def test_reopen_in_the_body_reopens_first(self, office: Office) -> None:
        case_id = office.given_case(state="closed", closed_at="2025-05-01")
        answer = office.upsert(reopen=True, state="open", description="New")
        expected = {"description": ("Rear-end collision on Rt 9", "New"), "state": ("closed", "onboarding")}
        assert changed(answer) == expected
        assert office.case(case_id)["closed_at"] is None
        assert office.upsert(reopen=True, description="New").json()["result"] == "unchanged"

    def test_reopen_alone_reopens(self, office: Office) -> None:
        office.given_case(state="closed")
        assert changed(office.upsert(reopen=True)) == {"state": ("closed", "onboarding")}

    def test_reopen_and_closed_together_change_a_case_that_stays_closed(self, office: Office) -> None:
        office.given_case(state="closed", closed_at="2025-05-01")
        unchanged = office.upsert(reopen=True, state="closed", closed_at="2025-05-01")
        assert unchanged.json()["result"] == "unchanged"
        answer = office.upsert(reopen=True, state="closed", closed_at="2025-05-02", description="New")
        assert set(changed(answer)) == {"description", "closed_at"}
        assert answer.json()["case"]["closed_at"] == "2025-05-02T00:00:00Z"


class TestNotices:
    def test_a_stage_change_of_an_active_case_tells_its_clients_once(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        for _ in range(3):
            office.post(f"/cases/{case_id}/stage", {"stage": "Phase 2"})
            office.upsert(stage="Phase 2")
        assert office.notices() == ["stage_changed"]
        notice = office.firm.notices[0]
        assert (notice.case_id, notice.integration_id, notice.text) == (case_id, "17", "Step 2")
        assert notice.client_ids == (office.case(case_id)["clients"][0]["id"],)
        office.upsert(stage="Phase 1")
        assert office.notices() == ["stage_changed"] * 2

    @pytest.mark.parametrize("state", ["onboarding", "on_hold"])
    def test_only_active_cases_tell(self, office: Office, state: str) -> None:
        case_id = in_state(office, state)
        office.post(f"/cases/{case_id}/stage", {"stage": "Phase 2"})
        office.post(f"/cases/{case_id}/close")
        assert office.case(case_id)["stage"]["display_name"] == "Step 2"
        assert office.notices() == []

    def test_notify_client_false_keeps_quiet(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        office.upsert(stage="Phase 2", notify_client=False)
        office.post(f"/cases/{case_id}/stage", {"stage": "Phase 3", "notify_client": False})
        office.post(f"/cases/{case_id}/close", {"notify_client": False})
        assert office.notices() == []

    def test_closing_an_active_case_tells_once(self, office: Office) -> None:
        case_id = office.given_case(active=True)
        for _ in range(2):
            office.post(f"/cases/{case_id}/close")
            office.upsert(state="closed")
        assert office.notices() == ["case_closed"]

    def test_reopening_and_other_changes_tell_nobody(self, office: Office) -> None:
        case_id = in_state(office, "closed")
        office.post(f"/cases/{case_id}/reopen")
        office.upsert(description="New")
        office.post(f"/cases/{case_id}/hold")
        office.post(f"/cases/{case_id}/resume")
        assert office.notices() == []

    def test_activation_welcomes(self, office: Office) -> None:
        case_id = office.given_case()
        office.post(f"/cases/{case_id}/activate", {"welcome_message": "Welcome aboard"})
        office.post(f"/cases/{case_id}/activate", {"welcome_message": "Welcome aboard"})
        assert [notice.text for notice in office.firm.notices] == ["Welcome aboard"]
        assert office.case(case_id)["activated_at"] is not None


class TestStageRoute:
    def test_it_answers_as_the_upsert_does(self, office: Office) -> None:
        case_id = office.given_case()
        body = {"stage": "Phase 12", "effective_at": "2025-06-03T16:20:09Z"}
        assert changed(office.post(f"/cases/{case_id}/stage", body)) == {"stage": ("Step 1", "Step 12")}

    def test_it_judges_as_the_upsert_does(self, office: Office) -> None:
        case_id = office.given_case()
        refused(office.post(f"/cases/{case_id}/stage", {}), 422, "stage_required")
        assert refused(office.post(f"/cases/{case_id}/stage", {"stage": "PHASE 2"}), 422, "stage_unknown")["closest"]
        refused(office.post(f"/cases/{case_id}/stage", {"stage": "x", "effective_at": "now"}), 400, "invalid_parameter")


class TestClientsOneByOne:
    def test_one_more_and_one_less(self, office: Office) -> None:
        case_id = office.given_case()
        added = office.post(f"/cases/{case_id}/clients", ZOE)
        assert added.status_code == 201
        first, second = added.json()["case"]["clients"]
        assert (first["primary"], second["first_name"]) == (True, "Zoë")
        assert office.post(f"/cases/{case_id}/clients", ZOE).json()["result"] == "unchanged"
        removed = office.call("DELETE", f"/cases/{case_id}/clients/{first['id']}")
        assert [client["id"] for client in removed.json()["case"]["clients"]] == [second["id"]]
        assert removed.json()["case"]["clients"][0]["primary"] is True
        last = office.call("DELETE", f"/cases/{case_id}/clients/{second['id']}")
        refused(last, 422, "client_required")
        refused(office.call("DELETE", f"/cases/{case_id}/clients/{first['id']}"), 404, "not_found")

    def test_a_bad_one_is_refused(self, office: Office) -> None:
        case_id = office.given_case()
        refused(
            office.post(f"/cases/{case_id}/clients", {"last_name": "X", **ZOE, "cell_phone": "1"}),
            422,
            "client_cell_phone_invalid",
        )
        taken = {**ZOE, "cell_phone": "(303) 555-0120"}
        refused(office.post(f"/cases/{case_id}/clients", taken), 409, "client_phone_conflict")

    def test_a_new_primary_takes_the_place(self, office: Office) -> None:
        case_id = office.given_case()
        clients = office.post(f"/cases/{case_id}/clients", {**ZOE, "primary": True}).json()["case"]["clients"]
        assert [client["primary"] for client in clients] == [False, True]

    def test_a_person_is_changed_on_all_their_cases(self, office: Office) -> None:
        one = office.given_case("1")
        two = office.given_case("2", readable_id="2")
        client_id = office.case(one)["clients"][0]["id"]
        answer = office.call(
            "PATCH", f"/clients/{client_id}", json={"cell_phone": "303 555 0165", "email": "d@x.example"}
        )
        assert (answer.json()["line_type"], answer.json()["last_name"]) == ("voip", "Vance")
        for case_id in (one, two):
            assert office.case(case_id)["clients"][0] == answer.json()

    def test_a_persons_change_is_judged(self, office: Office) -> None:
        clients = [*case_body()["clients"], ZOE]
        client_id = office.case(office.given_case(clients=clients))["clients"][0]["id"]
        path = f"/clients/{client_id}"
        refused(office.call("PATCH", path, json={"cell_phone": "3035550151"}), 422, "client_cell_phone_invalid")
        refused(office.call("PATCH", path, json={"last_name": None}), 422, "client_name_required")
        refused(office.call("PATCH", path, json={"cell_phone": "3035550130"}), 409, "client_phone_conflict")
        refused(office.call("PATCH", "/clients/1", json={}), 404, "not_found")
