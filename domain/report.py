"""The report of a run: one row per attempted case, in the columns of casestatus.md 6.10 [assumed]."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.outcome import Outcome

COLUMNS = (
    "run_id",
    "started_at",
    "trigger",
    "requested_by",
    "source",
    "integration_id",
    "readable_id",
    "client_name",
    "attempted_at",
    "result",
    "reason_code",
    "reason",
    "field",
    "value",
    "how_to_fix",
    "changes",
    "warnings",
    "case_status_id",
    "case_link",
    "attempts",
)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What all rows of one run have in common. ``trigger`` is one of casestatus.md 6.10's words."""

    run_id: str
    started_at: datetime
    trigger: str
    source: str
    requested_by: str = ""


def report_row(outcome: Outcome, run: RunFacts, *, case_link: str = "", attempts: int = 1) -> dict[str, str]:
    """The row of one case: every column of :data:`COLUMNS` as text, safe to open in a spreadsheet.

    Of several defects, codes, sentences, fields, values and fixes are each joined by ``;`` in the same order.
    """
    defects = outcome.defects
    row = {
        "run_id": run.run_id,
        "started_at": _instant(run.started_at),
        "trigger": run.trigger,
        "requested_by": run.requested_by,
        "source": run.source,
        "integration_id": outcome.integration_id,
        "readable_id": outcome.readable_id,
        "client_name": outcome.client_name,
        "attempted_at": _instant(outcome.attempted_at),
        "result": outcome.result.value,
        "reason_code": ";".join(defect.code for defect in defects),
        "reason": _joined(defect.sentence for defect in defects),
        "field": _joined(defect.field for defect in defects),
        "value": _joined(defect.value for defect in defects),
        "how_to_fix": _joined(defect.how_to_fix for defect in defects),
        "changes": _joined(map(str, outcome.changes)),
        "warnings": _joined(outcome.warnings),
        "case_status_id": "" if outcome.portal_id is None else str(outcome.portal_id),
        "case_link": case_link,
        "attempts": str(attempts),
    }
    return {column: neutral_cell(text) for column, text in row.items()}


def neutral_cell(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def restore_cell(cell: str) -> str:
    """What :func:`neutral_cell` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def nights(count: int) -> str:
    """For how many nights a case has failed alike: ``9th night``; the first one is ``new``."""
    if count <= 1:
        return "new"
    suffix = "th" if 10 <= count % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")  # noqa: PLR2004
    return f"{count}{suffix} night"


_FORMULA = re.compile(r"'*\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r]")
"""Formula signs, also after white space and in full width; leading apostrophes count so that nothing is lost on the way back."""


def _joined(texts: Iterable[str]) -> str:
    parts = list(texts)
    return "; ".join(parts) if any(parts) else ""


def _instant(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
