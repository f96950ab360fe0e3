"""Documents of firms whose case system takes them once a night: whether the portal is to be asked for them in this tick."""

import asyncio
from datetime import timedelta

from blocks.firm import Firm
from domain.nights import NIGHTLY_IS_STALE_AFTER, SyncStanding, is_due
from ledger import Feed, Ledger
from tasks.relay.streams import DOCUMENTS, Stream
from tasks.sync_run import NIGHTLY_SYNC, cases_hold

_LATEST_RUNS = 20
"""More than begin between a firm's hour of the night and the end of the wait for its sync."""


def comes_nightly(stream: Stream, firm: Firm) -> bool:
    """Whether this firm's stream is read once a night, and not in every tick."""
    return stream is DOCUMENTS and firm.rules().system.documents_every_minutes is None


def stale_after(stream: Stream, firm: Firm) -> timedelta:
    """When what waits in this firm's stream is too old, and somebody is told."""
    return NIGHTLY_IS_STALE_AFTER if comes_nightly(stream, firm) else stream.stale_after


async def is_to_be_read(stream: Stream, firm: Firm, ledger: Ledger, feed: Feed | None) -> bool:
    """Whether a tick of all firms reads this firm's feed: where it comes nightly, in the first tick after its sync."""
    if feed is None or not comes_nightly(stream, firm):
        return True
    return await asyncio.to_thread(_is_due, firm, ledger, feed)


def _is_due(firm: Firm, ledger: Ledger, feed: Feed) -> bool:
    holder = ledger.leases.holder(cases_hold(firm.slug))
    syncs = (run.started_at for run in ledger.runs.recent(firm.slug, _LATEST_RUNS) if run.kind == NIGHTLY_SYNC)
    standing = SyncStanding(firm.nightly_sync, is_running=holder is not None, begun_at=next(syncs, None))
    return is_due(firm.night, ledger.deliveries.now(), feed.polled_at, standing)
