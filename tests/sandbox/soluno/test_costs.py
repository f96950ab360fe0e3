import pytest

from tests.sandbox.soluno.client import DAY, refused


def test_a_cost_has_the_fields_of_the_contract(server, keeper):  # [assumed] 7.5
    server.controls.clock.freeze()
    casefile = keeper.casefile()
    body = keeper.cost_body(casefile, ExternalReference="CP:hp:cost:55120")
    cost = keeper.post("CostEntries", body)
    assert cost == body | {
        "CostEntryId": cost["CostEntryId"],
        "Status": "Pending",
        "ChequeNumber": None,
        "PrintedOn": None,
        "VoidedOn": None,
        "InvoiceId": None,
        "ModifiedOn": f"{server.controls.clock.now():%Y-%m-%dT%H:%M:%SZ}",
    }
    assert keeper.get(f"CostEntries/{cost['CostEntryId']}") == cost


@pytest.mark.parametrize("field", ["CasefileId", "VendorContactId", "Date", "Amount", "Explanation", "PrintAction"])
def test_what_is_required(keeper, field):
    answer = keeper.try_post("CostEntries", keeper.cost_body(keeper.casefile(), **{field: None}))
    assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Date", "02/03/2031"),
        ("Date", "2031-02-30"),
        ("CasefileId", "9014"),
        ("PrintAction", "Now"),
        ("InvoiceNumber", 7),
    ],
)
def test_what_makes_no_sense(keeper, field, value):
    answer = keeper.try_post("CostEntries", keeper.cost_body(keeper.casefile(), **{field: value}))
    assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), field)


@pytest.mark.parametrize("field", ["CasefileId", "VendorContactId", "PostingReferenceId", "BankAccountId"])
def test_what_has_to_be_there(keeper, field):
    answer = keeper.try_post("CostEntries", keeper.cost_body(keeper.casefile(), **{field: 7777}))
    assert (refused(answer), answer.json()["Field"]) == ((404, "NotFound"), field)


class TestRules:
    """[assumed] 7.3"""

    def refusal(self, keeper, casefile, **changes):
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, **changes))
        assert keeper.items("CostEntries") == []
        return refused(answer)

    def test_a_closed_casefile(self, keeper):
        casefile = keeper.casefile()
        keeper.change(f"/casefiles/{casefile['CasefileId']}", closed=True)
        assert self.refusal(keeper, casefile) == (422, "CasefileClosed")

    def test_a_casefile_on_hold(self, keeper):
        casefile = keeper.casefile()
        keeper.change(f"/casefiles/{casefile['CasefileId']}", hold=True)
        assert self.refusal(keeper, casefile) == (422, "CasefileOnHold")

    def test_a_closed_period(self, keeper):  # [help]
        casefile = keeper.casefile()
        keeper.change("/features", entries_not_allowed_before="2031-02-03")
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, Date="2031-02-02"))
        assert refused(answer) == (422, "PeriodClosed")
        assert answer.json()["Details"] == [{"Name": "EntriesNotAllowedBefore", "Value": "2031-02-03"}]
        assert keeper.cost(casefile)["Date"] == DAY

    def test_a_trust_account(self, keeper):
        account = keeper.trust_account()
        assert self.refusal(keeper, keeper.casefile(), BankAccountId=account) == (422, "BankAccountTypeMismatch")

    def test_an_account_that_is_not_in_use(self, keeper):
        account = keeper.named("BankAccounts", "Old Operating")["BankAccountId"]
        assert self.refusal(keeper, keeper.casefile(), BankAccountId=account) == (422, "BankAccountInactive")

    def test_a_posting_reference_that_is_not_in_use(self, keeper):
        reference = keeper.named("PostingReferences", "OLD")["PostingReferenceId"]
        assert self.refusal(keeper, keeper.casefile(), PostingReferenceId=reference) == (
            422,
            "PostingReferenceInactive",
        )

    def test_an_operating_retainer_needs_a_tick(self, keeper):  # [help]
        casefile = keeper.casefile()
        keeper.change(f"/casefiles/{casefile['CasefileId']}", operating_retainer=True)
        assert self.refusal(keeper, casefile) == (422, "AcknowledgementRequired")
        assert self.refusal(keeper, casefile, Acknowledge=[7]) == (400, "Malformed")
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, Acknowledge=["SomethingElse"]))
        assert refused(answer) == (422, "AcknowledgementRequired")
        assert answer.json()["WarningCode"] == "OperatingRetainer"
        assert keeper.cost(casefile, Acknowledge=["OperatingRetainer"])["Status"] == "Pending"


class TestCheques:
    def test_one_in_the_queue_is_printed_then_cleared(self, server, keeper):
        clock = server.controls.clock
        clock.freeze()
        cost = keeper.cost(keeper.casefile())
        clock.advance(60)
        (printed,) = keeper.change("/print")["CostEntries"]
        now = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
        assert printed == cost | {"Status": "Printed", "ChequeNumber": "1001", "PrintedOn": now, "ModifiedOn": now}
        keeper.change(f"/entries/CostEntries/{cost['CostEntryId']}", cleared=True)
        assert keeper.get(f"CostEntries/{cost['CostEntryId']}") == printed | {"Status": "Cleared"}
        assert keeper.change("/print") == {"CostEntries": [], "TrustCheques": []}

    def test_one_that_was_written_by_hand_is_posted_at_once(self, keeper):
        cost = keeper.cost(keeper.casefile(), PrintAction="Never", ChequeNumber="5501")
        assert (cost["Status"], cost["ChequeNumber"], cost["PrintedOn"]) == ("Printed", "5501", None)

    @pytest.mark.parametrize(("action", "number"), [("Never", None), ("Queue", "5501")])
    def test_a_number_goes_with_those_alone(self, keeper, action, number):
        body = keeper.cost_body(keeper.casefile(), PrintAction=action, ChequeNumber=number)
        answer = keeper.try_post("CostEntries", body)
        assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), "ChequeNumber")

    def test_no_number_is_used_twice_on_an_account(self, keeper):  # [help]
        casefile, other = keeper.casefile(), keeper.named("BankAccounts", "Costs")["BankAccountId"]
        by_hand = {"PrintAction": "Never", "ChequeNumber": "1001"}
        keeper.cost(casefile, **by_hand)
        keeper.cost(casefile)
        assert refused(keeper.try_post("CostEntries", keeper.cost_body(casefile, **by_hand))) == (409, "NumberInUse")
        keeper.cost(casefile, BankAccountId=other, **by_hand)
        assert [cost["ChequeNumber"] for cost in keeper.change("/print")["CostEntries"]] == ["1002"]


class TestReferences:
    """[assumed] 7.4: unique among entries that are not deleted."""

    KEY = "CP:hp:cost:55120"

    def test_a_second_post_says_which_entry_has_it(self, keeper):
        casefile = keeper.casefile()
        cost = keeper.cost(casefile, ExternalReference=self.KEY)
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, ExternalReference=self.KEY, Amount="1.00"))
        assert refused(answer) == (409, "DuplicateReference")
        assert answer.json()["ExistingId"] == cost["CostEntryId"]
        assert keeper.items("CostEntries", ExternalReference=self.KEY) == [cost]

    def test_they_count_for_each_resource(self, keeper):
        casefile = keeper.casefile(ExternalReference=self.KEY)
        keeper.cost(casefile, ExternalReference=self.KEY)
        assert keeper.fee(casefile, ExternalReference=self.KEY)["ExternalReference"] == self.KEY

    def test_a_voided_entry_keeps_its_own(self, keeper):
        casefile = keeper.casefile()
        cost = keeper.cost(casefile, ExternalReference=self.KEY)
        keeper.post(f"CostEntries/{cost['CostEntryId']}/Void", {"VoidDate": DAY}, 200)
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, ExternalReference=self.KEY))
        assert (refused(answer), answer.json()["ExistingId"]) == ((409, "DuplicateReference"), cost["CostEntryId"])

    def test_a_deleted_entry_does_not(self, keeper):
        casefile = keeper.casefile()
        cost = keeper.cost(casefile, ExternalReference=self.KEY)
        assert keeper.http.delete(f"/CostEntries/{cost['CostEntryId']}").status_code == 204
        assert keeper.items("CostEntries", ExternalReference=self.KEY) == []
        second = keeper.cost(casefile, ExternalReference=self.KEY)
        assert keeper.items("CostEntries", ExternalReference=self.KEY) == [second]

    def test_the_true_vendor_may_not_check_them(self, keeper):
        keeper.change("/switches", enforce_reference=False)
        casefile = keeper.casefile()
        both = [keeper.cost(casefile, ExternalReference=self.KEY) for _ in range(2)]
        assert keeper.items("CostEntries", ExternalReference=self.KEY) == both
        keeper.change("/switches", enforce_reference=True)
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, ExternalReference=self.KEY))
        assert answer.json()["ExistingId"] == both[0]["CostEntryId"]

    def test_sixty_four_characters_and_no_more(self, keeper):
        casefile = keeper.casefile()
        assert keeper.cost(casefile, ExternalReference="x" * 64)["ExternalReference"] == "x" * 64
        answer = keeper.try_post("CostEntries", keeper.cost_body(casefile, ExternalReference="x" * 65))
        assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), "ExternalReference")


def test_costs_are_found_by_casefile_and_date(keeper):  # [assumed] 7.7
    one, other = keeper.casefile(), keeper.casefile()
    cost = keeper.cost(one, ExternalReference="k")
    keeper.cost(other)
    keeper.cost(one, Date="2031-02-04")
    assert keeper.items("CostEntries", CasefileId=one["CasefileId"], Date=DAY) == [cost]
    assert keeper.items("CostEntries", CasefileId=one["CasefileId"], ExternalReference="k") == [cost]
    assert keeper.items("CostEntries", CasefileId=other["CasefileId"], ExternalReference="k") == []
    assert len(keeper.items("CostEntries")) == 3
    assert refused(keeper.http.get("/CostEntries", params={"Date": "today"})) == (400, "Malformed")


class TestEnding:
    def test_a_void_needs_its_day(self, keeper):
        cost = keeper.cost(keeper.casefile())
        answer = keeper.try_post(f"CostEntries/{cost['CostEntryId']}/Void", {})
        assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), "VoidDate")

    def test_a_voided_cost_stays_in_the_lists(self, server, keeper):
        server.controls.clock.freeze()
        cost = keeper.cost(keeper.casefile())
        void = keeper.post(f"CostEntries/{cost['CostEntryId']}/Void", {"VoidDate": "2031-02-10"}, 200)
        assert void == cost | {"Status": "Void", "VoidedOn": cost["ModifiedOn"]}
        assert keeper.items("CostEntries") == [void]
        again = keeper.post(f"CostEntries/{cost['CostEntryId']}/Void", {"VoidDate": "2031-02-11"}, 200)
        assert again == void

    def test_a_void_in_a_closed_period(self, keeper):
        cost = keeper.cost(keeper.casefile())
        keeper.change("/features", entries_not_allowed_before="2031-02-11")
        answer = keeper.try_post(f"CostEntries/{cost['CostEntryId']}/Void", {"VoidDate": "2031-02-10"})
        assert (refused(answer), answer.json()["Field"]) == ((422, "PeriodClosed"), "VoidDate")

    def test_only_what_is_pending_can_be_deleted(self, keeper):
        cost = keeper.cost(keeper.casefile())
        keeper.change("/print")
        assert refused(keeper.http.delete(f"/CostEntries/{cost['CostEntryId']}")) == (409, "AlreadyPrinted")
        assert keeper.get(f"CostEntries/{cost['CostEntryId']}")["Status"] == "Printed"

    def test_a_deleted_cost_is_shown_as_such_or_gone(self, keeper):
        cost = keeper.cost(keeper.casefile())
        keeper.http.delete(f"/CostEntries/{cost['CostEntryId']}")
        assert keeper.items("CostEntries") == []
        assert keeper.get(f"CostEntries/{cost['CostEntryId']}")["Status"] == "Deleted"
        keeper.change("/switches", deleted_are_gone=True)
        assert refused(keeper.http.get(f"/CostEntries/{cost['CostEntryId']}")) == (404, "NotFound")
