"""Upsert, create and patch: what is required, what may change, and what each refusal says."""

from typing import Any

import pytest

from tests.sandbox.casestatus.client import ATTORNEY, DELLA, Office, case_body, changed, codes, refused

MARCO = {"external_id": "c-2000", "first_name": "Marco", "last_name": "Vance", "cell_phone": "(303) 555-0121"}


def test_a_new_case_is_created_silent(office: Office) -> None:
    answer = office.upsert(paralegal_emails=["paralegal@fixture-one.example"])
    assert answer.status_code == 201
    payload = answer.json()
    assert (payload["result"], payload["changes"], payload["warnings"]) == ("created", [], [])
    case = payload["case"]
    assert case["state"] == "onboarding"
    assert case["integration_source"] == "clio"
    assert case["practice_area"]["display_name"] == "Auto Injury"
    assert case["stage"]["display_name"] == "Step 1"
    assert case["paralegals"][0]["email"] == "paralegal@fixture-one.example"
    assert case["clients"][0]["cell_phone"] == "+13035550120"
    assert case["clients"][0]["primary"] is True
    assert case["source_updated_at"] == "2025-06-03T16:20:09Z"
    assert {"group_name", "activated_at", "closed_at", "created_at", "updated_at"} <= set(case)
    assert office.notices() == []
    assert office.case(case["id"]) == case


def test_the_same_body_again_changes_nothing(office: Office) -> None:
    case_id = office.given_case()
    before = office.get(f"/cases/{case_id}")
    again = office.upsert()
    assert (again.status_code, again.json()["result"], again.json()["changes"]) == (200, "unchanged", [])
    assert office.get(f"/cases/{case_id}").content == before.content


def test_every_field_that_differs_is_written_and_named(office: Office) -> None:
    office.given_case()
    answer = office.upsert(
        readable_id="00231-Vance-II",
        description=None,
        group_name="The Vances",
        practice_area="Estate Planning",
        stage="Draft",
        case_date="2025-02-12",
        attorney_email="INVITED@fixture-one.example",
        additional_attorney_emails=[ATTORNEY],
        paralegal_emails=["manager@fixture-one.example"],
        clients=[DELLA, MARCO],
    )
    changes = changed(answer)
    clients = changes.pop("clients")
    assert changes == {
        "readable_id": ("00231-Vance", "00231-Vance-II"),
        "description": ("Rear-end collision on Rt 9", None),
        "group_name": (None, "The Vances"),
        "practice_area": ("Auto Injury", "Estate Planning"),
        "stage": ("Step 1", "Drafting"),
        "case_date": ("2025-02-11", "2025-02-12"),
        "attorney_email": (ATTORNEY, "invited@fixture-one.example"),
        "additional_attorney_emails": ([], [ATTORNEY]),
        "paralegal_emails": ([], ["manager@fixture-one.example"]),
    }
    assert [len(side) for side in clients] == [1, 2]


def test_absent_fields_are_left_alone(office: Office) -> None:
    case_id = office.given_case(group_name="The Vances")
    before = office.case(case_id)
    answer = office.call("PUT", "/cases/by_integration_id/17", json={"description": "New"})
    assert changed(answer) == {"description": ("Rear-end collision on Rt 9", "New")}
    after = office.case(case_id)
    assert {**before, "description": "New", "updated_at": after["updated_at"]} == after
    assert after["updated_at"] > before["updated_at"]


def test_all_defects_of_a_body_come_at_once_and_in_order(office: Office) -> None:
    answer = office.upsert(
        readable_id=" ",
        practice_area="mVA",
        stage=None,
        attorney_email="nobody@fixture-one.example",
        clients=[{"first_name": "Della"}, {**MARCO, "cell_phone": "(303) 555-0150"}],
    )
    assert answer.status_code == 422
    assert codes(answer) == [
        "readable_id_required",
        "practice_area_unknown",
        "stage_required",
        "attorney_not_found",
        "client_name_required",
        "client_cell_phone_missing",
        "client_cell_phone_invalid",
    ]


class TestPracticeAreaAndStage:
    def test_unknown_names_come_with_what_is_closest(self, office: Office) -> None:
        details = refused(office.upsert(practice_area="estates "), 422, "practice_area_unknown")
        assert details == {"value": "estates ", "closest": "Estates"}
        details = refused(office.upsert(practice_area="Admiralty"), 422, "practice_area_unknown")
        assert details == {"value": "Admiralty", "closest": None}
        details = refused(office.upsert(stage="phase 3"), 422, "stage_unknown")
        assert (details["value"], details["practice_area"], details["closest"]) == ("phase 3", "Auto Injury", "Phase 3")
        assert details["known_stages"] == [f"Step {number}" for number in range(1, 13)]

    @pytest.mark.parametrize(
        ("mapping", "stage"), [("Draft", "Drafting"), ("draft", "Signing"), ("Signing", "Signing")]
    )
    def test_mappings_that_differ_in_letter_case_are_different(self, office: Office, mapping: str, stage: str) -> None:
        answer = office.upsert(practice_area="Estates", stage=mapping)
        assert answer.json()["case"]["stage"]["display_name"] == stage

    def test_with_an_unknown_practice_area_the_stage_is_not_judged(self, office: Office) -> None:
        assert codes(office.upsert(practice_area="Admiralty", stage="Nonsense")) == ["practice_area_unknown"]
        assert codes(office.upsert(practice_area="Admiralty", stage="")) == ["practice_area_unknown", "stage_required"]

    def test_a_new_practice_area_needs_a_stage_of_its_own(self, office: Office) -> None:
        office.given_case()
        answer = office.call("PUT", "/cases/by_integration_id/17", json={"practice_area": "Estates"})
        refused(answer, 422, "stage_required")
        same = office.call("PUT", "/cases/by_integration_id/17", json={"practice_area": "mva"})
        assert same.json()["result"] == "unchanged"

    def test_missing_ones_are_refused_only_where_the_firm_insists(self, office: Office) -> None:
        expected = ["practice_area_required", "stage_required"]
        assert codes(office.upsert(practice_area=..., stage=...)) == expected
        sandbox = f"{office.server.url}/__sandbox__/casestatus/firms/fixture-one"
        office.http.patch(sandbox, json={"require_practice_area": False, "require_stage": False}).raise_for_status()
        case = office.upsert(practice_area=None, stage=None).json()["case"]
        assert (case["practice_area"], case["stage"]) == (None, None)
        details = refused(office.upsert(practice_area=None, stage="Phase 1"), 422, "stage_unknown")
        assert (details["practice_area"], details["known_stages"]) == (None, [])

    def test_a_name_of_two_stages_is_ambiguous(self, office: Office) -> None:
        area = {
            "display_name": "Messy",
            "stages": [{"display_name": "A", "integration_mappings": ["Same"]}, {"display_name": "Same"}],
        }
        address = f"{office.server.url}/__sandbox__/casestatus/firms/fixture-one/practice_areas"
        office.http.post(address, json=area).raise_for_status()
        details = refused(office.upsert(practice_area="Messy", stage="Same"), 422, "mapping_ambiguous")
        assert details == {"value": "Same", "practice_area": "Messy", "stages": ["A", "Same"]}


class TestStaff:
    @pytest.mark.parametrize(
        ("email", "details"),
        [
            ("nobody@x.example", {"user_exists": False}),
            ("paralegal@fixture-one.example", {"user_exists": True, "role": "paralegal"}),
            ("removed@fixture-one.example", {"user_exists": True, "status": "removed"}),
        ],
    )
    def test_the_attorney_must_be_an_attorney_user(self, office: Office, email: str, details: dict[str, Any]) -> None:
        assert refused(office.upsert(attorney_email=email), 422, "attorney_not_found") == {"email": email, **details}

    @pytest.mark.parametrize("email", [..., None, "", "  "])
    def test_an_attorney_must_be_given(self, office: Office, email: Any) -> None:
        refused(office.upsert(attorney_email=email), 422, "attorney_required")

    @pytest.mark.parametrize("email", [ATTORNEY.upper(), "invited@fixture-one.example"])
    def test_letter_case_does_not_matter_and_an_invited_attorney_counts(self, office: Office, email: str) -> None:
        assert office.upsert(attorney_email=email).json()["case"]["attorney"]["email"] == email.lower()

    def test_the_same_e_mail_at_two_firms_is_two_people(self, office: Office, other_office: Office) -> None:
        one = office.upsert().json()["case"]["attorney"]
        two = other_office.upsert().json()["case"]["attorney"]
        assert one["email"] == two["email"]
        assert one["id"] != two["id"]

    def test_missing_further_staff_is_left_off_with_a_warning(self, office: Office) -> None:
        answer = office.upsert(
            additional_attorney_emails=["invited@fixture-one.example", "nobody@x.example"],
            paralegal_emails=[ATTORNEY, "manager@fixture-one.example"],
        )
        assert answer.status_code == 201
        assert answer.json()["warnings"] == [
            {
                "code": "additional_attorney_not_found",
                "field": "additional_attorney_emails[1]",
                "details": {"email": "nobody@x.example"},
            },
            {"code": "paralegal_not_found", "field": "paralegal_emails[0]", "details": {"email": ATTORNEY}},
        ]
        case = answer.json()["case"]
        assert [user["email"] for user in case["additional_attorneys"]] == ["invited@fixture-one.example"]
        assert [user["email"] for user in case["paralegals"]] == ["manager@fixture-one.example"]


class TestClients:
    @pytest.mark.parametrize("clients", [..., None, []])
    def test_a_new_case_needs_one(self, office: Office, clients: Any) -> None:
        refused(office.upsert(clients=clients), 422, "client_required")

    def test_the_list_cannot_be_emptied(self, office: Office) -> None:
        office.given_case()
        refused(office.upsert(clients=[]), 422, "client_required")

    @pytest.mark.parametrize("names", [{"first_name": None}, {"last_name": " "}, {"first_name": "", "last_name": ""}])
    def test_a_person_needs_both_names(self, office: Office, names: dict[str, Any]) -> None:
        assert refused(office.upsert(clients=[{**DELLA, **names}]), 422, "client_name_required") == {"client_index": 0}

    def test_a_company_needs_only_its_own(self, office: Office) -> None:
        company = {"company_name": "Vance Bakery LLC", "cell_phone": "3035550122"}
        client = office.upsert(clients=[company]).json()["case"]["clients"][0]
        assert (client["company_name"], client["first_name"]) == ("Vance Bakery LLC", None)

    @pytest.mark.parametrize("phone", [None, "", "  "])
    def test_a_missing_phone_is_told_apart(self, office: Office, phone: Any) -> None:
        answer = office.upsert(clients=[DELLA, {**MARCO, "cell_phone": phone}])
        assert refused(answer, 422, "client_cell_phone_missing") == {"client_index": 1}

    def test_an_invalid_phone_says_why(self, office: Office) -> None:
        answer = office.upsert(clients=[{**DELLA, "cell_phone": "(303) 555-0155"}])
        expected = {"client_index": 0, "value": "(303) 555-0155", "reason": "not_mobile"}
        assert refused(answer, 422, "client_cell_phone_invalid") == expected
        assert answer.json()["errors"][0]["field"] == "clients[0].cell_phone"

    def test_the_first_one_is_primary_unless_another_is_called_so(self, office: Office) -> None:
        def primaries(answer: Any) -> list[bool]:
            return [client["primary"] for client in answer.json()["case"]["clients"]]

        assert primaries(office.upsert(clients=[DELLA, MARCO])) == [True, False]
        assert primaries(office.upsert(clients=[DELLA, {**MARCO, "primary": True}])) == [False, True]

    def test_a_person_on_two_cases_is_one_client(self, office: Office) -> None:
        one = office.given_case("1")
        two = office.given_case("2", readable_id="2", clients=[{**DELLA, "first_name": "DELLA", "external_id": None}])
        assert office.case(one)["clients"][0]["id"] == office.case(two)["clients"][0]["id"]

    def test_two_contacts_that_are_one_person_keep_their_own_ids(self, office: Office) -> None:
        one = office.given_case("1")
        two = office.given_case("2", readable_id="2", clients=[{**DELLA, "external_id": "c-9"}])
        assert [office.case(case)["clients"][0]["external_id"] for case in (one, two)] == ["c-5501", "c-9"]
        assert office.upsert("1").json()["result"] == "unchanged"

    def test_a_contact_may_change_name_and_number_everywhere(self, office: Office) -> None:
        one = office.given_case("1")
        two = office.given_case("2", readable_id="2")
        before = office.case(two)
        married = {**DELLA, "last_name": "Crane", "cell_phone": "3035550125"}
        assert set(changed(office.upsert("1", clients=[married]))) == {"clients"}
        after = office.case(two)
        assert after["clients"] == office.case(one)["clients"]
        assert after["clients"][0]["last_name"] == "Crane"
        assert after["updated_at"] > before["updated_at"]
        assert office.given_case("3", readable_id="3", clients=[{**MARCO, "cell_phone": DELLA["cell_phone"]}])

    @pytest.mark.parametrize("external_id", [None, "c-2000"])
    def test_a_number_of_somebody_else_is_a_conflict(self, office: Office, external_id: str | None) -> None:
        client_id = office.case(office.given_case("1"))["clients"][0]["id"]
        other = {**MARCO, "external_id": external_id, "cell_phone": "+13035550120"}
        details = refused(office.upsert("2", readable_id="2", clients=[other]), 409, "client_phone_conflict")
        assert details == {"client_id": client_id, "existing_name": "Della Vance"}

    def test_a_known_contact_cannot_take_somebody_elses_number(self, office: Office) -> None:
        office.given_case("1", clients=[DELLA, MARCO])
        taken = {**MARCO, "cell_phone": DELLA["cell_phone"]}
        refused(office.upsert("1", clients=[DELLA, taken]), 409, "client_phone_conflict")

    def test_a_number_is_free_only_once_its_owner_has_given_it_up(self, office: Office) -> None:
        office.given_case("1", clients=[DELLA, MARCO])
        moved, heir = {**DELLA, "cell_phone": "3035550122"}, {**MARCO, "cell_phone": DELLA["cell_phone"]}
        refused(office.upsert("1", clients=[moved, heir]), 409, "client_phone_conflict")
        assert office.upsert("1", clients=[moved, MARCO]).status_code == 200
        assert office.upsert("1", clients=[moved, heir]).json()["result"] == "updated"

    def test_two_new_clients_cannot_share_a_number(self, office: Office) -> None:
        refused(office.upsert(clients=[DELLA, {**MARCO, "cell_phone": "3035550120"}]), 409, "client_phone_conflict")

    def test_one_person_cannot_be_listed_with_two_numbers(self, office: Office) -> None:
        office.given_case("1")
        moved = {**DELLA, "cell_phone": "3035550122"}
        still = {**DELLA, "external_id": None}
        refused(office.upsert("1", clients=[moved, still]), 409, "client_phone_conflict")

    def test_one_person_listed_twice_is_on_the_case_once(self, office: Office) -> None:
        answer = office.upsert(clients=[DELLA, {**DELLA, "external_id": "c-9"}])
        assert len(answer.json()["case"]["clients"]) == 1
        assert office.upsert(clients=[DELLA, {**DELLA, "external_id": "c-9"}]).json()["result"] == "unchanged"

    def test_the_list_is_replaced_and_a_person_on_no_case_is_forgotten(self, office: Office) -> None:
        office.given_case("1", clients=[DELLA, MARCO])
        assert len(office.upsert("1", clients=[DELLA]).json()["case"]["clients"]) == 1
        somebody_new = {**MARCO, "external_id": None, "first_name": "Zoë"}
        assert office.upsert("2", readable_id="2", clients=[somebody_new]).status_code == 201

    def test_absent_contact_data_is_left_alone(self, office: Office) -> None:
        case_id = office.given_case(clients=[{**DELLA, "email": "d@mail.example", "preferred_language": "es"}])
        assert office.upsert().json()["result"] == "unchanged"
        assert office.case(case_id)["clients"][0]["preferred_language"] == "es"


class TestUniqueness:
    def test_a_readable_id_is_taken_once(self, office: Office) -> None:
        case_id = office.given_case("1")
        details = refused(office.upsert("2", clients=[MARCO]), 409, "duplicate_readable_id")
        assert details == {"existing_case_id": case_id, "existing_integration_id": "1"}
        office.given_case("2", readable_id="2", clients=[MARCO])
        refused(office.upsert("2", clients=[MARCO]), 409, "duplicate_readable_id")

    def test_a_deleted_case_frees_its_ids(self, office: Office) -> None:
        case_id = office.given_case("1")
        office.firm.delete_case(office.record(case_id))
        refused(office.get(f"/cases/{case_id}"), 404, "not_found")
        assert office.given_case("1") != case_id

    def test_the_same_integration_id_may_come_from_two_sources(self, office: Office) -> None:
        one = office.call(
            "PUT", "/cases/by_integration_id/1?source=clio", json=case_body(integration_source="casepeer")
        )
        two = office.call(
            "PUT", "/cases/by_integration_id/1", json=case_body(integration_source="casepeer", readable_id="2")
        )
        assert one.json()["case"]["integration_source"] == "clio"
        assert (two.status_code, two.json()["case"]["integration_source"]) == (201, "casepeer")

    def test_post_never_updates(self, office: Office) -> None:
        case_id = office.given_case("1")
        answer = office.post("/cases", case_body(integration_id="1"))
        expected = {"existing_case_id": case_id, "existing_state": "onboarding"}
        assert refused(answer, 409, "duplicate_integration_id") == expected
        assert office.post("/cases", case_body(readable_id="2", integration_id="2")).status_code == 201

    def test_a_case_may_have_no_integration_id(self, office: Office) -> None:
        assert office.post("/cases", case_body()).json()["case"]["integration_id"] is None

    def test_defects_win_over_conflicts_and_the_phone_over_the_readable_id(self, office: Office) -> None:
        office.given_case("1")
        conflict = {**MARCO, "cell_phone": DELLA["cell_phone"]}
        refused(office.upsert("2", clients=[conflict], attorney_email=None), 422, "attorney_required")
        refused(office.upsert("2", clients=[conflict]), 409, "client_phone_conflict")

    def test_an_integration_id_may_hold_anything(self, office: Office) -> None:
        answer = office.call("PUT", "/cases/by_integration_id/a%2Fb%20%C3%A9", json=case_body())
        assert answer.json()["case"]["integration_id"] == "a/b é"


class TestSourceInstant:
    def test_an_older_one_is_stale_and_writes_nothing(self, office: Office) -> None:
        case_id = office.given_case()
        answer = office.upsert(description="Older", source_updated_at="2025-06-03T16:20:08Z")
        assert (answer.status_code, answer.json()["result"]) == (200, "unchanged")
        assert [warning["code"] for warning in answer.json()["warnings"]] == ["stale_source"]
        assert office.case(case_id)["description"] == "Rear-end collision on Rt 9"

    def test_an_equal_one_and_none_are_not_stale(self, office: Office) -> None:
        office.given_case()
        assert office.upsert(description="Equal").json()["result"] == "updated"
        assert office.upsert(description="None", source_updated_at=...).json()["result"] == "updated"

    def test_a_newer_one_alone_is_kept_but_no_change(self, office: Office) -> None:
        case_id = office.given_case()
        before = office.get(f"/cases/{case_id}")
        answer = office.upsert(source_updated_at="2025-07-01T00:00:00Z")
        assert (answer.json()["result"], answer.json()["changes"]) == ("unchanged", [])
        after = office.get(f"/cases/{case_id}")
        assert after.json()["source_updated_at"] == "2025-07-01T00:00:00Z"
        assert after.json()["updated_at"] == before.json()["updated_at"]
        assert after.headers["etag"] == before.headers["etag"]

    def test_staleness_is_decided_after_the_defects_and_before_the_state(self, office: Office) -> None:
        case_id = office.given_case()
        older = "2025-01-01T00:00:00Z"
        refused(office.upsert(stage="x", source_updated_at=older), 422, "stage_unknown")
        office.post(f"/cases/{case_id}/close")
        answer = office.upsert(description="Older", source_updated_at=older)
        assert answer.json()["warnings"][0]["code"] == "stale_source"


class TestPatch:
    def test_it_answers_as_the_upsert_does(self, office: Office) -> None:
        case_id = office.given_case()
        answer = office.call("PATCH", f"/cases/{case_id}", json={"stage": "Phase 2"})
        assert changed(answer) == {"stage": ("Step 1", "Step 2")}
        assert office.call("PATCH", f"/cases/{case_id}", json={}).json()["result"] == "unchanged"

    def test_if_match_guards_against_a_change_in_between(self, office: Office) -> None:
        case_id = office.given_case()
        seen = office.get(f"/cases/{case_id}").headers["etag"]
        office.upsert(description="Meanwhile")
        guarded = {"json": {"description": "Mine"}, "headers": {"If-Match": seen}}
        details = refused(office.call("PATCH", f"/cases/{case_id}", **guarded), 412, "stale_version")
        current = office.get(f"/cases/{case_id}").headers["etag"]
        assert details == {"current_etag": current}
        guarded["headers"] = {"If-Match": current}
        assert office.call("PATCH", f"/cases/{case_id}", **guarded).status_code == 200
