"""Soluno's refusals: a status and the one body they all have. Shapes are [assumed]: see 7.3 of its notes."""

from collections.abc import Mapping
from typing import Any


class Refused(ValueError):
    """Ends a request. ``details`` are facts as text by name; ``beside`` stands at the top of the body."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        details: Mapping[str, object] | None = None,
        wait: int | None = None,
        **beside: Any,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.details = details or {}
        self.wait = wait
        self.beside = beside

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The refusal as it goes over the wire."""
        return {
            "ErrorCode": self.code,
            "Message": self.message,
            "Field": self.field,
            "Details": [{"Name": name, "Value": str(value)} for name, value in self.details.items()],
            "CorrelationId": correlation_id,
        } | self.beside


def malformed(field: str | None, message: str) -> Refused:
    """400: the request makes no sense; the code is ours, the contract names none."""
    return Refused(400, "Malformed", message, field=field)


def not_found(what: str, field: str | None = None) -> Refused:
    """404, also for an id in a body."""
    return Refused(404, "NotFound", f"There is no such {what}.", field=field)


def not_permitted(message: str) -> Refused:
    """403: the user may not do this."""
    return Refused(403, "NotPermitted", message)


def conflict(
    code: str, message: str, field: str | None = None, *, details: Mapping[str, object] | None = None
) -> Refused:
    """409."""
    return Refused(409, code, message, field=field, details=details)


def rule(
    code: str, message: str, field: str | None = None, *, details: Mapping[str, object] | None = None, **beside: Any
) -> Refused:
    """422: a rule of the books."""
    return Refused(422, code, message, field=field, details=details, **beside)
