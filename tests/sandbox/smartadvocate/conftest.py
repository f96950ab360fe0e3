"""A user of the first firm's SmartAdvocate, on the room's running sandbox."""

from collections.abc import Iterator

import pytest

from sandbox.testing import SandboxServer
from tests.sandbox.smartadvocate.client import Hub


@pytest.fixture
def hub(server: SandboxServer) -> Iterator[Hub]:
    with Hub(server) as hub:
        yield hub


@pytest.fixture
def limited(server: SandboxServer) -> Iterator[Hub]:
    """The user who sees half of the cases and may not insert notes."""
    with Hub(server, username="hub_limited") as hub:
        yield hub
