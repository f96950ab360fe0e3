"""Turns what Clio refuses into errors that say what to do about it."""

from http import HTTPStatus

from connectors.clio.regions import SYSTEM
from connectors.errors import (
    ConnectorError,
    FixData,
    LogInAgain,
    Misconfigured,
    NotFound,
    NotPermitted,
    Problem,
    Stale,
    UnexpectedAnswer,
)
from connectors.http import Answer, redact

_PERMISSIONS = {
    "matters": "Matters",
    "contacts": "Contacts",
    "users": "Users",
    "practice_areas": "Matters",
    "matter_stages": "Matters",
    "communications": "Communications",
    "documents": "Documents",
    "webhooks": "Webhooks",
}
"""The group to tick on the app, by route [sdk][seen]. Matters covers practice areas [doc]."""


def explain(answer: Answer, *, region: str) -> ConnectorError:
    """The error for a refused call: the status decides, as only few of Clio's type names are known [sdk][assumed]."""
    kind, said = _said(answer)
    refusal = _standing(answer, region, said)
    if refusal is not None:
        return refusal
    problems = (Problem(kind or "unknown", said),)
    if answer.status == HTTPStatus.NOT_FOUND:
        message = "Clio has no such record, or the connected user may not see it."
        return NotFound(message, problems=problems, status=answer.status, system=SYSTEM, request_id=answer.request_id)
    if answer.status == HTTPStatus.PRECONDITION_FAILED:
        return Stale(
            "The record changed in Clio since it was read.",
            status=answer.status,
            system=SYSTEM,
            request_id=answer.request_id,
        )
    return FixData(
        f"Clio refused: {said}", problems=problems, status=answer.status, system=SYSTEM, request_id=answer.request_id
    )


def _standing(answer: Answer, region: str, said: str) -> ConnectorError | None:
    """The error when the connection or our request is at fault, whatever the record; None when the record is."""
    request_id = answer.request_id
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            message = (
                f"Clio no longer accepts the firm's login. Connect Clio again; if that does not help, check the region "
                f"setting: it is '{region}', and a login of another region is refused."
            )
            return LogInAgain(message, system=SYSTEM, request_id=request_id)
        case HTTPStatus.FORBIDDEN:
            return NotPermitted(_missing_permission(answer.route, said), system=SYSTEM, request_id=request_id)
        case HTTPStatus.GONE:
            message = "Clio has retired the API version that casebridge asks for: casebridge must be updated."
            return Misconfigured(message, system=SYSTEM, request_id=request_id)
        case HTTPStatus.BAD_REQUEST:
            return UnexpectedAnswer(
                f"Clio does not understand our request: {said}", system=SYSTEM, request_id=request_id
            )
    return None


def _said(answer: Answer) -> tuple[str, str]:
    """Type and text of the error: ``error`` may be an object or a text, and the body anything at all [seen]."""
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    if isinstance(error, dict):
        return str(error.get("type") or ""), redact(str(error.get("message") or error.get("type") or ""))
    if isinstance(error, str) and isinstance(answer.body, dict):
        return error, redact(str(answer.body.get("error_description") or error))
    return "", f"it answered {answer.status}."


def _missing_permission(route: str, said: str) -> str:
    group = _PERMISSIONS.get(route.strip("/").partition("/")[0].partition(".")[0])
    if group is None:
        return f"Clio does not permit this: {said}"
    return (
        f"Clio does not let us read {group.lower()}: tick the '{group}' permission of the app in Clio's developer portal, "
        f"then connect the firm again; or the connected user's own role forbids it ({said.rstrip('.')})."
    )
