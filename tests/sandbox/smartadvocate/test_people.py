from sandbox.smartadvocate.seeds import as_stored
from tests.sandbox.smartadvocate.client import problem


def test_staff_by_number_and_by_id_are_those_of_the_case(hub):
    case = hub.case(hub.case_id())
    assert hub.rows(f"case/{hub.case_id()}/staff") == case["caseStaff"]
    assert hub.rows("case/staff/byCaseNumber", CaseNumber=case["caseNumber"]) == case["caseStaff"]


def test_roles_follow_from_the_world(hub):
    seed = hub.firm.seed
    matter = next(matter for matter in seed.matters() if matter.attorney_id and matter.staff_id)
    roles = {row["role"]: row["userID"] for row in hub.rows(f"case/{matter.id}/staff")}
    assert roles["Primary Attorney"] == matter.attorney_id
    assert roles.get("Paralegal", roles.get("Case Manager")) == matter.staff_id


def test_a_case_without_attorney_has_no_primary_one(hub):
    roles = [row["role"] for row in hub.rows(f"case/{hub.troubled('no_attorney')}/staff")]
    assert "Primary Attorney" not in roles


def test_some_addresses_are_untidy(hub):
    emails = [row["email"] for row in hub.rows(f"case/{hub.case_id(4)}/staff")]
    assert all(email.endswith(" ") and email[0].isupper() for email in emails)


def test_firms_may_relabel_roles(hub):
    hub.settings(staff_labels={"Primary Attorney": "1. Attorney, Assigned"})
    assert hub.rows(f"case/{hub.case_id()}/staff")[0]["role"] == "1. Attorney, Assigned"


def test_an_unknown_number_has_no_staff(hub):
    assert hub.rows("case/staff/byCaseNumber", CaseNumber="99-1") == []
    assert hub.get("case/1/staff").status_code == 404
    hub.firm.switches.none_is_404 = True
    assert hub.get("case/staff/byCaseNumber", CaseNumber="99-1").status_code == 404


def test_a_contact_is_found_by_either_id(hub):
    contact = hub.case(hub.case_id())["plaintiffs"][0]["contact"]
    assert (contact["contactId"], contact["uniqueContactId"]) == (50_001, 1_050_001)
    assert hub.rows("contact/50001") == hub.rows("contact/1050001") == contact
    assert hub.rows("contact/ContactInfo", ContactID=1_050_001) == contact
    assert hub.get("contact/7").status_code == 404


def test_ten_digits_are_formatted_and_the_rest_is_as_typed():
    assert as_stored("614.555.0142") == "(614) 555-0142"
    assert [as_stored(text) for text in ("+1 614 555 0142", "n/a", "555-0142")] == [
        "+1 614 555 0142",
        "n/a",
        "555-0142",
    ]


def test_labels_are_the_types_of_numbers(hub):
    home_first = hub.case(hub.troubled("home_then_mobile"))["plaintiffs"][0]["contact"]["phones"]
    assert [(phone["name"], phone["primary"]) for phone in home_first] == [
        ("Home Primary Phone", True),
        ("Cell", False),
    ]


def test_an_organisation_has_a_name_and_office_phones(hub):
    contact = hub.case(hub.troubled("company_client"))["plaintiffs"][0]["contact"]
    assert (contact["contactCtg"], contact["firstName"], contact["uniqueContactId"] // 1_000_000) == (2, "", 2)
    assert {phone["name"] for phone in contact["phones"]} <= {"Office Phone", "HQ/Main Office Phone"}


def test_the_address_is_in_the_name_of_an_email(hub):
    emails = (hub.case(case)["plaintiffs"][0]["contact"]["emails"] for case in list(hub.firm.seed.matter_ids)[:9])
    assert "@" in next(rows for rows in emails if rows)[0]["name"]


def test_contacts_of_a_case_are_plaintiffs_and_others(hub):
    seed = hub.firm.seed
    other = next(index for index in seed.related_indices if seed.matter(index).relationship == "Doctor")
    rows = hub.rows(f"case/{hub.case_id(other)}/contacts")
    assert [row["role"] for row in rows][-1] == "(O)-Doctor"
    assert all(row["contact"] for row in rows)


def test_contact_types_by_category(hub):
    assert "Individual" in [row["description"] for row in hub.rows("contact/ContactTypes", ContactCtg=1)]
    assert problem(hub.get("contact/ContactTypes", ContactCtg=3)) == ["ContactCtg"]
