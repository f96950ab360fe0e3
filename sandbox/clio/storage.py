"""The storage host behind Clio's documents: signed addresses, raw bytes, XML for what it refuses [assumed].

No token, no budget, no versions. Bytes are hashed and counted while they come in; up to 1 MiB of content is kept, of
larger objects only size and digests, so a gigabyte passes through in little memory.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode

from starlette.types import Receive, Scope, Send

PREFIX = "/storage"
PUT_LIFE = 600
"""Seconds a ``put_url`` lives [sdk]."""
_GET_LIFE = 300
_KEPT_BYTES = 1_048_576
_CLOCK_FORMAT = "%Y%m%dT%H%M%SZ"
Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What was uploaded; ``content`` is None when it was more than 1 MiB."""

    size: int
    sha256: str
    md5: str
    content_type: str
    content: bytes | None


class _Trouble(Exception):
    """Ends a request with the storage host's XML."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        self.body = ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode()


class Storage:
    """An ASGI app below ``/storage``; ``objects`` by the uuid of the document version."""

    def __init__(self, now: Callable[[], float], secret: bytes = b"clio storage") -> None:
        self.objects: dict[str, StoredObject] = {}
        self._now = now
        self._secret = secret

    def put_address(self, base: str, uuid: str, file_name: str, headers: Sequence[Header]) -> str:
        """Where to upload a version for 10 minutes, with exactly these headers. ``base`` is ``http://HOST:PORT``."""
        return self._address("PUT", base, uuid, file_name, headers, PUT_LIFE)

    def get_address(self, base: str, uuid: str, file_name: str) -> str:
        """Where to fetch a version for a few minutes."""
        return self._address("GET", base, uuid, file_name, (), _GET_LIFE)

    def _address(self, method: str, base: str, uuid: str, file_name: str, headers: Sequence[Header], life: int) -> str:
        at = datetime.fromtimestamp(self._now(), UTC)
        signed = {name.lower(): value for name, value in headers} | {"host": base.partition("://")[2]}
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"sandbox/{at:%Y%m%d}/us-west-2/s3/aws4_request",
            "X-Amz-Date": at.strftime(_CLOCK_FORMAT),
            "X-Amz-Expires": str(life),
            "X-Amz-SignedHeaders": ";".join(sorted(signed)),
        }
        path = f"/uploads/{uuid}/{file_name}"
        query["X-Amz-Signature"] = self._signature(method, path, query, signed)
        return f"{base}{PREFIX}/uploads/{uuid}/{quote(file_name, safe='')}?{urlencode(query, quote_via=quote, safe='')}"

    def _signature(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
        names = query["X-Amz-SignedHeaders"].split(";")
        lines = [method, path, *(f"{name}={query[name]}" for name in sorted(query) if name != "X-Amz-Signature")]
        lines += [f"{name}:{headers.get(name, '').strip()}" for name in names]
        return hmac.digest(self._secret, "\n".join(lines).encode(), "sha256").hex()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; one whose sender goes away in the middle of the body leaves nothing."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            key = self._admitted(scope, headers)
            if scope["method"] == "PUT":
                stored = await _received(receive, headers)
                if stored is None:
                    return
                self.objects[key] = stored
                await _answer(send, 200, b"", {"etag": f'"{stored.md5}"'})
            else:
                stored, content = self._kept(key)
                kind = {"etag": f'"{stored.md5}"', "content-type": stored.content_type}
                await _answer(send, 200, content, kind | {"content-disposition": "attachment"})
        except _Trouble as trouble:
            await _answer(send, trouble.status, trouble.body, {"content-type": "application/xml"})

    def _admitted(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """The key a request may write or read. Raises _Trouble."""
        method: str = scope["method"]
        path: str = scope["path"].removeprefix(scope["root_path"])
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        if method not in {"GET", "PUT"}:
            raise _Trouble(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        if "authorization" in headers:
            raise _Trouble(400, "InvalidArgument", "Only one auth mechanism allowed.")
        needed = ("X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature")
        if any(name not in query for name in needed):
            raise _Trouble(403, "AccessDenied", "Access Denied")
        if not hmac.compare_digest(
            query["X-Amz-Signature"].encode(), self._signature(method, path, query, headers).encode()
        ):
            message = "The request signature we calculated does not match the signature you provided."
            raise _Trouble(403, "SignatureDoesNotMatch", message)
        made = datetime.strptime(query["X-Amz-Date"], _CLOCK_FORMAT).replace(tzinfo=UTC).timestamp()
        if self._now() > made + int(query["X-Amz-Expires"]):
            raise _Trouble(403, "AccessDenied", "Request has expired")
        signed = query["X-Amz-SignedHeaders"].split(";")
        if any(name.startswith("x-amz-") and name not in signed for name in headers):
            raise _Trouble(403, "AccessDenied", "There were headers present in the request which were not signed")
        return path.split("/")[2]

    def _kept(self, key: str) -> tuple[StoredObject, bytes]:
        """An object with its content. Raises _Trouble."""
        stored = self.objects.get(key)
        if stored is None:
            raise _Trouble(404, "NoSuchKey", "The specified key does not exist.")
        if stored.content is None:
            raise _Trouble(501, "NotImplemented", "The sandbox keeps no more than 1 MiB of an object.")
        return stored, stored.content


async def _received(receive: Receive, headers: Mapping[str, str]) -> StoredObject | None:
    """Take in an upload; None when its sender went away. Raises _Trouble when its length is not announced."""
    if "transfer-encoding" in headers:
        reason = "A header you provided implies functionality that is not implemented"
        raise _Trouble(501, "NotImplemented", reason)
    if "content-length" not in headers:
        raise _Trouble(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    keep = int(headers["content-length"]) <= _KEPT_BYTES
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    size, pieces, more = 0, [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        more = message.get("more_body", False)
        sha256.update(piece)
        md5.update(piece)
        size += len(piece)
        if keep:
            pieces.append(piece)
    content_type = headers.get("content-type", "binary/octet-stream")
    return StoredObject(size, sha256.hexdigest(), md5.hexdigest(), content_type, b"".join(pieces) if keep else None)


async def _answer(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    encoded.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
