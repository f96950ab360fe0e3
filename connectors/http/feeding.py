"""Hands a file's bytes on to whatever sends them, and completes nothing that is not what was announced."""

from collections.abc import AsyncIterable, AsyncIterator

from connectors.errors import ConnectorError, FixData


class Damaged(FixData):
    """What came is not what was announced, though the connection held."""


class Feeding:
    """Hands pieces to aiohttp and keeps what went wrong with them, which aiohttp would replace by an error of its own."""

    def __init__(self, system: str, pieces: AsyncIterable[bytes], size: int) -> None:
        self._system, self._pieces, self._size = system, pieces, size
        self.failure: ConnectorError | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The pieces, ``size`` bytes of them and neither more nor fewer: aiohttp would cut, or wait for the rest.

        The last one is only given when it is known to be the last: then the request can never become whole before.
        """
        given, last = 0, b""
        try:
            async for piece in self._pieces:
                given += len(piece)
                if given > self._size:
                    break
                if last:
                    yield last
                last = piece
            if given != self._size:
                what = "more" if given > self._size else "fewer"
                message = f"A file for {self._system} has {what} bytes than the {self._size:,} announced."
                raise Damaged(message, system=self._system)
            if last:
                yield last
        except ConnectorError as error:
            self.failure = error
            raise
