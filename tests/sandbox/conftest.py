"""A sandbox on a real socket for the tests of this room, started once per file and reset before each test."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer

AGENT = {"User-Agent": "casebridge/1.0"}
SLUG = "harrow-pike"


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer(WorldOptions(matters=450, firms=3), limits_on=False) as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> SandboxServer:
    running.reset()
    return running


@pytest.fixture
def plain(server: SandboxServer) -> Iterator[httpx.Client]:
    """A client without credentials."""
    with httpx.Client(base_url=server.url, headers=AGENT, verify=False) as client:
        yield client


@pytest.fixture
def connection(server: SandboxServer) -> dict[str, Any]:
    return server.clio.connect(SLUG, server.url)


@pytest.fixture
def clio(connection: dict[str, Any]) -> Iterator[httpx.Client]:
    """A client of the first firm's Clio API; paths are relative to ``/api/v4``."""
    headers = AGENT | {"Authorization": f"Bearer {connection['access_token']}"}
    with httpx.Client(base_url=connection["api_base"], headers=headers, verify=False) as client:
        yield client
