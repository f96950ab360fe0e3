"""What came of one attempted case: its result, and why, in words a paralegal can act on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Result(StrEnum):
    """Closed set of results. *Rejected*: the data is refused, the firm must act. *Failed*: technical, retry helps."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CLOSED = "closed"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def troubled(self) -> bool:
        """True for the results that a retry attempts again."""
        return self in (Result.REJECTED, Result.FAILED)


@dataclass(frozen=True, slots=True)
class Defect:
    """One reason a case was refused: stable code, plain sentence, field, offending value (masked), where to fix it."""

    code: str
    sentence: str
    field: str = ""
    value: str = ""
    how_to_fix: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs: ``stage: Intake → Treatment``. Values are already masked and readable."""

    field: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.field}: {self.before or '(empty)'} → {self.after or '(empty)'}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempted case within one sync run: one row of the report."""

    integration_id: str
    result: Result
    attempted_at: datetime
    readable_id: str = ""
    client_name: str = ""
    portal_id: int | None = None
    defects: tuple[Defect, ...] = ()
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    notifies_client: bool = False
    """True when the write reached, or in a dry run would reach, the client (stage change or closing of an active case)."""
