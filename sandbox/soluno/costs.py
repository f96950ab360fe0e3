"""Handlers of cost entries: advanced client costs, each a cheque on an operating account [assumed]: 7.4, 7.5."""

from typing import Any

from sandbox.soluno import changes
from sandbox.soluno.call import Call
from sandbox.soluno.cheques import printing, require_number_free
from sandbox.soluno.entries import CostEntry
from sandbox.soluno.fields import Fields
from sandbox.soluno.paging import entries
from sandbox.soluno.records import OPERATING, PostingReference
from sandbox.soluno.refusals import conflict, not_found, rule
from sandbox.soluno.rendering import cost_json
from sandbox.soluno.rules import (
    bank_account,
    contact_named,
    found,
    free_reference,
    require_acknowledged,
    require_open_period,
    working_casefile,
)

_LONGEST_INVOICE_NUMBER = 64
_RETAINER = "OperatingRetainer"
Rendered = dict[str, Any]


def costs(call: Call) -> Rendered:
    """GET CostEntries. Raises Refused (400)."""
    return entries(call, call.books.costs, cost_json)


def one_cost(call: Call) -> Rendered:
    """GET CostEntries/{id}; a deleted one is shown as such, or is gone. Raises Refused (404)."""
    return cost_json(_of_path(call))


def add_cost(call: Call) -> Rendered:
    """POST CostEntries. Raises Refused."""
    fields, books = call.fields(), call.books
    day, amount, explanation = fields.day("Date"), fields.amount("Amount"), fields.text("Explanation")
    invoice_number = fields.optional_text("InvoiceNumber", longest=_LONGEST_INVOICE_NUMBER)
    print_action, cheque_number = printing(fields)
    reference = free_reference(call, fields, books.costs)
    casefile = working_casefile(books, fields)
    require_open_period(books, day)
    vendor, account = contact_named(books, fields, "VendorContactId"), bank_account(books, fields, OPERATING)
    posting_reference = _posting_reference(call, fields)
    require_number_free(books, account, cheque_number)
    if casefile.operating_retainer:
        require_acknowledged(fields, _RETAINER, "An operating retainer is not allowed on this file.")
    cost = CostEntry(
        id=books.costs.next_id(),
        casefile_id=casefile.id,
        payee_id=vendor.id,
        day=day,
        amount=amount,
        posting_reference_id=posting_reference.id,
        bank_account_id=account.id,
        explanation=explanation,
        invoice_number=invoice_number,
        print_action=print_action,
        cheque_number=cheque_number,
        reference=reference,
        moment=call.now,
    )
    return cost_json(books.costs.add(cost))


def void_cost(call: Call) -> Rendered:
    """POST CostEntries/{id}/Void: ``{"VoidDate": ...}``; refused once it is on a released invoice. Raises Refused."""
    return cost_json(
        changes.void(call.books, call.books.costs, _of_path(call), call.fields().day("VoidDate"), call.now)
    )


def delete_cost(call: Call) -> None:
    """DELETE CostEntries/{id}: only while it is pending. Raises Refused."""
    cost = _of_path(call)
    if cost.status != "Pending":
        raise conflict("AlreadyPrinted", f"Only what is pending can be deleted; this is {cost.status}.")
    changes.delete(call.books, call.books.costs, cost, call.now)


def _of_path(call: Call) -> CostEntry:
    cost = found(call.books.costs, call.numbers[0], "cost entry")
    if cost.deleted and call.firm.switches.deleted_are_gone:
        raise not_found("cost entry")
    return cost


def _posting_reference(call: Call, fields: Fields) -> PostingReference:
    reference = call.books.posting_references.get(fields.number("PostingReferenceId"))
    if reference is None:
        raise not_found("posting reference", "PostingReferenceId")
    if not reference.active:
        raise rule("PostingReferenceInactive", f"{reference.code} is not active.", "PostingReferenceId")
    return reference
