"""The request budgets against the sandbox's own counting, over real sockets and two clients of one connection."""

import asyncio

from connectors.clio import ClioClient
from connectors.http import MemoryLimitStore
from connectors.ports import SharedState
from sandbox.controls import RateLimit
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.clients import clio_client, portal_client
from tests.connectors.fakes import MemoryTokenStore


async def _ask(clients, times):
    async def one(number):
        await clients[number % len(clients)].connection.request("GET", "/users/who_am_i.json", route="/who")

    await asyncio.gather(*(one(number) for number in range(times)))


def _statuses(*clients):
    return {status for client in clients for (_, _, status) in client.counts.requests}


async def test_clios_windows_are_kept_across_clients():
    with SandboxServer(WorldOptions(matters=5)) as server:
        server.controls.limits["clio"] = RateLimit(requests=40, window_seconds=3.0, window_offset=0.7)
        state = SharedState("clio:x", MemoryLimitStore(), MemoryTokenStore())
        clients: list[ClioClient] = [clio_client(server, shared=state) for _ in range(2)]
        started = asyncio.get_running_loop().time()
        await _ask(clients, 110)
        elapsed = asyncio.get_running_loop().time() - started
        assert _statuses(*clients) == {200}
        assert clients[0].counts.throttled_seconds > 0
        assert elapsed < 16.0
        for client in clients:
            await client.close()


async def test_the_portals_bucket_is_kept():
    with SandboxServer(WorldOptions(matters=5)) as server:
        server.controls.limits["casestatus"] = RateLimit(requests=1200, window_seconds=60.0, burst=20)
        portal = portal_client(server)
        await asyncio.gather(*(portal.me() for _ in range(80)))
        assert _statuses(portal) == {200}
        await portal.close()
