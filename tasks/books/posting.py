"""Posting what is to be posted: contacts, then casefiles, then entries, then invoices; each through the delivery engine."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import task

from connectors.http import redacting_logger
from domain.posting_markers import casefile_marker
from domain.postings import Item, ItemKind
from ledger import Reservation, State
from tasks.books.entries import CostCourier, SettlementCourier
from tasks.books.invoices import InvoiceCourier
from tasks.books.payloads import contact_draft, payload_of
from tasks.books.push import Push
from tasks.books.records import CONTACT, CasefileCourier, ContactCourier, client_contact, vendor
from tasks.books.streams import CASEFILES, CONTACTS, COSTS, INVOICES, SETTLEMENTS
from tasks.books.telling import tell_of_cost
from tasks.patience import PATIENT_STEP, STEP
from tasks.relay.courier import Courier
from tasks.relay.delivering import SETTLING, Engine

log = redacting_logger("casebridge.books")

_ON_A_CHEQUE = (ItemKind.COST, ItemKind.TRUST_CHEQUE)
_LOOKS = 2
"""How often what got no answer is waited for within a push; after that it is the next push's."""


@task(name="make_contacts_and_casefiles", **PATIENT_STEP)
async def make_records(push: Push) -> None:
    """Make the contacts and casefiles that what is to be posted needs, unless they are there. Raises what stops the firm."""
    await _reserve(push, CONTACTS, _contacts(push))
    await _deliver(push, ContactCourier(push))
    await _reserve(push, CASEFILES, [_casefile(push, case_id) for case_id in _case_ids(push)])
    await _deliver(push, CasefileCourier(push))


@task(name="post_entries", **PATIENT_STEP)
async def post_entries(push: Push) -> None:
    """Post costs, and unless single costs were asked for, what settlements come to. Raises what stops the firm."""
    at = await asyncio.to_thread(push.ledger.deliveries.now)
    costs = [item for item in push.wanted.values() if item.kind is ItemKind.COST]
    await _reserve(push, COSTS, [_entry(item, item.marker, at) for item in costs])
    await _deliver(push, CostCourier(push), only=[item.marker for item in costs] if push.only is not None else None)
    if push.only is None:
        rest = [item for item in push.wanted.values() if item.kind not in (ItemKind.COST, ItemKind.INVOICE)]
        # Of one moment, a millionth of a second apart: a lane keeps the order in which its items stand here.
        moments = (at + timedelta(microseconds=place) for place in range(len(rest)))
        await _reserve(
            push, SETTLEMENTS, [_entry(item, _lane(item), moment) for item, moment in zip(rest, moments, strict=True)]
        )
        await _deliver(push, SettlementCourier(push))


@task(name="request_invoices", **PATIENT_STEP)
async def request_invoices(push: Push) -> None:
    """Request the invoices of cases whose settlement is posted. Raises what stops the firm."""
    at = await asyncio.to_thread(push.ledger.deliveries.now)
    invoices = [item for item in push.wanted.values() if item.kind is ItemKind.INVOICE]
    await _reserve(push, INVOICES, [_entry(item, item.case_id, at) for item in invoices])
    await _deliver(push, InvoiceCourier(push))


@task(name="tell_of_posted_costs", **STEP)
async def tell_of_posted(push: Push) -> None:
    """Say in the case system of costs that were posted before that they are pending, if it has not heard."""
    open_ones = [item for item in push.posted.values() if item.kind is ItemKind.COST and item.source_id in push.open]
    known = await asyncio.to_thread(push.ledger.deliveries.known, push.slug, COSTS, [one.marker for one in open_ones])
    for delivery in known.values():
        await tell_of_cost(push, delivery)


def _contacts(push: Push) -> list[Reservation]:
    """Everybody who is to be paid, and the clients of cases that may have no casefile yet."""
    drafts = {
        item.payee_marker: vendor(item.payee_marker, item.payee)
        for item in push.wanted.values()
        if item.kind in _ON_A_CHEQUE
    }
    for case_id in _case_ids(push):
        case = push.cases.get(case_id)
        draft = client_contact(push.slug, case.clients[0]) if case and case.clients else None
        if draft is not None:
            drafts[draft.marker] = draft
    at = push.started_at
    return [
        Reservation(marker, marker, at, {CONTACT: contact_draft.dump_python(draft, mode="json")})
        for marker, draft in sorted(drafts.items())
    ]


def _case_ids(push: Push) -> list[str]:
    return sorted({item.case_id for item in push.wanted.values()})


def _casefile(push: Push, case_id: str) -> Reservation:
    return Reservation(casefile_marker(push.slug, case_id), case_id, push.started_at)


def _entry(item: Item, lane: str, at: datetime) -> Reservation:
    return Reservation(item.marker, item.case_id, at, payload_of(item), lane=lane, digest=item.digest)


def _lane(item: Item) -> str:
    """What must be posted in its order: money into trust before it goes out, and revisions of a charge."""
    if item.kind in (ItemKind.TRUST_RECEIPT, ItemKind.TRUST_CHEQUE):
        return f"trust:{item.case_id}"
    return item.marker if item.kind is ItemKind.FEE else f"{item.kind}:{item.case_id}"


async def _reserve(push: Push, stream: str, reservations: Sequence[Reservation]) -> None:
    """Reserve what is new, and take up again what was given up though it is still wanted."""
    if not reservations:
        return
    deliveries, slug = push.ledger.deliveries, push.slug
    await asyncio.to_thread(deliveries.reserve, slug, stream, reservations)
    markers = [one.marker for one in reservations]
    await asyncio.to_thread(deliveries.revive, slug, stream, "the next push", markers)


async def _deliver(push: Push, courier: Courier[Any], *, only: Iterable[str] | None = None) -> None:
    """Deliver what waits in a stream; what gets no answer is looked up once the books have had time to finish it."""
    deliveries, stream = push.ledger.deliveries, courier.stream
    await asyncio.to_thread(deliveries.hasten, push.slug, stream, only)
    for look in range(_LOOKS + 1):
        engine = Engine(push.ledger, push.hold, push.slug, courier)
        await engine.run()
        pause = await _until_looked_up(push, stream)
        if pause is None or look == _LOOKS:
            return
        log.warning("Some answers were lost: they are looked up in %.0f s before anything is repeated.", pause)
        await asyncio.sleep(pause)


async def _until_looked_up(push: Push, stream: str) -> float | None:
    """Seconds until the last of what is *unknown* can be looked up for good; None when nothing is, or not soon."""
    waiting = await asyncio.to_thread(push.ledger.deliveries.pending, push.slug, stream, limit=None)
    due = [one.due_at for one in waiting if one.state is State.UNKNOWN and one.due_at is not None]
    if not due:
        return None
    seconds = (max(due) - datetime.now(UTC)).total_seconds()
    return max(0.1, seconds) if seconds <= SETTLING.total_seconds() + 5 else None
