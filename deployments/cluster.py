"""`python -m deployments.cluster`: the topology of compose.yaml as processes of this machine, for trials and tests."""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
from ruamel.yaml import YAML

COMPOSE = Path(__file__).parent.parent / "compose.yaml"
PATIENCE = 180.0
"""Seconds within which the API servers answer."""
PLACEHOLDER = re.compile(r"\$\{(\w+):\?[^}]*\}")


def compose_file() -> dict[str, Any]:
    """What compose.yaml says, anchors and merges resolved."""
    read: dict[str, Any] = YAML(typ="safe").load(COMPOSE)
    return read


def environment_of(service: str, values: Mapping[str, str]) -> dict[str, str]:
    """The environment of a service in compose.yaml, with ``values`` in place of each ``${NAME:?}``.

    Raises:
        KeyError: a value is missing; the error names it.
    """
    told: dict[str, str] = compose_file()["services"][service].get("environment", {})
    return {name: PLACEHOLDER.sub(lambda found: values[found[1]], text) for name, text in told.items()}


@dataclass(frozen=True, slots=True)
class Backing:
    """What the topology stands on; addresses hold passwords, so they are not shown."""

    prefect_database: str = field(repr=False)
    ledger_database: str = field(repr=False)
    redis: str = field(repr=False)
    """Without the number of a database: two are used, ``/0`` and ``/1``."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What ``.env`` holds beside compose.yaml, less the passwords that stand in the addresses."""

    auth: str = field(repr=False)
    prefect_key: str = field(repr=False)
    ledger_key: str = field(repr=False)

    @property
    def values(self) -> dict[str, str]:
        """By the names that compose.yaml knows. Natively the addresses are given whole, so their passwords are empty."""
        return {
            "PREFECT_AUTH_STRING": self.auth,
            "PREFECT_ENCRYPTION_KEY": self.prefect_key,
            "LEDGER_ENCRYPTION_KEY": self.ledger_key,
            "PREFECT_DATABASE_PASSWORD": "",
            "LEDGER_DATABASE_PASSWORD": "",
            "REDIS_PASSWORD": "",
        }


class Cluster:
    """The processes by name (``api-1``, ``services-1``, ``worker-1`` …): each can be killed and started again."""

    def __init__(self, home: Path, backing: Backing, secrets: Secrets, ports: tuple[int, int]) -> None:
        self.home, self.ports = home, ports
        self._backing, self._secrets = backing, secrets
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        """Migrate, start API servers and services, and wait until both servers answer.

        Raises:
            RuntimeError: a part did not come up; the message names its log file. What did is ended again.
        """
        try:
            self._boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End every process, and what it has started."""
        for name in list(self._running):
            self.kill(name)

    def address(self, number: int) -> str:
        """The API of a server: 1 or 2."""
        return f"http://127.0.0.1:{self.ports[number - 1]}/api"

    def environment(self, service: str, *, api: int = 1, machine: str = "one") -> dict[str, str]:
        """As compose.yaml has it; only what names a place is this machine's."""
        told = environment_of(service, self._secrets.values)
        (self.home / machine / "prefect").mkdir(parents=True, exist_ok=True)
        here = {
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": self._backing.prefect_database,
            "PREFECT_REDIS_MESSAGING_URL": f"{self._backing.redis}/0",
            "PREFECT_SERVER_DOCKET_URL": f"{self._backing.redis}/1",
            "CASEBRIDGE_DATABASE_URL": self._backing.ledger_database,
            "PREFECT_API_URL": self.address(api),
            "CASEBRIDGE_HOME": str(self.home / machine),  # machines share no disk
        }
        own = {"PREFECT_HOME": str(self.home / machine / "prefect")}
        return told | {name: place for name, place in here.items() if name in told} | own

    def start(self, name: str) -> None:
        """Start a process that is not running: ``api-1``, ``services-2``, ``worker-3``, ``relay-worker-1``."""
        role, _, number = name.rpartition("-")
        service = name if role == "api" else role
        command = [str(part) for part in compose_file()["services"][service]["command"] if part != "--with-healthcheck"]
        if role == "api":
            port = str(self.ports[int(number) - 1])
            command = [{"0.0.0.0": "127.0.0.1", "4200": port}.get(part, part) for part in command]  # noqa: S104 - replaced by the loopback
        environment = self.environment(service, api=1 + int(number) % 2, machine=name)
        with (self.home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own commands, from compose.yaml
                [sys.executable, "-m", *command],
                env=os.environ | environment,
                cwd=COMPOSE.parent,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def family_of(self, name: str) -> list[int]:
        """The processes of a part, itself first: flow runs are in sessions of their own, so a group would not hold them."""
        family = [self._running[name].pid]
        for parent in family:  # grows while it is read
            with contextlib.suppress(OSError):
                family += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
        return family

    def kill(self, name: str) -> None:
        """As a machine dies: the process and all that it started, at once."""
        for process in self.family_of(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._running.pop(name).wait()

    def run(self, *command: str, service: str = "register") -> None:
        """Run a Python module to its end, with the environment of a service.

        Raises:
            RuntimeError: it failed; the message holds what it printed.
        """
        done = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "-m", *command],
            env=os.environ | self.environment(service),
            capture_output=True,
            text=True,
            check=False,
            cwd=COMPOSE.parent,
        )
        if done.returncode:
            raise RuntimeError(f"`{' '.join(command)}` failed:\n{done.stdout}\n{done.stderr}")

    def register(self) -> None:
        """What the service ``register`` of compose.yaml does: block types, pools, deployments, the end of dead runs."""
        self.run("deployments.register")
        self.run("prefect", "--no-prompt", "deploy", "--all")
        self.run("deployments.automations")

    def _boot(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._once("migrate")
        for number, port in enumerate(self.ports, start=1):
            # One after the other: of two that fill an empty database at once, one may die of the other's rows.
            self.start(f"api-{number}")
            self._await(f"api-{number}", port)
            self.start(f"services-{number}")

    def _once(self, service: str) -> None:
        self.run(*compose_file()["services"][service]["command"], service=service)

    def _await(self, name: str, port: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._running[name].poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/api/ready", timeout=2).is_success:
                    return
            time.sleep(0.2)
        raise RuntimeError(f"{name} did not come up on port {port}; its log is {self.home / name}.log.")


@contextlib.contextmanager
def cluster_from_environment(home: Path) -> Iterator[Cluster]:
    """The topology over the PostgreSQL and the Redis that environment variables name."""
    backing = Backing(
        *(_told(name) for name in ("CLUSTER_PREFECT_DATABASE", "CLUSTER_LEDGER_DATABASE", "CLUSTER_REDIS"))
    )
    secrets = Secrets(
        *(_told(name) for name in ("PREFECT_AUTH_STRING", "PREFECT_ENCRYPTION_KEY", "LEDGER_ENCRYPTION_KEY"))
    )
    with Cluster(home, backing, secrets, (4200, 4201)) as cluster:
        cluster.register()
        for worker in ("worker-1", "worker-2", "relay-worker-1"):
            cluster.start(worker)
        yield cluster


def _told(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SystemExit(f"{name} is not set: docs/more-than-one-machine.md says what it holds.")
    return value


def main() -> None:
    """Keep the topology up until Ctrl-C."""
    argparse.ArgumentParser(prog="python -m deployments.cluster", description=__doc__).parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home = Path(os.environ.get("CASEBRIDGE_HOME", ".casebridge")).absolute() / "cluster"
    with cluster_from_environment(home) as cluster, contextlib.suppress(KeyboardInterrupt):
        print(f"API servers: {cluster.address(1)} and {cluster.address(2)}. Logs: {home}. Ctrl-C ends it.")  # noqa: T201 - a command line
        signal.pause()


if __name__ == "__main__":
    main()
