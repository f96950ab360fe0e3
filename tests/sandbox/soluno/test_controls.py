"""What the firm's people do, and the faults of 7.8 that are Soluno's own."""

import httpx
import pytest

from tests.sandbox.soluno.client import DAY, refused


def test_what_a_firm_needs_to_connect(server, keeper):
    told = httpx.get(f"{server.url}/__sandbox__/soluno/firms/harrow-pike", verify=False).json()
    assert {name: told[name] for name in keeper.connection} == keeper.connection
    assert told["host"] == f"{server.url}/soluno/harrow-pike"
    assert list(told["organizations"]) == ["Harrow Pike Books", "Harrow Pike Training Books"]
    assert [login["user_name"] for login in told["logins"]] == list(keeper.firm.logins)
    firms = httpx.get(f"{server.url}/__sandbox__/soluno/firms", verify=False).json()
    assert [firm["slug"] for firm in firms] == ["harrow-pike", "lark-quill"]


WRONG_CALLS = (
    ("/switches", {"number": True}),
    ("/login", {"colour": "red"}),
    ("/login", {"user_name": "nobody"}),
    ("/browser-login", {"user_name": "nobody"}),
    ("/features", {"colour": "red"}),
    ("/features", {"entries_not_allowed_before": "soon"}),
    ("/users/7777", {"active": False}),
    ("/users/2", {"id": 3}),
    ("/users", {"like": 7777}),
    ("/casefiles", {"like": 7777}),
    ("/casefiles/7777", {"closed": True}),
    ("/entries/CostEntries/7777", {"deleted": True}),
    ("/entries/Contacts/771", {"deleted": True}),
    ("/invoices/7777", {"stage": "Release"}),
)


@pytest.mark.parametrize(("path", "body"), WRONG_CALLS)
def test_a_wrong_control_call_says_so(keeper, path, body):
    answer = keeper.control.post(path, json=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


def test_all_books_are_told_with_what_was_deleted_and_voided(keeper):
    casefile = keeper.casefile()
    kept, void, gone = (keeper.cost(casefile) for _ in range(3))
    fee, receipt = keeper.fee(casefile), keeper.receipt(casefile)
    keeper.change(f"/entries/CostEntries/{void['CostEntryId']}", voided=DAY)
    keeper.change(f"/entries/CostEntries/{gone['CostEntryId']}", deleted=True)
    keeper.change(f"/entries/FeeEntries/{fee['FeeEntryId']}", deleted=True)
    keeper.change("/switches", numbers=True)
    told = keeper.told()
    assert [cost["Status"] for cost in told["CostEntries"]] == ["Pending", "Void", "Deleted"]
    assert told["CostEntries"][0] == kept
    assert told["FeeEntries"] == [fee | {"Status": "Deleted", "ModifiedOn": told["FeeEntries"][0]["ModifiedOn"]}]
    assert (told["TrustReceipts"], told["Casefiles"]) == ([receipt], [casefile])
    assert told["Balances"] == {
        str(casefile["CasefileId"]): {
            "Trust": "18000.00",
            "UnbilledCosts": "38.75",
            "UnbilledFees": "0.00",
            "Receivable": "0.00",
        }
    }


class TestEntries:
    def test_an_amount_that_was_changed_makes_a_duplicate_differ(self, keeper):  # [assumed] 7.8
        casefile = keeper.casefile()
        cost = keeper.cost(casefile, ExternalReference="k")
        keeper.change(f"/entries/CostEntries/{cost['CostEntryId']}", amount="40.00")
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, ExternalReference="k"))
        assert refused(answer) == (409, "DuplicateReference")
        assert keeper.get(f"CostEntries/{answer.json()['ExistingId']}")["Amount"] == "40.00"

    def test_a_printed_cheque_is_voided(self, keeper):  # [assumed] 7.8
        cost = keeper.cost(keeper.casefile())
        keeper.change("/print")
        told = keeper.change(f"/entries/CostEntries/{cost['CostEntryId']}", voided="2031-02-10")
        assert told == {"Id": cost["CostEntryId"], "Status": "Void"}
        void = keeper.get(f"CostEntries/{cost['CostEntryId']}")
        assert (void["Status"], void["ChequeNumber"]) == ("Void", "1001")

    def test_people_delete_also_what_was_printed(self, keeper):  # [assumed] 7.8
        cost = keeper.cost(keeper.casefile())
        keeper.change("/print")
        keeper.change(f"/entries/CostEntries/{cost['CostEntryId']}", deleted=True)
        assert keeper.get(f"CostEntries/{cost['CostEntryId']}")["Status"] == "Deleted"
        assert keeper.items("CostEntries") == []

    def test_what_is_billed_stays(self, keeper):
        casefile = keeper.casefile()
        fee, invoice = keeper.fee(casefile), keeper.invoice(casefile)
        assert keeper.change(f"/invoices/{invoice['InvoiceId']}", stage="Released")["Stage"] == "Released"
        for body in ({"amount": "1.00"}, {"deleted": True}, {"voided": DAY}):
            answer = keeper.control.post(f"/entries/FeeEntries/{fee['FeeEntryId']}", json=body)
            assert (answer.status_code, answer.json()["error"][:15]) == (400, "AlreadyReleased"), body

    def test_only_a_printed_cheque_is_cleared(self, keeper):
        cost = keeper.cost(keeper.casefile())
        answer = keeper.control.post(f"/entries/CostEntries/{cost['CostEntryId']}", json={"cleared": True})
        assert answer.status_code == 400

    def test_an_invoice_is_cancelled_in_review(self, keeper):
        invoice = keeper.invoice(keeper.casefile(), Action="Review")
        path = f"/invoices/{invoice['InvoiceId']}"
        assert keeper.change(path, stage="Cancelled")["Stage"] == "Cancelled"
        assert keeper.control.post(path, json={"stage": "Review"}).status_code == 400

    @pytest.mark.parametrize("stage", ["Requested", "Nowhere"])
    def test_an_invoice_goes_to_known_stages_only(self, keeper, stage):
        invoice = keeper.invoice(keeper.casefile())
        answer = keeper.control.post(f"/invoices/{invoice['InvoiceId']}", json={"stage": stage})
        assert answer.status_code == 400


class TestPeople:
    def test_a_second_user_with_the_same_address(self, keeper):  # [assumed] 7.6
        user = keeper.user()
        second = keeper.change("/users", like=user["UserId"], records_time=False)
        assert keeper.items("Users", Email=user["Email"]) == [user, second]

    def test_a_casefile_is_reopened(self, keeper):
        casefile = keeper.casefile()
        path = f"/casefiles/{casefile['CasefileId']}"
        keeper.change(path, closed=True)
        reopened = keeper.change(path, closed=False)
        assert (reopened["Status"], reopened["Version"]) == ("Open", 3)
        assert keeper.cost(casefile)["Status"] == "Pending"

    @pytest.mark.parametrize(
        ("path", "resource"),
        [("areas/1", "AreasOfPractice"), ("activity-codes/7", "ActivityCodes"), ("users/2", "Users")],
    )
    def test_something_is_no_longer_in_use(self, keeper, path, resource):
        changed = keeper.change(f"/{path}", active=False)
        assert changed["Active"] is False
        assert changed in keeper.items(resource)

    def test_an_activity_code_gets_its_account(self, keeper):
        code = keeper.named("ActivityCodes", "Lien Handling")
        account = {"id": 9, "number": "4150", "name": "Liens"}
        changed = keeper.change(f"/activity-codes/{code['ActivityCodeId']}", gl_account=account)
        assert changed["GlAccount"] == {"GlAccountId": 9, "Number": "4150", "Name": "Liens"}

    def test_devices_are_forgotten(self, keeper):  # [help] 2
        keeper.change("/login", forget_devices=True)
        assert refused(keeper.try_login()) == (401, "VerificationRequired")

    def test_a_session_expires(self, keeper):
        keeper.change("/login", expire_session=True)
        assert refused(keeper.http.get("/Features")) == (401, "SessionExpired")

    def test_a_password_is_changed(self, keeper):
        keeper.change("/login", password="another")
        assert refused(keeper.try_login()) == (401, "InvalidCredentials")
        assert keeper.try_login(Password="another").status_code == 201


class TestInTheMiddleOfARun:
    """[assumed] 7.8: after so many more requests, before the one that follows."""

    def posted(self, keeper, count):
        body = keeper.cost_body(keeper.casefile())
        answers = [keeper.try_post("CostEntries", body) for _ in range(count)]
        return [answer.status_code if answer.status_code == 201 else refused(answer) for answer in answers]

    @pytest.mark.parametrize(
        ("path", "body", "refusal"),
        [
            ("/browser-login", {}, (401, "SessionTerminated")),
            ("/login", {"reauthenticate_in": 0}, (401, "ReauthenticationRequired")),
            ("/features", {"entries_not_allowed_before": "2031-02-04"}, (422, "PeriodClosed")),
            ("/bank-accounts/11", {"active": False}, (422, "BankAccountInactive")),
            ("/posting-references/2", {"active": False}, (422, "PostingReferenceInactive")),
            ("/casefiles/9014", {"closed": True}, (422, "CasefileClosed")),
        ],
    )
    def test_costs_are_refused_from_the_third_on(self, keeper, path, body, refusal):
        address = f"{path}?after=2&of=POST CostEntries"
        assert keeper.change(address, **body) == {"after": 2, "of": "POST CostEntries"}
        assert self.posted(keeper, 4) == [201, 201, refusal, refusal]

    def test_the_attorney_loses_records_time(self, keeper):
        body = keeper.fee_body(keeper.casefile())
        keeper.change(f"/users/{body['UserId']}?after=1", records_time=False)
        answers = [keeper.try_post("FeeEntries", body) for _ in range(2)]
        assert answers[0].status_code == 201
        assert refused(answers[1]) == (422, "UserDoesNotRecordTime")

    def test_the_feature_is_switched_off_between_preflight_and_invoice(self, keeper):
        casefile = keeper.casefile()
        keeper.change("/features?after=0&of=POST InvoiceRequests", release_stage=False)
        assert keeper.get("Features")[0]["Enabled"] is True
        answer = keeper.try_post("InvoiceRequests", keeper.invoice_body(casefile))
        assert refused(answer) == (422, "FeatureDisabled")

    def test_a_second_casefile_turns_up(self, keeper):
        casefile = keeper.casefile(ExternalReference="CP:hp:case:1")
        keeper.change("/casefiles?after=1&of=GET Casefiles", like=casefile["CasefileId"])
        found = [len(keeper.items("Casefiles", ExternalReference="CP:hp:case:1")) for _ in range(3)]
        assert found == [1, 2, 2]
