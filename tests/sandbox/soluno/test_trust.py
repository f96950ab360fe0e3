import pytest

from tests.sandbox.soluno.client import DAY, refused


def overdrawn(answer):
    assert refused(answer) == (422, "TrustOverdraw"), answer.text
    (detail,) = answer.json()["Details"]
    assert detail["Name"] == "Available"
    return answer.json()["Field"], detail["Value"]


class TestReceipts:
    def test_one_has_the_fields_of_the_contract(self, server, keeper):  # [assumed] 7.5
        server.controls.clock.freeze()
        casefile = keeper.casefile()
        body = keeper.receipt_body(casefile, ExternalReference="CP:hp:trust:6601")
        receipt = keeper.post("TrustReceipts", body)
        assert receipt == body | {
            "TrustReceiptId": receipt["TrustReceiptId"],
            "Status": "Posted",
            "ModifiedOn": f"{server.controls.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        }
        assert keeper.items("TrustReceipts", ExternalReference="CP:hp:trust:6601") == [receipt]
        assert keeper.balances(casefile)["Trust"] == "18000.00"

    def test_the_account_is_one_of_trust(self, keeper):
        casefile = keeper.casefile()
        for name, code in (("Operating", "BankAccountTypeMismatch"), ("Old Trust", "BankAccountInactive")):
            account = keeper.named("BankAccounts", name)["BankAccountId"]
            answer = keeper.try_post("TrustReceipts", keeper.receipt_body(casefile, BankAccountId=account))
            assert refused(answer) == (422, code)

    def test_a_closed_period(self, keeper):
        casefile = keeper.casefile()
        keeper.change("/features", entries_not_allowed_before="2031-02-04")
        assert refused(keeper.try_post("TrustReceipts", keeper.receipt_body(casefile))) == (422, "PeriodClosed")

    def test_a_reference_is_given_once(self, keeper):
        casefile = keeper.casefile()
        receipt = keeper.receipt(casefile, ExternalReference="CP:hp:trust:1")
        body = keeper.receipt_body(casefile, ExternalReference="CP:hp:trust:1")
        answer = keeper.try_post("TrustReceipts", body)
        assert refused(answer) == (409, "DuplicateReference")
        assert answer.json()["ExistingId"] == receipt["TrustReceiptId"]

    def test_a_void_takes_the_money_out_again(self, keeper):
        casefile = keeper.casefile()
        receipt = keeper.receipt(casefile)
        void = keeper.post(f"TrustReceipts/{receipt['TrustReceiptId']}/Void", {"VoidDate": DAY}, 200)
        assert void["Status"] == "Void"
        assert keeper.balances(casefile)["Trust"] == "0.00"

    def test_not_when_it_has_been_paid_out(self, keeper):
        casefile = keeper.casefile()
        receipt = keeper.receipt(casefile)
        keeper.post("TrustCheques", keeper.cheque_body(casefile))
        answer = keeper.try_post(f"TrustReceipts/{receipt['TrustReceiptId']}/Void", {"VoidDate": DAY})
        assert overdrawn(answer) == ("Amount", "16800.00")


class TestCheques:
    def test_one_has_the_fields_of_a_receipt_mirrored(self, server, keeper):  # [assumed] 7.5
        server.controls.clock.freeze()
        casefile = keeper.casefile()
        keeper.receipt(casefile)
        body = keeper.cheque_body(casefile, ExternalReference="CP:hp:line:1")
        cheque = keeper.post("TrustCheques", body)
        assert cheque == body | {
            "TrustChequeId": cheque["TrustChequeId"],
            "Status": "Pending",
            "ChequeNumber": None,
            "PrintedOn": None,
            "VoidedOn": None,
            "ModifiedOn": f"{server.controls.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        }
        assert keeper.items("TrustCheques", CasefileId=casefile["CasefileId"]) == [cheque]
        assert keeper.balances(casefile)["Trust"] == "16800.00"

    def test_no_more_than_the_file_has(self, keeper):  # [help] 3
        casefile, other = keeper.casefile(), keeper.casefile()
        keeper.receipt(casefile, Amount="1200.00")
        keeper.receipt(other)
        answer = keeper.try_post("TrustCheques", keeper.cheque_body(casefile, Amount="1200.01"))
        assert overdrawn(answer) == ("Amount", "1200.00")
        keeper.post("TrustCheques", keeper.cheque_body(casefile))
        answer = keeper.try_post("TrustCheques", keeper.cheque_body(casefile, Amount="0.01"))
        assert overdrawn(answer) == ("Amount", "0.00")

    def test_it_is_printed_and_voided(self, keeper):
        casefile = keeper.casefile()
        keeper.receipt(casefile)
        cheque = keeper.post("TrustCheques", keeper.cheque_body(casefile))
        (printed,) = keeper.change("/print")["TrustCheques"]
        assert (printed["Status"], printed["ChequeNumber"]) == ("Printed", "1001")
        void = keeper.post(f"TrustCheques/{cheque['TrustChequeId']}/Void", {"VoidDate": DAY}, 200)
        assert (void["Status"], void["ChequeNumber"]) == ("Void", "1001")
        assert keeper.balances(casefile)["Trust"] == "18000.00"

    def test_no_number_is_used_twice_on_an_account(self, keeper):
        casefile = keeper.casefile()
        keeper.receipt(casefile)
        by_hand = keeper.cheque_body(casefile, PrintAction="Never", ChequeNumber="700")
        assert keeper.post("TrustCheques", by_hand)["Status"] == "Printed"
        assert refused(keeper.try_post("TrustCheques", by_hand)) == (409, "NumberInUse")
        assert keeper.balances(casefile)["Trust"] == "16800.00"


class TestTransfers:
    @pytest.fixture
    def casefile(self, keeper):
        casefile = keeper.casefile()
        keeper.receipt(casefile)
        return casefile

    def body(self, keeper, casefile, **changes):
        return {
            "CasefileId": casefile["CasefileId"],
            "FromBankAccountId": keeper.trust_account(),
            "ToBankAccountId": keeper.named("BankAccounts", "Operating")["BankAccountId"],
            "Date": DAY,
            "Amount": "500.00",
            "InvoiceIds": [],
            "Explanation": "Fees",
        } | changes

    def test_trust_money_goes_to_the_firm(self, keeper, casefile):
        body = self.body(keeper, casefile, ExternalReference="t-1")
        transfer = keeper.post("Transfers", body)
        known = {name: transfer[name] for name in ("TransferId", "ModifiedOn")}
        assert transfer == body | {"Status": "Posted"} | known
        assert keeper.items("Transfers", ExternalReference="t-1") == [transfer]
        balances = keeper.balances(casefile)
        assert (balances["Trust"], balances["Receivable"]) == ("17500.00", "-500.00")

    def test_from_trust_to_operating_only(self, keeper, casefile):
        for field, account in (
            ("ToBankAccountId", keeper.trust_account("Settlement Trust")),
            ("FromBankAccountId", keeper.named("BankAccounts", "Costs")["BankAccountId"]),
        ):
            answer = keeper.try_post("Transfers", self.body(keeper, casefile, **{field: account}))
            assert (refused(answer), answer.json()["Field"]) == ((422, "BankAccountTypeMismatch"), field)

    def test_no_more_than_the_file_has(self, keeper, casefile):
        answer = keeper.try_post("Transfers", self.body(keeper, casefile, Amount="18000.01"))
        assert overdrawn(answer) == ("Amount", "18000.00")

    def test_for_released_invoices_of_the_file(self, keeper, casefile):
        keeper.fee(casefile, Amount="500.00")
        invoice_id = keeper.invoice(casefile)["InvoiceId"]
        body = self.body(keeper, casefile, InvoiceIds=[invoice_id])
        assert refused(keeper.try_post("Transfers", body)) == (404, "NotFound")
        keeper.post(f"Invoices/{invoice_id}/Release", {}, 200)
        assert keeper.post("Transfers", body)["InvoiceIds"] == [invoice_id]
        assert keeper.balances(casefile)["Receivable"] == "0.00"
        answer = keeper.try_post("Transfers", body | {"InvoiceIds": ["6640"]})
        assert refused(answer) == (400, "Malformed")
