"""Back from the books: cheque numbers, payments and voids of costs, as far as the case system takes them over."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from prefect import task

from connectors.errors import ConnectorError, NotFound, Stale
from connectors.http import redact
from domain.books import Entry, EntryKind, EntryStatus
from domain.costs import Cost, CostStatus
from domain.postings import Item, changed_note, from_cost, note
from ledger import BookEntry, Delivery
from tasks.books.payloads import item_in
from tasks.books.push import Push
from tasks.books.reading import is_its_day
from tasks.books.streams import COSTS
from tasks.patience import PATIENT_STEP

WATERMARK = "soluno.cost_entries"
_OVERLAP = timedelta(hours=1)
"""Read again each time: clocks differ, and what changed in one instant may be told in two."""
_LOOKED_AT_EVERY = 7
"""Days: cheques that wait are asked for one by one so often."""
_PAID = (EntryStatus.PRINTED, EntryStatus.CLEARED)


@task(name="read_entries", **PATIENT_STEP)
async def read_entries(push: Push) -> None:
    """Keep how our cost entries stand that have changed in the books since they were last read. Raises ConnectorError."""
    mark = await asyncio.to_thread(push.ledger.watermarks.get, push.slug, WATERMARK)
    newest = None
    async for page in push.accounting.changed_costs(mark.instant - _OVERLAP if mark else None):
        markers = [entry.marker for entry in page.entries if entry.marker]
        known = await asyncio.to_thread(push.ledger.deliveries.known, push.slug, COSTS, markers)
        ours = [
            _as_it_stands(entry, known[entry.marker])
            for entry in page.entries
            if entry.marker in known and known[entry.marker].remote_id == entry.id
        ]
        await asyncio.to_thread(push.ledger.book_entries.note, push.slug, ours)
        push.lately_voided |= {entry.entry_id for entry in ours if entry.status is EntryStatus.VOID}
        newest = page.newest or newest
    if newest is not None:
        await asyncio.to_thread(push.ledger.watermarks.advance, push.hold.lease, push.slug, WATERMARK, newest)


def _as_it_stands(entry: Entry, delivery: Delivery) -> BookEntry:
    """One of our cost entries as the books have it now."""
    return BookEntry(
        EntryKind.COST,
        entry.id,
        delivery.marker,
        delivery.case_id,
        entry.casefile_id,
        entry.amount,
        entry.status,
        entry.number,
        entry.voided_on if entry.status is EntryStatus.VOID else entry.printed_on,
    )


@task(name="take_back_statuses", **PATIENT_STEP)
async def take_back_statuses(push: Push) -> None:
    """Say in the case system which pending costs were paid, under which number, and which were voided. Raises ConnectorError."""
    by_entry = {cost.entry_id: cost for cost in push.pending.values() if cost.entry_id}
    standing = await asyncio.to_thread(push.ledger.book_entries.of, push.slug, EntryKind.COST, by_entry)
    markers = [entry.marker for entry in standing.values()]
    known = await asyncio.to_thread(push.ledger.deliveries.known, push.slug, COSTS, markers)
    for entry_id, entry in sorted(standing.items()):
        delivery = known[entry.marker]
        if _is_looked_at(push, entry, delivery):
            entry = await _as_it_is_now(push, entry)  # noqa: PLW2901 (the same entry, as it is now)
        await _take_back(push, by_entry[entry_id], entry, item_in(delivery))
    if push.only is None:
        await _look_for_withdrawn(push)


def _is_looked_at(push: Push, entry: BookEntry, delivery: Delivery) -> bool:
    """Whether a cheque that has been waiting is asked for by itself today."""
    waits = entry.status is EntryStatus.PENDING and delivery.changed_at < push.started_at
    return waits and is_its_day(push, entry.entry_id, _LOOKED_AT_EVERY)


async def _as_it_is_now(push: Push, entry: BookEntry) -> BookEntry:
    """An entry of which nothing was heard for long: a list of changes need not tell of deletions."""
    found = await push.accounting.cost_entry(entry.entry_id)
    status = EntryStatus.DELETED if found is None else found.status
    return replace(entry, status=status, number=found.number if found else None)


async def _take_back(push: Push, cost: Cost, entry: BookEntry, item: Item) -> None:
    if cost.id != item.source_id:
        return  # the case system names an entry of something else: none of our business
    now = from_cost(cost, push.slug)
    if isinstance(now, Item) and (told := changed_note(now, item)):
        push.notes.append(told)
    if entry.status is EntryStatus.DELETED:
        push.notes.append(note(item, "deleted_in_accounting", entry=entry.entry_id))
        return
    try:
        if entry.status in _PAID and entry.number and entry.dated:
            await push.costs.mark_paid(cost, entry.number, entry.dated)
            push.paid[cost.id] = entry, item
        elif entry.status is EntryStatus.VOID:
            await push.costs.mark_void(cost)
            push.voided[cost.id] = entry, item
        else:
            return
        push.pending.pop(cost.id, None)
    except (Stale, NotFound):
        return  # somebody is at it right now: the next push sees what has become of it
    except ConnectorError as error:
        push.notes.append(note(item, "not_told", problem=redact(str(error))))


async def _look_for_withdrawn(push: Push) -> None:
    """Cheques of costs that wait for none any more, and voids that come too late to cross. Raises ConnectorError."""
    of_cost = (push.slug, EntryKind.COST)
    waiting = await asyncio.to_thread(push.ledger.book_entries.standing_as, *of_cost, [EntryStatus.PENDING])
    voided = await asyncio.to_thread(push.ledger.book_entries.of, *of_cost, push.lately_voided)
    entries = {entry.marker: entry for entry in (*waiting, *voided.values())}
    known = await asyncio.to_thread(push.ledger.deliveries.known, push.slug, COSTS, entries)
    to_be_paid = {cost.id for cost in push.open.values() if not cost.superseded} | push.pending.keys()
    seen = to_be_paid | push.paid.keys() | push.voided.keys()
    for marker, delivery in known.items():
        item = item_in(delivery)
        if item.source_id not in seen:
            await _look_at(push, entries[marker], item)


async def _look_at(push: Push, entry: BookEntry, item: Item) -> None:
    try:
        cost = await push.costs.cost(item.source_id)
    except NotFound:
        stands = "deleted"
    else:
        stands = "split" if cost.superseded else cost.status.value
    if entry.status is EntryStatus.VOID:
        if stands == CostStatus.PAID.value:
            push.notes.append(note(item, "void_after_paid"))
    elif stands not in (CostStatus.PENDING.value, CostStatus.OPEN.value):
        push.notes.append(note(item, "posted_though_withdrawn", entry=entry.entry_id, stands=stands))
