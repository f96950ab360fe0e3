"""The costs of one firm, what its people do to them, and which way a cost may go."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.casepeer.money import (
    CENT,
    OPEN,
    PAID,
    PENDING,
    PROPERTY_DAMAGE,
    VOID,
    Accounting,
    Cost,
    cents,
    decimals,
    written,
)

_WAYS = {(OPEN, PENDING), (PENDING, PAID), (PENDING, VOID), (PAID, VOID)}
_FIRST, _PER_FIRM = 55_001, 1_000_000


class CostBook:
    """Costs by id. Every change counts a cost's ``version`` up."""

    def __init__(self, rank: int) -> None:
        self._costs: dict[int, Cost] = {}
        self._next_id = _FIRST + rank * _PER_FIRM

    def get(self, cost_id: int) -> Cost:
        """The cost. Raises KeyError."""
        return self._costs[cost_id]

    def by_change(self) -> list[Cost]:
        """All costs, the one that changed last at the end [assumed]: as every list."""
        return sorted(self._costs.values(), key=lambda cost: (cost.updated, cost.id))

    def next_id(self) -> int:
        """An id that was never used."""
        return self._next_id

    def add(self, cost: Cost) -> Cost:
        """Take in a new cost, with an id from :meth:`next_id`. Raises ValueError for a negative amount."""
        _require_sign(cost, cost.amount)
        self._next_id = cost.id + 1
        self._costs[cost.id] = cost
        return cost

    def edit(self, cost: Cost, now: int, **values: Any) -> Cost:
        """Change fields of a cost. Raises ValueError for an amount that is settled or has a wrong sign."""
        if "amount" in values:
            if cost.status != OPEN or cost.superseded:
                message = "The amount of a cost can be edited only while it is open and was not split."
                raise ValueError(message)
            _require_sign(cost, values["amount"])
        for name, value in values.items():
            setattr(cost, name, value)
        self.touch(cost, now)
        return cost

    def touch(self, cost: Cost, now: int) -> None:
        """The cost has changed: the next version."""
        cost.version, cost.updated = cost.version + 1, now

    def may_become(self, cost: Cost, status: str) -> bool:
        """Whether a cost may go that way [assumed] 6.4; one that was split stays where it is."""
        return (cost.status, status) in _WAYS and not cost.superseded

    def void(self, cost: Cost, now: int) -> Cost:
        """Void a cost by hand [help]. Raises ValueError when it is neither pending nor paid."""
        if not self.may_become(cost, VOID):
            message = "Only a pending or a paid cost can be voided."
            raise ValueError(message)
        return self.edit(cost, now, status=VOID)

    def delete(self, cost: Cost) -> None:
        """Take a cost away, whatever it stands at; accounting never hears of it [help]."""
        del self._costs[cost.id]

    def split(self, cost: Cost, parts: Mapping[int, Decimal], today: date, now: int) -> list[Cost]:
        """Split a cost into one part per case, by case id; the original amount goes to the memo [help].

        Raises ValueError when it is paid or sent, when it was split before, when a part is no whole number of cents, or
        when the parts are not the whole.
        """
        if cost.status != OPEN or cost.superseded or cost.accounting.sent_at is not None:
            message = "Only a cost that is neither paid nor sent can be split, and only once."
            raise ValueError(message)
        if len(parts) < 2 or sum(parts.values()) != cost.amount or any(map(_finer_than_cents, parts.values())):  # noqa: PLR2004 - one part is no split
            message = f"There must be two parts or more, in cents, which together are {written(cost.amount)}."
            raise ValueError(message)
        memo = f"{cost.memo} (split, original amount {written(cost.amount)})".lstrip()
        self.edit(cost, now, superseded=True, memo=memo)
        return [
            self.add(
                replace(
                    cost,
                    id=self.next_id(),
                    case_id=case_id,
                    amount=part,
                    requested_on=today,
                    split_of=cost.id,
                    superseded=False,
                    accounting=Accounting(),
                    version=1,
                )
            )
            for case_id, part in parts.items()
        ]


def even_parts(amount: Decimal, case_ids: list[int]) -> dict[int, Decimal]:
    """An amount over some cases, as evenly as cents allow: the first ones get a cent more."""
    whole, left = divmod(int(cents(amount) / CENT), len(case_ids))
    return {case_id: (whole + (place < left)) * CENT for place, case_id in enumerate(case_ids)}


def _finer_than_cents(amount: Decimal) -> bool:
    return decimals(amount) > decimals(CENT)


def _require_sign(cost: Cost, amount: Decimal) -> None:
    if amount < 0 and cost.kind != PROPERTY_DAMAGE:
        message = "Only property damage may be negative."
        raise ValueError(message)
