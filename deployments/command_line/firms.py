"""`casebridge firm …`: adding, showing, checking, switching and removing firms."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from rich.prompt import Confirm

from blocks.firm import Firm
from deployments.command_line.asking import ask_for_firm
from deployments.command_line.enrolment import EXAMPLE, delete, enrol, read_entries, save
from deployments.command_line.output import AsJson, Refused, beside, print_json, print_table, say
from deployments.command_line.server import with_server
from deployments.per_firm import OF_FIRM
from deployments.reconciliation import reconcile
from deployments.register import ensure_work_pools, register_blocks
from domain.errors import BadInput
from domain.switches import SWITCHES, all_off
from flows.check_connection import check_connection
from ledger import Ledger
from tasks.firms import load_firm
from tasks.fleet import load_fleet

app = typer.Typer(no_args_is_help=True, help="Add, show, check, switch and remove firms.")

Slug = Annotated[str, typer.Argument(help="The firm's short name, such as harrow-pike.", show_default=False)]
NIGHTS = ("nightly_case_sync", "initial_bulk_import")


ADD = (
    """Add a firm: its credentials and its block, all of them or none; then its deployments.

Without a file everything is asked for, and secrets are not shown while they are typed. A file looks like:

\b
"""
    + EXAMPLE
)
SWITCH = """Turn one of the firm's switches on or off; for off, say why and who does it. For example:

\b
casebridge firm switch harrow-pike relay_messages off --reason "new server" --by "Dana Reyes"
"""


@app.command(help=ADD)
def add(
    slug: Annotated[
        str | None, typer.Argument(help="Its short name; asked for, or read from the file, when left out.")
    ] = None,
    from_file: Annotated[
        str | None,
        typer.Option("--from-file", "-f", help="A TOML or JSON file; - for standard input. Else it is asked for."),
    ] = None,
    replace: Annotated[bool, typer.Option(help="Replace a firm of this name, with its credentials.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a firm; see ``ADD``."""
    if from_file is None:
        if not sys.stdin.isatty():
            raise Refused(f"There is nobody to ask: give a file with --from-file. It should look like:\n\n{EXAMPLE}")
        entries = ask_for_firm(slug)
    else:
        entries = _read(from_file)
        entries.setdefault("slug", slug)

    async def work(client: PrefectClient) -> dict[str, Any]:
        await register_blocks()
        enrolled = await enrol(entries)
        await ensure_work_pools(client)
        before = await _replaced(enrolled.firm.slug) if replace else []
        saved = await save(client, enrolled, replace=replace)
        for kind, name in before:
            if name not in saved:
                await delete(client, kind, name)
        reconciled = await reconcile(client, only=enrolled.firm.slug)
        return {
            "firm": enrolled.firm.slug,
            "blocks": saved,
            "deployments": [step.deployment for step in reconciled.steps],
            "next": _next_steps(enrolled.firm),
        }

    found = with_server(work)
    if as_json:
        print_json(found)
        return
    say(
        f"was added: blocks {', '.join(found['blocks'])}; deployments {', '.join(found['deployments'])}.",
        under=found["firm"],
    )
    for step in found["next"]:
        say(f"Next: {step}")


def _read(from_file: str) -> dict[str, Any]:
    if from_file == "-":
        return read_entries(None, sys.stdin.read())
    try:
        return read_entries(Path(from_file), Path(from_file).read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The file {from_file} cannot be read: {error}.") from error


def _next_steps(firm: Firm) -> list[str]:
    consent = f"run connect_case_system for {firm.slug} and open the address it shows: a person of the firm allows the access."
    keys = f"run exchange_keys for {firm.slug}, if CASEpeer's keys are not in place yet."
    first = {"clio": [consent], "casepeer": [keys]}.get(firm.case_system.system, [])
    return [*first, f"casebridge firm check {firm.slug}", f"casebridge sync {firm.slug} --dry-run"]


@app.command("list")
def list_firms(as_json: AsJson = False) -> None:
    """List all firms: their case system, what is switched off, and how their last night ended."""

    async def work(client: PrefectClient) -> list[dict[str, Any]]:
        del client  # the fleet is read by the server that is connected
        fleet = await load_fleet()
        with Ledger.open() as ledger:
            rows = [_row(firm, ledger) for _, firm in sorted(fleet.firms.items())]
        broken = [
            {"firm": slug, "name": "", "system": "", "night": "", "off": "", "last": sentence, "said": sentence}
            for slug, sentence in sorted(fleet.unreadable.items())
        ]
        return broken + rows

    rows = with_server(work)
    if as_json:
        print_json(rows)
    elif rows:
        columns = {
            "firm": "firm",
            "name": "name",
            "system": "case system",
            "night": "night",
            "last": "last night",
            "off": "switched off",
        }
        print_table(rows, columns)
    else:
        say("There are no firms yet. Add one: casebridge firm add")


def _row(firm: Firm, ledger: Ledger) -> dict[str, Any]:
    runs = [run for kind in NIGHTS if (run := ledger.runs.latest_finished(firm.slug, kind))]
    last = max(runs, key=lambda run: run.started_at, default=None)
    return {
        "firm": firm.slug,
        "name": firm.name,
        "system": firm.rules().system.name,
        "night": f"{firm.night.at:%H:%M} {firm.night.zone.key}",
        "last": f"{last.started_at:%-d %b, %H:%M} UTC: {last.outcome}" if last else None,
        "said": last.message if last else None,
        "off": all_off(firm.switches),
    }


@app.command()
def show(slug: Slug, as_json: AsJson = False) -> None:
    """Show one firm: settings, switches with their reasons, deployments, next run. No secrets."""

    async def work(client: PrefectClient) -> dict[str, Any]:
        firm = await _known(slug)
        with Ledger.open() as ledger:
            row = _row(firm, ledger)
        row["switches"] = [asdict(state) for state in firm.switches]
        row["mail to"] = firm.alert_recipients or firm.report_recipients
        row["deployments"], row["next run"] = await _deployments(client, slug)
        return row

    row = with_server(work)
    if as_json:
        print_json(row)
        return
    for name in ("name", "system", "night", "next run", "last", "said", "mail to", "deployments"):
        value = row[name]
        say(", ".join(value) if isinstance(value, list) else value or "–", under=f"{name:<12}")
    for state in row["switches"]:
        told = "on" if state["on"] else f"off{': ' + state['reason'] if state['reason'] else ''}"
        say(told, under=f"{SWITCHES[state['name']]:<16}")


async def _known(slug: str) -> Firm:
    try:
        return await load_firm(slug)
    except BadInput as error:
        raise Refused(str(error)) from error


async def _deployments(client: PrefectClient, slug: str) -> tuple[list[str], str | None]:
    """The firm's deployments, and when the next of their runs is due."""
    planned = await reconcile(client, dry_run=True, only=slug)
    waiting = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            tags=FlowRunFilterTags(all_=[f"{OF_FIRM}{slug}"]),
            state={"type": FlowRunFilterStateType(any_=[StateType.SCHEDULED])},
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=1,
    )
    due = waiting[0].expected_start_time if waiting else None
    return [step.deployment for step in planned.steps if step.found], f"{due:%-d %b, %H:%M} UTC" if due else None


@app.command()
def check(slug: Slug, as_json: AsJson = False) -> None:
    """Ask every system of the firm whether it still lets us in. Ends with 1 when something is wrong."""

    async def work(client: PrefectClient) -> dict[str, Any]:
        del client
        await _known(slug)
        beside.print(f"Asking every system of {slug} …")
        run: Any = check_connection
        state = await run(slug, return_state=True)
        return {"firm": slug, "well": state.is_completed(), "message": state.message}

    found = with_server(work)
    if as_json:
        print_json(found)
    else:
        say(found["message"])
    if not found["well"]:
        raise typer.Exit(1)


@app.command(help=SWITCH)
def switch(
    slug: Slug,
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(SWITCHES)}.", show_default=False)],
    to: Annotated[str, typer.Argument(help="on or off.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why it is turned off.")] = "",
    by: Annotated[str, typer.Option(help="Who turns it off.")] = "",
    as_json: AsJson = False,
) -> None:
    """Turn a switch; see ``SWITCH``."""
    if to not in ("on", "off"):
        raise Refused(f"'{to}' is neither on nor off.")

    async def work(client: PrefectClient) -> dict[str, Any]:
        firm = await _known(slug)
        try:
            firm.turn(name, on=to == "on", reason=reason, by=by, today=_today())
        except ValueError as error:
            raise Refused(
                f"{error} As in: --reason 'new server' --by 'Dana Reyes'." if to == "off" else str(error)
            ) from error
        await firm.save_again()
        await reconcile(client, only=slug)
        return {"firm": slug, "switches": [state.shown for state in firm.switches]}

    found = with_server(work)
    if as_json:
        print_json(found)
    else:
        say(f"{'; '.join(found['switches'])}.", under=slug)


def _today() -> date:
    return datetime.now(UTC).date()


@app.command()
def remove(
    slug: Slug,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a firm: its deployments, its block, and credentials that no other firm uses. Ledger and reports stay."""

    async def work(client: PrefectClient) -> dict[str, Any]:
        firm = await _known(slug)
        names = await _own_credentials(firm)
        if not yes and not _agreed(slug, names):
            raise Refused("Nothing was removed.", code=1)
        await delete(client, Firm, slug)
        reconciled = await reconcile(client, only=slug)
        for kind, name in names:
            await delete(client, kind, name)
        return {
            "firm": slug,
            "blocks": [slug, *(name for _, name in names)],
            "deployments": [step.deployment for step in reconciled.steps],
        }

    found = with_server(work)
    if as_json:
        print_json(found)
    else:
        say(
            f"was removed: blocks {', '.join(found['blocks'])}; deployments {', '.join(found['deployments'])}.",
            under=slug,
        )
        say("What was done for it stays in the ledger, and its reports stay where they are.")


async def _own_credentials(firm: Firm) -> list[tuple[Any, str]]:
    """The credentials blocks that only this firm uses, by type and name."""
    fleet = await load_fleet()
    used = {name for other in fleet.firms.values() if other.slug != firm.slug for _, name in _credentials(other)}
    return [(kind, name) for kind, name in _credentials(firm) if name not in used]


async def _replaced(slug: str) -> list[tuple[Any, str]]:
    """The credentials blocks that only the firm of before uses, where there is one that can be read."""
    firm = (await load_fleet()).firms.get(slug)
    return await _own_credentials(firm) if firm else []


def _credentials(firm: Firm) -> Sequence[tuple[Any, str]]:
    parts = (firm.case_system, firm.portal, *([firm.accounting] if firm.accounting else []))
    return [(type(part), part._block_document_name) for part in parts if part._block_document_name]  # noqa: SLF001 - Prefect has no public name for it


def _agreed(slug: str, names: Sequence[tuple[Any, str]]) -> bool:
    if not sys.stdin.isatty():
        raise Refused("There is nobody to ask: say --yes to remove it.")
    blocks = ", ".join([slug, *(name for _, name in names)])
    beside.print(f"This removes the blocks {blocks} and the deployments of {slug}. Its ledger and its reports stay.")
    return Confirm.ask("Remove it?", default=False, console=beside)
