import pytest

from tests.sandbox.soluno.client import DAY, refused
from tests.sandbox.soluno.test_trust import overdrawn


@pytest.fixture
def casefile(keeper):
    """With a cost, a fee, a charge below zero, and a settlement in trust."""
    casefile = keeper.casefile()
    keeper.cost(casefile)
    keeper.fee(casefile)
    keeper.fee(
        casefile, Amount="-75.00", ActivityCodeId=keeper.named("ActivityCodes", "Property Damage")["ActivityCodeId"]
    )
    keeper.receipt(casefile)
    return casefile


def from_trust(keeper, amount):
    return {"BankAccountId": keeper.trust_account(), "Amount": amount}


def released(keeper, invoice, status=200):
    return keeper.post(f"Invoices/{invoice['InvoiceId']}/Release", {}, status)


class TestRequesting:
    def test_an_invoice_has_the_fields_of_the_contract(self, keeper, casefile):  # [assumed] 7.5
        invoice = keeper.invoice(
            casefile, ApplyTrust=from_trust(keeper, "5963.75"), ExternalReference="CP:hp:inv:41873:fee:1"
        )
        (cost,) = keeper.items("CostEntries")
        fees = keeper.items("FeeEntries")
        assert invoice == {
            "InvoiceId": invoice["InvoiceId"],
            "InvoiceNumber": None,
            "CasefileId": casefile["CasefileId"],
            "Stage": "Release",
            "Total": "5963.75",
            "TrustApplied": "5963.75",
            "Lines": [
                {"Kind": "Cost", "Id": cost["CostEntryId"], "Amount": "38.75"},
                {"Kind": "Fee", "Id": fees[0]["FeeEntryId"], "Amount": "6000.00"},
                {"Kind": "Fee", "Id": fees[1]["FeeEntryId"], "Amount": "-75.00"},
            ],
            "ReleasedOn": None,
            "ExternalReference": "CP:hp:inv:41873:fee:1",
            "ModifiedOn": invoice["ModifiedOn"],
        }
        assert cost["InvoiceId"] == invoice["InvoiceId"]
        assert keeper.get(f"Invoices/{invoice['InvoiceId']}") == invoice
        for query in ({"ExternalReference": "CP:hp:inv:41873:fee:1"}, {"CasefileId": casefile["CasefileId"]}):
            assert keeper.items("Invoices", **query) == [invoice]
        assert keeper.items("Invoices", Stage="Review") == []

    @pytest.mark.parametrize(
        ("changes", "kinds"),
        [
            ({"IncludeFees": False}, ["Cost"]),
            ({"IncludeCosts": False}, ["Fee", "Fee"]),
            ({"ThroughDate": "2031-02-02"}, []),
        ],
    )
    def test_what_it_takes_in(self, keeper, casefile, changes, kinds):
        assert [line["Kind"] for line in keeper.invoice(casefile, **changes)["Lines"]] == kinds

    def test_nothing_is_taken_in_twice(self, keeper, casefile):
        keeper.invoice(casefile)
        assert (keeper.invoice(casefile)["Lines"], keeper.invoice(casefile)["Total"]) == ([], "0.00")

    def test_what_is_void_is_left_out(self, keeper, casefile):
        cost_id = keeper.items("CostEntries")[0]["CostEntryId"]
        keeper.post(f"CostEntries/{cost_id}/Void", {"VoidDate": DAY}, 200)
        assert keeper.invoice(casefile)["Total"] == "5925.00"

    def test_it_may_go_to_review(self, keeper, casefile):  # [help] 5
        keeper.change("/features", release_stage=False)
        assert keeper.invoice(casefile, Action="Review")["Stage"] == "Review"

    def test_it_may_wait_as_requested(self, keeper, casefile):
        keeper.change("/switches", invoices_wait=True)
        invoice = keeper.invoice(casefile)
        assert invoice["Stage"] == "Requested"
        assert keeper.change(f"/invoices/{invoice['InvoiceId']}", stage="Release")["Stage"] == "Release"
        assert released(keeper, invoice)["Stage"] == "Released"

    def test_the_release_stage_has_to_be_on(self, keeper, casefile):  # [seed]
        keeper.change("/features", release_stage=False)
        answer = keeper.try_post("InvoiceRequests", keeper.invoice_body(casefile))
        assert refused(answer) == (422, "FeatureDisabled")
        assert keeper.items("Invoices") == []

    def test_no_more_from_trust_than_it_comes_to_or_than_there_is(self, keeper, casefile):
        body = keeper.invoice_body(casefile, ApplyTrust=from_trust(keeper, "5963.76"))
        answer = keeper.try_post("InvoiceRequests", body)
        assert (refused(answer), answer.json()["Field"]) == ((422, "InvalidAmount"), "ApplyTrust.Amount")
        keeper.fee(casefile, Amount="13000.00")
        answer = keeper.try_post("InvoiceRequests", body | {"ApplyTrust": from_trust(keeper, "18000.01")})
        assert overdrawn(answer) == ("ApplyTrust.Amount", "18000.00")
        assert keeper.items("Invoices") == []

    def test_a_reference_is_given_once_also_when_cancelled(self, keeper, casefile):
        invoice = keeper.invoice(casefile, ExternalReference="CP:hp:inv:1")
        keeper.post(f"Invoices/{invoice['InvoiceId']}/Cancel", {}, 200)
        answer = keeper.try_post("InvoiceRequests", keeper.invoice_body(casefile, ExternalReference="CP:hp:inv:1"))
        assert (refused(answer), answer.json()["ExistingId"]) == ((409, "DuplicateReference"), invoice["InvoiceId"])

    @pytest.mark.parametrize("value", [{"closed": True}, {"hold": True}])
    def test_a_casefile_that_takes_no_entries_gets_no_invoice(self, keeper, casefile, value):
        keeper.change(f"/casefiles/{casefile['CasefileId']}", **value)
        answer = keeper.try_post("InvoiceRequests", keeper.invoice_body(casefile))
        assert refused(answer)[0] == 422

    @pytest.mark.parametrize(("field", "value"), [("Action", "Print"), ("ThroughDate", None), ("IncludeFees", "yes")])
    def test_what_makes_no_sense(self, keeper, casefile, field, value):
        answer = keeper.try_post("InvoiceRequests", keeper.invoice_body(casefile, **{field: value}))
        assert (refused(answer), answer.json()["Field"]) == ((400, "Malformed"), field)


class TestReleasing:
    def test_it_gets_its_number_and_the_trust_money_is_transferred(self, server, keeper, casefile):  # [help] 5
        server.controls.clock.freeze()
        invoice = keeper.invoice(casefile, ApplyTrust=from_trust(keeper, "5000.00"))
        final = released(keeper, invoice)
        now = f"{server.controls.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        known = {"Stage": "Released", "InvoiceNumber": "2001", "ReleasedOn": now, "ModifiedOn": now}
        assert final == invoice | known
        (transfer,) = keeper.items("Transfers")
        assert (transfer["Amount"], transfer["InvoiceIds"]) == ("5000.00", [invoice["InvoiceId"]])
        assert keeper.balances(casefile) == {
            "Trust": "13000.00",
            "UnbilledCosts": "0.00",
            "UnbilledFees": "0.00",
            "Receivable": "963.75",
        }
        assert [fee["Billed"] for fee in keeper.items("FeeEntries")] == [True, True]

    def test_once_only(self, keeper, casefile):
        invoice = keeper.invoice(casefile, ApplyTrust=from_trust(keeper, "5000.00"))
        released(keeper, invoice)
        answer = keeper.try_post(f"Invoices/{invoice['InvoiceId']}/Release", {})
        assert refused(answer) == (409, "AlreadyReleased")
        assert keeper.balances(casefile)["Trust"] == "13000.00"

    def test_the_trust_balance_is_looked_at_again(self, keeper, casefile):  # [assumed] 7.5
        invoice = keeper.invoice(casefile, ApplyTrust=from_trust(keeper, "5000.00"))
        keeper.post("TrustCheques", keeper.cheque_body(casefile, Amount="13000.01"))
        answer = keeper.try_post(f"Invoices/{invoice['InvoiceId']}/Release", {})
        assert overdrawn(answer) == ("ApplyTrust.Amount", "4999.99")
        assert keeper.get(f"Invoices/{invoice['InvoiceId']}") == invoice
        assert keeper.items("Transfers") == []

    def test_only_from_the_stage_of_that_name(self, keeper, casefile):
        invoice = keeper.invoice(casefile, Action="Review")
        path = f"Invoices/{invoice['InvoiceId']}/Release"
        assert refused(keeper.try_post(path, {})) == (403, "NotPermitted")
        keeper.change(f"/invoices/{invoice['InvoiceId']}", stage="Release")
        assert released(keeper, invoice)["InvoiceNumber"] == "2001"

    def test_the_feature_may_have_been_switched_off_meanwhile(self, keeper, casefile):
        invoice = keeper.invoice(casefile)
        keeper.change("/features", release_stage=False)
        answer = keeper.try_post(f"Invoices/{invoice['InvoiceId']}/Release", {})
        assert refused(answer) == (422, "FeatureDisabled")

    def test_the_casefile_may_have_been_closed_meanwhile(self, keeper, casefile):
        invoice = keeper.invoice(casefile)
        keeper.change(f"/casefiles/{casefile['CasefileId']}", closed=True)
        answer = keeper.try_post(f"Invoices/{invoice['InvoiceId']}/Release", {})
        assert refused(answer) == (422, "CasefileClosed")

    @pytest.mark.parametrize("name", ["Client Trust", "Operating"])
    def test_an_account_may_have_been_given_up_meanwhile(self, keeper, casefile, name):
        invoice = keeper.invoice(casefile, ApplyTrust=from_trust(keeper, "5000.00"))
        for account in keeper.items("BankAccounts"):
            if name in (account["Name"], account["Type"]):
                keeper.change(f"/bank-accounts/{account['BankAccountId']}", active=False)
        answer = keeper.try_post(f"Invoices/{invoice['InvoiceId']}/Release", {})
        assert refused(answer) == (422, "BankAccountInactive")
        assert keeper.get(f"Invoices/{invoice['InvoiceId']}") == invoice

    def test_what_stands_on_it_can_be_neither_voided_nor_deleted(self, keeper, casefile):  # [assumed] 7.5
        released(keeper, keeper.invoice(casefile))
        cost_id = keeper.items("CostEntries")[0]["CostEntryId"]
        void = keeper.try_post(f"CostEntries/{cost_id}/Void", {"VoidDate": DAY})
        assert refused(void) == (409, "AlreadyReleased")
        assert refused(keeper.http.delete(f"/CostEntries/{cost_id}")) == (409, "AlreadyReleased")


class TestCancelling:
    def test_what_stood_on_it_can_be_billed_again(self, keeper, casefile):
        invoice = keeper.invoice(casefile)
        cancelled = keeper.post(f"Invoices/{invoice['InvoiceId']}/Cancel", {}, 200)
        assert (cancelled["Stage"], cancelled["Lines"]) == ("Cancelled", invoice["Lines"])
        assert keeper.items("CostEntries")[0]["InvoiceId"] is None
        assert keeper.invoice(casefile)["Lines"] == invoice["Lines"]
        assert keeper.post(f"Invoices/{invoice['InvoiceId']}/Cancel", {}, 200) == cancelled
        assert len(keeper.items("Invoices", Stage="Release")) == 1

    def test_not_once_it_is_released(self, keeper, casefile):
        invoice = keeper.invoice(casefile)
        released(keeper, invoice)
        answer = keeper.try_post(f"Invoices/{invoice['InvoiceId']}/Cancel", {})
        assert refused(answer) == (409, "AlreadyReleased")


def test_a_cost_that_is_voided_leaves_the_draft(keeper, casefile):
    invoice = keeper.invoice(casefile, ApplyTrust=from_trust(keeper, "5963.75"))
    cost_id = keeper.items("CostEntries")[0]["CostEntryId"]
    keeper.post(f"CostEntries/{cost_id}/Void", {"VoidDate": DAY}, 200)
    after = keeper.get(f"Invoices/{invoice['InvoiceId']}")
    assert (after["Total"], after["TrustApplied"], len(after["Lines"])) == ("5925.00", "5925.00", 2)
