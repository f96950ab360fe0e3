"""Costs and settlement charges as CASEpeer sends them, and what they become in our own words. All shapes are [assumed]."""

from typing import Any

from pydantic import ValidationError

from connectors.casepeer.amounts import below_zero, trouble_with
from connectors.casepeer.hosts import SYSTEM
from connectors.casepeer.wire import Day
from connectors.errors import UnexpectedAnswer
from connectors.wiring import Identifier, Money, WireRecord
from domain.case import Unreadable
from domain.costs import Charge, Charges, Cost, CostKind, CostStatus, Payee


class CaseMention(WireRecord):
    """The case of a cost. ``_casename`` is not read: it is no key [seen]."""

    id: Identifier


class PayeeRecord(WireRecord):
    """The contact that a cost is paid to [help]."""

    contact_id: Identifier
    name: str
    contact_type: str | None


class AccountingRecord(WireRecord):
    """What CASEpeer knows of a cost in accounting."""

    entry_id: Identifier | None
    bank_account: Identifier | None


class CostRecord(WireRecord):
    """A cost. ``superseded`` is there only where one was split."""

    id: Identifier
    case: CaseMention
    kind: CostKind
    payee: PayeeRecord | None
    amount: Money
    memo: str | None
    invoice_number: str | None
    cost_code: str | None
    requested_on: Day
    status: CostStatus
    check_number: str | None
    paid_on: Day
    split_of: Identifier | None
    superseded: bool = False
    accounting: AccountingRecord
    version: int


class ChargeRecord(WireRecord):
    """One settlement charge."""

    amount: Money
    staged: bool
    pushed_to_disbursement: bool


class ChargesRecord(WireRecord):
    """The settlement charges of a case."""

    case_id: Identifier
    copp: ChargeRecord
    property_damage: ChargeRecord


def cost_from(record: Any) -> Cost | Unreadable:
    """A cost; or why it cannot be read, among others for an amount with a part of a cent, or below zero out of place."""
    try:
        wire = CostRecord.model_validate(record)
    except ValidationError as error:
        return trouble_with("cost", record, "id", error)
    if wire.amount < 0 and wire.kind is not CostKind.PROPERTY_DAMAGE:
        return Unreadable(wire.id, "amount", below_zero("cost", wire.amount))
    return Cost(
        id=wire.id,
        case_id=wire.case.id,
        kind=wire.kind,
        amount=wire.amount,
        status=wire.status,
        version=str(wire.version),
        payee=_payee(wire.payee) if wire.payee else None,
        memo=wire.memo or "",
        invoice_number=wire.invoice_number or "",
        cost_code=wire.cost_code or "",
        requested_on=wire.requested_on,
        check_number=wire.check_number or None,
        paid_on=wire.paid_on,
        split_of=wire.split_of,
        superseded=wire.superseded,
        entry_id=wire.accounting.entry_id,
        bank_account=wire.accounting.bank_account,
    )


def charges_from(record: Any) -> Charges:
    """The settlement charges of a case. Raises UnexpectedAnswer."""
    try:
        wire = ChargesRecord.model_validate(record)
    except ValidationError as error:
        trouble = trouble_with("charge", record, "case_id", error)
        raise UnexpectedAnswer(trouble.sentence, field=trouble.field, system=SYSTEM) from error
    if wire.copp.amount < 0:
        raise UnexpectedAnswer(below_zero("charge", wire.copp.amount), field="copp.amount", system=SYSTEM)
    return Charges(wire.case_id, _charge(wire.copp), _charge(wire.property_damage))


def _payee(wire: PayeeRecord) -> Payee:
    return Payee(wire.contact_id, wire.name, wire.contact_type or "")


def _charge(wire: ChargeRecord) -> Charge:
    return Charge(wire.amount, wire.staged, wire.pushed_to_disbursement)
