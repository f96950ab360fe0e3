"""Records as the API shows them; amounts stay Decimals until the answer is written. Shapes are [assumed]: see 7.4 and 7.5."""

from datetime import date
from typing import Any

from sandbox.soluno.books import Books
from sandbox.soluno.entries import CostEntry, FeeEntry, Invoice, Transfer, TrustCheque, TrustReceipt
from sandbox.soluno.ledger import Effect, Row, total_of, trust_of
from sandbox.soluno.records import (
    ActivityCode,
    Area,
    BankAccount,
    Casefile,
    Contact,
    GlAccount,
    PostingReference,
    User,
)
from sandbox.soluno.stamps import instant

Rendered = dict[str, Any]


def user_json(user: User) -> Rendered:
    """A user."""
    return {
        "UserId": user.id,
        "Initials": user.initials,
        "FirstName": user.first_name,
        "LastName": user.last_name,
        "Email": user.email,
        "Active": user.active,
        "RecordsTime": user.records_time,
        "Partner": user.partner,
        "GlAccountExtension": user.extension,
    }


def area_json(area: Area) -> Rendered:
    """An area of practice."""
    return {
        "AreaOfPracticeId": area.id,
        "Name": area.name,
        "Description": area.description,
        "Active": area.active,
    }


def activity_code_json(code: ActivityCode) -> Rendered:
    """An activity code; its account may be missing."""
    return {
        "ActivityCodeId": code.id,
        "Name": code.name,
        "Description": code.description,
        "GlAccount": None if code.gl_account is None else _gl_account(code.gl_account),
        "Active": code.active,
    }


def posting_reference_json(reference: PostingReference) -> Rendered:
    """A cost posting reference."""
    return {
        "PostingReferenceId": reference.id,
        "Code": reference.code,
        "Description": reference.description,
        "GlAccount": _gl_account(reference.gl_account),
        "Active": reference.active,
    }


def bank_account_json(account: BankAccount) -> Rendered:
    """A bank account."""
    return {
        "BankAccountId": account.id,
        "Name": account.name,
        "Type": account.type,
        "GlAccount": _gl_account(account.gl_account),
        "Active": account.active,
    }


def features_json(books: Books) -> list[Rendered]:
    """The features of the Settings tab."""
    return [
        {"Key": "ReleaseInvoiceStage", "Enabled": books.release_stage},
        {"Key": "EntriesNotAllowedBefore", "Value": _day(books.entries_not_allowed_before)},
    ]


def contact_json(contact: Contact) -> Rendered:
    """A contact."""
    return {
        "ContactId": contact.id,
        "ContactNumber": contact.number,
        "Kind": contact.kind,
        "FirstName": contact.first_name,
        "LastName": contact.last_name,
        "DisplayName": contact.display_name,
        "Email": contact.email,
        "ExternalReference": contact.reference,
        "ModifiedOn": instant(contact.moment),
        "Version": contact.version,
    }


def casefile_json(books: Books, casefile: Casefile) -> Rendered:
    """A casefile; staff is given by e-mail, one list a role [doc]."""
    client, area = books.contacts.there(casefile.client_id), books.areas[casefile.area_id]
    shown = {"ContactId": client.id, "ContactNumber": client.number, "DisplayName": client.display_name}
    return {
        "CasefileId": casefile.id,
        "CasefileNumber": casefile.number,
        "Description": casefile.description,
        "Status": "Closed" if casefile.closed else "Open",
        "Hold": casefile.hold,
        "OpenDate": _day(casefile.open_date),
        "AreaOfPractice": {"AreaOfPracticeId": area.id, "Name": area.name},
        "DefaultTask": casefile.default_task,
        "Client": shown,
        # Nobody refers cases here: the integration sends none.
        "ReferralUser": None,
        "StaffResponsible": _emails(books, [casefile.responsible_id]),
        "StaffLead": _emails(books, casefile.lead_ids),
        "StaffAssigned": _emails(books, casefile.assigned_ids),
        "ExternalReference": casefile.reference,
        "ModifiedOn": instant(casefile.moment),
        "Version": casefile.version,
    }


def cost_json(cost: CostEntry) -> Rendered:
    """A cost entry."""
    return {
        "CostEntryId": cost.id,
        "CasefileId": cost.casefile_id,
        "VendorContactId": cost.payee_id,
        "Date": _day(cost.day),
        "Amount": cost.amount,
        "PostingReferenceId": cost.posting_reference_id,
        "BankAccountId": cost.bank_account_id,
        "Explanation": cost.explanation,
        "InvoiceNumber": cost.invoice_number,
        "PrintAction": cost.print_action,
        "Status": cost.status,
        "ChequeNumber": cost.cheque_number,
        "PrintedOn": instant(cost.printed),
        "VoidedOn": instant(cost.voided),
        "InvoiceId": cost.invoice_id,
        "ExternalReference": cost.reference,
        "ModifiedOn": instant(cost.moment),
    }


def fee_json(books: Books, fee: FeeEntry) -> Rendered:
    """A fee entry; it is billed once its invoice is released."""
    invoice = None if fee.invoice_id is None else books.invoices.there(fee.invoice_id)
    return {
        "FeeEntryId": fee.id,
        "CasefileId": fee.casefile_id,
        "UserId": fee.user_id,
        "ActivityCodeId": fee.activity_code_id,
        "Date": _day(fee.day),
        "Hours": fee.hours,
        "Amount": fee.amount,
        "Explanation": fee.explanation,
        "Billed": invoice is not None and invoice.released is not None,
        "ExternalReference": fee.reference,
        "ModifiedOn": instant(fee.moment),
    }


def receipt_json(receipt: TrustReceipt) -> Rendered:
    """A trust receipt."""
    return {
        "TrustReceiptId": receipt.id,
        "CasefileId": receipt.casefile_id,
        "BankAccountId": receipt.bank_account_id,
        "Date": _day(receipt.day),
        "Amount": receipt.amount,
        "ReceivedFrom": receipt.received_from,
        "ReferenceNumber": receipt.reference_number,
        "Explanation": receipt.explanation,
        "Status": receipt.status,
        "ExternalReference": receipt.reference,
        "ModifiedOn": instant(receipt.moment),
    }


def cheque_json(cheque: TrustCheque) -> Rendered:
    """A trust cheque: a receipt mirrored, with what a cheque has."""
    return {
        "TrustChequeId": cheque.id,
        "CasefileId": cheque.casefile_id,
        "BankAccountId": cheque.bank_account_id,
        "PayeeContactId": cheque.payee_id,
        "Date": _day(cheque.day),
        "Amount": cheque.amount,
        "Explanation": cheque.explanation,
        "PrintAction": cheque.print_action,
        "Status": cheque.status,
        "ChequeNumber": cheque.cheque_number,
        "PrintedOn": instant(cheque.printed),
        "VoidedOn": instant(cheque.voided),
        "ExternalReference": cheque.reference,
        "ModifiedOn": instant(cheque.moment),
    }


def transfer_json(transfer: Transfer) -> Rendered:
    """A transfer from trust to operating."""
    return {
        "TransferId": transfer.id,
        "CasefileId": transfer.casefile_id,
        "FromBankAccountId": transfer.from_account_id,
        "ToBankAccountId": transfer.to_account_id,
        "Date": _day(transfer.day),
        "Amount": transfer.amount,
        "InvoiceIds": transfer.invoice_ids,
        "Explanation": transfer.explanation,
        "Status": transfer.status,
        "ExternalReference": transfer.reference,
        "ModifiedOn": instant(transfer.moment),
    }


def invoice_json(books: Books, invoice: Invoice) -> Rendered:
    """An invoice with its lines."""
    costs, fees = map(books.costs.there, invoice.costs), map(books.fees.there, invoice.fees)
    lines = [("Cost", cost.id, cost.amount) for cost in costs] + [("Fee", fee.id, fee.amount) for fee in fees]
    return {
        "InvoiceId": invoice.id,
        "InvoiceNumber": invoice.number,
        "CasefileId": invoice.casefile_id,
        "Stage": invoice.stage,
        "Total": total_of(books, invoice),
        "TrustApplied": trust_of(books, invoice),
        "Lines": [{"Kind": kind, "Id": entry_id, "Amount": amount} for kind, entry_id, amount in lines],
        "ReleasedOn": instant(invoice.released),
        "ExternalReference": invoice.reference,
        "ModifiedOn": instant(invoice.moment),
    }


def balances_json(balances: Effect) -> Rendered:
    """The four balances of a casefile, or what one line moves."""
    return {
        "Trust": balances.trust,
        "UnbilledCosts": balances.unbilled_costs,
        "UnbilledFees": balances.unbilled_fees,
        "Receivable": balances.receivable,
    }


def row_json(row: Row) -> Rendered:
    """A line of the ledger."""
    shown = {
        "Date": _day(row.day),
        "Kind": row.kind,
        "Id": row.entry_id,
        "Explanation": row.text,
        "Reversal": row.reversal,
    }
    return shown | balances_json(row.effect)


def _gl_account(account: GlAccount) -> Rendered:
    return {"GlAccountId": account.id, "Number": account.number, "Name": account.name}


def _emails(books: Books, user_ids: list[int]) -> list[str]:
    return [books.users[user_id].email for user_id in user_ids]


def _day(day: date) -> str:
    return day.isoformat()
