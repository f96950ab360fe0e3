"""Costs and settlements of a firm come into its books, through the flow and a real Prefect server."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.check_connection import check_connection
from flows.soluno_cost_push import soluno_cost_push
from flows.soluno_preflight import soluno_preflight
from tests.flows.bookkeeping import Bookkeepers, open_bookkeepers
from tests.flows.office import save_firm
from tests.flows.peers import casepeer_credentials
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


async def test_a_dry_run_writes_nothing_and_says_what_would_be_posted(opened: Bookkeepers) -> None:
    case_id = opened.case_answered_for(2)
    [cost] = opened.add_costs(case_id, "77.10")
    opened.forget_requests()

    state, rows = await push(opened, dry_run=True)

    assert of(rows, cost)["result"] == "would be posted"
    assert "would be posted" in state.message
    assert not [path for path in opened.asked("soluno", "POST") if "/Session" not in path]
    assert opened.asked("casepeer", "PATCH") == []
    assert opened.cost(cost).status == "open"


async def test_single_costs_are_pushed_by_their_ids(opened: Bookkeepers) -> None:
    case_id = opened.case_answered_for(3)
    asked, other = opened.add_costs(case_id, "10.00", "20.00")

    state, rows = await push(opened, cost_ids=[str(asked)])

    assert state.name == "Completed", state.message
    assert of(rows, asked)["result"] == "posted"
    assert (opened.cost(asked).status, opened.cost(other).status) == ("pending", "open")

    nowhere, _ = await push(opened, cost_ids=["999999999"])
    assert (nowhere.name, "no cost 999999999" in nowhere.message) == ("BadInput", True)


async def test_what_a_bookkeeper_must_mend_waits_with_its_reason(opened: Bookkeepers) -> None:
    case_id = opened.case_answered_for(4)
    split, torn = opened.add_costs(case_id, "30.00", "64.355")
    opened.records.link_cases(case_id, opened.case_answered_for(5))
    parts = opened.records.split_cost(split)

    state, rows = await push(opened)

    assert state.name == "Exceptions"
    assert of(rows, torn)["reason_code"] == "amount_unusable"
    assert "64.355" in of(rows, torn)["reason"]
    assert of(rows, split)["reason_code"] == "superseded"
    assert {of(rows, part.id)["result"] for part in parts} == {"posted"}
    assert not [row for row in opened.entries("CostEntries") if row["Amount"] in ("30.00", "64.35", "64.36")]
    opened.records.delete_cost(torn)


async def test_a_void_in_soluno_is_taken_over_and_never_sent_again(opened: Bookkeepers) -> None:
    [cost] = opened.add_costs(opened.case_answered_for(2), "5.00")
    await push(opened)
    [entry] = opened.entries("CostEntries", ExternalReference=f"CP:books:cost:{cost}")
    opened.in_soluno(f"/entries/CostEntries/{entry['CostEntryId']}", voided="2031-02-10")

    _, rows = await push(opened)

    assert (of(rows, cost)["result"], opened.cost(cost).status) == ("voided", "void")
    await push(opened)
    assert len(opened.entries("CostEntries", ExternalReference=f"CP:books:cost:{cost}")) == 1


async def test_books_that_are_not_ready_stop_the_push_and_keep_what_waits(opened: Bookkeepers) -> None:
    [cost] = opened.add_costs(opened.case_answered_for(2), "6.00")
    code = next(one for one in opened.soluno.books.activity_codes.values() if one.name == "COPP")
    account = code.gl_account
    opened.in_soluno(f"/activity-codes/{code.id}", gl_account=None)
    opened.in_soluno("/features", release_stage=False)

    looked = await soluno_preflight(opened.slug, return_state=True)
    findings = await looked.result()
    stopped, _ = await push(opened)

    assert looked.name == "Exceptions"
    assert {(one["check"], one["blocks"]) for one in findings if one["case"] is None} == {
        (5, "the firm"),
        (8, "the firm"),
    }
    assert all("gear ›" in one["how_to_fix"] for one in findings if one["case"] is None)
    assert (stopped.name, "waits" in stopped.message) == ("SetupNeeded", True)
    assert opened.cost(cost).status == "open"

    code.gl_account = account
    opened.in_soluno("/features", release_stage=True)
    _, rows = await push(opened)
    assert of(rows, cost)["result"] == "posted"


async def test_the_books_are_probed_beside_the_other_systems(opened: Bookkeepers) -> None:
    well = await check_connection(opened.slug, return_state=True)
    reference = next(one for one in opened.soluno.books.posting_references.values() if one.code == "ACC")
    opened.in_soluno(f"/posting-references/{reference.id}", active=False)
    ill = await check_connection(opened.slug, return_state=True)
    opened.in_soluno(f"/posting-references/{reference.id}", active=True)

    assert well.name == "Completed", well.message
    assert (ill.name, "cost posting reference" in ill.message) == ("SetupNeeded", True)


async def test_charges_that_cannot_be_read_stop_nothing_else(opened: Bookkeepers) -> None:
    torn, other = opened.case_answered_for(6), opened.case_answered_for(7)
    opened.records.write_trust_line(torn, "fee", "-60.00", payee="Harrow Pike LLP", status="staged")
    opened.records.set_charges(torn, copp={"amount": "150.005"})
    [cost] = opened.add_costs(other, "9.00")

    _, rows = await push(opened)

    assert of(rows, cost)["result"] == "posted"
    [row] = [row for row in rows if row["case_id"] == str(torn) and row["result"] == "needs attention"]
    assert (row["reason_code"], "150.005" in row["reason"]) == ("amount_unusable", True)
    opened.records.set_charges(torn, copp={"amount": "0.00"})


async def test_a_login_without_a_question_is_the_second_check(opened: Bookkeepers) -> None:
    opened.in_soluno("/login", question_set=False, expire_session=True)
    looked = await soluno_preflight(opened.slug, return_state=True)
    [finding] = await looked.result()
    opened.in_soluno("/login", question_set=True)
    assert (finding["check"], finding["blocks"], "security question" in finding["sentence"]) == (2, "the firm", True)


async def test_a_firm_without_books_is_told_so(opened: Bookkeepers) -> None:
    await save_firm("bookless", opened.sandbox, case_system=casepeer_credentials(opened.sandbox))
    state = await soluno_cost_push("bookless", return_state=True)
    assert (state.name, "has no accounting" in state.message) == ("BadInput", True)
