"""What became of everything that a push was about: the rows of its report."""

import asyncio
from dataclasses import replace
from datetime import date

from domain.books import EntryKind, InvoicePosting, Posting
from domain.money import shown
from domain.posting_report import TROUBLED, Line, Links, Outcome, line_of
from domain.postings import LEFT_OUT, Item, ItemKind
from ledger import Delivery, State
from tasks.books.payloads import item_in, posting_in
from tasks.books.push import Push
from tasks.books.streams import COSTS, INVOICES, SETTLEMENTS

_KINDS = {
    ItemKind.COST: EntryKind.COST,
    ItemKind.COPP: EntryKind.FEE,
    ItemKind.PROPERTY_DAMAGE: EntryKind.FEE,
    ItemKind.FEE: EntryKind.FEE,
    ItemKind.TRUST_RECEIPT: EntryKind.TRUST_RECEIPT,
    ItemKind.TRUST_CHEQUE: EntryKind.TRUST_CHEQUE,
    ItemKind.INVOICE: EntryKind.INVOICE,
}


async def lines_of(push: Push) -> list[Line]:
    """Every row: what became of everything that was to be posted, then what else is to be told."""
    lines = [line_of(told) for told in push.notes]
    if push.dry_run:
        lines += [_would(push, item) for item in push.wanted.values()]
    else:
        for stream in (COSTS, SETTLEMENTS, INVOICES):
            lines += await _of_stream(push, stream)
    for outcome, found in ((Outcome.PAID, push.paid), (Outcome.VOIDED, push.voided)):
        lines += [
            Line(
                ItemKind.COST,
                entry.case_id,
                cost_id,
                outcome,
                entry.amount,
                item.payee,
                number=entry.number or "",
                dated=entry.dated,
                entry_id=entry.entry_id,
                casefile_id=entry.casefile_id,
            )
            for cost_id, (entry, item) in found.items()
        ]
    for case_id, (there, here) in push.differences.items():
        reason = f"Soluno has {shown(there)} in trust, CASEpeer {shown(here)}: all of the difference is under way."
        lines.append(Line(ItemKind.TRUST_RECEIPT, case_id, case_id, Outcome.COMPARED, there, reason=reason))
    return sorted(lines, key=lambda line: (line.outcome not in TROUBLED, line.case_id, line.kind, line.source_id))


async def _of_stream(push: Push, stream: str) -> list[Line]:
    deliveries = push.ledger.deliveries
    changed = await asyncio.to_thread(deliveries.changed_since, stream, push.started_at, firm=push.slug, limit=None)
    waiting = await asyncio.to_thread(deliveries.pending, push.slug, stream, limit=None)
    return [_of_delivery(one) for one in {one.id: one for one in (*changed, *waiting)}.values()]


def _of_delivery(delivery: Delivery) -> Line:
    item, posting = item_in(delivery), posting_in(delivery)
    casefile = posting.casefile_id if posting is not None else ""
    outcome, code, reason = _outcome(delivery)
    number = item.check_number if outcome is Outcome.POSTED else ""
    return Line(
        item.kind,
        item.case_id,
        item.source_id,
        outcome,
        item.amount,
        item.payee,
        code,
        reason,
        number=number,
        dated=_dated(posting),
        entry_id=delivery.remote_id or "",
        casefile_id=casefile,
    )


def _dated(posting: Posting | None) -> date | None:
    if posting is None:
        return None
    return posting.through if isinstance(posting, InvoicePosting) else posting.on


def _outcome(delivery: Delivery) -> tuple[Outcome, str, str]:
    code, reason = delivery.code or "", delivery.reason or ""
    match delivery.state:
        case State.DELIVERED:
            return Outcome.POSTED, "", ""
        case State.GIVEN_UP:
            return (Outcome.SKIPPED if code in LEFT_OUT else Outcome.REFUSED), code, reason
        case State.UNKNOWN | State.CALLING:
            return Outcome.FAILED, "answer_lost", f"{reason} It is looked up before anything is repeated."
        case _:
            return (Outcome.WAITING if delivery.held else Outcome.FAILED), code or "waits", reason


def _would(push: Push, item: Item) -> Line:
    """What would become of an item, as far as it can be told without posting it."""
    stops = [one for one in push.findings if one.case_id == item.case_id or (one.case_id is None and not one.warning)]
    line = Line(item.kind, item.case_id, item.source_id, Outcome.WOULD_POST, item.amount, item.payee, dated=item.on)
    if not stops:
        return line
    first = stops[0]
    return replace(line, outcome=Outcome.WOULD_WAIT, code=first.code, reason=first.sentence, fix=first.fix)


def links_of(push: Push, line: Line) -> Links:
    """Where a person sees both sides of a row."""
    entry = push.accounting.entry_url(_KINDS[line.kind], line.entry_id, line.casefile_id) if line.entry_id else ""
    return Links(push.costs.cost_url(line.case_id) if line.case_id else "", entry)


def client_of(push: Push, line: Line) -> str:
    """The client of a row's case, as far as the case was read."""
    case = push.cases.get(line.case_id)
    return case.clients[0].display_name if case and case.clients else ""
