"""Handlers of trust money: taken in, paid out, and transferred to the firm [assumed]: 7.4, 7.5."""

from typing import Any

from sandbox.soluno import changes
from sandbox.soluno.call import Call
from sandbox.soluno.cheques import printing, require_number_free
from sandbox.soluno.entries import Transfer, TrustCheque, TrustReceipt
from sandbox.soluno.paging import entries
from sandbox.soluno.records import OPERATING, TRUST, Casefile
from sandbox.soluno.refusals import not_found
from sandbox.soluno.rendering import cheque_json, receipt_json, transfer_json
from sandbox.soluno.rules import (
    bank_account,
    contact_named,
    found,
    free_reference,
    require_open_period,
    require_trust,
    working_casefile,
)

_LONGEST_NAME, _LONGEST_NUMBER = 120, 64
Rendered = dict[str, Any]


def receipts(call: Call) -> Rendered:
    """GET TrustReceipts. Raises Refused (400)."""
    return entries(call, call.books.receipts, receipt_json)


def add_receipt(call: Call) -> Rendered:
    """POST TrustReceipts. Raises Refused."""
    fields, books = call.fields(), call.books
    day, amount, explanation = fields.day("Date"), fields.amount("Amount"), fields.text("Explanation")
    received_from = fields.text("ReceivedFrom", longest=_LONGEST_NAME)
    reference_number = fields.optional_text("ReferenceNumber", longest=_LONGEST_NUMBER)
    reference = free_reference(call, fields, books.receipts)
    casefile = working_casefile(books, fields)
    require_open_period(books, day)
    receipt = TrustReceipt(
        id=books.receipts.next_id(),
        casefile_id=casefile.id,
        bank_account_id=bank_account(books, fields, TRUST).id,
        day=day,
        amount=amount,
        received_from=received_from,
        reference_number=reference_number,
        explanation=explanation,
        reference=reference,
        moment=call.now,
    )
    return receipt_json(books.receipts.add(receipt))


def void_receipt(call: Call) -> Rendered:
    """POST TrustReceipts/{id}/Void: refused when the money is not there any more. Raises Refused."""
    receipt = found(call.books.receipts, call.numbers[0], "trust receipt")
    return receipt_json(changes.void(call.books, call.books.receipts, receipt, call.fields().day("VoidDate"), call.now))


def cheques(call: Call) -> Rendered:
    """GET TrustCheques. Raises Refused (400)."""
    return entries(call, call.books.cheques, cheque_json)


def add_cheque(call: Call) -> Rendered:
    """POST TrustCheques. Raises Refused."""
    fields, books = call.fields(), call.books
    day, amount, explanation = fields.day("Date"), fields.amount("Amount"), fields.text("Explanation")
    print_action, cheque_number = printing(fields)
    reference = free_reference(call, fields, books.cheques)
    casefile = working_casefile(books, fields)
    require_open_period(books, day)
    payee, account = contact_named(books, fields, "PayeeContactId"), bank_account(books, fields, TRUST)
    require_number_free(books, account, cheque_number)
    require_trust(books, casefile.id, amount, "Amount")
    cheque = TrustCheque(
        id=books.cheques.next_id(),
        casefile_id=casefile.id,
        bank_account_id=account.id,
        payee_id=payee.id,
        day=day,
        amount=amount,
        explanation=explanation,
        print_action=print_action,
        cheque_number=cheque_number,
        reference=reference,
        moment=call.now,
    )
    return cheque_json(books.cheques.add(cheque))


def void_cheque(call: Call) -> Rendered:
    """POST TrustCheques/{id}/Void. Raises Refused."""
    cheque = found(call.books.cheques, call.numbers[0], "trust cheque")
    return cheque_json(changes.void(call.books, call.books.cheques, cheque, call.fields().day("VoidDate"), call.now))


def transfers(call: Call) -> Rendered:
    """GET Transfers. Raises Refused (400)."""
    return entries(call, call.books.transfers, transfer_json)


def add_transfer(call: Call) -> Rendered:
    """POST Transfers: from ``FromBankAccountId`` (trust) to ``ToBankAccountId`` (operating). Raises Refused.

    ``InvoiceIds`` may name released invoices of the casefile.
    """
    fields, books = call.fields(), call.books
    day, amount, explanation = fields.day("Date"), fields.amount("Amount"), fields.text("Explanation")
    invoice_ids = fields.numbers("InvoiceIds")
    reference = free_reference(call, fields, books.transfers)
    casefile = working_casefile(books, fields)
    require_open_period(books, day)
    from_account = bank_account(books, fields, TRUST, "FromBankAccountId")
    to_account = bank_account(books, fields, OPERATING, "ToBankAccountId")
    _require_released(call, casefile, invoice_ids)
    require_trust(books, casefile.id, amount, "Amount")
    transfer = Transfer(
        id=books.transfers.next_id(),
        casefile_id=casefile.id,
        from_account_id=from_account.id,
        to_account_id=to_account.id,
        day=day,
        amount=amount,
        invoice_ids=invoice_ids,
        explanation=explanation,
        reference=reference,
        moment=call.now,
    )
    return transfer_json(books.transfers.add(transfer))


def _require_released(call: Call, casefile: Casefile, invoice_ids: list[int]) -> None:
    released = {one.id for one in call.books.invoices.of_casefile(casefile.id) if one.released is not None}
    if not released.issuperset(invoice_ids):
        raise not_found("released invoice of this casefile", "InvoiceIds")
