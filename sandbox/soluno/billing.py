"""Handlers of invoices [assumed]: 7.4, 7.5."""

from dataclasses import replace
from typing import Any

from sandbox.soluno import stages
from sandbox.soluno.call import Call
from sandbox.soluno.entries import Invoice
from sandbox.soluno.fields import Fields
from sandbox.soluno.paging import changed, filed
from sandbox.soluno.records import TRUST
from sandbox.soluno.rendering import invoice_json
from sandbox.soluno.rules import bank_account, found, free_reference, working_casefile

Rendered = dict[str, Any]


def request_invoice(call: Call) -> Rendered:
    """POST InvoiceRequests. Raises Refused (422 ``FeatureDisabled`` for ``Release`` when that stage is off)."""
    fields, books = call.fields(), call.books
    request = stages.Request(
        casefile_id=fields.number("CasefileId"),
        through=fields.day("ThroughDate"),
        action=fields.word("Action", stages.ACTIONS),
        with_costs=fields.flag("IncludeCosts"),
        with_fees=fields.flag("IncludeFees"),
    )
    request = replace(request, reference=free_reference(call, fields, books.invoices))
    working_casefile(books, fields)
    if request.action == stages.RELEASE:
        stages.require_release_stage(books)
    request = _with_trust(call, fields, request)
    return _shown(call, stages.draft(books, request, waits=call.firm.switches.invoices_wait, now=call.now))


def invoices(call: Call) -> Rendered:
    """GET Invoices?CasefileId=&ExternalReference=&Stage=. Raises Refused (400)."""
    stage = call.query.get("Stage", "")
    chosen = [invoice for invoice in filed(call, call.books.invoices) if stage in {"", invoice.stage}]
    return changed(call, chosen, lambda invoice: _shown(call, invoice))


def one_invoice(call: Call) -> Rendered:
    """GET Invoices/{id}. Raises Refused (404)."""
    return _shown(call, _of_path(call))


def release_invoice(call: Call) -> Rendered:
    """POST Invoices/{id}/Release: only from the stage of the same name. Raises Refused."""
    return _shown(call, stages.release(call.books, _of_path(call), call.now))


def cancel_invoice(call: Call) -> Rendered:
    """POST Invoices/{id}/Cancel: refused once it is released. Raises Refused."""
    return _shown(call, stages.cancel(call.books, _of_path(call), call.now))


def _of_path(call: Call) -> Invoice:
    return found(call.books.invoices, call.numbers[0], "invoice")


def _shown(call: Call, invoice: Invoice) -> Rendered:
    return invoice_json(call.books, invoice)


def _with_trust(call: Call, fields: Fields, request: stages.Request) -> stages.Request:
    """The request with what ``ApplyTrust`` says, if it is there."""
    if "ApplyTrust" not in fields:
        return request
    wanted = fields.inner("ApplyTrust")
    amount = wanted.amount("Amount")
    return replace(request, trust_account=bank_account(call.books, wanted, TRUST), trust=amount)
