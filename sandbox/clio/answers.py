"""Clio's answers: the envelope, the error object, and the odd ones that are neither."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.types import Send

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
_FIREWALL_PAGE = b"<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>"


@dataclass(slots=True)
class Answer:
    """Status, body and headers on their way out."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE

    async def send(self, send: Send) -> None:
        """Write the answer to the client."""
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.status not in {204, 304}:
            headers.append((b"content-type", self.content_type.encode()))
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Refusal(Exception):
    """Ends a request with Clio's error object ``{"error": {"type": ..., "message": ...}}``."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, orjson.dumps({"error": {"type": kind, "message": message}}))


def bad_argument(message: str) -> Refusal:
    """400 for a filter, operator, order or limit that Clio does not know."""
    return Refusal(400, "ArgumentError", message)


def unprocessable(message: str) -> Refusal:
    """422 for data that fails validation."""
    return Refusal(422, "UnprocessableEntityError", message)


def not_found() -> Refusal:
    """404 for an unknown or hidden record."""
    return Refusal(404, "ResourceNotFound", "The requested resource could not be found.")


def forbidden() -> Refusal:
    """403 for a missing app permission or user role."""
    return Refusal(403, "ForbiddenError", "User is forbidden from taking that action")


def json_answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with ``data`` as JSON."""
    return Answer(status, orjson.dumps(data), dict(headers or {}))


def firewall() -> Answer:
    """What the web firewall in front of Clio says to clients it dislikes [seen]."""
    return Answer(403, _FIREWALL_PAGE, content_type=HTML_TYPE)


def no_authorization() -> Answer:
    """401 without a usable ``Authorization`` header [seen]."""
    return Refusal(401, "UnauthorizedError", "User is not authorized").answer


def invalid_token() -> Answer:
    """401 for a token that is expired, revoked or of another region; not the error object [seen]."""
    text = "The access token provided is expired, revoked, malformed or invalid for other reasons."
    challenge = f'Bearer realm="Clio", error="invalid_token", error_description="{text}"'
    body = {"error": "invalid_token", "error_description": text}
    return json_answer(body, 401, {"WWW-Authenticate": challenge})
