"""Reading request bodies: JSON objects and uploads, each up to its size, and telling whether two bodies are equal."""

import hashlib
from typing import Any, Final

import orjson
from starlette.types import Receive

from sandbox.casestatus.call import Call
from sandbox.casestatus.multipart import parts
from sandbox.casestatus.refusals import Refusal, invalid_parameter, refuse
from sandbox.casestatus.routing import Body, Route
from sandbox.multipart import boundary_of

MAX_FILE_BYTES: Final = 26_214_400
_MAX_JSON_BYTES: Final = 10_000_000
_FRAME_BYTES: Final = 65_536
"""Room for the fields and boundaries around an uploaded file."""


async def read_body(call: Call, route: Route, receive: Receive) -> None:
    """Read what the route takes into the call. Raises Refusal (400, 413, 415)."""
    if route.body is Body.NONE:
        return
    content_type = call.headers.get(b"content-type", b"").decode("latin-1")
    if route.body is Body.UPLOAD:
        boundary = boundary_of(content_type)
        if boundary is None:
            raise _unsupported(content_type)
        call.parts = parts(await _content(receive, MAX_FILE_BYTES + _FRAME_BYTES), boundary)
        if any(len(part.content) > MAX_FILE_BYTES for part in call.parts):
            raise _too_large()
        return
    content = await _content(receive, _MAX_JSON_BYTES)
    if not content:
        return
    if content_type and "json" not in content_type.lower():
        raise _unsupported(content_type)
    try:
        body: Any = orjson.loads(content)
    except orjson.JSONDecodeError as trouble:
        raise refuse(400, "malformed_json", f"The body is not JSON: {trouble}.", parameter="body") from None
    if not isinstance(body, dict):
        raise invalid_parameter("body", "a JSON object")
    call.body = body


async def _content(receive: Receive, most: int) -> bytes:
    """The whole body; one that is too long is read to its end, so that its sender gets to see the refusal."""
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise refuse(400, "malformed_json", "The body ended early.", parameter="body")
        more = message.get("more_body", False)
        size += len(message.get("body", b""))
        if size <= most:
            pieces.append(message.get("body", b""))
    if size > most:
        raise _too_large()
    return b"".join(pieces)


def _too_large() -> Refusal:
    return refuse(413, "file_too_large", f"At most {MAX_FILE_BYTES} bytes.", max_bytes=MAX_FILE_BYTES)


def _unsupported(content_type: str) -> Refusal:
    message = "The body has a media type this route does not take."
    return refuse(415, "unsupported_media_type", message, content_type=content_type)


def fingerprint(call: Call) -> bytes:
    """Equal for equal bodies; of an upload the fields and bytes count, not the multipart frame."""
    if not call.parts:
        return hashlib.sha256(orjson.dumps(call.body, option=orjson.OPT_SORT_KEYS)).digest()
    fields = sorted((part.name, part.file_name or "", hashlib.sha256(part.content).hexdigest()) for part in call.parts)
    return hashlib.sha256(orjson.dumps(fields)).digest()
