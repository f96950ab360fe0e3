"""`casebridge doctor`: whether the installation is in order, and what to do where it is not."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version

import httpx
import typer
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import WorkerStatus
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL

from deployments.automations import notification_block
from deployments.command_line.output import AsJson, Refused, people, print_json, say
from deployments.command_line.server import with_server
from deployments.per_firm import WORK_POOL
from deployments.reconciliation import Action, reconcile
from deployments.register import BLOCK_TYPES, RELAY_POOL
from ledger import Ledger, LedgerTooNew, LedgerUnusable
from ledger.database import default_url, home
from tasks.relay.streams import STREAMS

OK, WARNING, WRONG = "ok", "warning", "wrong"
MARKS = {OK: "[green]ok[/green]     ", WARNING: "[yellow]warning[/yellow]", WRONG: "[red]wrong[/red]  "}
ROOM_WANTED = 1024**3
FRESH = timedelta(minutes=10)
FRESH_DOCUMENTS = timedelta(hours=26)
"""Into CASEpeer they come once a night."""
SKEW = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    standing: str
    said: str


def examine(as_json: AsJson = False) -> None:
    """Look over the installation: server, workers, deployments, ledger, relays, alerts. Ends with 1 when something is wrong."""
    findings = [*_versions(), *_ledger(), _room()]
    try:
        findings += with_server(_server)
    except Refused as refused:
        findings.append(Finding("Prefect server", WRONG, str(refused)))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            people.print(MARKS[finding.standing], end="  ")
            say(f"{finding.about}: {finding.said}")
    if any(finding.standing == WRONG for finding in findings):
        raise typer.Exit(1)


def _versions() -> Iterator[Finding]:
    for package, limit, why in (
        ("fastapi", (0, 151), "Prefect's server does not boot with it"),
        ("sqlalchemy", (2, 1), "Prefect's scheduler schedules nothing with it"),
    ):
        present = version(package)
        fits = tuple(int(part) for part in present.split(".")[:2]) < limit
        said = f"{present}" if fits else f"{present}: {why}. Install what requirements.lock pins."
        yield Finding(package, OK if fits else WRONG, said)


def _ledger() -> Iterator[Finding]:
    try:
        with Ledger.open() as ledger:
            kind = "PostgreSQL" if default_url().startswith("postgres") else f"SQLite below {home()}"
            yield Finding("ledger", OK, f"{kind}, up to date.")
            yield from _relays(ledger)
    except (LedgerUnusable, LedgerTooNew) as error:
        yield Finding("ledger", WRONG, str(error))


def _relays(ledger: Ledger) -> Iterator[Finding]:
    for name in STREAMS:
        polled = [feed.polled_at for feed in ledger.feeds.of(name).values() if feed.polled_at is not None]
        if not polled:
            continue
        age = ledger.deliveries.now() - max(polled)
        if age <= (FRESH_DOCUMENTS if name == "documents" else FRESH):
            yield Finding(f"relay of {name}", OK, f"asked {int(age.total_seconds())} s ago.")
        else:
            minutes = int(age.total_seconds() // 60)
            yield Finding(
                f"relay of {name}", WARNING, f"nobody has asked for {minutes} minutes: is a worker of {RELAY_POOL} up?"
            )


def _room() -> Finding:
    there = next(place for place in (home(), *home().parents) if place.exists())
    if not os.access(there, os.W_OK):
        return Finding("home", WRONG, f"{home()} cannot be written: set CASEBRIDGE_HOME to a directory that can.")
    free = shutil.disk_usage(there).free
    return Finding("home", OK if free > ROOM_WANTED else WARNING, f"{home()}, {free / 1024**3:.1f} GiB free.")


async def _server(client: PrefectClient) -> list[Finding]:
    return [
        await _versions_agree(client),
        await _signed_in(),
        await _clock(client),
        *[await _workers(client, pool) for pool in (WORK_POOL, RELAY_POOL)],
        await _block_types(client),
        *await _deployments(client),
        await _alerts(client),
    ]


async def _versions_agree(client: PrefectClient) -> Finding:
    theirs, ours = await client.api_version(), version("prefect")
    if theirs == ours:
        return Finding("Prefect server", OK, f"{theirs}, as here.")
    return Finding("Prefect server", WARNING, f"{theirs} there, {ours} here: run the same on both sides.")


async def _signed_in() -> Finding:
    """Whether a stranger is let in: asked as one, whatever we are signed in as."""
    async with httpx.AsyncClient(timeout=10) as stranger:
        answer = await stranger.post(f"{PREFECT_API_URL.value()}/flows/count", json={})
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        return Finding("sign-in", OK, "the server asks for a password.")
    return Finding(
        "sign-in", WARNING, "the server lets everybody in: set PREFECT_SERVER_API_AUTH_STRING where it runs."
    )


async def _clock(client: PrefectClient) -> Finding:
    answer = await client.hello()
    skew = abs(parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC)) if "date" in answer.headers else None
    if skew is None or skew <= SKEW:
        return Finding("clock", OK, "agrees with the server's.")
    return Finding("clock", WRONG, f"{int(skew.total_seconds())} s away from the server's: set both by a time server.")


async def _workers(client: PrefectClient, pool: str) -> Finding:
    about = f"work pool {pool}"
    try:
        workers = await client.read_workers_for_work_pool(pool)
    except ObjectNotFound:
        return Finding(about, WRONG, "is not there: run python -m deployments.register")
    online = sum(worker.status is WorkerStatus.ONLINE for worker in workers)
    if online:
        return Finding(about, OK, f"{online} worker{'' if online == 1 else 's'} online.")
    return Finding(about, WRONG, f"no worker serves it, so nothing runs: prefect worker start --pool {pool}")


async def _block_types(client: PrefectClient) -> Finding:
    missing = []
    for kind in BLOCK_TYPES:
        try:
            await client.read_block_type_by_slug(kind.get_block_type_slug())
            await client.read_block_schema_by_checksum(kind._calculate_schema_checksum())  # noqa: SLF001 - Prefect has no public name for it
        except ObjectNotFound:
            missing.append(kind.get_block_type_name())
    if missing:
        return Finding(
            "block types",
            WRONG,
            f"{', '.join(missing)} unknown or of another version: run python -m deployments.register",
        )
    return Finding("block types", OK, f"all {len(BLOCK_TYPES)} known.")


async def _deployments(client: PrefectClient) -> list[Finding]:
    reconciled = await reconcile(client, dry_run=True)
    different = [step.deployment for step in reconciled.steps if step.action is not Action.UNCHANGED]
    findings = [Finding("firm", WRONG, sentence) for sentence in reconciled.unreadable.values()]
    if different:
        said = f"{len(different)} differ from the Firm blocks ({different[0]} …): they follow within the hour, or run reconcile_deployments."
        findings.append(Finding("deployments", WARNING, said))
    else:
        findings.append(Finding("deployments", OK, f"{len(reconciled.steps)}, as the Firm blocks have it."))
    findings += [
        Finding("deployment", WARNING, f"{step.deployment} was paused in the Prefect UI, though its switch is on.")
        for step in reconciled.paused_by_people
    ]
    return findings


async def _alerts(client: PrefectClient) -> Finding:
    named, block = await notification_block(client)
    if block is None:
        kind, _, name = named.partition("/")
        return Finding(
            "alerts",
            WARNING,
            f"nobody is alerted: in the Prefect UI, Blocks › +, add a block of type {kind} named {name}.",
        )
    return Finding("alerts", OK, f"go through the block {named}.")
