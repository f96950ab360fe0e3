"""Which money the seeds hold."""

from collections import Counter
from decimal import Decimal

import pytest

from sandbox.seed import WorldOptions
from tests.sandbox.casepeer.client import Hub


@pytest.fixture
def costs(hub):
    return hub.rows("costs/", page_size=200)


@pytest.fixture
def ledgers(hub):
    return hub.rows("trust/", page_size=200)


def test_a_dozen_cases_have_costs_of_payees_that_repeat(hub, costs):
    of_case = Counter(cost["case"]["id"] for cost in costs)
    assert len(of_case) == 12
    assert min(of_case.values()) >= 2
    assert {cost["status"] for cost in costs} == {"open", "paid", "void"}
    assert max(Counter(cost["payee"]["contact_id"] for cost in costs).values()) > 3
    for field in ("cost_code", "priority", "invoice_number"):
        assert len({cost[field] for cost in costs}) > 1, field


def test_what_was_paid_has_a_check(costs):
    for cost in costs:
        settled = cost["status"] != "open"
        assert (cost["check_number"] is not None, cost["paid_on"] is not None) == (settled, settled)
        assert cost["accounting"]["entry_id"] is None


def test_a_cost_of_companions_was_split(hub, costs):  # [help] 4.1
    (original,) = [cost for cost in costs if cost.get("superseded")]
    parts = [cost for cost in costs if cost["split_of"] == original["id"]]
    assert sum(Decimal(part["amount"]) for part in parts) == Decimal(original["amount"])
    assert [part["case"]["id"] for part in parts] == [hub.case_id(40), hub.case_id(41)]
    for cost in (original, *parts):
        assert f"original amount {original['amount']}" in cost["memo"]
        assert cost["status"] == "open"


def test_charges_are_copp_on_most_and_property_damage_that_may_be_negative(hub):  # [help] 4.2
    charges = hub.control.get("/charges").json()
    assert len(charges) == 12
    stamped = [row for row in charges if row["copp"]["amount"] == "150.00"]
    assert 6 < len(stamped) <= 12
    assert any(row["property_damage"]["amount"].startswith("-") for row in charges)
    standings = {(row["copp"]["staged"], row["copp"]["pushed_to_disbursement"]) for row in charges}
    assert standings == {(False, False), (True, False), (True, True)}


def test_trust_of_every_kind(ledgers):  # [assumed] 6.4
    lines = [line for ledger in ledgers for line in ledger["entries"]]
    assert {line["kind"] for line in lines} == {
        *("deposit", "imported_balance", "fee", "cost_reimbursement", "lien_payment", "client_payment"),
        "reimbursement",
    }
    assert {line["status"] for line in lines if line["kind"] == "fee"} == {"posted", "staged"}
    assert any(line["do_not_distribute"] for line in lines)
    for ledger in ledgers:
        posted = sum(Decimal(line["amount"]) for line in ledger["entries"] if line["status"] == "posted")
        every = sum(Decimal(line["amount"]) for line in ledger["entries"])
        assert (Decimal(ledger["balance"]), Decimal(ledger["available"])) == (posted, every)
    assert any(ledger["balance"] != "0.00" == ledger["available"] for ledger in ledgers)
    assert any(ledger["balance"] == "0.00" for ledger in ledgers)


def test_the_same_seed_gives_the_same_money(server, hub, costs, ledgers):
    server.reset()
    with Hub(server) as again:
        assert again.rows("costs/", page_size=200) == costs
        assert again.rows("trust/", page_size=200) == ledgers


def test_no_two_firms_share_an_id(server, hub, costs, ledgers):
    with Hub(server, "lark-quill") as other:
        assert {cost["id"] for cost in costs}.isdisjoint(cost["id"] for cost in other.rows("costs/", page_size=200))
        theirs = {line["id"] for ledger in other.rows("trust/", page_size=200) for line in ledger["entries"]}
        assert theirs.isdisjoint(line["id"] for ledger in ledgers for line in ledger["entries"])


def test_a_world_has_as_much_of_it_as_was_asked_for(server, hub, plain):
    def counts():
        with Hub(server) as some:
            return [
                len({cost["case"]["id"] for cost in some.rows("costs/", page_size=200)}),
                some.body("trust/")["count"],
            ]

    try:
        plain.post("/__sandbox__/seed", json={"with_money": 0})
        assert counts() == [0, 0]
        plain.post("/__sandbox__/seed", json={"with_money": 20, "matters": 15})
        assert counts() == [15, 12]
    finally:
        server.seed(WorldOptions(matters=150, firms=2))
