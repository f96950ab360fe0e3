"""Reading a firm's money: what is open, what waits for its cheque, what moved in trust, and what of it is to be posted."""

import asyncio
import zlib
from collections.abc import Iterable

from prefect import task

from connectors.errors import NotFound, UnexpectedAnswer
from connectors.ports import Scope
from domain.case import Unreadable
from domain.costs import CostKind, CostStatus, TrustKind, TrustLedger
from domain.errors import BadInput
from domain.money import total
from domain.posting_markers import charge_marker, fee_marker, trust_marker
from domain.postings import (
    CARRIED,
    CHARGES,
    ChargeStanding,
    Item,
    ItemKind,
    Note,
    changed_note,
    from_charges,
    from_cost,
    from_settlement,
    from_trust,
    is_settling,
    unreadable_note,
)
from ledger import Delivery, State
from tasks.books.payloads import item_in
from tasks.books.push import Push
from tasks.books.streams import COSTS, INVOICES, SETTLEMENTS
from tasks.patience import PATIENT_STEP

REREAD_EVERY = 30
"""Days: settlements that are over are looked at again so often, as nobody tells when their charges are changed."""


@task(name="read_money", **PATIENT_STEP)
async def read_money(push: Push) -> None:
    """Read costs, trust ledgers and charges, and sort what is to be posted from what is posted, left out or refused.

    Raises:
        BadInput: a cost that was asked for is not there.
        ConnectorError: the case system cannot be asked.
    """
    for found in (push.wanted, push.posted, push.pending, push.open, push.charges, push.trust, push.cases):
        found.clear()
    push.notes.clear()
    if push.only is not None:
        await _read_named_costs(push)
    else:
        await _read_costs(push)
        await _read_trust(push)
    await _sort_costs(push)
    await _read_cases(push)
    for case_id in sorted(push.trust.keys() | push.charges.keys()):
        await _sort_settlement(push, case_id)


async def _read_named_costs(push: Push) -> None:
    for cost_id in sorted(push.only or ()):
        try:
            cost = await push.costs.cost(cost_id)
        except NotFound:
            raise BadInput(f"CASEpeer has no cost {cost_id}, or the firm's key may not see it.") from None
        except UnexpectedAnswer as error:
            trouble = Unreadable(cost_id, error.field, str(error))
            push.notes.append(unreadable_note(ItemKind.COST, "", trouble))
            continue
        if cost.status is CostStatus.OPEN:
            push.open[cost.id] = cost
        elif cost.status is CostStatus.PENDING:
            push.pending[cost.id] = cost
        else:
            raise BadInput(f"The cost {cost_id} is {cost.status} in CASEpeer: there is nothing to push.")


async def _read_costs(push: Push) -> None:
    for status, found in ((CostStatus.OPEN, push.open), (CostStatus.PENDING, push.pending)):
        async for page in push.costs.costs(status):
            found.update((cost.id, cost) for cost in page.costs)
            push.notes += [unreadable_note(ItemKind.COST, "", trouble) for trouble in page.unreadable]
    # One that was sent between the two lists is in both.
    for cost_id in push.pending:
        push.open.pop(cost_id, None)


async def _sort_costs(push: Push) -> None:
    """Open costs: to be posted, posted before without the case system having heard, or neither."""
    found = [from_cost(cost, push.slug) for cost in push.open.values()]
    push.notes += [one for one in found if isinstance(one, Note)]
    await _sort(push, COSTS, [one for one in found if isinstance(one, Item)])


async def _sort(push: Push, stream: str, items: Iterable[Item]) -> None:
    """What is posted already stays as it is; a difference is told."""
    by_marker = {item.marker: item for item in items}
    known = await asyncio.to_thread(push.ledger.deliveries.known, push.slug, stream, by_marker)
    for marker, item in by_marker.items():
        delivery = known.get(marker)
        if delivery is None or delivery.state is not State.DELIVERED:
            push.wanted[marker] = item
            continue
        push.posted[marker] = item
        if told := changed_note(item, item_in(delivery)):
            push.notes.append(told)


async def _read_trust(push: Push) -> None:
    """Read all trust ledgers; keep those with something to post, or of a settlement that is under way."""
    async for page in push.costs.trust(None):
        push.notes += [unreadable_note(ItemKind.TRUST_RECEIPT, "", trouble) for trouble in page.unreadable]
        markers = {marker for ledger in page.ledgers for marker in _markers(push.slug, ledger)}
        known = await asyncio.to_thread(push.ledger.deliveries.known, push.slug, SETTLEMENTS, markers)
        ended = {marker for marker, delivery in known.items() if delivery.state is State.DELIVERED}
        carried = await _carried(push, [ledger.case_id for ledger in page.ledgers])
        for ledger in page.ledgers:
            push.notes += [unreadable_note(ItemKind.TRUST_RECEIPT, ledger.case_id, one) for one in ledger.unreadable]
            settling = is_settling(ledger, carried.get(ledger.case_id, frozenset()))
            if settling or is_reread(push, ledger.case_id):
                await _read_charges(push, ledger.case_id)
            news = any(marker not in ended for marker in _markers(push.slug, ledger))
            if settling or news or ledger.case_id in push.charges:
                push.trust[ledger.case_id] = ledger
    # Charges may stand among the costs, too [assumed]; then the case may have no trust ledger yet.
    charged = {cost.case_id for cost in push.open.values() if cost.kind is not CostKind.CASE_COST}
    for case_id in sorted(charged - push.charges.keys()):
        await _read_charges(push, case_id)


async def _read_charges(push: Push, case_id: str) -> None:
    """The charges of one case; those that cannot be read are this case's trouble alone."""
    try:
        push.charges[case_id] = await push.costs.charges(case_id)
    except UnexpectedAnswer as error:
        push.notes.append(unreadable_note(ItemKind.COPP, case_id, Unreadable(case_id, error.field, str(error))))
    except NotFound:
        return  # the case is gone, or hidden: its rows say so


def is_reread(push: Push, case_id: str) -> bool:
    """Whether it is the case's day of the month, which is the same in every push."""
    return is_its_day(push, case_id, REREAD_EVERY)


def is_its_day(push: Push, name: str, every: int) -> bool:
    """Whether today is the day of so many on which this one is looked at; as many others have it every day."""
    return (zlib.crc32(name.encode()) - push.today.toordinal()) % every == 0


def _markers(slug: str, ledger: TrustLedger) -> list[str]:
    """Under which markers the posted lines of a trust ledger may stand in the books, each on its own."""
    lines = [line for line in ledger.lines if line.posted and not line.do_not_distribute]
    own = [trust_marker(slug, line.id) for line in lines if line.kind in _ON_THEIR_OWN]
    return own + [fee_marker(slug, line.id) for line in lines if line.kind is TrustKind.FEE]


_ON_THEIR_OWN = frozenset(TrustKind) - CARRIED - {TrustKind.IMPORTED_BALANCE}


async def _carried(push: Push, case_ids: list[str]) -> dict[str, frozenset[str]]:
    """The trust lines that invoices carry, or are to carry, by case."""
    found: dict[str, frozenset[str]] = {}
    payloads = await asyncio.to_thread(push.ledger.deliveries.payloads_of, push.slug, INVOICES, case_ids)
    for case_id, payload in payloads:
        found[case_id] = found.get(case_id, frozenset()) | frozenset(payload["item"]["lines"])
    return found


async def _read_cases(push: Push) -> None:
    """The cases of everything that is to be posted."""
    ids = {item.case_id for item in push.wanted.values()} | push.trust.keys() | push.charges.keys()
    if not ids:
        return
    async for page in push.case_system.cases(Scope(ids=sorted(ids, key=lambda one: (len(one), one)))):
        push.cases |= {case.integration_id: case for case in page.cases}
        push.notes += [unreadable_note(ItemKind.COST, one.integration_id, one) for one in page.unreadable]


async def _sort_settlement(push: Push, case_id: str) -> None:
    """Trust lines, charges and the invoice of one case."""
    case, charges, ledger = push.cases.get(case_id), push.charges.get(case_id), push.trust.get(case_id)
    pushed = charges is not None and charges.pushed
    items: list[Item] = []
    if ledger is not None:
        client_id = case.clients[0].external_id if case and case.clients else ""
        found = list(from_trust(ledger, push.slug, pushed=pushed, client_id=client_id))
        push.notes += [one for one in found if isinstance(one, Note)]
        items = [one for one in found if isinstance(one, Item)]
    if charges is not None:
        items += from_charges(charges, push.slug, await charge_standing(push, case_id))
    await _sort(push, SETTLEMENTS, items)
    invoice = await invoice_of(push, case_id)
    if invoice is not None:
        push.wanted[invoice.marker] = invoice


async def invoice_of(push: Push, case_id: str) -> Item | None:
    """The invoice that a case still wants, as its trust ledger is now; one that was tried before keeps its marker."""
    ledger, charges = push.trust.get(case_id), push.charges.get(case_id)
    if ledger is None:
        return None
    made = await asyncio.to_thread(push.ledger.deliveries.of_case, push.slug, INVOICES, case_id)
    requested = [one for one in made if one.state is State.DELIVERED]
    return from_settlement(
        ledger,
        push.slug,
        pushed=charges is not None and charges.pushed,
        carried={line for delivery in requested for line in item_in(delivery).lines},
        revisions=len(requested),
    )


async def charge_standing(push: Push, case_id: str) -> dict[ItemKind, ChargeStanding]:
    """What of a case's charges is posted, revision by revision."""
    made = await asyncio.to_thread(push.ledger.deliveries.of_case, push.slug, SETTLEMENTS, case_id)
    return {kind: _standing(made, charge_marker(push.slug, name, case_id, 0)[:-1]) for kind, name in CHARGES.items()}


def _standing(made: Iterable[Delivery], prefix: str) -> ChargeStanding:
    mine = [one for one in made if one.marker.startswith(prefix)]
    posted = total(item_in(one).amount for one in mine if one.state is State.DELIVERED)
    # One that was refused before it was ever called may be taken up again under its own revision.
    under_way = [one for one in mine if one.state is not State.DELIVERED]
    return ChargeStanding(
        posted, len(mine) - len(under_way), is_open=any(one.tries and one.ended_at is None for one in under_way)
    )
