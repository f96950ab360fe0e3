"""What a push tells of each cost and posting: a row of text cells that a bookkeeper can read, and sums that add up."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.money import ZERO, shown, total, written
from domain.postings import ItemKind, Note
from domain.report import neutral_cell

COLUMNS = (
    "run_id",
    "started_at",
    "requested_by",
    "kind",
    "case_id",
    "client_name",
    "casepeer_id",
    "payee",
    "amount",
    "result",
    "reason_code",
    "reason",
    "how_to_fix",
    "number",
    "dated",
    "casefile_id",
    "soluno_id",
    "casepeer_link",
    "soluno_link",
)


class Outcome(StrEnum):
    """What came of one thing in this push."""

    POSTED = "posted"
    WOULD_POST = "would be posted"
    WOULD_WAIT = "would wait"
    WAITING = "waiting"
    FAILED = "failed"
    REFUSED = "refused"
    SKIPPED = "skipped"
    PAID = "paid"
    VOIDED = "voided"
    ATTENTION = "needs attention"
    COMPARED = "compared"


TROUBLED = frozenset({Outcome.WAITING, Outcome.WOULD_WAIT, Outcome.FAILED, Outcome.REFUSED, Outcome.ATTENTION})
"""What a bookkeeper has to look at, or a retry may help."""
_COUNTED = frozenset({Outcome.POSTED, Outcome.WOULD_POST})


@dataclass(frozen=True, slots=True)
class Line:
    """One row. ``amount`` is None where it cannot be read."""

    kind: ItemKind
    case_id: str
    source_id: str
    outcome: Outcome
    amount: Decimal | None
    payee: str = ""
    code: str = ""
    reason: str = ""
    fix: str = ""
    number: str = ""
    dated: date | None = None
    entry_id: str = ""
    casefile_id: str = ""


def line_of(told: Note) -> Line:
    """The row of something that is not posted, or not as it should be."""
    outcome = Outcome.SKIPPED if told.skipped else Outcome.ATTENTION
    return Line(
        told.kind, told.case_id, told.source_id, outcome, told.amount, told.payee, told.code, told.sentence, told.fix
    )


@dataclass(frozen=True, slots=True)
class PushFacts:
    """What all rows of one push have in common."""

    run_id: str
    started_at: str
    requested_by: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a person sees both sides; empty where there is nothing to see."""

    case: str = ""
    entry: str = ""


def row_of(line: Line, facts: PushFacts, links: Links, client_name: str) -> dict[str, str]:
    """Every column of :data:`COLUMNS` as text, safe to open in a spreadsheet. Amounts are plain numbers, also negative ones."""
    row = {
        "run_id": facts.run_id,
        "started_at": facts.started_at,
        "requested_by": facts.requested_by,
        "kind": line.kind.value,
        "case_id": line.case_id,
        "client_name": client_name,
        "casepeer_id": line.source_id,
        "payee": line.payee,
        "result": line.outcome.value,
        "reason_code": line.code,
        "reason": line.reason,
        "how_to_fix": line.fix,
        "number": line.number,
        "dated": line.dated.isoformat() if line.dated else "",
        "casefile_id": line.casefile_id,
        "soluno_id": line.entry_id,
        "casepeer_link": links.case,
        "soluno_link": links.entry,
    }
    safe = {column: neutral_cell(text) for column, text in row.items()}
    # A number that begins with a minus is no formula, and must stay a number to be added up.
    return {
        column: written(line.amount) if column == "amount" and line.amount is not None else safe.get(column, "")
        for column in COLUMNS
    }


@dataclass(frozen=True, slots=True)
class Sum:
    """How many entries, and what they come to. ``name`` is a kind or a case."""

    name: str
    count: int
    amount: Decimal


def sums_by_kind(lines: Iterable[Line]) -> list[Sum]:
    """What was posted (or would be), by kind."""
    return _sums((line.kind.value, line) for line in lines)


def sums_by_case(lines: Iterable[Line]) -> list[Sum]:
    """What was posted (or would be), by case."""
    return _sums((line.case_id, line) for line in lines)


def _sums(named: Iterable[tuple[str, Line]]) -> list[Sum]:
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for name, line in named:
        if line.outcome in _COUNTED and line.amount is not None:
            amounts[name].append(line.amount)
    return [Sum(name, len(found), total(found)) for name, found in sorted(amounts.items())]


def sentence(lines: Sequence[Line], firm_name: str) -> str:
    """The push in one sentence."""
    posted = [line for line in lines if line.outcome in _COUNTED]
    amount = total(line.amount or ZERO for line in posted)
    dry = any(line.outcome in (Outcome.WOULD_POST, Outcome.WOULD_WAIT) for line in lines)
    one, many = ("would be",) * 2 if dry else ("was", "were")
    counted = {outcome: sum(line.outcome is outcome for line in lines) for outcome in (Outcome.PAID, Outcome.VOIDED)}
    troubled = sum(line.outcome in TROUBLED for line in lines)
    entries = "entry" if len(posted) == 1 else "entries"
    parts = [f"{len(posted):,} {entries} of {firm_name} {_be(len(posted), one, many)} posted, {shown(amount)} in all"]
    parts += [
        f"{count:,} {'cost' if count == 1 else 'costs'} {_be(count, one, many)} {outcome.value}"
        for outcome, count in counted.items()
        if count
    ]
    if troubled:
        parts.append(f"{troubled:,} {_be(troubled, 'needs', 'need')} attention")
    return "; ".join(parts) + "."


def _be(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
