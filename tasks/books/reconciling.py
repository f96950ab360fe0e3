"""Comparing both sides' trust balances after a push: a difference is told, and never made up by an entry."""

import asyncio
from decimal import Decimal

from prefect import task

from connectors.errors import NotFound
from domain.books import EntryKind, Stage
from domain.costs import TrustKind, TrustLedger, TrustLine
from domain.money import ZERO, shown, total
from domain.posting_markers import trust_marker
from domain.postings import Item, ItemKind, note
from ledger import State
from tasks.books.payloads import item_in
from tasks.books.push import Push
from tasks.books.reading import is_reread
from tasks.books.streams import INVOICES, SETTLEMENTS
from tasks.patience import PATIENT_STEP


@task(name="compare_balances", **PATIENT_STEP)
async def compare_balances(push: Push) -> None:
    """Compare the trust balances of all cases on which this push has done something. Raises ConnectorError."""
    changed: set[str] = set()
    for stream in (SETTLEMENTS, INVOICES):
        made = await asyncio.to_thread(
            push.ledger.deliveries.changed_since, stream, push.started_at, firm=push.slug, limit=None
        )
        changed |= {one.case_id for one in made}
    for case_id, ledger in sorted(push.trust.items()):
        if case_id in changed or is_reread(push, case_id):
            await _compare(push, ledger)


async def _compare(push: Push, ledger: TrustLedger) -> None:
    casefiles = await push.casefiles(ledger.case_id)
    if len(casefiles) != 1:
        return  # there is none yet, or its row says that there are several
    try:
        there = (await push.accounting.balances(casefiles[0].id)).trust
    except NotFound:
        return
    should_be = await expected(push, ledger)
    if there == ledger.balance == should_be:
        return
    item = Item(ItemKind.TRUST_RECEIPT, trust_marker(push.slug, ledger.case_id), ledger.case_id, ledger.case_id, there)
    known = (
        f" {shown(abs(should_be - ledger.balance))} of it is money that the two take into account at different times: "
        "staged, imported, paid directly, or waiting to be posted."
        if should_be != ledger.balance
        else ""
    )
    if there == should_be:
        push.differences[ledger.case_id] = (there, ledger.balance)
        return
    push.notes.append(
        note(
            item,
            "trust_differs",
            there=shown(there),
            here=shown(ledger.balance),
            difference=shown(there - ledger.balance),
            explained=known,
        )
    )


async def expected(push: Push, ledger: TrustLedger) -> Decimal:
    """What should be in trust in the books: what of the case's lines has reached them, and the accountant's opening entry."""
    markers = {trust_marker(push.slug, line.id): line for line in ledger.lines}
    known = await asyncio.to_thread(push.ledger.deliveries.known, push.slug, SETTLEMENTS, markers)
    reached = total(
        _signed(markers[marker], item_in(one)) for marker, one in known.items() if one.state is State.DELIVERED
    )
    imported = total(line.amount for line in ledger.lines if line.kind is TrustKind.IMPORTED_BALANCE and line.posted)
    return reached + imported - await _released(push, ledger.case_id)


def _signed(line: TrustLine, posted: Item) -> Decimal:
    return -posted.amount if line.amount < ZERO else posted.amount


async def _released(push: Push, case_id: str) -> Decimal:
    """What the released invoices of a case have taken out of trust."""
    made = await asyncio.to_thread(push.ledger.deliveries.of_case, push.slug, INVOICES, case_id)
    ids = {one.remote_id: item_in(one).amount for one in made if one.state is State.DELIVERED and one.remote_id}
    standing = await asyncio.to_thread(push.ledger.book_entries.of, push.slug, EntryKind.INVOICE, ids)
    return total(ids[entry_id] for entry_id, entry in standing.items() if entry.status is Stage.RELEASED)
