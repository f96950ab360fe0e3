"""Fee invoices: requested once everything of a case is posted, released at once or left to the people who review them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from prefect import task

from connectors.errors import FixData, NotFound
from domain.books import EntryKind, Invoice, InvoicePosting, Stage
from domain.money import shown, total
from domain.postings import Item, ItemKind, Note, note
from ledger import BookEntry, Delivery, State
from tasks.books.couriers import PostingCourier, Ready, book_entry
from tasks.books.payloads import item_in, posting_in
from tasks.books.push import Push
from tasks.books.reading import invoice_of
from tasks.books.records import usable_casefile
from tasks.books.refusals import held, refusal, refused
from tasks.books.streams import COSTS, INVOICES, SETTLEMENTS
from tasks.patience import PATIENT_STEP

_REMEMBERED = timedelta(days=90)
"""Pushes run every night: what one has forgotten the next one finds."""
UNFINISHED = (Stage.REQUESTED, Stage.REVIEW, Stage.RELEASE)


class InvoiceCourier(PostingCourier):
    """Requests one firm's fee invoices."""

    stream = INVOICES
    at_once = 2

    async def prepare(self, delivery: Delivery) -> Ready:
        """See that everything of its case is posted. Raises Held, Refused."""
        push, case_id = self._push, delivery.case_id
        wanted = await invoice_of(push, case_id)
        if wanted is None:
            raise refused("withdrawn", stands="without anything to be taken out of trust")
        for stream in (COSTS, SETTLEMENTS):
            made = await asyncio.to_thread(push.ledger.deliveries.of_case, push.slug, stream, case_id)
            if any(one.ended_at is None for one in made):
                raise held("waits_for_entries")
        case = push.cases.get(case_id)
        casefile = usable_casefile(push, case, await push.casefiles(case_id)) if case else None
        if casefile is None:
            raise held("casefile_waits", problem="see the row of the casefile.")
        item = replace(wanted, marker=delivery.marker)
        plan = push.plan
        posting = InvoicePosting(item.marker, casefile.id, push.today, plan.release, plan.trust_id, item.amount)
        return Ready(case_id, item, posting)

    async def conclude(self, ended: Delivery) -> str | None:
        """Keep that it is under way; :func:`follow_invoices` goes on with it."""
        if entry := _requested(ended):
            await asyncio.to_thread(self._push.ledger.book_entries.note, self._push.slug, [entry])
        return None


def _requested(delivery: Delivery) -> BookEntry | None:
    """How an invoice stands that was just requested; None for one that was not."""
    posting = posting_in(delivery)
    if delivery.state is not State.DELIVERED or posting is None:
        return None
    return book_entry(delivery, posting, Stage.REQUESTED)


@task(name="follow_invoices", **PATIENT_STEP)
async def follow_invoices(push: Push) -> None:
    """See where each invoice stands that is not released yet, and release those that nobody is to review.

    How an invoice was requested decides, whatever the firm has chosen since. Raises ConnectorError.
    """
    await _note_forgotten(push)
    standing = await asyncio.to_thread(push.ledger.book_entries.standing_as, push.slug, EntryKind.INVOICE, UNFINISHED)
    markers = [entry.marker for entry in standing]
    deliveries = await asyncio.to_thread(push.ledger.deliveries.known, push.slug, INVOICES, markers)
    for entry in standing:
        delivery = deliveries[entry.marker]
        invoice = await _followed(push, entry, delivery)
        if invoice is None:
            continue
        number = invoice.number or entry.number
        stands = replace(entry, status=invoice.stage, number=number, dated=invoice.released_on)
        await asyncio.to_thread(push.ledger.book_entries.note, push.slug, [stands])


async def _note_forgotten(push: Push) -> None:
    """Keep those that were requested by a push that died before it could note so."""
    since = push.started_at - _REMEMBERED
    made = await asyncio.to_thread(push.ledger.deliveries.changed_since, INVOICES, since, firm=push.slug, limit=None)
    entries = {entry.entry_id: entry for delivery in made if (entry := _requested(delivery))}
    known = await asyncio.to_thread(push.ledger.book_entries.of, push.slug, EntryKind.INVOICE, entries)
    forgotten = [entry for entry_id, entry in entries.items() if entry_id not in known]
    await asyncio.to_thread(push.ledger.book_entries.note, push.slug, forgotten)


async def _followed(push: Push, entry: BookEntry, delivery: Delivery) -> Invoice | None:
    """The invoice as it is now, released if it may be. What is wrong with it is noted."""
    item, posting = item_in(delivery), posting_in(delivery)
    try:
        invoice = await push.accounting.invoice(entry.entry_id)
        if found := _difference(item, invoice):
            push.notes.append(found)
        elif isinstance(posting, InvoicePosting) and posting.release and invoice.stage is Stage.RELEASE:
            invoice = await push.accounting.release(invoice.id)
    except NotFound:
        push.notes.append(note(item, "deleted_in_accounting", entry=entry.entry_id))
        return None
    except FixData as error:
        stopped = refusal(error)
        push.notes.append(
            Note(ItemKind.INVOICE, item.case_id, item.source_id, item.amount, stopped.code, str(stopped), "")
        )
        return None
    if invoice.stage is Stage.CANCELLED:
        push.notes.append(note(item, "invoice_cancelled"))
    return invoice


def _difference(item: Item, invoice: Invoice) -> Note | None:
    """Whether the invoice adds up: its lines to its total, and what it takes out of trust to what was asked for."""
    lines = total(amount for _, _, amount in invoice.lines)
    if invoice.stage is Stage.CANCELLED:
        return None
    if lines != invoice.total:
        return note(item, "invoice_differs", total=shown(invoice.total), lines=shown(lines))
    if invoice.trust_applied != item.amount:
        differs = {"posted": shown(item.amount), "answered": shown(invoice.trust_applied)}
        return note(item, "batch_differs", **differs)
    return None
