"""One tick of a relay: every firm polled, what is due delivered, each firm for itself."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import task

from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.errors import WrongReference
from connectors.http import Lent, Transport, redact, redact_handlers, redacting_logger
from connectors.ports import CaseFiles, Outbox, SharedState
from domain.errors import BadInput
from ledger import Feed, LeaseHeld, Ledger, Standing
from tasks import hold
from tasks.endings import Superseded
from tasks.fleet import Fleet, load_fleet, load_one
from tasks.flow_run import current_flow_run
from tasks.hold import Hold
from tasks.patience import STEP
from tasks.relay.delivering import Engine, Tally
from tasks.relay.nightly import is_to_be_read
from tasks.relay.outbox import read_queue
from tasks.relay.polling import Polled, poll
from tasks.relay.replies import read_cases
from tasks.relay.streams import REPLIES, STREAMS, Stream, counted
from tasks.troubles import INTERNAL_FAULT, trouble_code
from tasks.usage import close_ledger

log = redacting_logger("casebridge.relay")

FIRMS_POLLED_AT_ONCE = 32
FIRMS_SERVED_AT_ONCE = 16
"""Of those with much to catch up on, and as many again of the others, who so never wait for them."""
TIME_FOR_ONE = 100.0
"""Seconds after which a firm's deliveries are left to the next tick, so that no firm keeps a tick from ending."""
CATCHING_UP = 20
"""With more than this waiting, a firm's relay leaves room in the case system's budget for the firm's nightly sync."""
_SHARE_OF_A_CATCH_UP = 0.6
_TIDY_EVERY = timedelta(days=1)


class Served:
    """What a tick did for one firm. No dataclass, as :class:`Tick`."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.polled: Polled | None = None
        self.tally = Tally()
        self.trouble: tuple[str, str] | None = None
        """What stopped it: code and sentence."""
        self.error: Exception | None = None
        self.busy: LeaseHeld | None = None
        """Another run is at it."""

    def stopped_by(self, code: str, error: Exception) -> None:
        """Note what stopped the firm; the first reason is the one to tell."""
        if self.trouble is None:
            self.trouble, self.error = (code, redact(str(error))), error


class Tick:
    """Everything the steps of a tick share.

    No dataclass: Prefect walks through every field of those for each task run, and this holds the whole fleet.
    """

    def __init__(
        self,
        stream: Stream,
        ledger: Ledger,
        fleet: Fleet,
        sockets: Transport,
        *,
        feeds: dict[str, Feed],
        standing: dict[str, Standing],
        only: str | None = None,
        since: datetime | None = None,
        case: str | None = None,
    ) -> None:
        self.stream, self.ledger, self.fleet, self.sockets = stream, ledger, fleet, sockets
        self.feeds, self.standing, self.only, self.since, self.case = feeds, standing, only, since, case
        self.started_at = datetime.now(UTC)
        concerned = {slug: firm for slug, firm in fleet.firms.items() if stream.concerns(firm)}
        self.served = {slug: Served(firm) for slug, firm in concerned.items() if stream.is_on(firm)}
        self.off = sorted(concerned.keys() - self.served.keys())
        """Firms that have switched this relay off."""

    @property
    def owner(self) -> str:
        """Who holds firms during this tick."""
        flow_run = current_flow_run()
        return str(flow_run.id) if flow_run else uuid.uuid4().hex


@contextlib.asynccontextmanager
async def open_ticks(
    streams: Sequence[str], firm: str | None, since: datetime | None, case: str | None = None
) -> AsyncIterator[list[Tick]]:
    """Read the blocks and how every firm stands; a tick for each stream that concerns any firm, and for the first one.

    Args:
        streams: names of the streams.
        firm: one firm; None: all.
        since: for one firm: what came since then, too.
        case: for one firm: a case to look at before all others, by its id or its address in the case system.

    Raises:
        FirmUnknown: the one firm asked for has no usable block.
        BadInput: it has switched these relays off, or ``since`` or ``case`` is of no use.
        Superseded: the schedule's run came too late.
    """
    redact_handlers("", "casebridge", "prefect.flow_runs", "prefect.task_runs")
    if since is not None:
        _check(since, firm)
    fleet = await load_one(firm) if firm is not None else await load_fleet()
    async with contextlib.AsyncExitStack() as cleanup:
        ledger = await asyncio.to_thread(Ledger.open)
        cleanup.push_async_callback(close_ledger, ledger)
        sockets = Transport(connections=FIRMS_POLLED_AT_ONCE)
        cleanup.push_async_callback(sockets.aclose)
        ticks = [await _open(name, ledger, fleet, sockets, firm, since) for name in streams]
        _refuse_if_superseded(ticks[0].feeds)
        if firm is not None and not any(tick.served for tick in ticks):
            raise BadInput(_idle(fleet.firms[firm], ticks))
        if case is not None:
            ticks[-1].case = _case_of(case, firm, ticks[-1])
        first, *others = ticks
        for tick in others:
            tick.fleet = Fleet(fleet.firms)  # whose block cannot be read is told once
        yield [first, *(tick for tick in others if tick.served or tick.off)]


async def _open(
    stream: str, ledger: Ledger, fleet: Fleet, sockets: Transport, firm: str | None, since: datetime | None
) -> Tick:
    feeds = await asyncio.to_thread(ledger.feeds.of, stream, firm)
    standing = await asyncio.to_thread(ledger.deliveries.standing, stream, firm)
    return Tick(STREAMS[stream], ledger, fleet, sockets, feeds=feeds, standing=standing, only=firm, since=since)


def _case_of(reference: str, firm: str | None, tick: Tick) -> str:
    """The id of a case to look at. Raises BadInput where there is nothing to look for."""
    if firm is None:
        raise BadInput("case= is for one firm: name it in firm=, too.")
    named = tick.fleet.firms[firm]
    if firm not in tick.served:
        raise BadInput(
            f"case='{reference}' is of no use: {named.name} sends no {tick.stream.name} from {named.rules().system.name}, or "
            f"has switched that off in Blocks › {firm}."
        )
    try:
        return named.case_system.case_id(reference)
    except WrongReference as error:
        raise BadInput(f"case='{reference}': {error}") from error


def _idle(firm: Firm, ticks: Sequence[Tick]) -> str:
    """Why there is nothing to relay for a firm."""
    off = " and ".join(f"{tick.stream.name}{firm.switch(tick.stream.switch).because}" for tick in ticks if tick.off)
    return f"The relay of {off} is switched off for {firm.name}: switch it on in Blocks › {firm.slug}."


def _refuse_if_superseded(feeds: dict[str, Feed]) -> None:
    """After an outage Prefect starts every run that was due meanwhile; once one has polled, the others are of no use."""
    flow_run = current_flow_run()
    if flow_run is None or not flow_run.auto_scheduled or flow_run.expected_start_time is None:
        return
    polled = max((feed.polled_at for feed in feeds.values() if feed.polled_at is not None), default=None)
    if polled is not None and polled > flow_run.expected_start_time:
        raise Superseded("This tick was due before the last one polled; there is nothing left for it to do.")


def _check(since: datetime, firm: str | None) -> None:
    if firm is None:
        raise BadInput("since= is for one firm: name it in firm=, too.")
    if since.tzinfo is None:
        raise BadInput(f"since='{since.isoformat()}' has no time zone: write it as in 2026-11-24T09:00:00-05:00.")
    if since > datetime.now(UTC):
        raise BadInput(f"since='{since.isoformat()}' lies in the future.")


async def serve_all(ticks: Sequence[Tick]) -> None:
    """Poll every firm and deliver what is due; what goes wrong with one firm is noted there and stops no other."""
    await asyncio.gather(*map(_serve_stream, ticks))


async def _serve_stream(tick: Tick) -> None:
    began = await asyncio.to_thread(tick.ledger.deliveries.now)
    polling = asyncio.Semaphore(FIRMS_POLLED_AT_ONCE)
    serving = {catching_up: asyncio.Semaphore(FIRMS_SERVED_AT_ONCE) for catching_up in (False, True)}
    await asyncio.gather(*(_serve(tick, served, polling, serving) for served in tick.served.values()))
    polled = {slug: served.polled for slug, served in tick.served.items() if served.polled is not None}
    read = {slug: found for slug, found in polled.items() if found.untold is None}
    swept = [slug for slug, found in read.items() if found.swept]
    await asyncio.to_thread(tick.ledger.feeds.polled, tick.stream.name, list(read), swept=swept, at=began)


async def _serve(
    tick: Tick, served: Served, polling: asyncio.Semaphore, serving: dict[bool, asyncio.Semaphore]
) -> None:
    async with polling:
        await _noting(served, _poll(tick, served))
    standing = tick.standing.get(served.firm.slug)
    due = (standing.due if standing else 0) + (served.polled.new if served.polled else 0)
    if not due and not _is_untidy(tick, served.firm.slug):
        return
    async with serving[due > CATCHING_UP]:
        await _noting(served, _deliver(tick, served))


def _is_untidy(tick: Tick, slug: str) -> bool:
    """Whether unfinished uploads of a day ago may lie about."""
    feed = tick.feeds.get(slug)
    return feed is not None and feed.tidied_at is not None and tick.started_at - feed.tidied_at >= _TIDY_EVERY


async def _noting(served: Served, work: Awaitable[None]) -> None:
    """Do one firm's work; whatever stops it is the firm's own trouble."""
    try:
        await work
    except LeaseHeld as busy:
        served.busy = busy
    except Exception as error:
        code = trouble_code(error)
        if code == INTERNAL_FAULT:
            log.exception("The relay for %s hit a fault.", served.firm.slug)
        served.stopped_by(code, error)


async def _poll(tick: Tick, served: Served) -> None:
    """One firm's feed, if it is its time; sockets are shared between the firms, requests and keys are not."""
    firm, ledger, feed = served.firm, tick.ledger, tick.feeds.get(served.firm.slug)
    if tick.only is None and not await is_to_be_read(tick.stream, firm, ledger, feed):
        return
    if tick.stream is REPLIES:
        await _poll_replies(tick, served, feed)
        return
    portal = firm.portal.portal(_shared("case_status", firm, ledger), transport=Lent(tick.sockets))
    try:
        served.polled = await poll(firm, tick.stream, ledger, portal, feed, since=tick.since)
    finally:
        await portal.close()


async def _poll_replies(tick: Tick, served: Served, feed: Feed | None) -> None:
    """What one firm's people have written: out of a queue, or else by reading the cases that changed."""
    firm, ledger = served.firm, tick.ledger
    source = REPLIES.case_side(firm, _shared(firm.case_system.system, firm, ledger), 1.0)
    try:
        if isinstance(source, Outbox):
            served.polled = await read_queue(firm, ledger, source, feed, since=tick.since)
            if served.polled.untold is not None:
                raise served.polled.untold
            return
        if tick.since is not None:
            await asyncio.to_thread(ledger.readings.list_again, firm.slug)
        served.polled = await poll(firm, tick.stream, ledger, source, feed, since=tick.since)
        begins_at = served.polled.begins_at or tick.started_at
        served.polled.new += await read_cases(firm, ledger, source, begins_at, hint=tick.case)
    finally:
        await source.close()


def _shared(system: str, firm: Firm, ledger: Ledger, held: Hold | None = None) -> SharedState:
    """What the connections of a firm to a system share; with a hold they only send while it is certain."""
    key = f"{system}:{firm.slug}"
    if held is None:
        return SharedState(key, ledger.limits, ledger.tokens)
    return SharedState(key, ledger.limits, ledger.tokens, held.require)


async def _deliver(tick: Tick, served: Served) -> None:
    """Become the one who delivers for this firm, and do it as a task run that shows by its name for whom."""
    slug = served.firm.slug
    lease = await asyncio.to_thread(
        tick.ledger.leases.acquire,
        f"{tick.stream.name}:{slug}",
        tick.owner,
        hold.LEASE_SECONDS,
        note=f"{tick.stream.word} relay",
    )
    async with Hold.of(tick.ledger, lease) as held:
        standing = (await asyncio.to_thread(tick.ledger.deliveries.standing, tick.stream.name, slug)).get(slug)
        due = standing.due if standing else 0
        title = f"{slug}: {counted(tick.stream, due)}"
        await deliver_firm(title, tick, served, held, due)


@task(name="deliver_firm", task_run_name="{title}", **STEP)
async def deliver_firm(title: str, tick: Tick, served: Served, held: Hold, due: int) -> None:  # noqa: ARG001 (the title names the run)
    """Deliver what is due for one firm. Raises what stops the firm as a whole; everything else is on record."""
    firm = served.firm
    share = _SHARE_OF_A_CATCH_UP if due > CATCHING_UP else 1.0
    async with _connected(tick, firm, held, share) as (portal, case_side):
        courier = tick.stream.courier(firm, tick.ledger, portal, case_side)
        engine = Engine(tick.ledger, held, firm.slug, courier, until=time.monotonic() + TIME_FOR_ONE)
        served.tally = engine.tally
        await _tidy(tick, firm.slug, case_side, new=bool(served.polled and served.polled.new))
        await engine.run()


async def _tidy(tick: Tick, slug: str, files: CaseFiles, *, new: bool) -> None:
    """Once a day, clear away uploads that were begun more than a day ago and never finished."""
    if tick.stream.name != "documents":
        return
    feed = tick.feeds.get(slug)
    if _is_untidy(tick, slug):
        await files.clear_unfinished(tick.started_at - _TIDY_EVERY)
    elif (feed is not None and feed.tidied_at is not None) or not new:
        return
    await asyncio.to_thread(tick.ledger.feeds.tidied, slug, tick.stream.name)


@contextlib.asynccontextmanager
async def _connected(tick: Tick, firm: Firm, held: Hold, share: float) -> AsyncIterator[tuple[CaseStatusClient, Any]]:
    """Both systems of a firm, asked only while its hold is certain."""
    async with contextlib.AsyncExitStack() as cleanup:
        portal = firm.portal.portal(_shared("case_status", firm, tick.ledger, held))
        cleanup.push_async_callback(portal.close)
        shared = _shared(firm.case_system.system, firm, tick.ledger, held)
        case_side = tick.stream.case_side(firm, shared, share)
        cleanup.push_async_callback(case_side.close)
        yield portal, case_side
