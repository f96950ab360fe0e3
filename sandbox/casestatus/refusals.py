"""Refusals: every answer that is not a success, in the portal's one error shape."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One entry of ``errors``: a stable code, a sentence, the offending field and the facts around it."""

    code: str
    message: str
    field: str | None = None
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The entry as it goes over the wire."""
        return {"code": self.code, "message": self.message, "field": self.field, "details": dict(self.details)}


class Refusal(Exception):
    """Ends the handling of a request with ``status``; a 422 carries all defects of the body."""

    def __init__(self, status: int, *entries: Entry, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join(entry.message for entry in entries))
        self.status = status
        self.entries = entries
        self.headers = dict(headers or {})

    @property
    def codes(self) -> list[str]:
        """The codes in order, for assertions."""
        return [entry.code for entry in self.entries]


def refuse(
    status: int,
    code: str,
    message: str,
    *,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
    **details: Any,
) -> Refusal:
    """A refusal with a single entry."""
    return Refusal(status, Entry(code, message, field, details), headers=headers)


def invalid_parameter(parameter: str, expected: str) -> Refusal:
    """400 for a query parameter or body field of the wrong type or form."""
    return refuse(400, "invalid_parameter", f"{parameter} must be {expected}.", field=parameter, parameter=parameter)


def unknown_parameter(parameter: str) -> Refusal:
    """400 for a query parameter this route does not have."""
    return refuse(400, "invalid_parameter", f"There is no parameter {parameter} here.", parameter=parameter)


def invalid_cursor(why: str) -> Refusal:
    """400 for a cursor that is not ours, too old, or made for other filters."""
    return refuse(400, "invalid_cursor", f"The cursor cannot be used: {why}.", parameter="cursor")


def not_found(resource: str, identity: str | int) -> Refusal:
    """404, also for what belongs to another firm."""
    return refuse(404, "not_found", f"There is no {resource} {identity}.", resource=resource, id=identity)
