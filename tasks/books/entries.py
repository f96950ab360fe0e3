"""Costs, charges, fees and trust lines: each becomes one entry in the books, and the case system hears of its costs."""

import asyncio
from abc import abstractmethod
from dataclasses import replace
from datetime import date

from connectors.errors import NotFound, UnexpectedAnswer
from connectors.http import redact
from domain.books import (
    CostPosting,
    EntryStatus,
    FeePosting,
    Posting,
    TrustChequePosting,
    TrustReceiptPosting,
)
from domain.books_preflight import check_date
from domain.case import Unreadable
from domain.costs import CostStatus
from domain.money import ZERO, shown
from domain.postings import CHARGES, Item, ItemKind, Note, from_cost, unreadable_note
from ledger import Delivery, State
from tasks.books.couriers import PostingCourier, Ready, book_entry
from tasks.books.payloads import item_in, posting_in
from tasks.books.reading import charge_standing
from tasks.books.records import answering, contact_id, usable_casefile
from tasks.books.refusals import held, held_for, refused
from tasks.books.streams import COSTS, SETTLEMENTS
from tasks.books.telling import tell_of_cost


class _EntryCourier(PostingCourier):
    """Posts entries of one firm: what there is of them in the case system now."""

    at_once = 4

    async def prepare(self, delivery: Delivery) -> Ready:
        """See that it is still to be posted, and everything for it is there. Raises Held, Refused, ConnectorError."""
        item = await self._as_it_is_now(item_in(delivery))
        return Ready(item.case_id, item, await self._posting(item))

    @abstractmethod
    async def _as_it_is_now(self, item: Item) -> Item:
        """The item as it is to be posted now. Raises Held, Refused, ConnectorError."""

    async def _posting(self, item: Item) -> Posting:
        push = self._push
        case = push.cases.get(item.case_id)
        if case is None:
            raise held("case_gone")
        responsible = answering(push, item.case_id)
        on = item.on or push.today
        if finding := check_date(item.case_id, on, push.plan.closed_before):
            raise held_for(finding)
        casefile = usable_casefile(push, case, await push.casefiles(item.case_id))
        if casefile is None:
            raise held("casefile_waits", problem="see the row of the casefile.")
        match item.kind:
            case ItemKind.COST:
                return await self._cheque(item, casefile.id, on)
            case ItemKind.TRUST_RECEIPT:
                return TrustReceiptPosting(
                    item.marker,
                    casefile.id,
                    push.plan.trust_id,
                    on,
                    item.amount,
                    item.payee,
                    item.memo or "Deposit",
                    item.check_number,
                )
            case ItemKind.TRUST_CHEQUE:
                payee = await contact_id(push, item.payee_marker, item.payee)
                words, number = item.memo or f"Paid to {item.payee}", item.check_number or None
                return TrustChequePosting(
                    item.marker, casefile.id, push.plan.trust_id, on, item.amount, payee, words, number
                )
            case _:
                code = {
                    ItemKind.COPP: push.plan.copp_id,
                    ItemKind.PROPERTY_DAMAGE: push.plan.property_damage_id,
                }.get(item.kind)
                words = _FEE_WORDS[item.kind]
                return FeePosting(item.marker, casefile.id, responsible.id, on, item.amount, words, code)

    async def _cheque(self, item: Item, casefile_id: str, on: date) -> CostPosting:
        push = self._push
        account = push.plan.operating_account(item.account)
        if account is None:
            raise held("account_unknown", name=item.account)
        words = " ".join(part for part in (item.memo, item.invoice_number) if part) or f"Paid to {item.payee}"
        return CostPosting(
            item.marker,
            casefile_id,
            await contact_id(push, item.payee_marker, item.payee),
            on,
            item.amount,
            push.plan.posting_reference_id,
            account.id,
            words,
            item.invoice_number,
        )


_FEE_WORDS = {
    ItemKind.FEE: "Settlement fee",
    ItemKind.COPP: "COPP",
    ItemKind.PROPERTY_DAMAGE: "Property damage",
}


class CostCourier(_EntryCourier):
    """Costs: cheques on an operating account. Each is read once more before it is posted: it may have been split since."""

    stream = COSTS

    async def _as_it_is_now(self, item: Item) -> Item:
        try:
            cost = await self._push.costs.cost(item.source_id)
        except NotFound:
            raise refused("withdrawn", stands="deleted") from None
        except UnexpectedAnswer as error:
            told = unreadable_note(item.kind, item.case_id, Unreadable(item.source_id, error.field, redact(str(error))))
            raise held(told.code, problem=redact(str(error))) from error
        if cost.status is not CostStatus.OPEN:
            raise refused("withdrawn", stands=cost.status.value)
        self._push.open[cost.id] = cost
        found = from_cost(cost, self._push.slug)
        if isinstance(found, Note):
            if found.skipped:
                raise refused("withdrawn", stands="split" if cost.superseded else "a charge")
            raise held(found.code, amount=shown(cost.amount))
        return found

    async def conclude(self, ended: Delivery) -> str | None:
        """Keep that it waits for its cheque, and say so in the case system."""
        posting = posting_in(ended)
        if ended.state is not State.DELIVERED or posting is None:
            return None
        entry = book_entry(ended, posting, EntryStatus.PENDING)
        await asyncio.to_thread(self._push.ledger.book_entries.note, self._push.slug, [entry])
        return await tell_of_cost(self._push, ended)


class SettlementCourier(_EntryCourier):
    """Trust lines, settlement fees and charges, as they were read in this push."""

    stream = SETTLEMENTS

    async def _as_it_is_now(self, item: Item) -> Item:
        push = self._push
        if item.kind not in CHARGES:
            if item.marker not in push.wanted:
                raise refused("withdrawn", stands="gone from the trust ledger, or not posted,")
            return push.wanted[item.marker]
        charges = push.charges.get(item.case_id)
        if charges is None:
            charges = push.charges[item.case_id] = await push.costs.charges(item.case_id)
        charge = charges.copp if item.kind is ItemKind.COPP else charges.property_damage
        if not charge.pushed:
            raise refused("withdrawn", stands="not pushed to disbursement")
        standing = await charge_standing(push, item.case_id)
        difference = charge.amount - standing[item.kind].posted
        if difference == ZERO:
            raise refused("nothing_to_post")
        return replace(item, amount=difference)
