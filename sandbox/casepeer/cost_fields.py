"""What a PATCH of a cost may say, read and judged field by field as Django REST framework does."""

from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.casepeer.answers import invalid
from sandbox.casepeer.call import Call, Fields, text_of
from sandbox.casepeer.money import CENT, COST_STATUSES, PROPERTY_DAMAGE, Cost, amount_of, decimals

_LONGEST_NUMBER = 100
_LONGEST = {"system": 100, "entry_id": 100, "bank_account": 100, "last_error": 1000}


def version_of(fields: Fields) -> int:
    """The version that the cost was read at. Raises Refusal (400)."""
    version = fields.get("version")
    if version is None:
        raise invalid("version", "This field is required.")
    if not isinstance(version, int) or isinstance(version, bool):
        raise invalid("version", "A valid integer is required.")
    return version


def values_of(call: Call, cost: Cost, fields: Fields) -> dict[str, Any]:
    """Those of ``status``, ``amount``, ``check_number`` and ``paid_on`` that are given. Raises Refusal (400)."""
    values: dict[str, Any] = {}
    if "status" in fields:
        if fields["status"] not in COST_STATUSES:
            raise invalid("status", f'"{fields["status"]}" is not a valid choice.')
        values["status"] = fields["status"]
    if "amount" in fields:
        values["amount"] = _amount(fields["amount"], negative=cost.kind == PROPERTY_DAMAGE)
    if fields.get("check_number") is not None:
        values["check_number"] = text_of(fields, "check_number", longest=_LONGEST_NUMBER)
    if fields.get("paid_on") is not None:
        values["paid_on"] = _day(call, fields["paid_on"])
    return values


def accounting_of(call: Call, fields: Fields) -> dict[str, Any]:
    """What is given of ``accounting``; its refusals name the field within it. Raises Refusal (400)."""
    given = fields.get("accounting", {})
    if not isinstance(given, dict):
        raise invalid("accounting", f"Invalid data. Expected a dictionary, but got {type(given).__name__}.")
    values: dict[str, Any] = {name: _text(given, name, most) for name, most in _LONGEST.items() if name in given}
    if "sent_at" in given:
        values["sent_at"] = _instant(call, given["sent_at"])
    return values


def _amount(value: object, *, negative: bool) -> Decimal:
    try:
        amount = amount_of(str(value) if isinstance(value, float) else value)
    except ValueError:
        raise invalid("amount", "A valid number is required.") from None
    if decimals(amount) > decimals(CENT):
        raise invalid("amount", "Ensure that there are no more than 2 decimal places.")
    if amount < 0 and not negative:
        raise invalid("amount", "Ensure this value is greater than or equal to 0.")
    return amount


def _day(call: Call, value: object) -> date:
    try:
        return call.firm.stamps.parse_day(str(value))
    except ValueError:
        raise invalid("paid_on", "Date has wrong format. Use one of these formats instead: MM/DD/YYYY.") from None


def _text(given: Fields, name: str, longest: int) -> str | None:
    value = given[name]
    if value is None and name != "system":
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise invalid("accounting", f"{name}: A text of no more than {longest} characters is required.")
    return value


def _instant(call: Call, value: object) -> int | None:
    if value is None:
        return None
    try:
        return call.firm.stamps.parse(str(value))
    except ValueError:
        raise invalid("accounting", "sent_at: Datetime has wrong format.") from None
