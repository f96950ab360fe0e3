"""What a push of costs asks of both systems, for each thousand costs: the first one, one with nothing new, and one after the print."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from ledger import Ledger
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.chaos.books_world import BooksWorld
from tests.flows.office import SEEDED, raise_limits

COSTS_A_CASE = 4
TARGET = "no request for what is posted and pending; of each new cost 1 in accounting and 2 in the case system"


def measure_books(costs: int, directory: Path, say: Any) -> dict[str, Any]:
    """Requests by route of four pushes over ``costs`` costs, four in each case, and their wall times."""
    cases = costs // COSTS_A_CASE
    world = WorldOptions(matters=cases * 2 + 40, shares=Shares.trouble_free(), with_money=0)
    with SandboxServer(world) as sandbox, Ledger.open(f"sqlite:///{directory}/ledger.db") as ledger:
        raise_limits(sandbox)
        books = BooksWorld(ledger, sandbox, "bench")
        for case_id in books.answered_for[:cases]:
            for rank in range(COSTS_A_CASE):
                books.peers.add_cost(case_id, f"{rank + 1}.25", payee=f"Payee {case_id % 20}")
        found: dict[str, Any] = {"costs": costs, "cases": cases, "target": TARGET}
        for name in ("first_push", "quiet_push", "after_the_print", "nothing_left"):
            if name == "after_the_print":
                httpx.post(f"{sandbox.url}/__sandbox__/soluno/firms/{SEEDED}/print", json={}, timeout=60)
            found[name] = _push(books, sandbox, costs)
            say(
                f"{name}: {found[name]['requests_per_thousand_costs']:.0f} requests per 1,000, {found[name]['wall']:.1f} s"
            )
        assert all(cost.status == "paid" for cost in books.peers.costs.by_change())
    return found


def _push(books: BooksWorld, sandbox: SandboxServer, costs: int) -> dict[str, Any]:
    sandbox.controls.requests.clear()
    began = time.monotonic()
    assert asyncio.run(books.push())
    wall = time.monotonic() - began
    made = Counter(sandbox.controls.requests.counts)
    return {
        "requests_per_thousand_costs": 1000 * sum(made.values()) / costs,
        "requests": {" ".join(map(str, route)): count for route, count in sorted(made.items())},
        "wall": wall,
    }
