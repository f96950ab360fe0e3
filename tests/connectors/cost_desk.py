"""The cost_desk of a firm's bookkeeper: CASEpeer's costs and trust as people keep them, and the connector that reads them."""

from datetime import UTC, date, datetime

import httpx

from connectors.casepeer import CasePeerBooks, CasePeerClient, Host
from connectors.casepeer.trust import ledger_from
from connectors.http import Patience
from domain.case import Unreadable
from domain.costs import Cost, CostStatus, TrustLedger
from sandbox.casepeer.money_rendering import ledger_json
from sandbox.faults import FaultKind, FaultRule
from sandbox.testing import SandboxServer
from tests.connectors.clients import casepeer_client
from tests.connectors.fakes import shared

NOW, DAY = datetime(2031, 6, 9, 15, 4, 5, tzinfo=UTC), date(2031, 6, 16)
"""When a cost was sent, and when it was paid."""


class CostDesk:
    """A firm's people keep costs and trust; its books as we see them."""

    def __init__(self, server: SandboxServer) -> None:
        self.firm, self.faults = server.casepeer.firms["harrow-pike"], server.controls.faults
        self.client = casepeer_client(server, exact_numbers=True)
        self.client.connection._patience = Patience(first_pause=0.0)
        self.books = CasePeerBooks(self.client)
        self.cases = self.firm.cases.ids()

    def ask(self, amount: str = "64.35", **more):
        """Somebody asks for a cost to be paid."""
        return self.firm.add_cost(self.cases[0], amount, **more)

    def split(self):
        """A cost that was split over its case and one that is linked with it, and the parts."""
        cost = self.ask()
        self.firm.cases.change(self.firm.case_there(cost.case_id), linked_cases=[self.cases[1]])
        return cost, self.firm.split_cost(cost.id)

    def spoil(self, kind: FaultKind, method: str, path: str, **more) -> None:
        self.faults.add(FaultRule("casepeer", kind, method=method, path=f"*{path}", **more))

    async def pages(self, status: CostStatus = CostStatus.OPEN, cursor: str | None = None):
        return [page async for page in self.books.costs(status, cursor=cursor)]

    async def ids(self, status: CostStatus = CostStatus.OPEN) -> list[str]:
        return [cost.id for page in await self.pages(status) for cost in page.costs]

    def standing(self, status: CostStatus = CostStatus.OPEN) -> set[str]:
        """Ids of the costs that stand so in CASEpeer."""
        return {str(cost.id) for cost in self.firm.costs.by_change() if cost.status == status}

    async def ledgers(self, since: datetime | None = None) -> list[TrustLedger]:
        return [ledger async for page in self.books.trust(since) for ledger in page.ledgers]

    def in_trust(self) -> list[TrustLedger | Unreadable]:
        return [ledger_from(ledger_json(self.firm, ledger)) for ledger in self.firm.trust.by_change()]

    async def at(self, status: CostStatus) -> Cost:
        """A cost that has come to stand so."""
        cost = await self.books.cost(str(self.ask().id))
        if status in {CostStatus.PENDING, CostStatus.PAID}:
            cost = await self.books.mark_pending(cost, "D-77", "general-1", NOW)
        if status is CostStatus.PAID:
            cost = await self.books.mark_paid(cost, "10441", DAY)
        return cost


def speaking(handler) -> CasePeerBooks:
    """Books whose answers come from ``handler``."""
    transport = httpx.MockTransport(handler)
    return CasePeerBooks(
        CasePeerClient(
            host=Host.of("leadcheck.casepeer.com"), key="0b1c", shared=shared(), transport=transport, exact_numbers=True
        )
    )
