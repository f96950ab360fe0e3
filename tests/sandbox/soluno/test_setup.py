"""Which users and set-up objects there are, as the preflight of 7.6 asks for them."""

import pytest

from tests.sandbox.soluno.client import Bookkeeper, refused


class TestUsers:
    def test_the_attorneys_have_the_addresses_of_the_case_system(self, server, keeper):
        emails = {user["Email"] for user in keeper.items("Users", PageSize=200)}
        people = server.casepeer.firms["harrow-pike"].people.values()
        attorneys = [person for person in people if "Attorney" in person.title]
        assert len(attorneys) == 10
        assert {person.email.strip().lower() for person in attorneys} <= emails

    def test_one_is_found_by_address_in_any_letter_case(self, keeper):
        user = keeper.user()
        assert keeper.items("Users", Email=f" {user['Email'].upper()}") == [user]
        assert keeper.items("Users", Email="nobody@harrow-pike.example") == []

    def test_one_attorney_does_not_record_time_and_one_is_inactive(self, keeper):
        attorneys = {user.email for user in keeper.firm.seed.users if user.attorney}
        mine = [user for user in keeper.items("Users", PageSize=200) if user["Email"] in attorneys]
        assert [user["RecordsTime"] for user in mine].count(False) == 1
        assert [user["Active"] for user in mine].count(False) == 1

    def test_active_ones_can_be_asked_for(self, keeper):
        everybody = keeper.get("Users")["TotalCount"]
        assert keeper.get("Users", Active="true")["TotalCount"] == everybody - 1
        assert keeper.get("Users", Active="false")["TotalCount"] == 1
        assert refused(keeper.http.get("/Users", params={"Active": "maybe"})) == (400, "Malformed")

    def test_initials_are_unique_and_extend_the_accounts(self, keeper):  # [help] 2
        users = keeper.items("Users", PageSize=200)
        assert len({user["Initials"] for user in users}) == len(users)
        assert all(user["GlAccountExtension"] == user["Initials"] for user in users)


def test_personal_injury_is_an_area(keeper):  # [help]
    area = keeper.named("AreasOfPractice", "PI")
    assert (area["Description"], area["Active"]) == ("Personal Injury", True)
    assert False in {row["Active"] for row in keeper.items("AreasOfPractice")}


@pytest.mark.parametrize("name", ["COPP", "Property Damage"])
def test_casepeers_activity_codes_have_accounts(keeper, name):  # [seed]
    code = keeper.named("ActivityCodes", name)
    assert code["Active"] is True
    assert set(code["GlAccount"]) == {"GlAccountId", "Number", "Name"}


def test_an_activity_code_may_lack_an_account(keeper):
    assert keeper.named("ActivityCodes", "Lien Handling")["GlAccount"] is None


def test_features_are_a_plain_array(keeper):  # [assumed] 7.4
    stage, lock = keeper.get("Features")
    assert stage == {"Key": "ReleaseInvoiceStage", "Enabled": True}
    assert lock == {"Key": "EntriesNotAllowedBefore", "Value": keeper.books.entries_not_allowed_before.isoformat()}


def test_posting_references(keeper):
    rows = keeper.items("PostingReferences")
    assert [(row["Code"], row["Active"]) for row in rows] == [
        ("ACC", True),
        ("FIL", True),
        ("SOFT", True),
        ("OLD", False),
    ]
    assert all(row["GlAccount"] for row in rows)


def test_bank_accounts_by_type(keeper):
    for kind in ("Operating", "Trust"):
        rows = keeper.items("BankAccounts", Type=kind)
        assert {row["Type"] for row in rows} == {kind}
        assert [row["Active"] for row in rows] == [True, True, False]
    assert len(keeper.items("BankAccounts")) == 6
    assert refused(keeper.http.get("/BankAccounts", params={"Type": "Savings"})) == (400, "Malformed")


def test_no_casefiles_and_a_few_vendors_at_first(keeper):
    assert keeper.get("Casefiles", IncludeClosed="true")["TotalCount"] == 0
    assert {row["Kind"] for row in keeper.items("Contacts")} == {"Vendor"}


def test_the_same_seed_gives_the_same_books(server, keeper):
    def told(one):
        return [one.items(path, PageSize=200) for path in ("Users", "ActivityCodes", "BankAccounts")]

    before = told(keeper)
    server.reset()
    with Bookkeeper(server) as again:
        again.log_in(answer=True)
        assert told(again) == before


def test_no_two_firms_share_an_id(server, keeper):
    with Bookkeeper(server, "lark-quill") as other:
        other.log_in(answer=True)
        assert other.get("Session")["Organization"]["Name"] == "Lark Quill Books"
        for path, name in (("Users", "UserId"), ("Contacts", "ContactId"), ("BankAccounts", "BankAccountId")):
            ours, theirs = ({row[name] for row in one.items(path, PageSize=200)} for one in (keeper, other))
            assert ours.isdisjoint(theirs), path
