"""Turns what Case Status refuses into errors that say what to do about it."""

from http import HTTPStatus
from typing import Any

from connectors.casestatus.wire import SYSTEM
from connectors.errors import (
    ConnectorError,
    CursorExpired,
    FixData,
    LogInAgain,
    NotFound,
    NotPermitted,
    Problem,
    Stale,
    Unavailable,
)
from connectors.http import Answer, redact
from connectors.http.hints import retry_after

_PASSING = frozenset({"idempotency_in_progress", "file_not_ready"})
"""409s that go away by themselves; both come with ``Retry-After`` [assumed: 6.2]."""


def explain(answer: Answer) -> ConnectorError:
    """The error for a refused call; all entries of the answer are kept in ``problems`` [assumed: 6.2]."""
    problems = problems_from(answer.body.get("errors") if isinstance(answer.body, dict) else None)
    codes = {problem.code for problem in problems}
    said = redact(" ".join(problem.message for problem in problems)) or f"It answered {answer.status}."
    request_id = answer.request_id
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            message = f"{SYSTEM} refuses the API key. Enter the one that Case Status staff issued to this firm."
            return LogInAgain(message, system=SYSTEM, request_id=request_id)
        case HTTPStatus.FORBIDDEN:
            return NotPermitted(_missing_permission(problems, said), system=SYSTEM, request_id=request_id)
        case HTTPStatus.CONFLICT if codes & _PASSING:
            hint = retry_after(answer.headers, 0.0)
            return Unavailable(f"{SYSTEM}: {said}", system=SYSTEM, request_id=request_id, retry_after=hint)
    kind: type[FixData] = FixData
    if answer.status == HTTPStatus.NOT_FOUND:
        kind = NotFound
    elif answer.status == HTTPStatus.PRECONDITION_FAILED:
        kind = Stale
    elif "invalid_cursor" in codes:
        kind = CursorExpired
    message = f"{SYSTEM} refused: {said}"
    return kind(message, problems=problems, status=answer.status, system=SYSTEM, request_id=request_id)


def problems_from(entries: Any) -> tuple[Problem, ...]:
    """The entries of ``errors`` or ``warnings``, read leniently: a refusal must never fail for its own shape."""
    if not isinstance(entries, list):
        return ()
    return tuple(
        Problem(
            code=str(entry.get("code") or "unknown"),
            message=str(entry.get("message") or ""),
            field=str(entry.get("field") or ""),
            details=entry["details"] if isinstance(entry.get("details"), dict) else {},
        )
        for entry in entries
        if isinstance(entry, dict)
    )


def _missing_permission(problems: tuple[Problem, ...], said: str) -> str:
    for problem in problems:
        if problem.code == "api_access_disabled":
            return "The firm's Case Status plan has no API access: ask Case Status to switch it on."
        if problem.code == "scope_missing":
            scope = problem.details.get("scope", "")
            return f"The Case Status API key lacks the '{scope}' scope: ask Case Status for a key with it."
    return f"{SYSTEM} does not permit this: {said}"
