"""Everything that can go wrong with an outside system, named by what the caller can do about it.

    ConnectorError
    ├── Wait                      try again later; the HTTP layer has already retried
    │   ├── RateLimited           the vendor's budget is spent (``retry_after`` seconds, when it said)
    │   ├── Unavailable           time-out, cut connection, 5xx, HTML or broken JSON where JSON belongs
    │   └── AnswerLost            as Unavailable, but a write may have taken effect: look before repeating
    ├── LogInAgain                the credentials are refused: a person must connect the firm again
    │   └── AnswerQuestion        they are good, but a person of the firm must answer the vendor's question first
    ├── FixData                   the vendor refuses the data; ``problems`` says all of why
    │   ├── NotFound              the record is not there, or not visible to the connected user
    │   ├── Stale                 the record changed since it was read (If-Match)
    │   └── CursorExpired         the place in a list is no longer known: read the list from its start
    └── GiveUp                    repeating cannot help and the data is not at fault
        ├── NotPermitted          the app, the key or the user lacks a permission
        ├── UnexpectedAnswer      the vendor's record or answer has a shape nobody knows
        ├── Misconfigured         our own settings are wrong (host, region, version)
        └── WrongReference        what a person typed names no case of this connection (also a ValueError)

Messages are one plain sentence, safe to show anywhere: no secret, no full phone number.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal as the vendor states it. ``details`` holds the vendor's extra facts, unmasked: never log it."""

    code: str
    message: str
    field: str = ""
    details: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)


class ConnectorError(Exception):
    """Base of all. ``system`` is the vendor's plain name, ``request_id`` the vendor's own mark of the call."""

    def __init__(self, message: str, *, system: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.system = system
        self.request_id = request_id


class Wait(ConnectorError):
    """Trying later may help. ``retry_after`` is in seconds, None when the vendor gave no hint."""

    def __init__(
        self, message: str, *, system: str = "", request_id: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, system=system, request_id=request_id)
        self.retry_after = retry_after


class RateLimited(Wait):
    """The vendor's request budget is spent."""


class Unavailable(Wait):
    """The vendor did not answer, or not with anything that can be an answer."""


class AnswerLost(Wait):
    """A write was sent and its answer never came: it may have taken effect."""


class LogInAgain(ConnectorError):
    """The vendor refuses our credentials."""


class AnswerQuestion(LogInAgain):
    """The vendor lets us in again only after somebody of the firm has answered its security question."""


class FixData(ConnectorError):
    """The vendor refuses the data itself."""

    def __init__(
        self,
        message: str,
        *,
        problems: tuple[Problem, ...] = (),
        status: int | None = None,
        system: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message, system=system, request_id=request_id)
        self.problems = problems
        self.status = status


class NotFound(FixData):
    """No such record, or none that the connected user may see."""


class Stale(FixData):
    """The record changed since we read it."""


class CursorExpired(FixData):
    """The vendor no longer knows our place in a list; start the list again."""


class GiveUp(ConnectorError):
    """Repeating the call cannot help."""


class NotPermitted(GiveUp):
    """A permission is missing on the app, the key or the user."""


class UnexpectedAnswer(GiveUp):
    """The answer has a shape nobody knows; ``field`` says where."""

    def __init__(self, message: str, *, field: str = "", system: str = "", request_id: str = "") -> None:
        super().__init__(message, system=system, request_id=request_id)
        self.field = field


class Misconfigured(GiveUp):
    """Our settings for this system are wrong."""


class WrongReference(GiveUp, ValueError):
    """The id or address a person typed names no case of this connection."""
