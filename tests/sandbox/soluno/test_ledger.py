import random
from decimal import Decimal

import pytest

from tests.sandbox.soluno.client import DAY, refused

COLUMNS = ("Trust", "UnbilledCosts", "UnbilledFees", "Receivable")


def lines(keeper, casefile):
    return keeper.items(f"Casefiles/{casefile['CasefileId']}/Ledger", PageSize=200)


def sums(rows):
    return {name: str(sum((Decimal(row[name]) for row in rows), Decimal("0.00"))) for name in COLUMNS}


def test_a_new_casefile_has_nothing(keeper):
    casefile = keeper.casefile()
    assert lines(keeper, casefile) == []
    assert keeper.balances(casefile) == dict.fromkeys(COLUMNS, "0.00")


def test_a_line_says_what_it_moves(keeper):
    casefile = keeper.casefile()
    cost = keeper.cost(casefile)
    assert lines(keeper, casefile) == [
        {
            "Date": DAY,
            "Kind": "CostEntry",
            "Id": cost["CostEntryId"],
            "Explanation": cost["Explanation"],
            "Reversal": False,
            "Trust": "0.00",
            "UnbilledCosts": "38.75",
            "UnbilledFees": "0.00",
            "Receivable": "0.00",
        }
    ]


def test_a_void_is_a_line_of_its_own_day(keeper):
    casefile = keeper.casefile()
    cost = keeper.cost(casefile)
    keeper.post(f"CostEntries/{cost['CostEntryId']}/Void", {"VoidDate": "2031-02-10"}, 200)
    told = [(row["Date"], row["UnbilledCosts"], row["Reversal"]) for row in lines(keeper, casefile)]
    assert told == [(DAY, "38.75", False), ("2031-02-10", "-38.75", True)]
    assert keeper.balances(casefile)["UnbilledCosts"] == "0.00"


def test_a_deleted_entry_leaves_no_line(keeper):
    casefile = keeper.casefile()
    keeper.http.delete(f"/CostEntries/{keeper.cost(casefile)['CostEntryId']}")
    assert lines(keeper, casefile) == []


def test_the_earliest_day_comes_first(keeper):
    casefile = keeper.casefile()
    for day in ("2031-02-05", "2031-02-01", "2031-02-03"):
        keeper.fee(casefile, Date=day)
    assert [row["Date"] for row in lines(keeper, casefile)] == ["2031-02-01", "2031-02-03", "2031-02-05"]


def test_of_an_unknown_casefile(keeper):
    for path in ("Ledger", "Balances"):
        assert refused(keeper.http.get(f"/Casefiles/7/{path}")) == (404, "NotFound")


@pytest.mark.parametrize("seed", [1, 2])
def test_balances_are_the_sums_of_the_ledger_whatever_is_done(keeper, seed):
    dice, casefile = random.Random(seed), keeper.casefile()
    bodies = {
        "CostEntries": keeper.cost_body(casefile),
        "FeeEntries": keeper.fee_body(casefile),
        "TrustReceipts": keeper.receipt_body(casefile),
        "TrustCheques": keeper.cheque_body(casefile),
    }
    made = []
    for _ in range(40):
        path = dice.choice([*bodies, "InvoiceRequests", "Void", "Release"])
        amount = f"{dice.randint(1, 99_999)}.{dice.randint(10, 99)}"
        if path in bodies:
            answer = keeper.try_post(path, bodies[path] | {"Amount": amount})
            assert answer.status_code == 201 or refused(answer) == (422, "TrustOverdraw")
            if answer.status_code == 201 and path != "FeeEntries":
                made.append(f"{path}/{next(iter(answer.json().values()))}/Void")
        elif path == "InvoiceRequests":
            keeper.invoice(casefile)
        elif path == "Release":
            for invoice in keeper.items("Invoices", Stage="Release")[:1]:
                keeper.post(f"Invoices/{invoice['InvoiceId']}/Release", {}, 200)
        elif made:
            keeper.try_post(dice.choice(made), {"VoidDate": DAY})
        assert keeper.balances(casefile) == sums(lines(keeper, casefile))
    told = keeper.told()
    trust = sum(Decimal(row["Amount"]) for row in told["TrustReceipts"] if row["Status"] == "Posted")
    trust -= sum(Decimal(row["Amount"]) for row in told["TrustCheques"] if row["Status"] != "Void")
    owed = sum(Decimal(row["Amount"]) for row in told["CostEntries"] if row["Status"] != "Void")
    owed += sum(Decimal(row["Amount"]) for row in told["FeeEntries"])
    balances = {name: Decimal(amount) for name, amount in keeper.balances(casefile).items()}
    assert balances["Trust"] == trust >= 0
    assert balances["UnbilledCosts"] + balances["UnbilledFees"] + balances["Receivable"] == owed
    assert balances["Receivable"] == sum(
        Decimal(invoice["Total"]) for invoice in told["Invoices"] if invoice["Stage"] == "Released"
    )
