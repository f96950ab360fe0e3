"""Prefect servers and other processes of ours that tests start, find their way to, and end."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

FAST = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PYTHONTZPATH": "",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    # Nobody here reads events or acts on them; keeping them is a third of what the server does for a run.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "false",
}


@dataclass(frozen=True)
class PrefectServer:
    """A Prefect server process; ``environment`` points other processes at it."""

    url: str
    environment: dict[str, str]
    boot_seconds: float

    def ask(self, path: str, body: Any = None) -> httpx.Response:
        """What the server answers (to a POST where there is a body); while its database is busy, asked again as clients do."""
        method = "GET" if body is None else "POST"
        for _ in range(20):
            answer = httpx.request(method, f"{self.url}/api/{path}", json=body, timeout=60)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.5)
        return answer.raise_for_status()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def child(
    arguments: list[str], environment: dict[str, str], log: Path, *, patience: float = 20
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process of ours that is ended, politely for ``patience`` seconds, when the block is left."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=patience)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def running_prefect(home: Path, port: int | None = None, **settings: str) -> Iterator[PrefectServer]:
    """A Prefect server over what is kept in ``home``, up and answering."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    environment = FAST | {"PREFECT_HOME": str(home), "PREFECT_API_URL": f"{url}/api"} | settings
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
