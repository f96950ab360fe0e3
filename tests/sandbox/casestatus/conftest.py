"""A running sandbox for the folder, as new for every test."""

from collections.abc import Iterator

import pytest

from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.sandbox.casestatus.client import TWO, Office


@pytest.fixture(scope="session")
def _running() -> Iterator[SandboxServer]:
    with SandboxServer(WorldOptions(matters=1), limits_on=False) as server:
        yield server


@pytest.fixture
def server(_running: SandboxServer) -> SandboxServer:
    _running.reset()
    return _running


@pytest.fixture
def office(server: SandboxServer) -> Iterator[Office]:
    with Office(server) as office:
        yield office


@pytest.fixture
def other_office(server: SandboxServer) -> Iterator[Office]:
    with Office(server, TWO) as office:
        yield office
