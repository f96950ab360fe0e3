"""Amounts of money as CASEpeer writes them, and what to tell a bookkeeper of one that cannot be taken."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from connectors.casepeer.hosts import SYSTEM
from connectors.wiring import unreadable
from domain.case import Unreadable

_LONGEST_SHOWN = 40
_NAMES = frozenset({"amount", "balance", "available"})


def trouble_with(what: str, record: Any, id_field: str, error: ValidationError) -> Unreadable:
    """Why ``record``, a *cost* or the like, cannot be read; of an amount that somebody has typed, with the amount."""
    found = unreadable(SYSTEM, record, id_field, error)
    first = error.errors(include_url=False, include_context=False)[0]
    field, typed = first["loc"][-1] if first["loc"] else "", first["input"]
    if field not in _NAMES or isinstance(typed, bool) or not isinstance(typed, str | int | Decimal):
        return found
    complaint = first["msg"].removeprefix("Value error, ")
    return replace(found, sentence=_correct(f"The {field} of this {what}", str(typed), f"which {complaint}"))


def below_zero(what: str, amount: Decimal) -> str:
    """The sentence about an amount that must not be negative."""
    return _correct(f"The amount of this {what}", str(amount), "and only a property damage fee may be below zero")


def _correct(which: str, amount: str, complaint: str) -> str:
    return f"{which} in {SYSTEM} is '{amount[:_LONGEST_SHOWN]}', {complaint}: correct it there."
