"""The body of a request as it comes in."""

from collections.abc import AsyncIterator

from starlette.types import Receive


class Vanished(Exception):
    """The sender went away in the middle of the body; nothing is left of it."""


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The body piece by piece. Raises Vanished."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Vanished
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def whole(receive: Receive) -> bytes:
    """All of the body. Raises Vanished."""
    return b"".join([piece async for piece in pieces(receive)])
