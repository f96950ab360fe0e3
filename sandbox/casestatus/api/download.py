"""The bytes behind a signed address: no key, no budget, whole or a range of them."""

import re
from typing import Final
from urllib.parse import parse_qs

from sandbox.casestatus.answers import Answer
from sandbox.casestatus.blobs import Blob
from sandbox.casestatus.filing import signature
from sandbox.casestatus.instants import SECOND
from sandbox.casestatus.records import File
from sandbox.casestatus.refusals import Refusal, not_found, refuse
from sandbox.casestatus.state import Portal

_ADDRESS: Final = re.compile(r"/blob/(\d{1,18})")
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


def blob(portal: Portal, path: str, query: bytes, headers: dict[bytes, bytes]) -> Answer:
    """``GET /blob/{id}?exp=…&sig=…``; one range is honoured. Raises Refusal (403, 404, 416)."""
    address = _ADDRESS.fullmatch(path)
    file = _find(portal, int(address[1])) if address else None
    if file is None:
        raise not_found("blob", path.removeprefix("/blob/"))
    _require_valid(portal, file, query)
    content = file.blob
    common = {"accept-ranges": "bytes", "etag": f'"{content.sha256}"'}
    wanted = _RANGE.fullmatch(headers.get(b"range", b"").decode("latin-1").strip())
    if wanted is None or not any(wanted.groups()):
        return _streamed(200, file, 0, content.size, common)
    start, end = _bounds(content, wanted[1], wanted[2])
    return _streamed(206, file, start, end, {**common, "content-range": f"bytes {start}-{end - 1}/{content.size}"})


def _find(portal: Portal, identity: int) -> File | None:
    found = (firm.files.get(identity) for firm in portal.firms.values())
    return next((file for file in found if file is not None), None)


def _require_valid(portal: Portal, file: File, query: bytes) -> None:
    given = parse_qs(query.decode("latin-1"))
    expiry, proof = given.get("exp", [""])[0], given.get("sig", [""])[0]
    genuine = expiry.isascii() and expiry.isdigit() and proof == signature(portal, file.id, int(expiry))
    if not genuine or portal.now() > int(expiry) * SECOND:
        raise refuse(403, "url_expired", "The signed address is too old or not genuine; fetch the metadata again.")


def _bounds(content: Blob, first: str, last: str) -> tuple[int, int]:
    """Start and end (exclusive) of a range header's only range. Raises Refusal (416)."""
    if first:
        start, end = int(first), min(int(last) + 1, content.size) if last else content.size
    else:
        start, end = max(0, content.size - int(last)), content.size
    if start >= end:
        raise _unsatisfiable(content)
    return start, end


def _unsatisfiable(content: Blob) -> Refusal:
    header = {"content-range": f"bytes */{content.size}"}
    return refuse(416, "invalid_parameter", "The range lies outside the file.", headers=header, parameter="Range")


def _streamed(status: int, file: File, start: int, end: int, headers: dict[str, str]) -> Answer:
    pieces = file.blob.read(start, end)
    return Answer(status, headers=headers, content_type=file.content_type, stream=pieces, size=end - start)
