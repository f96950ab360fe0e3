"""Amounts of money: ``Decimal``, to the cent, whatever they were written as."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

ZERO = Decimal("0.00")
_CENT = Decimal("0.01")
_MOST = Decimal(10) ** 12


def exact(written: object) -> Decimal:
    """The amount that a text, a whole number or a ``Decimal`` says, always with two decimals.

    Never rounds: what is no amount to the cent is refused, and so are floats, which cannot say what was meant.

    Raises:
        ValueError: it is no number, has a part of a cent, or is not below a trillion.
    """
    if isinstance(written, bool) or not isinstance(written, str | int | Decimal):
        raise ValueError("is not an amount")  # noqa: TRY004  (pydantic turns only ValueError into its own error)
    try:
        amount = Decimal(written.strip() if isinstance(written, str) else written)
    except InvalidOperation:
        raise ValueError("is not an amount") from None
    # As it is, without arithmetic: what has more digits than that can hold would raise errors of its own.
    if not amount.is_finite() or amount.copy_abs() >= _MOST:
        raise ValueError("is not an amount")
    if amount != amount.quantize(_CENT):
        raise ValueError("has a part of a cent")
    return amount.quantize(_CENT) + ZERO  # no minus in front of nothing


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, with two decimals also when there is nothing to add."""
    return sum(amounts, ZERO)


def written(amount: Decimal) -> str:
    """As vendors take it: two decimals, no separators, such as ``-75.00``."""
    return f"{amount:.2f}"


def shown(amount: Decimal) -> str:
    """As people read it, such as ``-1,250.00``."""
    return f"{amount:,.2f}"
