"""`make demo` and `make up`: a whole installation on this machine, three firms' nights, relays and books, told in a page."""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pandas as pd
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_HOME, temporary_settings
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from blocks.casepeer import CasePeerCredentials
from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from blocks.smartadvocate import SmartAdvocateCredentials
from blocks.soluno import SolunoCredentials
from deployments.demo_books import connect_books, print_cheques, tell_pushed
from deployments.local import Installation, installation, workers
from deployments.per_firm import WORK_POOL
from deployments.reconciliation import reconcile
from deployments.register import RELAY_POOL, ensure_work_pools, register_blocks

FIRM, ADVOCATES, PEERS = "harrow-pike", "lark-quill", "ashdown-rowe"
"""They keep their cases in Clio, in SmartAdvocate and in CASEpeer."""
FIRMS = (FIRM, ADVOCATES, PEERS)
NIGHTS: dict[str, dict[str, Any]] = {FIRM: {}, ADVOCATES: {"window": "3y"}}
"""What the first nights are asked for of those whose cases come over by themselves; three years are enough to see one."""
NAMED = 250
"""So many cases the CASEpeer firm has named for its import; one more is connected on its own."""
REFUSALS_SHOWN = 8
PATIENCE = 600.0
FAST = {"requests": 600_000}
CORRESPONDING = 6
"""Cases on which somebody writes after the night."""
CORRESPONDENCE = (
    ("inbound", "Hi, my next appointment is on Friday at ten. 🙂"),
    ("outbound", "Thank you. Please bring the hospital's bill."),
    ("inbound", "I have put it here."),
)
PAPERS = (("hospital bill.pdf", 180_000), ("IMG_2041.jpg", 2_400_000))

console = Console(highlight=False)


def main() -> int:
    """Run the demo; 0 when the night ended as it should."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however it is ended, its servers and workers end, too
    home = Path(os.environ.get("CASEBRIDGE_HOME", ".casebridge")) / ("up" if arguments.stay else "demo")
    started = time.monotonic()
    console.print("[bold]casebridge[/bold]: starting the sandbox and a Prefect server …")
    options = ["--matters", str(arguments.matters), "--seed", str(arguments.seed), "--firms", str(len(FIRMS))]
    with (
        installation(home, sandbox_port=8400, prefect_port=4200, sandbox_options=options) as place,
        # This process has read Prefect's settings before the server was there; its children read the environment.
        temporary_settings(
            {
                PREFECT_API_URL: f"{place.prefect}/api",
                PREFECT_API_AUTH_STRING: place.sign_in,
                PREFECT_HOME: place.home / "prefect",
            }
        ),
    ):
        console.print("Registering the firms' blocks and deployments …")
        asyncio.run(_set_up(place))
        _deploy_by_hand(place)
        with workers(place, WORK_POOL, RELAY_POOL):
            console.print(f"Running [bold]nightly_case_sync[/bold] of {' and '.join(NIGHTS)} through a worker …")
            nights = asyncio.run(_nights())
            for slug, flow_run in nights.items():
                _tell(place, slug, flow_run)
            console.print(
                f"\n[bold]{PEERS}[/bold]: exchanging keys, importing the cases of a list, connecting one, and a night …"
            )
            steps = asyncio.run(_connect_peers(place))
            _tell_endings(steps[:-1])
            _tell(place, PEERS, steps[-1])
            console.print(
                "\nPushing their costs and settlements into [bold]Soluno[/bold], printing cheques, and asking again …"
            )
            pushes = asyncio.run(_push_costs(place))
            _tell_endings(pushes)
            tell_pushed(place, PEERS, console)
            console.print("\nClients and staff write, clients send papers; running both [bold]relays[/bold] …")
            relayed = asyncio.run(_relay(place))
            _tell_relayed(place, relayed)
            console.print(f"\n{time.monotonic() - started:.0f} s in all.")
            if arguments.stay:
                _stay(place)
    return 0 if all(_ended_well(one) for one in (*nights.values(), *steps, *pushes, *relayed)) else 1


def _ended_well(flow_run: FlowRun) -> bool:
    return flow_run.state is not None and flow_run.state.name in ("Completed", "Exceptions")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deployments.demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="stay up afterwards, to click around; Ctrl-C ends it")
    parser.add_argument("--matters", type=int, default=1200, help="how many cases each firm has (default 1200)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same firms (default 7)")
    return parser.parse_args()


async def _set_up(place: Installation) -> None:
    """Save the demo firms' blocks, make their deployments."""
    async with httpx.AsyncClient(base_url=f"{place.sandbox}/__sandbox__") as sandbox:
        clio = (await sandbox.post("/clio/token", json={"firm": FIRM})).raise_for_status().json()
        account = (await sandbox.post(f"/smartadvocate/firms/{ADVOCATES}/token", json={})).raise_for_status().json()
        peers = (await sandbox.get(f"/casepeer/firms/{PEERS}")).raise_for_status().json()
        tried_at = {"checks_partner_key": f"{place.sandbox}/casestatus/v1/api"}
        (await sandbox.post(f"/casepeer/firms/{PEERS}/switches", json=tried_at)).raise_for_status()
        firms = (await sandbox.get("/casestatus/firms")).raise_for_status().json()
        # At the vendors' real rates the first nights would take ten minutes of waiting.
        bursting = {**FAST, "burst": 10_000}
        raised = {"clio": FAST, "casestatus": bursting, "casepeer": bursting}
        (await sandbox.post("/limits", json=raised)).raise_for_status()
    await register_blocks()
    in_clio = ClioCredentials(
        region="us",
        client_id=clio["client_id"],
        client_secret=SecretStr(clio["client_secret"]),
        refresh_token=SecretStr(clio["refresh_token"]),
        host=f"{place.sandbox}/clio/us",
    )
    in_smartadvocate = SmartAdvocateCredentials(
        host=account["host"],
        username=account["username"],
        password=SecretStr(account["password"]),
        requests_per_minute=FAST["requests"],
    )
    in_casepeer = CasePeerCredentials(
        host=peers["host"], admin_key=SecretStr(peers["admin_key"]), requests_per_minute=FAST["requests"]
    )
    seeded = {firm["slug"]: firm for firm in firms}
    await _save_firm(place, seeded[FIRM], in_clio)
    await _save_firm(place, seeded[ADVOCATES], in_smartadvocate)
    books = await connect_books(place, PEERS, FAST["requests"])
    await _save_firm(place, seeded[PEERS], in_casepeer, books)
    async with get_client() as client:
        await ensure_work_pools(client)
        await reconcile(client)


async def _save_firm(
    place: Installation,
    seeded: dict[str, Any],
    case_system: ClioCredentials | SmartAdvocateCredentials | CasePeerCredentials,
    accounting: SolunoCredentials | None = None,
) -> None:
    """Save the blocks of a firm that the sandbox has seeded."""
    slug = seeded["slug"]
    await case_system.asave(f"{slug}-{case_system.system}", overwrite=True)
    key = CaseStatusCredentials(api_key=SecretStr(seeded["keys"][0]["key"]), host=f"{place.sandbox}/casestatus")
    await key.asave(f"{slug}-case-status", overwrite=True)
    firm = Firm(
        slug=slug,
        name=seeded["name"],
        time_zone=seeded["time_zone"],
        case_system=case_system,
        portal=key,
        accounting=accounting,
    )
    await firm.asave(slug, overwrite=True)


async def _nights() -> dict[str, FlowRun]:
    """Every firm's first night, at the same time."""
    async with get_client() as client:
        deployments = [(await client.read_deployment_by_name(f"nightly_case_sync/{slug}")).id for slug in NIGHTS]
    runs = (_run(deployment, asked) for deployment, asked in zip(deployments, NIGHTS.values(), strict=True))
    return dict(zip(NIGHTS, await asyncio.gather(*runs), strict=True))


async def _connect_peers(place: Installation) -> list[FlowRun]:
    """A CASEpeer firm from its keys to its first night; the runs in this order."""
    async with httpx.AsyncClient(base_url=f"{place.sandbox}/__sandbox__") as sandbox:
        world = (await sandbox.get("/world")).raise_for_status().json()
    first = next(firm["first_matter_id"] for firm in world["firms"] if firm["slug"] == PEERS)
    steps: dict[str, dict[str, Any]] = {
        "exchange_keys/exchange-keys": {},
        "initial_bulk_import/initial-import": {"cases": "\n".join(str(first + rank) for rank in range(NAMED))},
        "connect_case/connect": {"case": str(first + NAMED), "confirm": True},
        "message_relay/one-firm": {},  # what is written from now on goes out; what was written before, goes back
        f"nightly_case_sync/{PEERS}": {},
    }
    runs = []
    for name, asked in steps.items():
        async with get_client() as client:
            deployment = await client.read_deployment_by_name(name)
        runs.append(await _run(deployment.id, {"firm": PEERS, **asked}))
    return runs


async def _push_costs(place: Installation) -> list[FlowRun]:
    """Push, and push again after the cheques were printed: they come back paid."""
    async with get_client() as client:
        deployment = await client.read_deployment_by_name(f"soluno_cost_push/{PEERS}")
    first = await _run(deployment.id, {})
    print_cheques(place, PEERS)
    return [first, await _run(deployment.id, {})]


def _deploy_by_hand(place: Installation) -> None:
    """Register the deployments that people run by hand, as `prefect.yaml` lists them."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    environment = os.environ | place.environment
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        raise RuntimeError(f"`prefect deploy --all` failed:\n{done.stdout}\n{done.stderr}")


async def _run(deployment: UUID, parameters: dict[str, Any]) -> FlowRun:
    async with get_client() as client:
        flow_run = await client.create_flow_run_from_deployment(deployment, parameters=parameters)
        return await _ended(client, flow_run.id)


async def _relay(place: Installation) -> list[FlowRun]:
    """Let clients and staff of every firm write and send files, then relay them."""
    since = datetime.now(UTC) - timedelta(seconds=5)
    async with httpx.AsyncClient(base_url=f"{place.sandbox}/__sandbox__/casestatus/firms") as portal:
        for slug in FIRMS:
            await _correspond(portal, slug)
    await _write_in_casepeer(place)
    async with get_client() as client:
        names = ("message_relay/one-firm", "document_relay/one-firm")
        deployments = [(await client.read_deployment_by_name(name)).id for name in names]
    asked = [{"firm": slug, "since": since.isoformat()} for slug in FIRMS]
    runs = (_run(deployment, parameters) for parameters in asked for deployment in deployments)
    return list(await asyncio.gather(*runs))


async def _correspond(portal: httpx.AsyncClient, slug: str) -> None:
    """A few of a firm's clients write, are answered, and send papers."""
    cases = (await portal.get(f"/{slug}/cases")).raise_for_status().json()
    open_cases = [
        {"integration_id": case["integration_id"], "source": case["integration_source"]}
        for case in cases
        if case["state"] != "closed"
    ][:CORRESPONDING]
    said = [case | {"type": kind, "content": content} for case in open_cases for kind, content in CORRESPONDENCE]
    papers = [case | {"file_name": name, "size": size} for case in open_cases for name, size in PAPERS]
    for path, bodies in (("inbound_message", said), ("inbound_file", papers)):
        (await portal.post(f"/{slug}/{path}", json=bodies)).raise_for_status()


async def _write_in_casepeer(place: Installation) -> None:
    """Staff use *Send Message to Case Status* on a few cases whose clients were welcomed."""
    async with httpx.AsyncClient(base_url=f"{place.sandbox}/__sandbox__") as sandbox:
        (await sandbox.post(f"/casestatus/firms/{PEERS}/activate", json={})).raise_for_status()
        cases = (await sandbox.get(f"/casestatus/firms/{PEERS}/cases")).raise_for_status().json()
        open_cases = [case["integration_id"] for case in cases if case["state"] != "closed"][:CORRESPONDING]
        for case_id in open_cases:
            message = {"case_id": int(case_id), "text": "Your MRI is booked for Monday at nine."}
            (await sandbox.post(f"/casepeer/firms/{PEERS}/outbox", json=message)).raise_for_status()


def _tell_endings(runs: Iterable[FlowRun]) -> None:
    """Print how runs ended, a line each."""
    for flow_run in runs:
        state = flow_run.state
        assert state is not None
        console.print(f"[bold]{flow_run.name}[/bold] ended [bold]{state.name}[/bold]: {state.message}")


def _tell_relayed(place: Installation, relayed: list[FlowRun]) -> None:
    """Print what the relays did, and what the case systems hold now."""
    _tell_endings(relayed)
    letters, papers = _held(place, f"clio/firms/{FIRM}", "communications", "documents")
    console.print(
        f"Clio now holds {letters} messages as communications and {papers} files as documents, each once.",
        soft_wrap=True,
    )
    letters, papers = _held(place, f"smartadvocate/firms/{ADVOCATES}", "notes", "documents")
    console.print(
        f"SmartAdvocate now holds {letters} messages as notes and {papers} files as documents, each once.",
        soft_wrap=True,
    )
    letters, papers = _held(place, f"casepeer/firms/{PEERS}", "notes", "documents")
    outbox = httpx.get(f"{place.sandbox}/__sandbox__/casepeer/firms/{PEERS}/outbox").raise_for_status().json()
    sent = sum(message["state"] == "sent" for message in outbox)
    console.print(
        f"CASEpeer now holds {letters} messages as notes and {papers} files as documents, each once; of its outbox, {sent} "
        "messages went to clients.",
        soft_wrap=True,
    )


def _held(place: Installation, firm: str, *kinds: str) -> list[int]:
    """How many records of each kind were filed with a firm."""
    address = f"{place.sandbox}/__sandbox__/{firm}"
    return [len(httpx.get(f"{address}/{kind}").raise_for_status().json()) for kind in kinds]


async def _ended(client: PrefectClient, flow_run_id: UUID) -> FlowRun:
    deadline = time.monotonic() + PATIENCE
    with console.status("waiting for the worker") as status:
        while True:
            flow_run = await client.read_flow_run(flow_run_id)
            state = flow_run.state
            if state is not None and state.is_final():
                return flow_run
            if time.monotonic() > deadline:
                raise TimeoutError(f"The flow run {flow_run.name} has not ended after {PATIENCE:.0f} s.")
            status.update(f"{flow_run.name}: {state.name if state else 'unknown'}")
            await asyncio.sleep(0.5)


def _tell(place: Installation, slug: str, flow_run: FlowRun) -> None:
    """Print what the run did: counts, the first refusals with their reasons, and where to look."""
    state = flow_run.state
    assert state is not None
    console.print(f"\n[bold]{flow_run.name}[/bold] ended [bold]{state.name}[/bold]: {state.message}\n")
    reports = sorted((place.home / "reports" / slug).glob("*.csv"), key=lambda path: path.stat().st_mtime)
    if reports:
        report = pd.read_csv(reports[-1], dtype=str, keep_default_na=False)
        console.print(_counts(report))
        if (report["reason_code"] != "").any():
            console.print(_refusals(report))
        console.print(f"The report, one row per case:   {reports[-1]}", soft_wrap=True)
    console.print(f"The run in the Prefect UI:      {place.prefect}/runs/flow-run/{flow_run.id}", soft_wrap=True)
    console.print(f"Logs of every part:             {place.home}", soft_wrap=True)


def _counts(report: pd.DataFrame) -> Table:
    table = Table("result", "cases", title="What was done", title_justify="left")
    table.columns[1].justify = "right"
    for result, count in report["result"].value_counts().items():
        table.add_row(str(result), f"{count:,}")
    return table


def _refusals(report: pd.DataFrame) -> Table:
    table = Table(
        "case", "reason", "where to fix it", title="The first cases that need attention", title_justify="left"
    )
    troubled: Any = report[report["result"].isin(["rejected", "failed"])].drop_duplicates("reason_code")
    for row in troubled.head(REFUSALS_SHOWN).itertuples():
        table.add_row(row.readable_id, row.reason, row.how_to_fix)
    return table


def _stay(place: Installation) -> None:
    console.print(
        f"\nUp and running: [bold]{place.prefect}[/bold] (sandbox: {place.sandbox}/__sandbox__). Ctrl-C ends it.\n"
        f"Sign in with [bold]{place.sign_in}[/bold], which is also in {place.home / 'sign-in'}.",
        soft_wrap=True,
    )
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Stopping …")


if __name__ == "__main__":
    sys.exit(main())
