"""A form with a file in it (``multipart/form-data``): the file is passed on piece by piece and never held."""

import asyncio
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Mapping

from connectors.errors import ConnectorError
from connectors.http.feeding import Feeding

_UNWRITABLE = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""What would end a name too early, as browsers write it."""


class Form:
    """Fields, and after them one file; how long it all is, is known beforehand, as the file's size is.

    Iterating gives the whole of it, anew each time. When the file is not what was announced, its end is never given, and
    ``failure`` says why.

    Args:
        system: the vendor's plain name, for people.
        fields: texts by name.
        part: what the part of the file is called.
        file_name: what the file is called.
        content_type: the file's.
        size: of the file, in bytes.
        pieces: the file's bytes; iterated anew each time.
    """

    def __init__(
        self,
        system: str,
        fields: Mapping[str, str],
        *,
        part: str,
        file_name: str,
        content_type: str,
        size: int,
        pieces: AsyncIterable[bytes],
    ) -> None:
        self._system, self._pieces, self._size = system, pieces, size
        self._feeding: Feeding | None = None
        boundary = secrets.token_hex(16)  # nobody can know it, so nobody's file can end the form
        disposition = f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="'
        texts = [f'{disposition}{name.translate(_UNWRITABLE)}"\r\n\r\n{text}' for name, text in fields.items()]
        file = (
            f'{disposition}{part.translate(_UNWRITABLE)}"; filename="{file_name.translate(_UNWRITABLE)}"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        )
        self._head = "".join([*texts, file]).removeprefix("\r\n").encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._head) + size + len(self._tail)),
        }

    @property
    def failure(self) -> ConnectorError | None:
        """What stopped the file in the last iteration."""
        return self._feeding.failure if self._feeding is not None else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        feeding = self._feeding = Feeding(self._system, self._pieces, self._size)
        yield self._head
        async for piece in feeding.pieces():
            yield piece
        yield self._tail


async def timed(pieces: AsyncIterable[bytes], limit: asyncio.Timeout, seconds: float) -> AsyncIterator[bytes]:
    """The pieces; each has ``seconds`` to be taken, and the answer as many after the last one."""
    now = asyncio.get_running_loop().time
    limit.reschedule(None)
    async for piece in pieces:
        limit.reschedule(now() + seconds)
        yield piece
        limit.reschedule(None)
    limit.reschedule(now() + seconds)
