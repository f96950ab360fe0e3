"""Trust ledgers as CASEpeer sends them, and what they become in our own words. All shapes are [assumed]."""

from typing import Any, Literal

from pydantic import ValidationError

from connectors.casepeer.amounts import trouble_with
from connectors.casepeer.wire import Day
from connectors.wiring import Identifier, Money, WireRecord
from domain.case import Unreadable
from domain.costs import TrustKind, TrustLedger, TrustLine

_POSTED = "posted"


class LineRecord(WireRecord):
    """A line of a ledger: money in is positive."""

    id: Identifier
    kind: TrustKind
    amount: Money
    check_number: str | None
    check_date: Day
    payee: str | None
    status: Literal["posted", "staged"]
    do_not_distribute: bool
    memo: str | None


class LedgerRecord(WireRecord):
    """What is in trust for the client of a case. ``as_of`` is not read: nobody says whether it is when it last changed."""

    case_id: Identifier
    balance: Money
    available: Money
    entries: list[Any]


def ledger_from(record: Any) -> TrustLedger | Unreadable:
    """A trust ledger, lines that cannot be read apart; or why all of it cannot be read."""
    try:
        wire = LedgerRecord.model_validate(record)
    except ValidationError as error:
        return trouble_with("trust ledger", record, "case_id", error)
    read = [_line(row) for row in wire.entries]
    return TrustLedger(
        wire.case_id,
        wire.balance,
        wire.available,
        tuple(one for one in read if isinstance(one, TrustLine)),
        tuple(one for one in read if isinstance(one, Unreadable)),
    )


def _line(row: Any) -> TrustLine | Unreadable:
    try:
        wire = LineRecord.model_validate(row)
    except ValidationError as error:
        return trouble_with("trust line", row, "id", error)
    return TrustLine(
        id=wire.id,
        kind=wire.kind,
        amount=wire.amount,
        posted=wire.status == _POSTED,
        check_number=wire.check_number or None,
        check_date=wire.check_date,
        payee=wire.payee or "",
        do_not_distribute=wire.do_not_distribute,
        memo=wire.memo or "",
    )
