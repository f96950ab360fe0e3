"""The first firm's CASEpeer with both keys in their places, on a sandbox that is small, for it is reset before each test."""

from collections.abc import Iterator

import pytest

from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.sandbox.casepeer.client import Hub


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer(WorldOptions(matters=150, firms=2), limits_on=False) as server:
        yield server


@pytest.fixture
def hub(server: SandboxServer) -> Iterator[Hub]:
    with Hub(server) as hub:
        yield hub
