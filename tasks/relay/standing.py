"""How every firm stands after a tick: how old its oldest undelivered item is, what is wrong, and who must be told."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.forecast import duration
from ledger import Feed, Standing
from tasks.relay.nightly import stale_after
from tasks.relay.streams import counted
from tasks.relay.tick import Served, Tick
from tasks.troubles import PASSING

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A firm in the fleet's table. ``wrong`` holds codes and sentences of what needs a person."""

    slug: str
    name: str
    pending: int
    held: int
    age: timedelta | None
    """Of the oldest item that waits and is not held."""
    wrong: dict[str, str]
    served: Served | None

    @property
    def worth_showing(self) -> bool:
        """False for a firm with nothing to tell."""
        tally = self.served.tally if self.served else None
        did = tally and (tally.delivered or tally.recognised or tally.failed or tally.held or tally.given_up)
        return bool(self.pending or self.wrong or did or (self.served and (self.served.busy or self.served.trouble)))


async def take_stock(tick: Tick) -> list[Row]:
    """Every firm's row, those with the oldest items first."""
    now = datetime.now(UTC)
    name, only = tick.stream.name, tick.only
    standing = await asyncio.to_thread(tick.ledger.deliveries.standing, name, only)
    feeds = await asyncio.to_thread(tick.ledger.feeds.of, name, only)
    given_up = await asyncio.to_thread(tick.ledger.deliveries.given_up_since, name, now - _DAY, only)
    rows = []
    for slug, served in tick.served.items():
        stands = standing.get(slug)
        late = (
            stands is not None
            and stands.oldest is not None
            and now - stands.oldest > stale_after(tick.stream, served.firm)
        )
        held = stands is not None and stands.held > 0
        why = await asyncio.to_thread(_reasons, tick, slug) if late or held else {}
        rows.append(_row(tick, served, stands, feeds.get(slug), given_up.get(slug, 0), now, why))
    rows += [
        Row(slug, slug, 0, 0, None, {"block_unreadable": sentence}, None)
        for slug, sentence in tick.fleet.unreadable.items()
    ]
    return sorted(rows, key=lambda row: (-(row.age or timedelta(0)), row.slug))


def _reasons(tick: Tick, slug: str) -> dict[bool, str]:
    """What is said of the oldest one that is held (True), and of the oldest one that is not."""
    found: dict[bool, str] = {}
    for delivery in tick.ledger.deliveries.pending(slug, tick.stream.name, limit=100):
        if delivery.reason:
            found.setdefault(delivery.held, delivery.reason)
    return found


def _row(
    tick: Tick,
    served: Served,
    stands: Standing | None,
    feed: Feed | None,
    given_up: int,
    now: datetime,
    why: dict[bool, str],
) -> Row:
    age = now - stands.oldest if stands and stands.oldest else None
    wrong: dict[str, str] = {}
    stream = tick.stream
    limit, word = stale_after(stream, served.firm), stream.word
    unread = now - feed.polled_at if feed and feed.polled_at else None
    if served.trouble is not None:
        code, sentence = served.trouble
        lasting = (unread is not None and unread > limit) or (age is not None and age > limit)
        if code not in PASSING or lasting:
            wrong[code] = sentence
    if stands is not None and stands.oldest is not None and age is not None and age > limit and not wrong:
        said = f" Last said: {why[False]}" if False in why else ""
        wrong["stale"] = f"A {word} has been waiting since {stands.oldest:%d %b, %H:%M} UTC.{said}"
    if stands is not None and stands.held:
        first = f" The first: {why[True]}" if True in why else ""
        wrong["held"] = f"{counted(stream, stands.held)} cannot be delivered as things are.{first}"
    if given_up:
        more = "was" if given_up == 1 else "were"
        wrong["given_up"] = (
            f"{counted(stream, given_up)} {more} given up in the last 24 hours. The runs of "
            f"delivery_receipt show which and why."
        )
    return Row(
        served.firm.slug,
        served.firm.name,
        stands.pending if stands else 0,
        stands.held if stands else 0,
        age,
        wrong,
        served,
    )


def shown_age(age: timedelta | None) -> str:
    """An age for a table; empty when nothing waits."""
    return "" if age is None else duration(age.total_seconds())
