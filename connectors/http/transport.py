"""The sockets: aiohttp below, httpx's errors above, and whatever stands in for sockets in tests.

Three things aiohttp does not do by itself: an address goes out as it was written (Clio's ``{}`` and ``[]`` stay literal),
errors tell apart what was never sent from what may have been received, and nothing is sent twice on its own account.
httpx's own client is left out: its requests, answers and addresses cost as much again as sending them.
"""

import asyncio
import re
import ssl
from abc import ABC, abstractmethod
from functools import cache

import aiohttp
import httpx
from yarl import URL

from connectors.http.messages import Incoming, Outgoing, Timeouts

_KEEP_ALIVE_SECONDS = 5.0
"""Short, so that a write seldom meets a connection that the vendor is just closing."""
_WRITTEN_OUT = re.compile(r"[!#-;=?-_a-~]+").fullmatch
"""An address that needs no quoting: visible ASCII without quotation marks and angle brackets."""


class Wire(httpx.AsyncBaseTransport, ABC):
    """What carries requests: stands where a transport of httpx may stand, and is given less to carry."""

    @abstractmethod
    async def send(self, request: Outgoing, timeouts: Timeouts) -> Incoming:
        """Send ``request`` and read its whole answer. Raises httpx.TransportError."""


class Transport(Wire):
    """Requests by aiohttp. ``connections`` bounds the open sockets, which belong to one event loop."""

    def __init__(self, connections: int = 20) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Outgoing, timeouts: Timeouts) -> Incoming:
        """See :class:`Wire`."""
        session = self._session
        if session is None or session.closed:
            session = self._session = self._open()
        try:
            async with session.request(
                request.method,
                _address(request.url),
                headers=request.headers,
                data=request.content or None,
                allow_redirects=False,
                timeout=_bounds(timeouts),
            ) as answer:
                return Incoming(answer.status, answer.headers, await answer.read())
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            raise _as_httpx(error) from error

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=_KEEP_ALIVE_SECONDS, ssl=trusted())
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), middlewares=(send_once,))

    async def aclose(self) -> None:
        """Close the sockets and let the loop finish with them."""
        if self._session is not None:
            await self._session.close()
        await asyncio.sleep(0)


class Lent(Wire):
    """Sockets that are shared by many connections: closing one of those leaves them open for the others."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, request: Outgoing, timeouts: Timeouts) -> Incoming:
        """See :class:`Wire`."""
        return await self._transport.send(request, timeouts)


class Substitute(Wire):
    """Requests by any transport of httpx, such as ``httpx.MockTransport`` in tests."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def send(self, request: Outgoing, timeouts: Timeouts) -> Incoming:
        """See :class:`Wire`."""
        seconds = httpx.Timeout(timeouts.read, connect=timeouts.connect, pool=timeouts.total).as_dict()
        asked = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.content,
            extensions={"timeout": seconds},
        )  # fmt: skip
        answer = await self._transport.handle_async_request(asked)
        return Incoming(answer.status_code, answer.headers, await answer.aread())

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


def wire(transport: httpx.AsyncBaseTransport | None) -> Wire:
    """What carries the requests of a connection that was given ``transport``; sockets of its own when it was given none."""
    if transport is None:
        return Transport()
    return transport if isinstance(transport, Wire) else Substitute(transport)


@cache
def trusted() -> ssl.SSLContext:
    """One TLS context for the process: loading the certificates takes some 20 ms."""
    return httpx.create_ssl_context()


@cache
def _bounds(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    """The time in all is the connection's to watch: it holds for substitutes, too."""
    return aiohttp.ClientTimeout(total=None, sock_connect=timeouts.connect, sock_read=timeouts.read)


def _address(url: str) -> URL:
    """``url`` as it is written; what no request line can hold is quoted. Raises httpx.UnsupportedProtocol."""
    if not _WRITTEN_OUT(url):
        try:
            url = str(httpx.URL(url))
        except httpx.InvalidURL as error:
            raise httpx.UnsupportedProtocol(str(error)) from error
    return URL(url, encoded=True)


def _as_httpx(error: aiohttp.ClientError | OSError) -> httpx.TransportError:
    """The error as httpx names it: ConnectError and ConnectTimeout only for requests that never left."""
    match error:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return httpx.UnsupportedProtocol(str(error))
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout("the connection could not be made in time")
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError(str(error))
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return httpx.ReadTimeout("no answer in time")
        case _:
            return httpx.ReadError(str(error) or type(error).__name__)


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
