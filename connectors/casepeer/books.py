"""Shows accounting the costs, settlement charges and trust ledgers of CASEpeer [help], and tells it what became of costs.

Addresses, shapes and versions are [assumed]. A change of a cost names the version it was read at, so that sending it again
does no harm: what has been done already is refused, and looked at.
"""

from collections.abc import AsyncIterator, Callable
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from connectors.casepeer import lists
from connectors.casepeer.client import CasePeerClient
from connectors.casepeer.costs import charges_from, cost_from
from connectors.casepeer.hosts import SYSTEM
from connectors.casepeer.keys import not_let_in
from connectors.casepeer.trust import ledger_from
from connectors.errors import FixData, UnexpectedAnswer
from connectors.http import Counts
from domain.case import Unreadable
from domain.costs import Charges, Cost, CostPage, CostStatus, TrustLedger, TrustPage

ACCOUNTING = "soluno"
"""How CASEpeer names the accounting that a cost was sent to [assumed]."""
_COSTS, _TRUST = "/costs/", "/trust/"
_COST, _CHARGES, _TRUST_OF = "/costs/{id}/", "/case/{id}/settlement/charges/", "/case/{id}/trust/"

Readable = TypeVar("Readable", Cost, TrustLedger)


class CasePeerBooks:
    """One firm's costs and trust, as :class:`connectors.money.CaseBooks`. Close it after use.

    Args:
        client: the connection to the firm's CASEpeer, with exact numbers; closed with this.
    """

    system = CasePeerClient.system

    def __init__(self, client: CasePeerClient) -> None:
        self._client, self._connection = client, client.connection

    @property
    def counts(self) -> Counts:
        """What was asked of CASEpeer so far."""
        return self._client.counts

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()

    def cost_url(self, case_id: str) -> str:
        """Where a person sees the costs of a case [seen]."""
        return f"{self._client.case_url(case_id)}costs/"

    async def costs(self, status: CostStatus, *, cursor: str | None = None) -> AsyncIterator[CostPage]:
        """Pages of the costs that stand so now, in the order of their changes; see the port. One request a page of 200."""
        place = lists.Place.at(cursor) if cursor else lists.Place(None)
        async for found in lists.by_change(self._connection, _COSTS, place, {"status": status}):
            read = [cost_from(row) for row in found.rows]
            costs = tuple(one for one in read if isinstance(one, Cost))
            if any(cost.status != status for cost in costs):
                # Django leaves filters out that it does not know: this would be every cost of the firm.
                raise UnexpectedAnswer("CASEpeer sent costs that were not asked for.", field="status", system=SYSTEM)
            yield CostPage(costs, found.cursor, tuple(one for one in read if isinstance(one, Unreadable)))

    async def cost(self, cost_id: str) -> Cost:
        """One cost as it is now; see the port."""
        return _required(cost_from(await self._record(_COST, cost_id)))

    async def trust(self, since: datetime | None, *, cursor: str | None = None) -> AsyncIterator[TrustPage]:
        """The trust ledgers on which something moved, on one page: see the port.

        A ledger does not say when it changed [assumed], so there is no going on from a place in the middle of their list.
        """
        del cursor  # there is never one
        query = {"updated__gte": since.isoformat()} if since else {}
        rows = await lists.whole(self._connection, _TRUST, _TRUST, query, key="case_id")
        read = [ledger_from(row) for row in rows]
        ledgers = tuple(one for one in read if isinstance(one, TrustLedger))
        yield TrustPage(ledgers, None, tuple(one for one in read if isinstance(one, Unreadable)))

    async def trust_of(self, case_id: str) -> TrustLedger:
        """The trust ledger of one case; see the port."""
        return _required(ledger_from(await self._record(_TRUST_OF, case_id)))

    async def charges(self, case_id: str) -> Charges:
        """The settlement charges of one case; see the port."""
        return charges_from(await self._record(_CHARGES, case_id))

    async def mark_pending(self, cost: Cost, entry_id: str, bank_account: str, at: datetime) -> Cost:
        """Say that an open cost was sent to accounting; see the port."""
        sent = {
            "system": ACCOUNTING,
            "sent_at": at.isoformat(),
            "entry_id": entry_id,
            "bank_account": bank_account,
        }
        return await self._move(cost, CostStatus.PENDING, {"accounting": sent}, lambda now: now.entry_id == entry_id)

    async def mark_paid(self, cost: Cost, check_number: str, paid_on: date) -> Cost:
        """Say that a pending cost's cheque was printed; see the port."""
        paid = {"check_number": check_number, "paid_on": f"{paid_on:%m/%d/%Y}"}
        return await self._move(cost, CostStatus.PAID, paid, lambda now: now.check_number == check_number)

    async def mark_void(self, cost: Cost) -> Cost:
        """Say that a pending cost's cheque was voided; see the port."""
        return await self._move(cost, CostStatus.VOID, {}, lambda _: True)

    async def _move(
        self, cost: Cost, status: CostStatus, facts: dict[str, Any], as_asked: Callable[[Cost], bool]
    ) -> Cost:
        """Move a cost on; ``as_asked`` tells of one of this status whether it got there by this very move.

        A move whose answer was lost is made again, and then refused as old or as impossible: where the cost already stands
        as was asked for, that is no refusal.
        """
        try:
            now = await self._changed(cost, {"status": status, "version": int(cost.version), **facts})
        except FixData as refusal:
            if refusal.status != HTTPStatus.CONFLICT:
                raise
            now = await self.cost(cost.id)
            if now.status == status and as_asked(now):
                return now
            raise
        if now.status == status and as_asked(now):
            return now
        raise UnexpectedAnswer("CASEpeer took a change of a cost and did not make it.", field="status", system=SYSTEM)

    async def _changed(self, cost: Cost, changes: dict[str, Any]) -> Cost:
        """The cost once it is changed."""
        answer = await self._connection.request(
            "PATCH",
            _COST.format(id=quote(cost.id, safe="")),
            route=_COST,
            body=changes,
            repeatable=True,
            accept=(HTTPStatus.FOUND,),
        )
        if answer.status == HTTPStatus.FOUND:
            raise not_let_in("it wants a login", answer.request_id)
        return _required(cost_from(answer.body))

    async def _record(self, route: str, record_id: str) -> Any:
        answer = await self._connection.request("GET", route.format(id=quote(record_id, safe="")), route=route)
        return answer.body


def _required(read: Readable | Unreadable) -> Readable:
    """What must be readable, since it may be the one that counts. Raises UnexpectedAnswer."""
    if isinstance(read, Unreadable):
        raise UnexpectedAnswer(read.sentence, field=read.field, system=SYSTEM)
    return read
