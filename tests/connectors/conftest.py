"""One sandbox for all tests of a module, and clients of its first firm."""

from collections.abc import AsyncIterator, Iterator

import pytest

from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.bookkeeping import Desk
from tests.connectors.casefile import Binder, Casefile
from tests.connectors.clients import clio_client, portal_client
from tests.connectors.cost_desk import CostDesk
from tests.connectors.filing import Cabinet


@pytest.fixture(scope="module")
def served() -> Iterator[SandboxServer]:
    with SandboxServer(WorldOptions(matters=450), limits_on=False, check_openapi=True) as server:
        yield server


@pytest.fixture
def server(served: SandboxServer) -> Iterator[SandboxServer]:
    yield served
    served.controls.faults.clear()
    served.controls.requests.clear()


@pytest.fixture
async def clio(server):
    client = clio_client(server)
    yield client
    await client.close()


@pytest.fixture
async def portal(server):
    client = portal_client(server)
    yield client
    await client.close()


@pytest.fixture(scope="module")
def small() -> Iterator[SandboxServer]:
    with SandboxServer(
        WorldOptions(matters=20, shares=Shares.trouble_free()), limits_on=False, check_openapi=True
    ) as it:
        yield it


@pytest.fixture
async def casefile(small: SandboxServer) -> AsyncIterator[Casefile]:
    """A case in a firm's SmartAdvocate to file with."""
    small.reset()
    casefile = Casefile(small)
    yield casefile
    await casefile.files.close()


@pytest.fixture
async def binder(small: SandboxServer) -> AsyncIterator[Binder]:
    """A case in a firm's CASEpeer to file with."""
    small.reset()
    binder = Binder(small)
    yield binder
    await binder.files.close()


@pytest.fixture
async def cost_desk(small: SandboxServer) -> AsyncIterator[CostDesk]:
    """A bookkeeper's desk at a firm with CASEpeer."""
    small.reset()
    desk = CostDesk(small)
    yield desk
    await desk.books.close()


@pytest.fixture
async def cabinet(small: SandboxServer) -> AsyncIterator[Cabinet]:
    """A firm's Clio to file in; every request to it must be as Clio's document says."""
    small.reset()
    cabinet = Cabinet(small)
    yield cabinet
    await cabinet.files.close()
    assert cabinet.breaches() == []


@pytest.fixture
async def desk(small: SandboxServer) -> AsyncIterator[Desk]:
    """A casefile in a firm's Soluno to post to."""
    small.reset()
    small.controls.limits["soluno"].on = False
    desk = Desk(small)
    await desk.open()
    small.controls.requests.clear()
    yield desk
    await desk.client.close()
