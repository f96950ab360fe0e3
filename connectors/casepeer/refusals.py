"""Turns what CASEpeer refuses into errors that say what to do about it. All bodies are [assumed]."""

from http import HTTPStatus
from typing import Any

from connectors.casepeer.hosts import SYSTEM
from connectors.casepeer.keys import not_let_in
from connectors.errors import ConnectorError, FixData, NotFound, NotPermitted, Problem, Stale
from connectors.http import Answer, redact

_TOGETHER = "non_field_errors"
"""Stands for the record as a whole [seen]."""
_OLD_VERSION = "stale_version"


def explain(answer: Answer) -> ConnectorError:
    """The error for a refused call: the status decides."""
    where: dict[str, Any] = {"system": SYSTEM, "request_id": answer.request_id}
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return not_let_in("it calls it invalid", answer.request_id)
        case HTTPStatus.FORBIDDEN:  # of one view only, too [seen]
            right = "read" if answer.method == "GET" else "write to"
            message = (
                f"CASEpeer does not permit this to the firm's key: let the firm's CASEpeer administrator give it the right "
                f"to {right} '{answer.route.strip('/')}'."
            )
            return NotPermitted(message, **where)
        case HTTPStatus.NOT_FOUND:
            message = "CASEpeer has no such record, or the firm's key may not see it."
            return NotFound(message, status=answer.status, **where)
    problems = _problems(answer)
    if problems[0].code == _OLD_VERSION:
        message = "The record changed in CASEpeer since it was read."
        return Stale(message, problems=problems, status=answer.status, **where)
    said = " ".join(f"{problem.field}: {problem.message}".removeprefix(": ") for problem in problems)
    return FixData(f"CASEpeer refused: {said}", problems=problems, status=answer.status, **where)


def _problems(answer: Answer) -> tuple[Problem, ...]:
    """All that is wrong: ``{"detail", "code"}``, or texts by field [seen]."""
    body = answer.body if isinstance(answer.body, dict) else {}
    code = str(body.get("code") or answer.status)
    if "detail" in body:
        return (Problem(code, redact(str(body["detail"]))),)
    found = tuple(
        Problem(code, redact(str(text)), "" if field == _TOGETHER else str(field))
        for field, texts in body.items()
        for text in (texts if isinstance(texts, list) else [texts])
    )
    return found or (Problem(code, "it gave no reason."),)
