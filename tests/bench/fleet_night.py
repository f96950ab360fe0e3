"""A quiet night of a fleet as it really runs: each firm's deployed flow run through a worker, and what the databases keep."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Scheduled

from deployments.per_firm import WORK_POOL
from tests.bench.processes import Sandbox, Server, child, measured, prefect_server, sandbox

CASES = 2_000
"""Of each firm, as in the fleet that is asked about."""
QUIET_NIGHTS = 2
"""The first one lets the databases grow to their working size; the second is measured."""
FLEET = 500
NIGHTS_END = "Completed"
POLLED_EVERY = 1.0


def measure_fleet_night(firms: int, directory: Path, say: Any) -> dict[str, Any]:
    """First syncs in one process, then quiet nights through a worker; with what a fleet of ``FLEET`` firms would take."""
    with prefect_server(directory) as prefect, sandbox(CASES, directory, firms=firms) as world:
        night = _Night(firms, world, prefect, directory, say)
        for step in ("save", "night", "reconcile"):
            say(f"{step}: {firms} firms of {CASES:,} cases")
            night.step(step)
        with _worker(night.variables, directory) as worker:
            for _ in range(QUIET_NIGHTS):
                say("a quiet night through the worker")
                found = asyncio.run(night.quiet(worker))
                say(f"  wall {found['wall']:.1f} s, {found['cpu']['all'] / firms:.2f} s of CPU a firm")
    return {"firms": firms, "cases_a_firm": CASES, "night": found, "fleet": _extrapolated(found, firms)}


class _Night:
    """The installation that is measured."""

    def __init__(self, firms: int, world: Sandbox, prefect: Server, home: Path, say: Any) -> None:
        self._firms, self._world, self._prefect, self._home, self._say = firms, world, prefect, home, say
        self.variables = {
            "CASEBRIDGE_HOME": str(home),
            "CASEBRIDGE_DATABASE_URL": "",
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_API_URL": f"{prefect.url}/api",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        }

    def step(self, step: str) -> None:
        """A step of preparation in a process of its own."""
        arguments = [self._world.url, str(self._firms), step]
        measured("tests.bench.tick", arguments, self.variables, self._home / "tick.log")

    async def quiet(self, worker: psutil.Process) -> dict[str, Any]:
        """Every firm's nightly deployment, all due at once, until the last has ended."""
        self._world.take_requests()
        sizes, before = self._sizes(), self._cpu(worker)
        with temporary_settings({PREFECT_API_URL: f"{self._prefect.url}/api"}):
            async with get_client() as client:
                started = time.perf_counter()
                runs = await _ended(client, await _start_all(client))
                wall = time.perf_counter() - started
        cpu = {part: used - before[part] for part, used in self._cpu(worker).items()}
        requests = self._world.take_requests()
        wrong = [run.name for run in runs if run.state is None or run.state.name != NIGHTS_END]
        assert not wrong, f"{wrong} did not end {NIGHTS_END}."
        return {
            "wall": wall,
            "cpu": cpu | {"all": sum(cpu.values())},
            "requests": sum(requests.values()),
            "writes": sum(
                count for route, count in requests.items() if " GET " not in route and "/oauth/" not in route
            ),
            "grown_bytes": {name: size - sizes[name] for name, size in self._sizes().items()},
        }

    def _cpu(self, worker: psutil.Process) -> dict[str, float]:
        return {
            "worker_and_runs": sum(
                worker.cpu_times()[:4]
            ),  # a run's process is counted once the worker has seen it end
            "prefect_server": self._prefect.cpu(),
            "sandbox": self._world.cpu(),
        }

    def _sizes(self) -> dict[str, int]:
        return {
            name: _size(self._home / path)
            for name, path in (("ledger", "ledger.db"), ("prefect", "prefect/prefect.db"))
        }


def _size(database: Path) -> int:
    """Bytes in use, whatever lies in the write-ahead log."""
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection:
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


async def _start_all(client: PrefectClient) -> list[FlowRun]:
    """A flow run of every nightly deployment, due now."""
    deployments = await client.read_deployments(limit=200)
    offset = 200
    while page := await client.read_deployments(limit=200, offset=offset):
        deployments += page
        offset += 200
    nightly = [one for one in deployments if one.entrypoint == "flows.nightly_case_sync.nightly_case_sync"]
    return [await client.create_flow_run_from_deployment(one.id, state=Scheduled()) for one in nightly]


async def _ended(client: PrefectClient, runs: list[FlowRun]) -> list[FlowRun]:
    """The flow runs as they ended, once all have."""
    waiting, ended = {run.id for run in runs}, []
    while waiting:
        await asyncio.sleep(POLLED_EVERY)
        for some in _in_pages(sorted(waiting)):
            known = await client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=some)))
            final = [run for run in known if run.state is not None and run.state.is_final()]
            ended += final
            waiting -= {run.id for run in final}
    return ended


def _in_pages(items: list[Any], size: int = 200) -> Iterator[list[Any]]:
    yield from (items[at : at + size] for at in range(0, len(items), size))


@contextlib.contextmanager
def _worker(variables: dict[str, str], directory: Path) -> Iterator[psutil.Process]:
    arguments = ["-m", "prefect", "worker", "start", "--pool", WORK_POOL]
    with child(arguments, variables, directory / "worker.log") as worker:
        yield worker


def _extrapolated(night: dict[str, Any], firms: int) -> dict[str, Any]:
    """What every firm takes alike, for the whole fleet; each further machine of this kind takes its share of it."""
    share = FLEET / firms
    return {
        "firms": FLEET,
        "hours_on_this_machine": night["wall"] * share / 3600,
        "cpu_hours": night["cpu"]["all"] * share / 3600,
        "requests": night["requests"] * share,
        "grown_mib": {name: grown * share / 1024**2 for name, grown in night["grown_bytes"].items()},
    }
