"""Turns what SmartAdvocate refuses into errors that say what to do about it. No error body is published [doc: silence]."""

from http import HTTPStatus
from typing import Any

from connectors.errors import (
    ConnectorError,
    FixData,
    LogInAgain,
    NotFound,
    NotPermitted,
    Problem,
)
from connectors.http import Answer, redact
from connectors.smartadvocate.hosts import SYSTEM

_OF_ONE_RECORD = "{id}"


def explain(answer: Answer) -> ConnectorError:
    """The error for a refused call: the status decides [seen], as the bodies are anything at all [assumed]."""
    where: dict[str, Any] = {"system": SYSTEM, "request_id": answer.request_id}
    said, field = _said(answer.body)
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return LogInAgain("SmartAdvocate no longer accepts the firm's login.", **where)
        case HTTPStatus.FORBIDDEN if _OF_ONE_RECORD in answer.route:
            message = "The connected SmartAdvocate account may not see this case, or may not do this with it."
            return NotFound(message, status=answer.status, **where)
        case HTTPStatus.FORBIDDEN:
            message = (
                "SmartAdvocate does not permit this to the connected account: let the firm's SmartAdvocate administrator "
                f"give it the right ({answer.route.strip('/')})."
            )
            return NotPermitted(message, **where)
        case HTTPStatus.NOT_FOUND:
            message = "SmartAdvocate has no such record, or the connected account may not see it."
            return NotFound(message, status=answer.status, **where)
    problem = Problem(str(answer.status), said, field)
    return FixData(f"SmartAdvocate refused: {said}", problems=(problem,), status=answer.status, **where)


def _said(body: Any) -> tuple[str, str]:
    """Text and field of a refusal: ``message``, problem details with ``errors``, or nothing that can be read [assumed]."""
    fields = {str(name).lower(): value for name, value in body.items()} if isinstance(body, dict) else {}
    errors = fields.get("errors")
    if isinstance(errors, dict) and errors:
        field, texts = next(iter(errors.items()))
        text = texts[0] if isinstance(texts, list) and texts else texts
        return redact(f"{field}: {text}"), str(field)
    said = fields.get("message") or fields.get("title")
    return redact(str(said)) if said else "it gave no reason.", ""
