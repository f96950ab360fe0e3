"""Probing every system of every firm: whether its credentials are still good, and who must hear that they are not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.firm import Firm
from blocks.soluno import SolunoCredentials
from connectors.errors import Misconfigured
from connectors.http import redact, redact_handlers, redacting_logger
from connectors.ports import SharedState
from domain.books_preflight import check_set_up
from domain.switches import all_off
from ledger import Incident, Ledger
from tasks.alerts import Alert, send_alert, tell_once
from tasks.fleet import Fleet, load_fleet, load_one
from tasks.markdown import needs_attention, plain
from tasks.patience import STEP
from tasks.relay.streams import REPLIES
from tasks.set_up import is_known_complete, tell_of_completion
from tasks.troubles import INTERNAL_FAULT, PASSING, trouble_code
from tasks.usage import close_ledger

log = redacting_logger("casebridge.connections")

STREAM = "connections"
"""Under this name the ledger keeps what is wrong with them."""
LASTING = timedelta(hours=20)
"""A system that does not answer is told of when it did not at the last daily check either."""
_PROBED_AT_ONCE = 16


class Probed:
    """What came of probing one firm. No dataclass: Prefect walks through every field of those."""

    def __init__(self, slug: str, firm: Firm | None) -> None:
        self.slug, self.firm = slug, firm
        self.name = firm.name if firm else slug
        self.accounts: dict[str, str] = {}
        """Whom each system takes us for."""
        self.wrong: dict[str, str] = {}
        """Codes and sentences."""
        self.error: Exception | None = None
        """The first thing that is wrong."""


class Check:
    """Everything the steps of one check share."""

    def __init__(self, ledger: Ledger, fleet: Fleet, only: str | None) -> None:
        self.ledger, self.fleet, self.only = ledger, fleet, only
        self.probed: list[Probed] = []


@contextlib.asynccontextmanager
async def open_check(firm: str | None) -> AsyncIterator[Check]:
    """Read the blocks of all firms, or of one. Raises FirmUnknown for one without a usable block."""
    redact_handlers("", "casebridge", "prefect.flow_runs", "prefect.task_runs")
    fleet = await load_one(firm) if firm is not None else await load_fleet()
    ledger = await asyncio.to_thread(Ledger.open)
    try:
        yield Check(ledger, fleet, firm)
    finally:
        await close_ledger(ledger)


@task(name="probe_systems", **STEP)
async def probe_systems(check: Check) -> None:
    """Ask every system of every firm who we are, and whether it is set up; what is wrong with one firm is noted there and stops no other."""
    places = asyncio.Semaphore(_PROBED_AT_ONCE)

    async def probe(firm: Firm) -> Probed:
        async with places:
            return await _probe(check.ledger, firm)

    check.probed = list(await asyncio.gather(*(probe(firm) for _, firm in sorted(check.fleet.firms.items()))))
    for slug, sentence in sorted(check.fleet.unreadable.items()):
        unreadable = Probed(slug, None)
        unreadable.wrong["block_unreadable"] = sentence
        check.probed.append(unreadable)


async def _probe(ledger: Ledger, firm: Firm) -> Probed:
    probed = Probed(firm.slug, firm)

    async def case_system() -> str:
        shared = SharedState(f"{firm.case_system.system}:{firm.slug}", ledger.limits, ledger.tokens)
        async with contextlib.AsyncExitStack() as cleanup:
            client = firm.case_system.case_system(shared, firm.rules())
            cleanup.push_async_callback(client.close)
            account = await client.whoami()
            files = firm.case_system.case_files(shared, firm.rules())
            cleanup.push_async_callback(files.close)
            await files.check(letters=firm.relay_messages, papers=firm.relay_documents)
            if REPLIES.is_on(firm):
                replies = REPLIES.case_side(firm, shared, 1.0)
                cleanup.push_async_callback(replies.close)
                await replies.check()
        return account.user_name

    async def portal() -> str:
        client = firm.portal.portal(SharedState(f"case_status:{firm.slug}", ledger.limits, ledger.tokens))
        try:
            return (await client.me()).name
        finally:
            await client.close()

    probes: dict[str, Callable[[], Awaitable[str]]] = {firm.rules().system.name: case_system, "Case Status": portal}
    if firm.accounting is not None:
        probes["Soluno"] = partial(_books, ledger, firm, firm.accounting)
    for system, ask in probes.items():
        try:
            probed.accounts[system] = await ask()
        except Exception as error:
            code = trouble_code(error)
            if code == INTERNAL_FAULT:
                log.exception("Probing %s for %s hit a fault.", system, firm.slug)
            sentences = (probed.wrong.get(code), redact(str(error)))
            probed.wrong[code] = " ".join(sentence for sentence in sentences if sentence)
            probed.error = probed.error or error
    return probed


async def _books(ledger: Ledger, firm: Firm, credentials: SolunoCredentials) -> str:
    """Whom accounting takes us for. Raises Misconfigured for whatever it is not set up with."""
    accounting = credentials.accounting(SharedState(f"{credentials.system}:{firm.slug}", ledger.limits, ledger.tokens))
    try:
        standing = await accounting.session()
        _, findings = check_set_up(await accounting.set_up(), credentials.wishes())
    finally:
        await accounting.close()
    if findings:
        raise Misconfigured(" ".join(f"{one.sentence} {one.fix}" for one in findings), system="Soluno")
    return f"{standing.user_name}, {standing.organization}"


async def publish_check(check: Check) -> State[object]:
    """Tell whom it concerns, once, and show it; the state the check ends in.

    Raises:
        Exception: what is wrong with the one firm that was asked for.
    """
    told = 0
    for probed in check.probed:
        told += await _tell(check.ledger, probed)
    await _show(check)
    if check.only is not None and (error := check.probed[0].error):
        raise error
    sentence = _sentence(check)
    return Completed(name="Exceptions", message=sentence) if told else Completed(message=sentence)


async def _tell(ledger: Ledger, probed: Probed) -> int:
    """Note what is wrong, tell of what is new, and of what is well again; how many alerts went out for new troubles."""
    known = await asyncio.to_thread(ledger.incidents.of, STREAM, probed.slug)
    over = [incident for incident in known if incident.told_at is not None and incident.code not in probed.wrong]
    if probed.firm and not probed.wrong and not await _is_new(ledger, probed, probed.firm) and over:
        await send_alert(_well_again(probed, over), probed.firm)
    told = 0
    for incident in await asyncio.to_thread(ledger.incidents.observe, probed.slug, STREAM, probed.wrong):
        if incident.code in PASSING and datetime.now(UTC) - incident.since < LASTING:
            continue
        told += await tell_once(ledger, STREAM, incident, _alert(probed, incident), probed.firm)
    return told


async def _is_new(ledger: Ledger, probed: Probed, firm: Firm) -> bool:
    """Whether all its systems let us in for the first time, which is told as such."""
    if await is_known_complete(ledger, firm.slug):
        return False
    sentence = f"{firm.name} is connected: {_connected(probed)}."
    return await tell_of_completion(ledger, firm, sentence, "The next mail comes when something needs attention.")


def _connected(probed: Probed) -> str:
    return " and ".join(f"{system} (as {account})" for system, account in probed.accounts.items())


def _alert(probed: Probed, incident: Incident) -> Alert:
    closing = "Until then nothing is synced. You are told once, and again when all is well."
    return Alert(
        event=f"connection.{incident.code}",
        slug=probed.slug,
        name=probed.name,
        subject=f"Needs attention · The connections of {probed.name}",
        text=f"{incident.sentence}\n\n{closing}\n",
        details={"sentence": incident.sentence},
    )


def _well_again(probed: Probed, over: list[Incident]) -> Alert:
    sentence = f"All is well again with the connections of {probed.name}: {_connected(probed)}."
    since = min(incident.since for incident in over)
    return Alert(
        event="connection.well_again",
        slug=probed.slug,
        name=probed.name,
        subject=f"Well again · The connections of {probed.name}",
        text=f"{sentence}\n\nWhat was wrong since {since:%d %b, %H:%M} UTC: {over[0].sentence}\n",
        details={"sentence": sentence},
    )


async def _show(check: Check) -> None:
    lines = [
        "# Connections",
        "",
        _sentence(check),
        "",
        "| firm | connected as | switched off |",
        "| --- | --- | --- |",
    ]
    shown = sorted(check.probed, key=lambda one: (not one.wrong, one.slug))
    for probed in shown:
        accounts = "; ".join(f"{system}: {account}" for system, account in probed.accounts.items())
        off = all_off(probed.firm.switches) if probed.firm else ""
        lines.append(f"| {plain(probed.name)} | {plain(accounts)} | {plain(off)} |")
    lines += needs_attention((probed.name, sentence) for probed in shown for sentence in probed.wrong.values())
    await acreate_markdown_artifact(
        key=f"connections-{check.only or 'all-firms'}", markdown="\n".join(lines), description="Connections"
    )


def _sentence(check: Check) -> str:
    wrong = [probed for probed in check.probed if probed.wrong]
    count = len(check.probed)
    well = f"{count - len(wrong):,} of {count:,} firm{'' if count == 1 else 's'} well connected."
    return f"{well} {wrong[0].name} needs attention: {next(iter(wrong[0].wrong.values()))}" if wrong else well
