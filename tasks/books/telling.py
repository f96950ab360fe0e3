"""Telling the case system which of its costs were posted, however they have changed there meanwhile."""

from datetime import UTC, datetime

from connectors.errors import ConnectorError, NotFound, Stale
from connectors.http import redact
from domain.books import CostPosting
from domain.costs import Cost, CostStatus
from domain.postings import note
from ledger import Delivery
from tasks.books.payloads import item_in, posting_in
from tasks.books.push import Push


async def tell_of_cost(push: Push, delivered: Delivery) -> str | None:
    """Say in the case system that a cost was sent; why that cannot be said, else None."""
    item, cost = item_in(delivered), push.open.get(item_in(delivered).source_id)
    if cost is None:
        return None
    try:
        marked = await _mark_pending(push, cost, delivered)
    except _Withdrawn as now:
        push.notes.append(note(item, "posted_though_withdrawn", entry=delivered.remote_id, stands=str(now)))
        return None
    except ConnectorError as error:
        push.notes.append(note(item, "not_told", problem=redact(str(error))))
        return f"CASEpeer could not be told yet. {redact(str(error))}"
    push.open.pop(marked.id, None)
    push.pending[marked.id] = marked
    return None


class _Withdrawn(Exception):
    """What was posted is no longer to be posted; as what it stands now."""


async def _mark_pending(push: Push, cost: Cost, delivered: Delivery) -> Cost:
    """Mark it, as it was read or as it is now. Raises _Withdrawn, ConnectorError."""
    posting = posting_in(delivered)
    account = posting.bank_account_id if isinstance(posting, CostPosting) else ""
    entry = delivered.remote_id or ""
    try:
        if cost.superseded:
            raise _Withdrawn("split")
        try:
            return await push.costs.mark_pending(cost, entry, account, datetime.now(UTC))
        except Stale:
            cost = await push.costs.cost(cost.id)
        if cost.superseded:
            raise _Withdrawn("split")
        if cost.status is not CostStatus.OPEN:
            raise _Withdrawn(cost.status.value)
        return await push.costs.mark_pending(cost, entry, account, datetime.now(UTC))
    except NotFound:
        raise _Withdrawn("deleted") from None
