"""A real Prefect server, a real sandbox on a socket and a ledger of its own for every test of the flows."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from blocks.firm import Firm
from ledger import Ledger
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.office import Office, raise_limits, save_firm

FAST = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
}


@dataclass(frozen=True)
class PrefectServer:
    """A Prefect server process; ``environment`` points other processes at it."""

    url: str
    environment: dict[str, str]
    boot_seconds: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def child(arguments: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process of ours that is ended, politely first, when the block is left."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def running_prefect(home: Path, port: int | None = None) -> Iterator[PrefectServer]:
    """A Prefect server over what is kept in ``home``, up and answering."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    environment = FAST | {"PREFECT_HOME": str(home), "PREFECT_API_URL": f"{url}/api"}
    command = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with child(command, environment, home / "server.log") as process:
        started = time.monotonic()
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/api/health", timeout=2).is_success:
                    break
            assert process.poll() is None, (home / "server.log").read_text()
            assert time.monotonic() < started + 120, "the Prefect server did not come up"
            time.sleep(0.2)
        yield PrefectServer(url, environment, time.monotonic() - started)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    home = tmp_path_factory.mktemp("prefect")
    with (
        running_prefect(home) as server,
        temporary_settings({PREFECT_API_URL: f"{server.url}/api", PREFECT_HOME: home}),
    ):
        yield server
        # What is still queued must be delivered before the server goes, or the process waits for it in vain at exit.
        APILogWorker.drain_all(timeout=10)
        EventsWorker.drain_all(timeout=10)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's ledger and reports are."""
    monkeypatch.setenv("CASEBRIDGE_HOME", str(tmp_path / "casebridge"))
    monkeypatch.delenv("CASEBRIDGE_DATABASE_URL", raising=False)
    return tmp_path / "casebridge"


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    ledger = Ledger.open()
    yield ledger
    ledger.close()


@pytest.fixture
def world() -> WorldOptions:
    """Override to seed the sandbox otherwise."""
    return WorldOptions(matters=40, shares=Shares.trouble_free())


@pytest.fixture
def sandbox(world: WorldOptions) -> Iterator[SandboxServer]:
    """Both vendors, their limits raised (headers and all) so that tests need not wait."""
    with SandboxServer(world) as server:
        raise_limits(server)
        yield server


@pytest.fixture
async def firm(
    prefect_server: PrefectServer, home: Path, sandbox: SandboxServer, request: pytest.FixtureRequest
) -> Firm:
    """A firm of the sandbox, saved as blocks under a slug of its own."""
    slug = "firm-" + format(abs(hash(request.node.nodeid)), "x")[:10]
    return await save_firm(slug, sandbox)


@pytest.fixture
def office(firm: Firm, sandbox: SandboxServer, ledger: Ledger, home: Path) -> Office:
    """The same firm, with words for what happens in its systems."""
    return Office(firm.slug, sandbox, ledger, home)
