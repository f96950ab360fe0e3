"""Tries of a flow run in processes of their own, as a worker makes them, that can be killed, frozen and ended."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import run_flow_async
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings
from prefect.states import Pending, Scheduled
from sqlalchemy import update

from flows.document_relay import document_relay
from flows.initial_bulk_import import initial_bulk_import
from flows.message_relay import message_relay
from flows.nightly_case_sync import nightly_case_sync
from ledger import Lease, Ledger
from ledger.tables import leases, tokens
from sandbox.testing import SandboxServer
from tasks import hold, sync_run
from tests.flows.processes import PrefectServer

FLOWS: dict[str, Flow[..., Any]] = {
    flow.name: flow for flow in (initial_bulk_import, nightly_case_sync, message_relay, document_relay)
}
PATIENCE = 300.0
"""Seconds after which a try that does not end is a failure."""

# The interpreter and Prefect are loaded once; every try is a fork of that, and starts within a tenth of a second.
processes = get_context("forkserver")
processes.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Place:
    """Where a try finds its Prefect server and its ledger."""

    server: PrefectServer
    environment: dict[str, str]
    log: Path

    @classmethod
    def of(cls, server: PrefectServer, home: Path, database_url: str | None = None) -> "Place":
        own = {"CASEBRIDGE_HOME": str(home)} | ({"CASEBRIDGE_DATABASE_URL": database_url} if database_url else {})
        home.mkdir(parents=True, exist_ok=True)
        return cls(server, own, home / "tries.log")

    def said(self) -> str:
        return self.log.read_text()[-6000:] if self.log.exists() else ""


class Try:
    """One try of a flow run: a process."""

    def __init__(self, place: Place, flow_run: UUID, *, lease_seconds: float = hold.LEASE_SECONDS) -> None:
        self._place = place
        self._process = processes.Process(target=_work, args=(place, flow_run, lease_seconds), daemon=True)
        self._process.start()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def send(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self._process.join()

    def kill_at(self, sandbox: SandboxServer, request: int) -> bool:
        """Kill it when so many requests have been made; False when it ended before."""
        deadline = time.monotonic() + PATIENCE
        while requests_made(sandbox) < request:
            if not self.alive:
                self.end()
                return False
            assert time.monotonic() < deadline, self._place.said()
            time.sleep(0.001)
        self.kill()
        return True

    def end(self, *, well: bool = True) -> None:
        """Wait for its end; a process that runs a flow ends well, whatever state that ends in."""
        self._process.join(PATIENCE)
        assert not self.alive, self._place.said()
        assert (self._process.exitcode == 0) is well, self._place.said()


def _work(place: Place, flow_run: UUID, lease_seconds: float) -> None:
    hold.LEASE_SECONDS = lease_seconds
    with enter(place):
        asyncio.run(_run(flow_run))


@contextlib.contextmanager
def enter(place: Place) -> Iterator[None]:
    """Make a place this process's own; what is said there goes to its log."""
    os.environ.update(place.environment)
    output = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output, stream.fileno())
    home = Path(place.server.environment["PREFECT_HOME"])
    with temporary_settings({PREFECT_API_URL: f"{place.server.url}/api", PREFECT_HOME: home}):
        yield


async def _run(identity: UUID) -> None:
    async with get_client() as client:
        flow_run = await client.read_flow_run(identity)
        flow = FLOWS[(await client.read_flow(flow_run.flow_id)).name]
    await run_flow_async(flow, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")


def start_together(place: Place, firm: str, rounds: int, gate: Barrier, ended: "Queue[str]", later: float) -> None:
    """Run the firm's night again and again, each time taking hold of it in the same moment as the others at the gate."""
    acquire = sync_run.take_hold

    async def acquire_together(*given: Any) -> Lease:
        await asyncio.to_thread(gate.wait, PATIENCE)
        return await acquire(*given)

    async def nights() -> None:
        for _ in range(rounds):
            state = await nightly_case_sync(firm, return_state=True)
            ended.put(state.name or "")
            await asyncio.to_thread(gate.wait, PATIENCE)
            # Prefect's server on SQLite holds up two flow runs that begin at once; for us only the gate counts.
            await asyncio.sleep(later)

    sync_run.take_hold = acquire_together
    with enter(place):
        asyncio.run(nights())


async def order(flow: Flow[..., Any], **parameters: Any) -> UUID:
    """Have a flow run that waits for its first try."""
    async with get_client() as client:
        return (await client.create_flow_run(flow, parameters=parameters, state=Pending())).id


async def press_retry(identity: UUID) -> None:
    """Press Retry in the UI, and accept the run as a worker does before it starts the process."""
    async with get_client() as client:
        await client.set_flow_run_state(identity, Scheduled(name="AwaitingRetry"), force=True)
        await client.set_flow_run_state(identity, Pending())


async def flow_run_of(identity: UUID) -> FlowRun:
    async with get_client() as client:
        return await client.read_flow_run(identity)


def ended_as(flow_run: FlowRun) -> State[Any]:
    """The final state of a flow run."""
    assert flow_run.state is not None
    assert flow_run.state.is_final(), flow_run.state
    return flow_run.state


def requests_made(sandbox: SandboxServer) -> int:
    """Requests to all vendors so far."""
    return sum(list(sandbox.controls.requests.counts.values()))


def let_holds_expire(ledger: Ledger, owner: str | None = None) -> None:
    """What time does to the holds of a process that has died, without the waiting; ``owner`` names the one that did."""
    with ledger._database.writing() as connection:
        past = ledger._database.now(connection)
        held = leases.c.expires_at.is_not(None) if owner is None else leases.c.owner == owner
        connection.execute(update(leases).where(held).values(expires_at=past))
        connection.execute(update(tokens).where(tokens.c.held_until.is_not(None)).values(held_until=past))
