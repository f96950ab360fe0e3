"""Bytes from and to signed addresses: files that are too large to be held, at hosts that get no credentials of ours.

A signed address comes inside an answer, so it is only a claim: nothing is fetched from or sent to a host that is not on
the vendor's list, and no redirect is followed.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Mapping
from fnmatch import fnmatchcase

import aiohttp
from yarl import URL

from connectors.errors import FixData, Unavailable, UnexpectedAnswer
from connectors.http.counts import NO_ANSWER, Counts
from connectors.http.feeding import Damaged, Feeding
from connectors.http.redaction import redacting_logger
from connectors.http.transport import send_once, trusted

log = redacting_logger("casebridge.http")

PIECE = 256 * 1024
"""Bytes read at once."""
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]+)?")
"""A host and its port, and nothing that one program may read as a host and another one otherwise."""
_UNSENDABLE = re.compile(r"[\x00-\x20\x7f]")
_RESUMPTIONS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.4, 10.0
_OK, _CREATED, _NO_CONTENT, _PARTIAL, _FORBIDDEN, _FIRST_FAULT = 200, 201, 204, 206, 403, 500
_TOO_MANY_REQUESTS, _REQUEST_TIMEOUT, _NOTHING_THERE = 429, 408, 416


class AddressRefused(Unavailable):
    """The signed address is too old or was never good: ask for another one."""


class ForeignAddress(FixData):
    """The address leads to a host that is not the vendor's: nothing is fetched from there or sent to it."""


class Streams:
    """Fetches from and sends to signed addresses of one vendor; belongs to one event loop, close it after use.

    Args:
        system: the vendor's plain name.
        hosts: where its addresses may lead: a host (with its port, if any) or a pattern such as ``*.amazonaws.com``.
        insecure: whether plain HTTP is allowed; test installations only.
        counts: what was asked of the vendor so far.
        may_send: asked in the moment before anything is sent; what it raises goes to the caller.
        silence: seconds without a byte after which a connection is given up.
    """

    def __init__(
        self,
        system: str,
        hosts: Collection[str],
        *,
        insecure: bool = False,
        counts: Counts | None = None,
        may_send: Callable[[], object] | None = None,
        silence: float = 60.0,
    ) -> None:
        self.system, self._hosts = system, tuple(host.lower() for host in hosts)
        self._schemes = ("https", "http") if insecure else ("https",)
        self._counts = counts if counts is not None else Counts()
        self._may_send = may_send
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=silence)
        self._opened: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the sockets."""
        if self._opened is not None:
            await self._opened.close()
            await asyncio.sleep(0)

    async def read(self, address: str, start: int = 0) -> AsyncGenerator[bytes, None]:
        """The bytes at ``address`` from ``start`` on, as they come.

        Raises:
            ForeignAddress: it leads to a host that is not the vendor's.
            AddressRefused: it works no longer.
            Unavailable: the connection broke, or the vendor answered with a fault.
        """
        url = self._checked(address)
        headers = {"User-Agent": "casebridge/1.0", "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        status = NO_ANSWER
        self._ask()
        try:
            async with self._session().get(url, headers=headers, allow_redirects=False) as answer:
                status = answer.status
                if start and status == _NOTHING_THERE:
                    return  # the file ends before ``start``
                self._judge(status, expected=(_OK, _PARTIAL))
                skip = start if status == _OK else 0
                async for piece in answer.content.iter_chunked(PIECE):
                    if skip >= len(piece):
                        skip -= len(piece)
                        continue
                    yield piece[skip:]
                    skip = 0
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{self.system} cut a file's transfer.", system=self.system) from error
        finally:
            self._count("GET", status)

    async def put(self, address: str, headers: Mapping[str, str], size: int, pieces: AsyncIterable[bytes]) -> None:
        """Send ``size`` bytes to ``address`` with exactly these headers; a repetition replaces what was sent before.

        Raises:
            ForeignAddress, AddressRefused, Unavailable: as :meth:`read`.
            Damaged: ``pieces`` are more or fewer bytes than ``size``; then nothing is stored.
            ConnectorError: whatever ``pieces`` raised; then nothing is stored either.
        """
        url = self._checked(address)
        feeding = Feeding(self.system, pieces, size)
        sent = {**headers, "Content-Length": str(size)}
        status = NO_ANSWER
        if not size:
            async for _ in feeding.pieces():
                pass
        self._ask()
        try:
            async with self._session().put(
                url,
                headers=sent,
                data=feeding.pieces() if size else b"",
                allow_redirects=False,
                skip_auto_headers=("Content-Type", "Accept", "Accept-Encoding"),
            ) as answer:
                status = answer.status
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if feeding.failure is not None:
                raise feeding.failure from None
            raise Unavailable(f"{self.system} cut a file's transfer.", system=self.system) from error
        finally:
            self._count("PUT", status)
        if feeding.failure is not None:
            raise feeding.failure
        self._judge(status, expected=(_OK, _CREATED, _NO_CONTENT))

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            connector = aiohttp.TCPConnector(limit=8, ssl=trusted(), keepalive_timeout=5.0)
            self._opened = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, trust_env=False, auto_decompress=False,
                middlewares=(send_once,),
            )  # fmt: skip
        return self._opened

    def _checked(self, address: str) -> URL:
        """The address as it goes out. Raises ForeignAddress when it leads anywhere else than to the vendor."""
        url = _as_written(address)
        host = url.raw_authority.lower() if url is not None else ""
        known = _HOST.fullmatch(host) is not None and any(fnmatchcase(host, pattern) for pattern in self._hosts)
        if url is None or url.scheme not in self._schemes or not known:
            shown = url.raw_host if url is not None else None
            message = (
                f"{self.system} points to a file at {shown or 'an unusable address'}, which is not one of its "
                "hosts; nothing was transferred. If it is, add it to the file hosts in the credentials block."
            )
            raise ForeignAddress(message, system=self.system)
        return url

    def _judge(self, status: int, *, expected: Collection[int]) -> None:
        if status in expected:
            return
        if status == _FORBIDDEN:
            raise AddressRefused(f"{self.system} no longer accepts the address of a file.", system=self.system)
        message = f"{self.system} answered {status} to a file's transfer."
        if status >= _FIRST_FAULT or status in (_TOO_MANY_REQUESTS, _REQUEST_TIMEOUT):
            raise Unavailable(message, system=self.system)
        raise UnexpectedAnswer(message, system=self.system)

    def _ask(self) -> None:
        if self._may_send is not None:
            self._may_send()

    def _count(self, method: str, status: int) -> None:
        self._counts.asked(self.system, f"{method} (file)", status)
        log.debug("%s %s (file): %s", self.system, method, status)


def _as_written(address: str) -> URL | None:
    """The address exactly as it was given; None when it names no host, or breaks out of the line it is sent in."""
    if _UNSENDABLE.search(address):
        return None
    try:
        url = URL(address, encoded=True)
        named = bool(url.raw_host)
    except ValueError:
        return None
    return url if named else None


class Download:
    """A file as an iterator over its bytes: fetched once through, resumed where a connection broke, checked at its end.

    The last piece is only given out when size and SHA-256 are as announced, so that whoever passes the bytes on can never
    complete a damaged file. Each iteration fetches anew.

    Args:
        streams: where to fetch from.
        fresh_address: gives an address that works now.
        size: bytes announced.
        sha256: hexadecimal digits announced; None when the vendor says none.
    """

    def __init__(
        self, streams: Streams, fresh_address: Callable[[], Awaitable[str]], size: int, sha256: str | None
    ) -> None:
        self._streams, self._fresh_address = streams, fresh_address
        self._size, self._sha256 = size, sha256

    async def __aiter__(self) -> AsyncIterator[bytes]:
        digest, taken, last = hashlib.sha256(), 0, b""
        async for piece in self._all():
            digest.update(piece)
            taken += len(piece)
            if taken > self._size:
                break
            if last:
                yield last
            last = piece
        self._check(taken, digest.hexdigest())
        if last:
            yield last

    async def _all(self) -> AsyncIterator[bytes]:
        """Every byte in order, over as many connections as it takes."""
        taken, failures = 0, 0
        while True:
            before = taken
            try:
                async for piece in self._streams.read(await self._fresh_address(), taken):
                    taken += len(piece)
                    yield piece
            except Unavailable:
                failures = failures + 1 if taken == before else 1  # as long as it goes on, it may break again
                if failures > _RESUMPTIONS:
                    raise
                await asyncio.sleep(min(_FIRST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE))
            else:
                if taken >= self._size or taken == before:
                    return

    def _check(self, taken: int, digest: str) -> None:
        system = self._streams.system
        if taken != self._size:
            message = f"{system} announced {self._size:,} bytes of a file and sent {taken:,}."
            raise Damaged(message, system=system)
        if self._sha256 is not None and digest != self._sha256.lower():
            raise Damaged(f"A file came from {system} with another SHA-256 than announced.", system=system)
