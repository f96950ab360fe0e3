"""One sandbox for all tests of a module, and clients of its first firm."""

from collections.abc import Iterator

import pytest

from connectors.casestatus import CaseStatusClient
from connectors.clio import ClioClient
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.fakes import shared


@pytest.fixture(scope="module")
def served() -> Iterator[SandboxServer]:
    with SandboxServer(WorldOptions(matters=450), limits_on=False, check_openapi=True) as server:
        yield server


@pytest.fixture
def server(served: SandboxServer) -> Iterator[SandboxServer]:
    yield served
    served.controls.faults.clear()
    served.controls.requests.clear()


def clio_client(server: SandboxServer, **options) -> ClioClient:
    settings = {
        "region": "us", "host": f"{server.url}/clio/us", "client_id": "sandbox-us-client",
        "client_secret": "sandbox-us-secret", "refresh_token": "sandbox-refresh-harrow-pike",
        "shared": shared("clio:harrow-pike"), **options,
    }  # fmt: skip
    return ClioClient(**settings)


def portal_client(server: SandboxServer, key: str = "csk-harrow-pike") -> CaseStatusClient:
    return CaseStatusClient(key, shared=shared("case_status:harrow-pike"), host=f"{server.url}/casestatus")


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
