import pytest

from tests.sandbox.smartadvocate.client import EVERYTHING, problem


def test_a_case_has_the_fields_of_the_vendors_sample(hub):
    case = hub.case(hub.case_id())
    assert list(case) == [
        *("caseID", "caseNumber", "caseName", "caseGroupID", "caseGroup", "caseTypeID", "caseType", "caseStatusID"),
        *("caseStatus", "caseStatusFrom", "caseOpenedDate", "wantedAcceptedDate", "caseClosedDate", "officeID"),
        *("officeName", "incident", "plaintiffs", "defendant", "caseStaff", "secondStatuses", "createdDate"),
        "modifiedDate",
    ]
    assert list(case["plaintiffs"][0]) == [
        *("id", "name", "roleID", "role", "contactID", "primary", "primaryContact", "client", "group", "missing"),
        *("markedAsRemoved", "comments", "tableType", "contact"),
    ]
    assert list(case["caseStaff"][0]) == [
        *("uniqueContactId", "userID", "firstName", "lastName", "email", "role", "phone"),
    ]


def test_it_is_the_matter_of_the_world(hub):
    seed = hub.firm.seed
    matter, client = seed.matter(2), seed.contact_of(2)
    area = next(area for area in seed.practice_areas if area.id == matter.practice_area_id)
    case = hub.case(matter.id)
    assert case["caseType"] == area.name
    assert case["caseStatus"] in {stage.name for stage in area.stages}
    assert case["incident"]["incidentFacts"] == matter.description
    assert case["plaintiffs"][0]["name"] == f"{client.last_name}, {client.first_name}"
    assert case["caseStaff"][0]["userID"] == matter.attorney_id
    assert case["caseOpenedDate"] == f"{matter.open_date}T00:00:00Z"


def test_case_info_is_an_array_even_for_one(hub):
    case = hub.case(hub.case_id())
    assert hub.rows("case/CaseInfo", Casenumber=case["caseNumber"], AddContactInfo="true") == [case]


def test_contacts_come_only_when_asked_for(hub):
    plain = hub.rows(f"case/{hub.case_id()}")
    assert [party["contact"] for party in plain["plaintiffs"]] == [None]
    assert hub.case(hub.case_id())["plaintiffs"][0]["contact"]["contactId"] == 50_001


def test_a_trailing_percent_sign_is_a_wildcard(hub):
    number = hub.case(hub.case_id())["caseNumber"]
    found = hub.rows("case/CaseInfo", Casenumber=number[:7] + "%")
    assert len(found) > 1
    assert all(case["caseNumber"].startswith(number[:7]) for case in found)
    assert len(hub.rows("case/CaseInfo", Casenumber="%")) == 450


def test_a_percent_sign_elsewhere_is_none(hub):
    assert hub.rows("case/CaseInfo", Casenumber="%1") == []


def test_no_match_is_an_empty_array_or_a_404(hub):
    assert hub.rows("case/CaseInfo", Casenumber="99-1") == []
    hub.firm.switches.none_is_404 = True
    assert hub.get("case/CaseInfo", Casenumber="99-1").status_code == 404


def test_the_number_is_required(hub):
    assert problem(hub.get("case/CaseInfo")) == ["Casenumber"]


def test_an_unknown_case_is_a_404(hub):
    answer = hub.get("case/40217")
    assert (answer.status_code, answer.json()) == (404, {"message": "Case not found"})


class TestLists:
    def test_pages_start_at_nought_and_say_how_many_there_are(self, hub):
        first = hub.between("case", pageRequest={"currentPage": 0, "pageSize": 200}).json()
        assert first["pageRequest"] == {"currentPage": 0, "pageSize": 200, "totalPages": 3, "totalRecords": 450}
        assert [len(first["cases"]), *first["cases"][0]] == [200, "caseID", "caseNumber", "modifiedDate"]
        last = hub.between("case", pageRequest={"currentPage": 2, "pageSize": 200}).json()
        assert len(last["cases"]) == 50
        assert hub.between("case", pageRequest={"currentPage": 3, "pageSize": 200}).json()["cases"] == []

    def test_all_pages_together_are_all_cases_once(self, hub):
        pages = [hub.between("case", pageRequest={"currentPage": n, "pageSize": 100}).json() for n in range(5)]
        ids = [row["caseID"] for page in pages for row in page["cases"]]
        assert sorted(ids) == list(hub.firm.seed.matter_ids)

    def test_the_window_includes_both_of_its_ends(self, hub):
        modified = hub.case(hub.case_id())["modifiedDate"]
        window = {"modifiedFromDateTime": modified, "modifiedToDateTime": modified}
        assert [row["caseID"] for row in hub.between("case", **window).json()["cases"]] == [hub.case_id()]

    def test_the_last_thirty_days_hold_those_that_moved_lately(self, server, hub):
        start = server.world.base.timestamp() - 30 * 86_400
        window = {"modifiedFromDateTime": hub.firm.stamps.instant(int(start * 1000))}
        rows = hub.between("case", **window, pageRequest={"pageSize": 500}).json()["cases"]
        assert sorted(row["caseID"] for row in rows) == hub.firm.seed.troubles["recently_updated"]

    def test_sorted_by_modified_date_either_way(self, hub):
        sorts = [{"propertyPath": "modifiedDate", "sortDirection": "Descending"}]
        up = hub.between("case", pageRequest={"pageSize": 450}).json()["cases"]
        down = hub.between("case", pageRequest={"pageSize": 450, "sorts": sorts}).json()["cases"]
        assert down == up[::-1]

    def test_numbers_narrow_it(self, hub):
        number = hub.case(hub.case_id())["caseNumber"]
        assert len(hub.between("case", caseNumbers=[number, "nothing"]).json()["cases"]) == 1
        assert hub.between("case", caseNumbers=["nothing"]).json()["cases"] == []

    @pytest.mark.parametrize("field", list(EVERYTHING))
    def test_the_window_is_required(self, hub, field):
        assert problem(hub.between("case", **{field: None})) == [field]
        assert problem(hub.between("case", **{field: "yesterday"})) == [field]

    @pytest.mark.parametrize("size", [0, 5001, "many"])
    def test_page_sizes_have_limits(self, hub, size):
        assert hub.between("case", pageRequest={"pageSize": size}).status_code == 400

    def test_envelopes(self, hub):
        hub.firm.switches.envelope = "records"
        assert list(hub.between("case").json()) == ["records", "pageRequest"]
        hub.firm.switches.envelope = "bare"
        assert len(hub.between("case").json()) == 100

    def test_rows_may_be_whole_cases(self, hub):
        hub.firm.switches.full_rows = True
        row = hub.between("case").json()["cases"][0]
        assert row == hub.rows(f"case/{row['caseID']}")

    def test_active_cases_are_the_open_ones(self, hub):
        rows = hub.rows("case/ActiveCases", currentPage=0, pageSize=450)
        closed = set(hub.firm.seed.troubles["closed"])
        assert [row["caseID"] for row in rows] == [case for case in hub.firm.seed.matter_ids if case not in closed]
        hub.firm.update_case(rows[0]["caseID"], closed=True)
        assert len(hub.rows("case/ActiveCases", pageSize=450)) == len(rows) - 1
        hub.firm.switches.list_envelope = "named"
        assert hub.rows("case/ActiveCases", pageSize=5)["pageRequest"]["totalRecords"] == len(rows) - 1


class TestPermissions:
    def test_half_of_the_cases_are_hidden_from_the_limited_user(self, limited):
        assert limited.between("case").json()["pageRequest"]["totalRecords"] == 225
        assert limited.get(f"case/{limited.case_id(1)}").status_code == 403
        assert limited.get(f"case/{limited.case_id(2)}").status_code == 200

    def test_a_hidden_case_is_absent_by_number(self, limited):
        number = limited.firm.cases.get(limited.case_id(1)).number
        assert limited.rows("case/CaseInfo", Casenumber=number) == []
        assert limited.rows("case/notes/byCaseNumber", CaseNumber=number) == []

    def test_cases_can_be_hidden_from_everybody(self, hub):
        hub.settings(hidden_cases=[hub.case_id()])
        assert hub.get(f"case/{hub.case_id()}/notes").status_code == 403
        assert hub.between("case").json()["pageRequest"]["totalRecords"] == 449


class TestPicklists:
    def test_groups_lead_to_types_and_types_to_statuses(self, hub):
        groups = {row["description"]: row["id"] for row in hub.rows("case/CaseGroup")}
        types = {row["description"]: row["id"] for row in hub.rows("case/CaseTypes", CaseGroupID=groups["Injury"])}
        assert set(types) == {"MVA", "Personal Injury"}
        statuses = [row["description"] for row in hub.rows("case/statuses", CaseTypeID=types["Personal Injury"])]
        assert {"Intake", "Settlement", "Closed Case"} <= set(statuses)

    def test_the_group_is_required(self, hub):
        assert problem(hub.get("case/CaseTypes")) == ["CaseGroupID"]
