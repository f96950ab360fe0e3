"""One run of the job in a process of its own: ``python -m tests.bench.job SANDBOX SYSTEM``; prints what it took as JSON."""

import argparse
import asyncio
import resource
import sys
import time
from typing import Any

import httpx
import orjson
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from pydantic import SecretStr

from blocks.casepeer import CasePeerCredentials
from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from blocks.smartadvocate import SmartAdvocateCredentials
from flows.initial_bulk_import import initial_bulk_import
from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger
from tests.bench.processes import FIRM


def main() -> None:
    """Save the firm's blocks, run the flow, print the measurement."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.job", description=__doc__)
    parser.add_argument("sandbox", help="address of a running sandbox")
    parser.add_argument("system", choices=("clio", "smartadvocate", "casepeer"), help="where the firm keeps its cases")
    arguments = parser.parse_args()
    asyncio.run(_save_firm(arguments.sandbox, arguments.system))
    asyncio.run(start_engine(once=1))
    found = measure(_named(arguments.sandbox, arguments.system))
    sys.stdout.write(orjson.dumps(found).decode() + "\n")


@flow(persist_result=False)
async def start_engine(once: int) -> int:
    """Nothing: the first flow run of a process imports Prefect's engine and starts its threads."""
    return once


def _named(sandbox: str, system: str) -> str | None:
    """The list of all cases, where a firm's first run needs one."""
    with Ledger.open() as ledger:
        if system != "casepeer" or ledger.runs.recent(FIRM, 1):
            return None
    firm = httpx.get(f"{sandbox}/__sandbox__/world").raise_for_status().json()["firms"][0]
    return "\n".join(str(firm["first_matter_id"] + rank) for rank in range(firm["matters"]))


def measure(named: str | None = None) -> dict[str, Any]:
    """The flow's wall, CPU (user + system, all threads), peak RSS in MiB, and what it did: a night, or a list's import."""
    before, started = used_cpu(), time.perf_counter()
    if named is None:
        state = asyncio.run(nightly_case_sync(firm=FIRM, return_state=True))
    else:
        state = asyncio.run(initial_bulk_import(firm=FIRM, cases=named, return_state=True))
    wall, cpu = time.perf_counter() - started, used_cpu() - before
    peak = peak_rss()
    assert state.is_completed(), state.message
    with Ledger.open() as ledger:
        record = ledger.runs.recent(FIRM, 1)[0]
    assert record.totals is not None
    return {
        "wall": wall,
        "cpu": cpu,
        "peak_rss_mib": peak,
        "counts": {result: count for result, count in record.totals["counts"].items() if count},
        "started_at": record.started_at,
        "scope": record.scope,
        "task_runs": asyncio.run(_task_runs(record.flow_run_id)),
    }


def used_cpu() -> float:
    """User and system seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_rss() -> float:
    """The most memory this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _save_firm(sandbox: str, system: str) -> None:
    async with httpx.AsyncClient(base_url=f"{sandbox}/__sandbox__") as client:
        connect = {"clio": _in_clio, "smartadvocate": _in_smartadvocate, "casepeer": _in_casepeer}[system]
        case_system = await connect(client, sandbox)
    await case_system.asave(f"{FIRM}-{system}", overwrite=True)
    portal = CaseStatusCredentials(api_key=SecretStr(f"csk-{FIRM}"), host=f"{sandbox}/casestatus")
    await portal.asave(f"{FIRM}-case-status", overwrite=True)
    await Firm(slug=FIRM, name="Harrow Pike LLP", case_system=case_system, portal=portal).asave(FIRM, overwrite=True)


async def _in_clio(client: httpx.AsyncClient, sandbox: str) -> ClioCredentials:
    granted = (await client.post("/clio/token", json={"firm": FIRM})).raise_for_status().json()
    return ClioCredentials(
        region="us",
        client_id=granted["client_id"],
        client_secret=SecretStr(granted["client_secret"]),
        refresh_token=SecretStr(granted["refresh_token"]),
        host=f"{sandbox}/clio/us",
    )


async def _in_smartadvocate(client: httpx.AsyncClient, _sandbox: str) -> SmartAdvocateCredentials:
    account = (await client.post(f"/smartadvocate/firms/{FIRM}/token", json={})).raise_for_status().json()
    return SmartAdvocateCredentials(
        host=account["host"],
        username=account["username"],
        password=SecretStr(account["password"]),
        requests_per_minute=600_000,
    )


async def _in_casepeer(client: httpx.AsyncClient, _sandbox: str) -> CasePeerCredentials:
    known = (await client.post(f"/casepeer/firms/{FIRM}/connect", json={})).raise_for_status().json()
    return CasePeerCredentials(host=known["host"], api_key=SecretStr(known["key"]), requests_per_minute=600_000)


async def _task_runs(flow_run_id: str | None) -> int:
    """How many task runs the server knows of the flow run, once it has taken them in."""
    async with get_client() as client:
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
        known = -1
        while True:
            await asyncio.sleep(3)
            answer = await client.request(
                "POST", "/task_runs/count", json={"flow_runs": wanted.model_dump(mode="json")}
            )
            if answer.json() == known:
                return known
            known = answer.json()


if __name__ == "__main__":
    main()
