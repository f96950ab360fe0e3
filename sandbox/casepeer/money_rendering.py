"""Money as the API answers it: the shapes of 6.4 of the vendor's notes [assumed], two rows of 3.1 [seen]."""

from typing import Any

from sandbox.casepeer.firm import FirmRecords
from sandbox.casepeer.money import DEPOSIT, REIMBURSEMENT, Charge, Charges, Cost, TrustLedger, TrustLine, cents, written
from sandbox.casepeer.records import Case
from sandbox.casepeer.rendering import case_name

_CHECK_TYPES = {DEPOSIT: "Settlement check", REIMBURSEMENT: "Reimbursement check"}


def cost_json(firm: FirmRecords, cost: Cost) -> dict[str, Any]:
    """A cost; ``superseded`` is there only where it was split."""
    stamps, told = firm.stamps, cost.accounting
    shown = {
        "id": cost.id,
        "case": {"id": cost.case_id, "_casename": case_name(firm, firm.case_there(cost.case_id))},
        "kind": cost.kind,
        "payee": {
            "contact_id": cost.payee.contact_id,
            "name": cost.payee.name,
            "contact_type": cost.payee.contact_type,
        },
        "amount": written(cost.amount),
        "memo": cost.memo,
        "invoice_number": cost.invoice_number,
        "cost_code": cost.cost_code,
        "priority": cost.priority,
        "requested_by": cost.requested_by,
        "requested_on": stamps.day(cost.requested_on),
        "status": cost.status,
        "payment_method": cost.payment_method,
        "check_number": cost.check_number,
        "paid_on": stamps.day(cost.paid_on),
        "split_of": cost.split_of,
        "accounting": {
            "system": told.system,
            "sent_at": stamps.instant(told.sent_at),
            "entry_id": told.entry_id,
            "bank_account": told.bank_account,
            "last_error": told.last_error,
        },
        "version": cost.version,
        "updated_at": stamps.instant(cost.updated),
    }
    return shown | {"superseded": True} if cost.superseded else shown


def charges_json(case_id: int, charges: Charges) -> dict[str, Any]:
    """Both charges of a case."""
    return {"case_id": case_id, "copp": _charge(charges.copp), "property_damage": _charge(charges.property_damage)}


def ledger_json(firm: FirmRecords, ledger: TrustLedger) -> dict[str, Any]:
    """A trust ledger ``as_of`` its last change; what it sums up to is to the cent, whatever its lines are."""
    return {
        "case_id": ledger.case_id,
        "balance": written(cents(ledger.balance)),
        "available": written(cents(ledger.available)),
        "as_of": firm.stamps.instant(ledger.updated),
        "entries": [line_json(firm, line) for line in ledger.lines],
    }


def line_json(firm: FirmRecords, line: TrustLine) -> dict[str, Any]:
    """A line of a trust ledger."""
    return {
        "id": line.id,
        "kind": line.kind,
        "amount": written(line.amount),
        "check_number": line.check_number,
        "check_date": firm.stamps.day(line.check_date),
        "payee": line.payee,
        "status": line.status,
        "do_not_distribute": line.do_not_distribute,
        "memo": line.memo,
    }


def deposit_json(firm: FirmRecords, case: Case, line: TrustLine) -> dict[str, Any]:
    """A row of ``case/check-deposits/`` [seen]: a check that came into trust."""
    return {
        "id": line.id,
        "case_id": case.id,
        "casename": case_name(firm, case),
        "case_manager": _name_of(firm, case, "case_manager"),
        "payee": line.payee,
        "check_type": _CHECK_TYPES[line.kind],
        "check_date": firm.stamps.day(line.check_date),
        "amount": written(line.amount),
    }


def fee_json(firm: FirmRecords, case: Case, line: TrustLine) -> dict[str, Any]:
    """A row of ``case/fees-in/`` [seen]: a fee that the firm took out of trust, as a positive amount."""
    return {
        "id": line.id,
        "case_id": case.id,
        "casename": case_name(firm, case),
        "casestatus": firm.statuses.name(case.status),
        "case_manager": _name_of(firm, case, "case_manager"),
        "lien_negotiator": _name_of(firm, case, "lien_negotiator"),
        "check_date": firm.stamps.day(line.check_date),
        "fee_total": written(-line.amount),
    }


def _charge(charge: Charge) -> dict[str, Any]:
    return {
        "amount": written(charge.amount),
        "staged": charge.staged,
        "pushed_to_disbursement": charge.pushed_to_disbursement,
    }


def _name_of(firm: FirmRecords, case: Case, role: str) -> str:
    """Roles are display strings, of whoever has them now [seen]."""
    user_id = case.team.get(role)
    return firm.people[user_id].name if user_id else ""
