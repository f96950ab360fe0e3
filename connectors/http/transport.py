"""httpx's transport over aiohttp, exact where the ready-made one is loose.

Three things differ from ``AiohttpTransport``: an address goes out as it was written (Clio's ``{}`` and ``[]`` stay
literal instead of being quoted again), errors tell apart what was never sent from what may have been received, and
nothing is sent twice on its own account.
"""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from yarl import URL

_KEEP_ALIVE_SECONDS = 5.0
"""Short, so that a write seldom meets a connection that the vendor is just closing."""


@cache
def trusted() -> ssl.SSLContext:
    """One TLS context for the process: loading the certificates takes some 20 ms."""
    return httpx.create_ssl_context()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Raise httpx's errors: ConnectError and ConnectTimeout only for requests that never left."""
    try:
        yield
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise httpx.UnsupportedProtocol(str(error)) from error
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout("the connection could not be made in time") from error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(str(error)) from error
    except (aiohttp.ServerTimeoutError, TimeoutError) as error:
        raise httpx.ReadTimeout("no answer in time") from error
    except aiohttp.ClientError as error:
        raise httpx.ReadError(str(error) or type(error).__name__) from error
    except OSError as error:
        raise httpx.ReadError(str(error)) from error


async def send_once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending again by itself when a connection is cut.

    It does so for GET, PUT and DELETE: past the request budget, the counts, and whoever must be asked before a write.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error


class Transport(AiohttpTransport):
    """Sends httpx requests by aiohttp and reads the whole answer. ``connections`` bounds the open sockets."""

    def __init__(self, connections: int = 20) -> None:
        limits = httpx.Limits(max_connections=connections, keepalive_expiry=_KEEP_ALIVE_SECONDS)
        super().__init__(verify=trusted(), trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` and read its answer. Raises httpx.TransportError."""
        if not isinstance(self.client, aiohttp.ClientSession) or self.client.closed:
            self.client = self.get_client()
        seconds = request.extensions.get("timeout", {})
        with _as_httpx():
            async with self.client.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                data=request.content or None,
                allow_redirects=False,
                auto_decompress=False,
                middlewares=(send_once,),
                timeout=aiohttp.ClientTimeout(
                    sock_connect=seconds.get("connect"), sock_read=seconds.get("read"), total=None
                ),
            ) as answer:
                content = await answer.read()
        return httpx.Response(answer.status, headers=list(answer.raw_headers), content=content, request=request)

    async def aclose(self) -> None:
        """Close the sockets and let the loop finish with them."""
        await super().aclose()
        await asyncio.sleep(0)


class Lent(httpx.AsyncBaseTransport):
    """Sockets that are shared by many connections: closing one of those leaves them open for the others."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` and read its answer. Raises httpx.TransportError."""
        return await self._transport.handle_async_request(request)
