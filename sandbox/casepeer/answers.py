"""CASEpeer's answers: JSON the way Django REST framework says it, and the login page. Shapes are [assumed]: see 6.2 of its notes."""

from typing import Any

import orjson

from sandbox.answers import Answer, Refusal

HTML_TYPE = "text/html; charset=utf-8"
LOGIN_PAGE = (
    b'<!DOCTYPE html><html><head><title>CASEpeer | Log in</title></head><body><form method="post" action="/login/">'
    b'<input name="username"><input name="password" type="password"><input name="otp_token"></form></body></html>'
)


def json_answer(data: Any, status: int = 200) -> Answer:
    """An answer with ``data`` as JSON."""
    return Answer(status, orjson.dumps(data))


def login_page() -> Answer:
    """200 and HTML where JSON is expected: not authenticated [seen]."""
    return Answer(200, LOGIN_PAGE, content_type=HTML_TYPE)


def invalid(name: str, message: str) -> Refusal:
    """400: ``{"amount": ["A valid number is required."]}`` [assumed]."""
    return Refusal(json_answer({name: [message]}, 400))


def invalid_together(message: str) -> Refusal:
    """400: ``{"non_field_errors": ["..."]}`` [seen]."""
    return invalid("non_field_errors", message)


def unauthorized() -> Refusal:
    """401: an unknown or disabled key [assumed]."""
    answer = json_answer({"detail": "Invalid token."}, 401)
    answer.headers["WWW-Authenticate"] = "Token"
    return Refusal(answer)


def forbidden() -> Refusal:
    """403: not for this key [seen that there is such a thing, body assumed]."""
    return _said(403, "You do not have permission to perform this action.")


def not_found() -> Refusal:
    """404 [assumed]."""
    return _said(404, "Not found.")


def no_such_page() -> Refusal:
    """404: a page past the end [assumed]."""
    return _said(404, "Invalid page.")


def not_allowed(method: str) -> Refusal:
    """405, as Django REST framework says it [assumed]."""
    return _said(405, f'Method "{method}" not allowed.')


def conflict(code: str, detail: str) -> Refusal:
    """409: ``already_connected``, ``stale_version`` or ``invalid_transition`` [assumed]."""
    return Refusal(json_answer({"detail": detail, "code": code}, 409))


def too_large() -> Refusal:
    """413: a document over the limit [assumed]."""
    return _said(413, "The document is too large.")


def unsupported(content_type: str) -> Refusal:
    """415: a bad content type [assumed]."""
    return _said(415, f'Unsupported media type "{content_type}" in request.')


def throttled(seconds: int) -> Refusal:
    """429 with ``Retry-After`` [assumed]."""
    refusal = _said(429, f"Request was throttled. Expected available in {seconds} seconds.")
    refusal.answer.headers["Retry-After"] = str(seconds)
    return refusal


def _said(status: int, detail: str) -> Refusal:
    return Refusal(json_answer({"detail": detail}, status))
