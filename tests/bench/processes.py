"""The processes a measurement needs: sandbox and Prefect server, started and ended, and what CPU they have used."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil

FIRM = "harrow-pike"
WIDE = {"requests": 6_000_000}
BURSTING = WIDE | {"burst": 100_000}
"""Limits nobody reaches; the headers that speak of them are still sent."""
PATIENCE = 240.0


@dataclass(frozen=True)
class Server:
    """A running server process."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        """User and system seconds so far, children included."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(sum(member.cpu_times()[:2]) for member in family)


class Sandbox(Server):
    """The outside systems."""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A control route: ``GET /world`` and the like."""
        return httpx.request(method, f"{self.url}/__sandbox__{path}", json=body, timeout=120).raise_for_status().json()

    def take_requests(self) -> dict[str, int]:
        """Requests since the last time, by ``vendor METHOD /route``."""
        routes = self.ask("GET", "/requests?last=0")["routes"]
        self.ask("DELETE", "/requests")
        return {f"{vendor} {route}": count for vendor in sorted(routes) for route, count in routes[vendor].items()}

    def grant(self) -> dict[str, Any]:
        """Client, refresh token and access token for the firm's Clio."""
        return self.ask("POST", "/clio/token", {"firm": FIRM})

    def portal_cases(self) -> list[dict[str, Any]]:
        """All cases the firm has in Case Status."""
        return self.ask("GET", f"/casestatus/firms/{FIRM}/cases")

    def change_matters(self, every: int) -> int:
        """Give every so-maniest matter a new description, as a person in Clio would; how many."""
        world = next(firm for firm in self.ask("GET", "/world")["firms"] if firm["slug"] == FIRM)
        first = world["first_matter_id"]
        changed = range(first, first + world["matters"], every)
        with httpx.Client(base_url=f"{self.url}/__sandbox__/clio/firms/{FIRM}") as client:
            for matter_id in changed:
                client.post(f"/matters/{matter_id}", json={"description": f"Reviewed, {matter_id}"}).raise_for_status()
        return len(changed)


@contextlib.contextmanager
def sandbox(matters: int, directory: Path, *, firms: int = 1) -> Iterator[Sandbox]:
    """A fresh, warm, trouble-free sandbox with ``matters`` matters a firm."""
    size = ["--matters", str(matters), "--firms", str(firms)]
    options = ["-m", "sandbox", "--port", "0", *size, "--trouble-free", "--warm"]
    log = directory / f"sandbox-{time.monotonic_ns()}.log"
    with child(options, {}, log) as process:
        ready = "sandbox ready: "
        _wait(lambda: ready in log.read_text(), process, log)
        url = log.read_text().partition(ready)[2].split("/clio", 1)[0]
        world = Sandbox(url, process)
        world.ask("POST", "/limits", {"clio": WIDE, "casestatus": BURSTING, "casepeer": BURSTING})
        yield world


@contextlib.contextmanager
def prefect_server(directory: Path) -> Iterator[Server]:
    """A Prefect server with a database of its own."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    log = directory / "prefect-server.log"
    with child(
        ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)], environment(directory), log
    ) as process:
        _wait(lambda: _answers(f"{url}/api/health"), process, log)
        yield Server(url, process)


def environment(directory: Path) -> dict[str, str]:
    """The environment variables of the Prefect server, which is as quick as ``make demo`` makes it."""
    return {
        "PREFECT_HOME": str(directory / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONTZPATH": "",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    }


def measured(module: str, arguments: list[str], variables: Mapping[str, str], log: Path) -> dict[str, Any]:
    """Run a module of ours to its end; the JSON object it prints last. Raises RuntimeError when it fails."""
    command = [sys.executable, "-m", module, *arguments]
    with log.open("ab") as errors:
        done = subprocess.run(command, env=os.environ | variables, stdout=subprocess.PIPE, stderr=errors, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} ended with {done.returncode}; see {log}:\n{log.read_text()[-2000:]}")
    return orjson.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def child(arguments: list[str], variables: Mapping[str, str], log: Path) -> Iterator[psutil.Process]:
    """A Python process, ended with the block."""
    with log.open("wb") as output:
        process = psutil.Popen(
            [sys.executable, *arguments], env=os.environ | variables, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(ready: Any, process: psutil.Process, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE or time.monotonic() > deadline:
            raise RuntimeError(f"A server did not come up:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def _answers(address: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(address, timeout=2).is_success
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
