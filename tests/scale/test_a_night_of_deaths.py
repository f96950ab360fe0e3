"""In the middle of a night a part of the installation dies: every client is told once, and the night completes."""

import asyncio
import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from deployments.cluster import Cluster, Secrets
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.processes import free_port
from tests.scale.backing import Postgres, Redis, backing_of, programs_missing
from tests.scale.night import Nights

MISSING = programs_missing()
pytestmark = [
    pytest.mark.scale,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(MISSING), reason=f"This needs {' and '.join(MISSING)}, which this machine does not have."),
]
AUTH = "admin:of-the-scale-tests"
WORKERS = ("worker-1", "worker-2", "worker-3")


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="casebridge-scale-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)  # PostgreSQL runs as somebody else
        yield Path(made)


@pytest.fixture(scope="module")
def postgres(directory: Path) -> Iterator[Postgres]:
    server = Postgres(directory)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def redis(directory: Path) -> Iterator[Redis]:
    server = Redis(directory)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def cluster(directory: Path, postgres: Postgres, redis: Redis) -> Iterator[Cluster]:
    secrets = Secrets(AUTH, Fernet.generate_key().decode(), Fernet.generate_key().decode())
    with Cluster(directory / "home", backing_of(postgres, redis), secrets, (free_port(), free_port())) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def nights(cluster: Cluster) -> Iterator[Nights]:
    """Four firms whose first night, spread over three workers, has brought every case over."""
    world = WorldOptions(matters=150, firms=4, shares=Shares.trouble_free())
    here = {PREFECT_API_URL: cluster.address(2), PREFECT_API_AUTH_STRING: AUTH}
    with SandboxServer(world) as sandbox, temporary_settings(here):
        nights = Nights(cluster, sandbox, AUTH)
        cluster.run("deployments.register")  # the block types
        asyncio.run(nights.save_firms())
        cluster.register()
        for worker in WORKERS:
            cluster.start(worker)
        nights.complete([nights.order(slug) for slug in nights.slugs])
        nights.assert_every_case_once()
        nights.activate()
        yield nights


@pytest.fixture(autouse=True)
def _whole(nights: Nights) -> Iterator[None]:
    yield
    nights.sandbox.controls.faults.clear()


def test_an_api_server_is_killed_and_comes_back(nights: Nights) -> None:
    wanted = nights.move_every_case()
    runs = nights.half_way()
    nights.cluster.kill("api-1")
    time.sleep(5)
    nights.cluster.start("api-1")
    _goes_on(nights, "API server killed", runs)
    assert nights.told() == wanted


def test_postgresql_restarts(nights: Nights, postgres: Postgres) -> None:
    wanted = nights.move_every_case()
    runs = nights.half_way()
    postgres.stop()
    time.sleep(3)
    postgres.start()
    _goes_on(nights, "PostgreSQL restarted", runs)
    assert nights.told() == wanted


@pytest.mark.parametrize("forget", [False, True], ids=["its data kept", "its data lost"])
def test_redis_restarts(nights: Nights, redis: Redis, *, forget: bool) -> None:
    wanted = nights.move_every_case()
    runs = nights.half_way()
    redis.kill(forget=forget)
    time.sleep(3)
    redis.start()
    _goes_on(nights, f"Redis restarted, forgetting: {forget}", runs)
    assert nights.told() == wanted


def test_a_worker_is_killed(nights: Nights) -> None:
    """The runs it had become Crashed by the automation; Retry goes on with them on other workers."""
    wanted = nights.move_every_case()
    runs = nights.half_way()
    busiest = max(WORKERS, key=lambda name: len(nights.cluster.family_of(name)))
    nights.cluster.kill(busiest)
    ends = _goes_on(nights, f"{busiest} killed", runs)
    nights.cluster.start(busiest)
    assert any(end.startswith("Crashed: Nothing was heard of this run") for of in ends.values() for end in of)
    assert nights.told() == wanted


def _goes_on(nights: Nights, what: str, runs: list[str]) -> dict[str, list[str]]:
    began = time.monotonic()
    nights.sandbox.controls.faults.clear()
    ends = nights.complete(runs)
    nights.assert_every_case_once()
    logging.getLogger(__name__).warning(
        "%s: completed %.0f s after; ends before: %s", what, time.monotonic() - began, ends
    )
    return ends
