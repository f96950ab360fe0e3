"""The settlement charges and trust ledgers of one firm, and what its people do to them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from sandbox.casepeer.money import (
    IMPORTED_BALANCE,
    LINE_STATUSES,
    MONEY_OUT,
    POSTED,
    STAGED,
    TRUST_KINDS,
    Charge,
    Charges,
    TrustLedger,
    TrustLine,
    amount_of,
)

DEFAULT_COPP = Decimal("150.00")
"""Stamped on every new case, never on existing ones [help]; the amount is the sandbox's own."""
_FIRST, _PER_FIRM = 6_601, 1_000_000


class ChargeBook:
    """Charges by case; a case without any has both at nothing."""

    def __init__(self) -> None:
        self._charges: dict[int, Charges] = {}

    def of_case(self, case_id: int) -> Charges:
        """Both charges of a case."""
        return self._charges.get(case_id) or Charges()

    def everything(self) -> dict[int, Charges]:
        """The charges of all cases that ever had some."""
        return self._charges

    def change(
        self, case_id: int, *, copp: dict[str, Any] | None = None, property_damage: dict[str, Any] | None = None
    ) -> Charges:
        """Set ``amount``, ``staged`` and ``pushed_to_disbursement`` of a charge; what is not named stays.

        Raises ValueError when COPP would be negative, or pushed without being staged.
        """
        charges = self.of_case(case_id)
        changed = Charges(_changed(charges.copp, copp or {}), _changed(charges.property_damage, property_damage or {}))
        if changed.copp.amount < 0:
            message = "Only property damage may be negative."
            raise ValueError(message)
        self._charges[case_id] = changed
        return changed


class TrustBook:
    """Trust ledgers by case; there is one for each case that ever had a line."""

    def __init__(self, rank: int) -> None:
        self._ledgers: dict[int, TrustLedger] = {}
        self._next_id = _FIRST + rank * _PER_FIRM

    def of_case(self, case_id: int, now: int) -> TrustLedger:
        """The ledger of a case; without lines it is one of this moment."""
        return self._ledgers.get(case_id) or TrustLedger(case_id, now)

    def by_change(self) -> list[TrustLedger]:
        """All ledgers, the one that changed last at the end [assumed]."""
        return sorted(self._ledgers.values(), key=lambda ledger: (ledger.updated, ledger.case_id))

    def touch(self, ledger: TrustLedger, now: int) -> None:
        """Something of the ledger has changed."""
        ledger.updated = now

    def add(self, case_id: int, now: int, **values: Any) -> TrustLine:
        """Write a line; ``values`` are those of a TrustLine. Raises TypeError, ValueError for what no line can be."""
        line = TrustLine(id=self._next_id, **values)
        if line.kind not in TRUST_KINDS or line.status not in LINE_STATUSES:
            message = f"A line is one of {', '.join(TRUST_KINDS)}, {' or '.join(LINE_STATUSES)}."
            raise ValueError(message)
        if line.kind != IMPORTED_BALANCE and (line.amount < 0) is not (line.kind in MONEY_OUT):
            message = "Money in is positive, money out negative."
            raise ValueError(message)
        ledger = self._ledgers.setdefault(case_id, TrustLedger(case_id, now))
        ledger.lines.append(line)
        self.touch(ledger, now)
        self._next_id += 1
        return line

    def post(self, line_id: int, now: int, **values: Any) -> TrustLine:
        """Post a staged line, with its check if it has one. Raises KeyError, ValueError."""
        for ledger in self._ledgers.values():
            for line in ledger.lines:
                if line.id == line_id:
                    _post(line, values)
                    self.touch(ledger, now)
                    return line
        raise KeyError(line_id)


def _changed(charge: Charge, values: dict[str, Any]) -> Charge:
    made = replace(charge, **values)
    made.amount = amount_of(made.amount)
    if made.pushed_to_disbursement and not made.staged:
        message = "A charge is staged before it is pushed to disbursement."
        raise ValueError(message)
    return made


def _post(line: TrustLine, values: dict[str, Any]) -> None:
    if line.status != STAGED:
        message = "Only a staged line can be posted."
        raise ValueError(message)
    for name, value in values.items():
        setattr(line, name, value)
    line.status = POSTED
