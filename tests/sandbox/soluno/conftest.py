"""The first firm's Soluno with a full login behind it, on a sandbox that is small, for it is reset before each test."""

from collections.abc import Iterator

import pytest

from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.sandbox.soluno.client import Bookkeeper


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer(WorldOptions(matters=10, firms=2), limits_on=False) as server:
        yield server


@pytest.fixture
def keeper(server: SandboxServer) -> Iterator[Bookkeeper]:
    with Bookkeeper(server) as keeper:
        keeper.log_in(answer=True)
        yield keeper
