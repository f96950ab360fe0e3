"""Handlers of fee entries: fees of fee earners, and charges under activity codes [assumed]: 7.4, 7.5."""

from decimal import Decimal
from typing import Any

from sandbox.soluno.call import Call
from sandbox.soluno.entries import FeeEntry
from sandbox.soluno.fields import Fields
from sandbox.soluno.paging import entries
from sandbox.soluno.records import ActivityCode
from sandbox.soluno.refusals import not_found, rule
from sandbox.soluno.rendering import fee_json
from sandbox.soluno.rules import free_reference, require_open_period, timekeeper, working_casefile

Rendered = dict[str, Any]


def fees(call: Call) -> Rendered:
    """GET FeeEntries. Raises Refused (400)."""
    return entries(call, call.books.fees, lambda fee: fee_json(call.books, fee))


def add_fee(call: Call) -> Rendered:
    """POST FeeEntries: one hour whose amount is the whole fee [help]. Raises Refused."""
    fields, books = call.fields(), call.books
    day, hours, explanation = fields.day("Date"), fields.amount("Hours"), fields.text("Explanation")
    amount = _amount(fields)
    reference = free_reference(call, fields, books.fees)
    casefile = working_casefile(books, fields)
    require_open_period(books, day)
    user = timekeeper(books, fields, "UserId")
    code = _activity_code(call, fields)
    fee = FeeEntry(
        id=books.fees.next_id(),
        casefile_id=casefile.id,
        user_id=user.id,
        activity_code_id=None if code is None else code.id,
        day=day,
        hours=hours,
        amount=amount,
        explanation=explanation,
        reference=reference,
        moment=call.now,
    )
    return fee_json(books, books.fees.add(fee))


def _amount(fields: Fields) -> Decimal:
    """Above zero; under an activity code also below."""
    if "ActivityCodeId" not in fields:
        return fields.amount("Amount")
    amount = fields.money("Amount")
    if not amount:
        raise fields.bad_amount("Amount", "Amount has to differ from zero.")
    return amount


def _activity_code(call: Call, fields: Fields) -> ActivityCode | None:
    """The activity code that a body names, if it does; an inactive one is as good as none."""
    if "ActivityCodeId" not in fields:
        return None
    code = call.books.activity_codes.get(fields.number("ActivityCodeId"))
    if code is None or not code.active:
        raise not_found("active activity code", "ActivityCodeId")
    if code.gl_account is None:
        raise rule("ActivityCodeHasNoGlAccount", f"{code.name} has no account.", "ActivityCodeId")
    return code
