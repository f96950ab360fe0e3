"""Any sequence of what people do, of faults and of kills ends with the books as CASEpeer says they should be, each entry once."""

import asyncio
import contextlib
import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ledger import Ledger
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.chaos.books_world import BooksWorld
from tests.flows.office import SEEDED, raise_limits

CENTS = st.integers(1, 500_000).map(lambda cents: str(Decimal(cents) / 100))
CASES = st.integers(0, 2)
PLACE = st.integers(0, 30)
POSTS = (
    "/CostEntries",
    "/FeeEntries",
    "/TrustReceipts",
    "/TrustCheques",
    "/InvoiceRequests",
    "/Casefiles",
    "/Contacts",
    "*",
)
FAULTS = st.builds(
    lambda kind, path, status, skip: FaultRule(
        "soluno", kind, method="POST", path=f"*{path}", status=status, skip=skip
    ),
    kind=st.sampled_from(
        [FaultKind.CUT_AFTER, FaultKind.CUT_AFTER, FaultKind.CUT_BEFORE, FaultKind.HTML, FaultKind.TRUNCATED_JSON]
    ),
    path=st.sampled_from(POSTS),
    status=st.just(503),
    skip=st.integers(0, 2),
)
PEER_FAULTS = st.builds(
    lambda kind: FaultRule("casepeer", kind, method="PATCH", path="*/costs/*", status=502),
    kind=st.sampled_from([FaultKind.CUT_AFTER, FaultKind.CUT_BEFORE, FaultKind.HTML]),
)
_numbers = itertools.count(1)


class Bookkeeping(RuleBasedStateMachine):
    """Every example is a firm of its own in the same ledger, over a sandbox seeded anew."""

    ledger: ClassVar[Ledger]
    sandbox: ClassVar[SandboxServer]
    seen: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.sandbox.reset()
        raise_limits(self.sandbox)
        self.world = BooksWorld(self.ledger, self.sandbox, f"books-{next(_numbers)}")
        self.patch = pytest.MonkeyPatch()
        self.world.patched(self.patch)

    @initialize(enforced=st.booleans(), numbers=st.booleans())
    def switches(self, *, enforced: bool, numbers: bool) -> None:
        self.world.soluno.switches.enforce_reference = enforced
        self.world.soluno.switches.numbers = numbers

    # What people do in CASEpeer.

    @rule(case=CASES, amount=CENTS, payee=st.sampled_from(["Lakeside Imaging", "Meridian Mutual", "County Clerk"]))
    def ask_for_a_cost(self, case: int, amount: str, payee: str) -> None:
        self.world.peers.add_cost(self.world.cases[case], amount, payee=payee)

    @rule(place=PLACE, amount=CENTS)
    def correct_a_cost(self, place: int, amount: str) -> None:
        self._with_cost(place, lambda cost: self.world.peers.edit_cost(cost.id, amount=amount))

    @rule(place=PLACE)
    def split_a_cost(self, place: int) -> None:
        self._with_cost(place, lambda cost: self.world.peers.split_cost(cost.id))

    @rule(place=PLACE)
    def void_a_cost(self, place: int) -> None:
        self._with_cost(place, lambda cost: self.world.peers.void_cost(cost.id))

    @rule(place=PLACE)
    def delete_a_cost(self, place: int) -> None:
        self._with_cost(place, lambda cost: self.world.peers.delete_cost(cost.id))

    @rule(case=CASES, amount=CENTS)
    def deposit_a_cheque(self, case: int, amount: str) -> None:
        self.world.peers.write_trust_line(self.world.cases[case], "deposit", amount, payee="Meridian Mutual")

    @rule(
        case=CASES,
        amount=CENTS,
        kind=st.sampled_from(["fee", "fee", "cost_reimbursement", "lien_payment", "client_payment"]),
        status=st.sampled_from(["staged", "posted"]),
        directly=st.sampled_from([False, False, True]),
    )
    def write_a_line(self, case: int, amount: str, kind: str, status: str, *, directly: bool) -> None:
        self.world.peers.write_trust_line(
            self.world.cases[case],
            kind,
            f"-{amount}",
            payee="County Hospital",
            status=status,
            do_not_distribute=directly,
        )

    @rule(case=CASES, place=PLACE)
    def post_a_staged_line(self, case: int, place: int) -> None:
        staged = [line for line in self.world.lines(self.world.cases[case]) if line.status == "staged"]
        if staged:
            self.world.peers.post_trust_line(staged[place % len(staged)].id)

    @rule(case=CASES, copp=CENTS, damage=CENTS, waived=st.booleans())
    def set_charges(self, case: int, copp: str, damage: str, *, waived: bool) -> None:
        amounts = {"copp": {"amount": copp}, "property_damage": {"amount": f"-{damage}" if waived else damage}}
        self.world.peers.set_charges(self.world.cases[case], **amounts)

    @rule(case=CASES)
    def push_to_disbursement(self, case: int) -> None:
        if not self.world.lines(self.world.cases[case]):
            return  # a settlement begins with money in trust
        pushed = {"staged": True, "pushed_to_disbursement": True}
        self.world.peers.set_charges(self.world.cases[case], copp=pushed, property_damage=pushed)
        self.world.pushed.add(self.world.cases[case])

    # What people do in Soluno.

    @rule()
    def print_the_queue(self) -> None:
        self._in_soluno("/print")

    @rule(place=PLACE)
    def void_an_entry(self, place: int) -> None:
        rows = [row for row in self.world.rows()["cost"] if row["status"] in ("Pending", "Printed")]
        if rows:
            self._in_soluno(f"/entries/CostEntries/{rows[place % len(rows)]['id']}", voided="2031-02-10")

    @rule()
    def log_in_by_browser(self) -> None:
        self._in_soluno("/browser-login")

    # What goes wrong.

    @rule(fault=FAULTS | PEER_FAULTS)
    def a_fault_comes(self, fault: FaultRule) -> None:
        self.sandbox.controls.faults.add(fault)

    @rule()
    def a_push_runs(self) -> None:
        self.seen["ran" if asyncio.run(self.world.push()) else "stopped"] += 1

    @rule(left=st.integers(0, 60) | st.integers(0, 250))
    def a_push_is_killed(self, left: int) -> None:
        self.seen["ran" if asyncio.run(self.world.push(left)) else "killed"] += 1

    @invariant()
    def nothing_stands_twice(self) -> None:
        self.world.check_once()

    def teardown(self) -> None:
        try:
            self.sandbox.controls.faults.clear()
            asyncio.run(self.world.push_until_quiet())
            self.world.check_all()
            self.seen["entries"] += self.world.posted_rows()
        finally:
            self.patch.undo()

    def _with_cost(self, place: int, act: Callable[[Any], Any]) -> None:
        """Something is done to one of the costs, where CASEpeer allows it."""
        costs = self.world.peers.costs.by_change()
        if costs:
            with contextlib.suppress(ValueError):
                act(costs[place % len(costs)])

    def _in_soluno(self, path: str, **body: Any) -> None:
        httpx.post(f"{self.sandbox.url}/__sandbox__/soluno/firms/{SEEDED}{path}", json=body)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(WorldOptions(matters=12, shares=Shares.trouble_free(), with_money=0)) as server:
        yield server


@pytest.mark.parametrize(
    ("examples", "steps"),
    [(8, 16), pytest.param(400, 50, marks=[pytest.mark.chaos, pytest.mark.timeout(7200)])],
)
def test_the_books_end_as_they_should_be(
    examples: int,
    steps: int,
    database: Ledger,
    sandbox: SandboxServer,
    home: Any,
    hurried: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("casebridge.relay", "casebridge.http", "casebridge.books", "asyncio"):
        caplog.set_level(logging.CRITICAL + 1, name)
    seen: Counter[str] = Counter()
    run_state_machine_as_test(
        type("BooksOver", (Bookkeeping,), {"ledger": database, "sandbox": sandbox, "seen": seen}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"in {examples} examples: {dict(seen)}")  # noqa: T201 - for who runs it by hand
    assert seen["entries"], seen
