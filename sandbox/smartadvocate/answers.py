"""SmartAdvocate's answers: plain JSON, problem details, and the empty bodies of ASP.NET. All [assumed]: see 3 of its notes."""

from typing import Any
from zlib import crc32

import orjson

from sandbox.answers import Answer, Refusal

JSON_TYPE = "application/json; charset=utf-8"


def json_answer(data: Any, status: int = 200) -> Answer:
    """An answer with ``data`` as JSON."""
    return Answer(status, orjson.dumps(data), content_type=JSON_TYPE)


def said(status: int, message: str) -> Refusal:
    """A refusal with ``{"message": ...}`` [assumed]."""
    return Refusal(json_answer({"message": message}, status))


def not_found(what: str = "") -> Refusal:
    """404: ``{"message": "Case not found"}``, or empty where there is nothing of that address [assumed]."""
    return said(404, f"{what} not found") if what else Refusal(Answer(404))


def forbidden() -> Refusal:
    """403, empty: the user may not see the case or do the operation [assumed]."""
    return Refusal(Answer(403))


def unauthorized() -> Refusal:
    """401, empty: no token, or one that is not valid (any more) [seen for the status, assumed for the header]."""
    return Refusal(Answer(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}))


def too_many(wait: int) -> Refusal:
    """429, empty [assumed]."""
    return Refusal(Answer(429, headers={"Retry-After": str(wait)}))


def bad_field(name: str, message: str) -> Refusal:
    """400 as a problem-details object [assumed]."""
    problem = {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "errors": {name: [message]},
        "traceId": f"00-{crc32(message.encode()):032x}-{crc32(name.encode()):016x}-00",
    }
    return Refusal(Answer(400, orjson.dumps(problem), content_type="application/problem+json; charset=utf-8"))
