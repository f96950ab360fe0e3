"""A whole installation on this machine: sandbox, Prefect server and worker as child processes, for demo and trials."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

_PATIENCE = 5.0
"""Seconds in which a process may end by itself."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the parts of a local installation are."""

    home: Path
    sandbox: str
    prefect: str
    sign_in: str = field(repr=False)
    """``user:password`` of the Prefect server, made anew for each installation."""
    block_key: str = field(repr=False)
    """What the server encrypts blocks with; without it the key would lie in the same database as the blocks."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point a process at this installation."""
        return {
            "CASEBRIDGE_HOME": str(self.home),
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_API_URL": f"{self.prefect}/api",
            "PREFECT_UI_URL": self.prefect,
            "PREFECT_API_AUTH_STRING": self.sign_in,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_LOGGING_EXTRA_LOGGERS": "casebridge",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
            # Prefect lists all time zones whenever it checks a cron: from the pinned package in 0.2 ms, from files in 8 ms.
            "PYTHONTZPATH": "",
            # A run that waits for its turn at night is not late; and lateness alerts people.
            "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "600",
            # Runs older than 90 days are deleted with their events, logs and artifacts; by default they are kept for ever.
            "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
            # With the defaults, task runs reach the UI tens of seconds late.
            "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
            "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
            "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        }

    @property
    def server_environment(self) -> dict[str, str]:
        """What the Prefect server alone is told besides."""
        return self.environment | {
            "PREFECT_SERVER_API_AUTH_STRING": self.sign_in,
            "PREFECT_SERVER_ENCRYPTION_KEY": self.block_key,
        }


@contextlib.contextmanager
def installation(
    home: Path, *, sandbox_port: int, prefect_port: int, sandbox_options: list[str]
) -> Iterator[Installation]:
    """Start everything but the worker, wait until it answers, and stop it at the end.

    ``home`` is emptied first: the sandbox forgets everything between two starts, so the ledger must too.

    Raises:
        RuntimeError: a part did not come up; the message names its log file.
    """
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    sandbox_port, prefect_port = _free(sandbox_port), _free(prefect_port)
    place = Installation(
        home.resolve(),
        f"http://127.0.0.1:{sandbox_port}",
        f"http://127.0.0.1:{prefect_port}",
        _kept(home / "sign-in", f"admin:{secrets.token_hex(8)}"),
        _kept(home / "block-key", Fernet.generate_key().decode()),
    )
    with contextlib.ExitStack() as stack:
        sandbox = ["-m", "sandbox", "--port", str(sandbox_port), *sandbox_options]
        server = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(prefect_port)]
        running = {
            f"{place.sandbox}/__sandbox__/health": stack.enter_context(_child(place, "sandbox", sandbox, {})),
            f"{place.prefect}/api/health": stack.enter_context(
                _child(place, "prefect-server", server, place.server_environment)
            ),
        }
        for address, process in running.items():
            _wait_until(partial(_answers, address), process, place, address)
        yield place


@contextlib.contextmanager
def workers(place: Installation, *pools: str) -> Iterator[None]:
    """A worker for each pool, which runs flow runs as processes of this machine."""
    with contextlib.ExitStack() as stack:
        for pool in pools:
            command = ["-m", "prefect", "worker", "start", "--pool", pool]
            stack.enter_context(_child(place, f"worker-{pool}", command, place.environment))
        yield


@contextlib.contextmanager
def _child(
    place: Installation, name: str, arguments: list[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with (place.home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own modules, our own arguments
            [sys.executable, *arguments],
            env=os.environ | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_PATIENCE)
            # A worker takes half a minute to end by itself; what it has started ends with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _kept(file: Path, secret: str) -> str:
    """The secret, kept in a file that only we can read, for other terminals and for the next look at it."""
    file.touch(mode=0o600)
    file.write_text(secret)
    return secret


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], place: Installation, what: str) -> None:
    deadline = time.monotonic() + 120
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not come up; its log is in {place.home}.")
        time.sleep(0.2)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).is_success
    except httpx.HTTPError:
        return False


def _free(port: int) -> int:
    """``port`` if nobody listens there, else any free one."""
    for candidate in (port, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            probe.bind(("127.0.0.1", candidate))
            return int(probe.getsockname()[1])
    raise RuntimeError("No free port was found on 127.0.0.1.")
