"""Reading a firm's feed: everything new is reserved before the place moves on, so that no death loses or repeats any.

A feed is read again a little further back than it was read to, for what was committed late or with an older stamp; once
an hour (or where it is read more seldom, each time) from a day before it was last read so. What is reserved already is
recognised by its marker.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from blocks.firm import Firm
from connectors.errors import ConnectorError
from ledger import Feed, Ledger

if TYPE_CHECKING:
    from tasks.relay.streams import Stream

OVERLAP = timedelta(minutes=15)
"""How far back each reading goes."""
SWEEP = timedelta(hours=25)
"""How far back the hourly one goes, from the one before it."""
SWEEP_EVERY = timedelta(hours=1)
_EARLIER = timedelta(hours=1)
"""How far back the very first reading asks: our clock may be ahead of the portal's."""


@dataclass(slots=True)
class Polled:
    """What a reading found."""

    new: int = 0
    swept: bool = False
    begins_at: datetime | None = None
    """From when on things are relayed; None until it is known."""
    untold: ConnectorError | None = None
    """Why a case system could not be told what became of what is in its queue; until it was, this counts as no reading."""


async def poll(
    firm: Firm, stream: "Stream", ledger: Ledger, source: Any, feed: Feed | None, *, since: datetime | None
) -> Polled:
    """Read the firm's feed to its end and reserve what is new.

    A feed read for the first time begins now, by the portal's own clock; with ``since`` it begins there. Raises
    ConnectorError; what was reserved until then stays.
    """
    now = datetime.now(UTC)
    polled = Polled()
    if since is not None and (feed is None or since < feed.begins_at):
        feed = await asyncio.to_thread(ledger.feeds.begin, firm.slug, stream.name, since)
    begins_at = feed.begins_at if feed else None
    start = now - _EARLIER
    if feed is not None:
        polled.swept = feed.swept_at is None or now - feed.swept_at >= SWEEP_EVERY
        start = feed.read_to - OVERLAP
        if polled.swept:
            start = min(start, (feed.swept_at or now) - SWEEP)
    if since is not None:
        start = min(start, since)
    async for page in stream.pages(source, start):
        if begins_at is None:
            begins_at = (await asyncio.to_thread(ledger.feeds.begin, firm.slug, stream.name, page.at)).begins_at
        wanted = await stream.reservations(firm, ledger, page, begins_at)
        if wanted:
            polled.new += len(await asyncio.to_thread(ledger.deliveries.reserve, firm.slug, stream.name, wanted))
        if feed is not None and page.newest is not None and min(page.newest, page.at) > feed.read_to:
            # A stamp from the future must not carry the place past what comes between.
            await asyncio.to_thread(ledger.feeds.advance, firm.slug, stream.name, min(page.newest, page.at))
    polled.begins_at = begins_at
    return polled
