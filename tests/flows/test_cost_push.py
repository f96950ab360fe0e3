"""Costs and settlements of a firm come into its books, through the flow and a real Prefect server."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.soluno_cost_push import soluno_cost_push
from tests.flows.bookkeeping import Bookkeepers, open_bookkeepers
from tests.flows.processes import PrefectServer


@pytest.fixture(scope="module")
def opened(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bookkeepers]:
    with open_bookkeepers("books", tmp_path_factory.mktemp("books")) as office:
        yield office


async def push(office: Bookkeepers, **asked: Any) -> tuple[Any, list[dict[str, str]]]:
    """Run the push; its state, and the rows of its report."""
    state = await soluno_cost_push(office.slug, **asked, return_state=True)
    reports = sorted(
        (office.home / "reports" / office.slug).glob("costs-*.csv"), key=lambda one: one.stat().st_mtime_ns
    )
    return state, _rows(reports[-1])


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of(rows: list[dict[str, str]], source_id: int) -> dict[str, str]:
    [row] = [row for row in rows if row["casepeer_id"] == str(source_id)]
    return row


async def test_costs_become_cheques_and_come_back_paid(opened: Bookkeepers) -> None:
    case_id = opened.case_answered_for(0)
    costs = opened.add_costs(case_id, "38.75", "412.00")

    state, rows = await push(opened)

    assert state.name == "Completed", state.message
    assert "450.75 in all" in state.message
    assert [of(rows, cost)["result"] for cost in costs] == ["posted", "posted"]
    [casefile] = opened.entries("Casefiles", ExternalReference=f"CP:books:case:{case_id}")
    posted = opened.entries("CostEntries", CasefileId=casefile["CasefileId"])
    assert sorted(Decimal(row["Amount"]) for row in posted) == [Decimal("38.75"), Decimal("412.00")]
    assert all(f"[CP:books:cost:{cost}]" in "".join(row["Explanation"] for row in posted) for cost in costs)
    assert {opened.cost(cost).status for cost in costs} == {"pending"}

    opened.in_soluno("/print")
    state, rows = await push(opened)

    assert [of(rows, cost)["result"] for cost in costs] == ["paid", "paid"]
    assert {opened.cost(cost).status for cost in costs} == {"paid"}
    assert all(opened.cost(cost).check_number for cost in costs)
    assert len(opened.entries("CostEntries", CasefileId=casefile["CasefileId"])) == 2


async def test_a_settlement_is_posted_line_by_line_and_invoiced_once(opened: Bookkeepers) -> None:
    case_id = opened.case_answered_for(1)
    opened.add_costs(case_id, "450.00")
    line = opened.records.write_trust_line
    line(case_id, "deposit", "18000.00", payee="Meridian Mutual", status="posted", check_number="00218")
    line(case_id, "imported_balance", "100.00", status="posted")
    line(case_id, "fee", "-6000.00", payee="Harrow Pike LLP", status="staged")
    line(case_id, "cost_reimbursement", "-450.00", payee="Harrow Pike LLP", status="staged")
    line(case_id, "lien_payment", "-900.00", payee="County Hospital", status="posted", do_not_distribute=True)
    line(case_id, "client_payment", "-11000.00", payee="The client", status="posted", check_number="00305")
    pushed = {"staged": True, "pushed_to_disbursement": True}
    opened.records.set_charges(
        case_id, copp={"amount": "150.00", **pushed}, property_damage={"amount": "-75.00", **pushed}
    )

    state, rows = await push(opened)

    mine = [row for row in rows if row["case_id"] == str(case_id)]
    assert {(row["kind"], row["result"], row["amount"]) for row in mine} >= {
        ("trust_receipt", "posted", "18000.00"),
        ("trust_cheque", "posted", "11000.00"),
        ("fee", "posted", "6000.00"),
        ("copp", "posted", "150.00"),
        ("property_damage", "posted", "-75.00"),
        ("invoice", "posted", "6450.00"),
    }, state.message
    assert {row["reason_code"] for row in mine if row["result"] == "skipped"} >= {
        "imported_balance",
        "do_not_distribute",
    }
    [casefile] = opened.entries("Casefiles", ExternalReference=f"CP:books:case:{case_id}")
    [invoice] = opened.entries("Invoices", CasefileId=casefile["CasefileId"])
    assert (invoice["Stage"], invoice["Total"], invoice["TrustApplied"]) == ("Released", "6525.00", "6450.00")
    [cheque] = opened.entries("TrustCheques", CasefileId=casefile["CasefileId"])
    assert cheque["ChequeNumber"] == "00305"

    again, rows = await push(opened)

    assert not [row for row in rows if row["case_id"] == str(case_id) and row["result"] == "posted"], again.message
    assert len(opened.entries("Invoices", CasefileId=casefile["CasefileId"])) == 1
