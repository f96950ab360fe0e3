"""Users, practice areas and stages."""

from typing import Any

import httpx
import pytest

from tests.sandbox.casestatus.client import ATTORNEY, Office, refused


def emails(answer: httpx.Response) -> list[str]:
    return [user["email"].split("@")[0] for user in answer.json()["data"]]


class TestUsers:
    def test_they_are_listed_by_role_and_e_mail(self, office: Office) -> None:
        assert emails(office.get("/users", role="attorney")) == ["of.counsel", "invited", "removed"]
        assert emails(office.get("/users", email=ATTORNEY.upper())) == ["of.counsel"]
        assert emails(office.get("/users", email="counsel")) == []
        refused(office.get("/users", role="boss"), 400, "invalid_parameter")
        first = office.get("/users", limit=2).json()
        assert len(office.get("/users", cursor=first["page"]["next_cursor"]).json()["data"]) == 3

    def test_somebody_new_is_invited(self, office: Office) -> None:
        body = {
            "first_name": "Tomas",
            "last_name": "Ibarra",
            "email": "T@x.example",
            "role": "attorney",
            "external_id": "u-77",
        }
        answer = office.post("/users", body)
        assert answer.status_code == 201
        user = answer.json()
        assert user == {**user, **body, "status": "invited", "job_title": None, "client_facing_email": None}
        assert office.upsert(attorney_email="t@X.example").json()["case"]["attorney"]["id"] == user["id"]

    def test_a_known_person_is_answered_and_a_removed_one_invited_again(self, office: Office) -> None:
        body = {"first_name": "X", "last_name": "Y", "role": "attorney"}
        known = office.post("/users", {**body, "email": ATTORNEY})
        assert (known.status_code, known.json()["first_name"], known.json()["status"]) == (200, "Olive", "active")
        again = office.post("/users", {**body, "email": "removed@fixture-one.example"})
        assert (again.status_code, again.json()["status"]) == (200, "invited")

    @pytest.mark.parametrize(
        ("changes", "parameter"),
        [({"email": ""}, "email"), ({"role": "boss"}, "role"), ({"first_name": 1}, "first_name")],
    )
    def test_an_incomplete_invitation_is_refused(self, office: Office, changes: dict[str, Any], parameter: str) -> None:
        body = {"first_name": "X", "last_name": "Y", "role": "attorney", "email": "x@y.example", **changes}
        assert refused(office.post("/users", body), 400, "invalid_parameter") == {"parameter": parameter}

    def test_a_user_is_changed(self, office: Office) -> None:
        user = office.get("/users", email=ATTORNEY).json()["data"][0]
        answer = office.call("PATCH", f"/users/{user['id']}", json={"status": "removed", "email": "new@x.example"})
        assert answer.json() == {**user, "status": "removed", "email": "new@x.example"}
        details = refused(office.upsert(attorney_email="new@x.example"), 422, "attorney_not_found")
        assert details["status"] == "removed"
        assert refused(office.upsert(), 422, "attorney_not_found")["user_exists"] is False
        assert emails(office.get("/users"))[-1] == "new"
        taken = office.call("PATCH", f"/users/{user['id']}", json={"email": "invited@fixture-one.example"})
        refused(taken, 400, "invalid_parameter")
        refused(office.call("PATCH", "/users/1", json={}), 404, "not_found")


def stages(*names: str, **extra: Any) -> list[dict[str, Any]]:
    return [{"display_name": name, **extra} for name in names]


class TestPracticeAreas:
    def test_the_fixtures_have_two_and_twelve_stages(self, office: Office) -> None:
        areas = office.get("/practice_areas").json()["data"]
        assert [len(area["stages"]) for area in areas] == [2, 12]
        assert office.get(f"/practice_areas/{areas[0]['id']}").json() == areas[0]
        assert areas[1]["integration_mappings"] == ["MVA", "mva"]
        refused(office.get("/practice_areas/1"), 404, "not_found")

    def test_one_is_created_and_works_at_once(self, office: Office) -> None:
        body = {
            "display_name": "Dog Bites",
            "integration_mappings": ["Bites"],
            "stages": [
                {"display_name": "Getting Started", "description": "Basics.", "integration_mappings": ["Intake"]},
                {"display_name": "Treating"},
            ],
        }
        answer = office.post("/practice_areas", body)
        assert answer.status_code == 201
        shown = answer.json()["stages"]
        assert [(stage["position"], stage["integration_mappings"]) for stage in shown] == [(1, ["Intake"]), (2, [])]
        case = office.upsert(practice_area="Bites", stage="Intake").json()["case"]
        assert case["stage"] == {"id": shown[0]["id"], "position": 1, "display_name": "Getting Started"}

    @pytest.mark.parametrize("count", [0, 1, 13])
    def test_two_to_twelve_stages(self, office: Office, count: int) -> None:
        body = {"display_name": "X", "stages": stages(*(f"S{n}" for n in range(count)))}
        assert refused(office.post("/practice_areas", body), 422, "stage_count_out_of_range") == {"count": count}

    def test_a_name_may_mean_one_stage_only(self, office: Office) -> None:
        body = {"display_name": "X", "stages": stages("A", "B", integration_mappings=["Same"])}
        assert refused(office.post("/practice_areas", body), 422, "mapping_ambiguous") == {"value": "Same"}
        body["stages"] = [{"display_name": "A", "integration_mappings": ["B"]}, {"display_name": "B"}]
        refused(office.post("/practice_areas", body), 422, "mapping_ambiguous")
        body["stages"] = [
            {"display_name": "A", "integration_mappings": ["x"]},
            *stages("B", integration_mappings=["X"]),
        ]
        assert office.post("/practice_areas", body).status_code == 201

    @pytest.mark.parametrize(
        "body",
        [
            {"stages": []},
            {"display_name": " "},
            {"display_name": "X", "stages": [{}]},
            {"display_name": "X", "stages": 1},
        ],
    )
    def test_unfit_bodies_are_refused(self, office: Office, body: dict[str, Any]) -> None:
        refused(office.post("/practice_areas", body), 400, "invalid_parameter")

    def test_a_stage_in_use_is_renamed_but_not_dropped(self, office: Office) -> None:
        case_id = office.given_case(practice_area="Estates", stage="Draft")
        area = office.get("/practice_areas").json()["data"][0]
        path = f"/practice_areas/{area['id']}"
        drafting, signing = area["stages"]
        dropped = {**area, "stages": [signing, *stages("Other")]}
        details = refused(office.call("PUT", path, json=dropped), 409, "stage_in_use")
        assert (details["case_count"], details["stage"]) == (1, "Drafting")
        assert office.get(path).json() == area
        renamed = {**area, "stages": [{**drafting, "display_name": "Writing"}, signing, *stages("Done")]}
        answer = office.call("PUT", path, json=renamed)
        assert [stage["display_name"] for stage in answer.json()["stages"]] == ["Writing", "Signing", "Done"]
        assert office.case(case_id)["stage"] == {"id": drafting["id"], "position": 1, "display_name": "Writing"}
        unused = {**area, "stages": [{**drafting, "display_name": "Writing"}, *stages("Done")]}
        assert office.call("PUT", path, json=unused).status_code == 200

    def test_a_renamed_area_shows_on_its_cases(self, office: Office) -> None:
        case_id = office.given_case(practice_area="Estates", stage="Draft")
        area = office.get("/practice_areas").json()["data"][0]
        office.call("PUT", f"/practice_areas/{area['id']}", json={"display_name": "Wills", "integration_mappings": []})
        assert office.case(case_id)["practice_area"]["display_name"] == "Wills"
        refused(office.upsert(practice_area="Estates"), 422, "practice_area_unknown")
