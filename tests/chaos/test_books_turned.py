"""Something in Soluno is turned in the middle of a push: it waits with its reason, nothing is lost, and then it is posted once."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger import Ledger
from sandbox.faults import FaultKind, FaultRule
from sandbox.testing import SandboxServer
from tasks.books import posting
from tests.chaos.books_world import BooksWorld
from tests.chaos.test_books import sandbox
from tests.flows.office import SEEDED, raise_limits

__all__ = ["sandbox"]

Turn = Callable[[BooksWorld], tuple[str, dict[str, Any], dict[str, Any]]]
"""A control route of the sandbox, what turns the switch there, and what turns it back."""


def feature(on: dict[str, Any], off: dict[str, Any]) -> Turn:
    return lambda _: ("/features", on, off)


def listed(kind: str, name: str, field: str) -> Turn:
    def turn(world: BooksWorld) -> tuple[str, dict[str, Any], dict[str, Any]]:
        rows = {
            "bank-accounts": world.soluno.books.bank_accounts,
            "posting-references": world.soluno.books.posting_references,
        }
        one = next(row for row in rows[kind].values() if name in (getattr(row, "name", ""), getattr(row, "code", "")))
        return f"/{kind}/{one.id}", {field: False}, {field: True}

    return turn


def attorney(world: BooksWorld) -> tuple[str, dict[str, Any], dict[str, Any]]:
    lead = world.peers.people[world.peers.cases.get(world.cases[0]).team["lead_attorney"]]
    one = next(user for user in world.soluno.books.users.values() if user.email.lower() == lead.email.lower())
    return f"/users/{one.id}", {"records_time": False}, {"records_time": True}


@pytest.fixture
def world(sandbox: SandboxServer, tmp_path: Path, hurried: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    sandbox.reset()
    raise_limits(sandbox)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        world = BooksWorld(ledger, sandbox, "turned")
        world.patched(monkeypatch)
        case = world.cases[0]
        for amount in ("38.75", "412.00"):
            world.peers.add_cost(case, amount)
        world.peers.write_trust_line(case, "deposit", "900.00", payee="Meridian Mutual")
        world.peers.write_trust_line(case, "fee", "-300.00", payee="Harrow Pike LLP", status="staged")
        pushed = {"staged": True, "pushed_to_disbursement": True}
        world.peers.set_charges(
            case, copp={"amount": "150.00", **pushed}, property_damage={"amount": "-75.00", **pushed}
        )
        world.pushed.add(case)
        yield world


def turn(world: BooksWorld, path: str, body: dict[str, Any], query: str = "") -> None:
    address = f"{world.sandbox.url}/__sandbox__/soluno/firms/{SEEDED}{path}{query}"
    httpx.post(address, json=body).raise_for_status()


def codes(world: BooksWorld) -> set[str]:
    """Why something waits."""
    streams = (posting.CASEFILES, posting.COSTS, posting.SETTLEMENTS, posting.INVOICES)
    pending = [one for stream in streams for one in world.ledger.deliveries.pending(world.slug, stream)]
    return {one.code or "" for one in pending}


@pytest.mark.parametrize(
    ("turned", "before", "code"),
    [
        (feature({"entries_not_allowed_before": "2100-01-01"}, {"entries_not_allowed_before": "2001-01-01"}), "CostEntries", "period_closed"),
        (feature({"release_stage": False}, {"release_stage": True}), "InvoiceRequests", "feature_disabled"),
        (listed("bank-accounts", "Operating", "active"), "CostEntries", "bank_account_inactive"),
        (listed("bank-accounts", "Client Trust", "active"), "TrustReceipts", "bank_account_inactive"),
        (listed("posting-references", "ACC", "active"), "CostEntries", "posting_reference_inactive"),
        (attorney, "FeeEntries", "user_does_not_record_time"),
        (attorney, "Casefiles", "user_does_not_record_time"),
    ],
)  # fmt: skip
def test_what_is_turned_between_preflight_and_posting_waits_with_its_reason(
    world: BooksWorld, turned: Turn, before: str, code: str
) -> None:
    path, off, on = turned(world)
    turn(world, path, off, f"?after=0&of=POST {before}")

    assert asyncio.run(world.push())
    assert code in codes(world)
    world.check_once()

    turn(world, path, on)
    asyncio.run(world.push_until_quiet())
    world.check_all()
    assert codes(world) == set()
    assert sum(row["amount"] for row in world.rows()["cost"]) == Decimal("450.75")


@pytest.mark.parametrize(("body", "undo", "code"), [
    ({"closed": True}, {"closed": False}, "casefile_closed"),
    ({"hold": True}, {"hold": False}, "casefile_on_hold"),
    ({"operating_retainer": True}, {"operating_retainer": False}, "acknowledgement_required"),
])  # fmt: skip
def test_a_casefile_that_cannot_be_posted_to_blocks_its_case_alone(
    world: BooksWorld, body: dict[str, Any], undo: dict[str, Any], code: str
) -> None:
    asyncio.run(world.push_until_quiet())
    [casefile] = world.soluno.books.casefiles.every()
    world.peers.add_cost(world.cases[0], "7.00")
    world.peers.add_cost(world.cases[2], "8.00")
    turn(world, f"/casefiles/{casefile.id}", body)

    assert asyncio.run(world.push())
    assert codes(world) == {code}
    assert Decimal("8.00") in [row["amount"] for row in world.rows()["cost"]]

    turn(world, f"/casefiles/{casefile.id}", undo)
    asyncio.run(world.push_until_quiet())
    world.check_all()


def test_two_casefiles_with_one_reference_are_told_and_nothing_is_posted_to_either(world: BooksWorld) -> None:
    asyncio.run(world.push_until_quiet())
    [casefile] = world.soluno.books.casefiles.every()
    turn(world, "/casefiles", {"like": casefile.id})
    world.peers.add_cost(world.cases[0], "7.00")
    assert asyncio.run(world.push())
    assert codes(world) == {"casefile_twice"}


def test_the_month_ends_between_two_posts_and_goes_on_after_the_answer(world: BooksWorld) -> None:
    turn(world, "/login", {"reauthenticate_in": 0}, "?after=1&of=POST CostEntries")
    assert not asyncio.run(world.push())
    assert not asyncio.run(world.push())
    turn(world, "/login", {"reauthenticate_in": 2_592_000})
    asyncio.run(world.push_until_quiet())
    world.check_all()


@pytest.mark.parametrize(
    "fault",
    [
        FaultRule("soluno", FaultKind.CUT_AFTER, method="POST", path="*Entries", count=3),
        FaultRule("soluno", FaultKind.HTML, method="POST", path="*Casefiles", status=503, after_work=True),
        FaultRule("soluno", FaultKind.STATUS, method="POST", path="*/TrustReceipts", status=429, headers={"Retry-After": "0"}),
        FaultRule("soluno", FaultKind.CUT_AFTER, method="POST", path="*/Release"),
        FaultRule("casepeer", FaultKind.CUT_AFTER, method="PATCH", path="*/costs/*", count=4),
    ],
    ids=["entries lost", "casefile lost", "throttled", "release lost", "told and lost"],
)  # fmt: skip
@pytest.mark.parametrize("enforced", [True, False])
def test_a_lost_answer_is_looked_up_and_nothing_is_posted_twice(
    world: BooksWorld, fault: FaultRule, *, enforced: bool
) -> None:
    world.soluno.switches.enforce_reference = enforced
    fault.spoiled = 0
    world.sandbox.controls.faults.add(fault)
    asyncio.run(world.push())
    assert fault.spoiled
    world.sandbox.controls.faults.clear()
    asyncio.run(world.push_until_quiet())
    world.check_all()
    assert codes(world) == set()
