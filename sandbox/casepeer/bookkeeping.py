"""What the firm's people do to its money: costs, settlement charges and client trust."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.casepeer.costbook import even_parts
from sandbox.casepeer.firm import FirmRecords
from sandbox.casepeer.money import (
    CASE_COST,
    CHECKS_IN,
    COST_KINDS,
    POSTED,
    Charges,
    Cost,
    TrustLine,
    amount_of,
)


class Bookkeeping(FirmRecords):
    """One firm and its money. ``at`` is unix seconds; None is the sandbox's now.

    Amounts may come as texts, exactly as they were typed: three decimals are kept. A cost that is changed counts its
    ``version`` up; the case it belongs to stays as it is.
    """

    def add_cost(
        self,
        case_id: int,
        amount: str | Decimal,
        *,
        payee: str = "Lakeside Imaging",
        contact_type: str = "Medical provider",
        kind: str = CASE_COST,
        memo: str = "",
        invoice_number: str = "",
        cost_code: str | None = None,
        priority: str = "Normal",
        requested_by: int | None = None,
        at: float | None = None,
    ) -> Cost:
        """Somebody asks for a cost to be paid, by default the administrator. Raises KeyError, ValueError."""
        case, now = self.case_there(case_id), self.seconds(at)
        if kind not in COST_KINDS:
            message = f"There is no kind of cost {kind!r}; there are {', '.join(COST_KINDS)}."
            raise ValueError(message)
        return self.costs.add(
            Cost(
                id=self.costs.next_id(),
                case_id=case.id,
                kind=kind,
                payee=self.payees.named(payee, contact_type),
                amount=amount_of(amount),
                memo=memo,
                invoice_number=invoice_number,
                cost_code=cost_code,
                priority=priority,
                requested_by=self.seed.staff.admin.id if requested_by is None else self.people[requested_by].id,
                requested_on=self.stamps.today(now),
                updated=now,
            )
        )

    def edit_cost(self, cost_id: int, *, at: float | None = None, **values: Any) -> Cost:
        """Change ``amount``, ``payee`` (a name) or ``memo`` of a cost; the amount while it is open. Raises KeyError, ValueError."""
        cost = self.costs.get(cost_id)
        for name in values:
            if name not in COST_VALUES:
                message = f"A cost has no {name!r} to change; there are {', '.join(COST_VALUES)}."
                raise ValueError(message)
        if "amount" in values:
            values["amount"] = amount_of(values["amount"])
        if "payee" in values:
            values["payee"] = self.payees.named(values["payee"], cost.payee.contact_type)
        return self.costs.edit(cost, self.seconds(at), **values)

    def delete_cost(self, cost_id: int) -> None:
        """Take a cost away. Raises KeyError."""
        self.costs.delete(self.costs.get(cost_id))

    def void_cost(self, cost_id: int, *, at: float | None = None) -> Cost:
        """Void a pending or paid cost by hand. Raises KeyError, ValueError."""
        return self.costs.void(self.costs.get(cost_id), self.seconds(at))

    def split_cost(
        self, cost_id: int, parts: Mapping[int, str | Decimal] | None = None, *, at: float | None = None
    ) -> list[Cost]:
        """Split a cost over its case and those linked with it, by case id, or evenly over all of them [help].

        The parts are new costs. Raises KeyError, ValueError.
        """
        cost, now = self.costs.get(cost_id), self.seconds(at)
        linked = [cost.case_id, *self.case_there(cost.case_id).linked_cases]
        shares = {case_id: amount_of(part) for case_id, part in (parts or even_parts(cost.amount, linked)).items()}
        if not set(shares) <= set(linked):
            message = f"The cost can be split over cases {', '.join(map(str, linked))}."
            raise ValueError(message)
        return self.costs.split(cost, shares, self.stamps.today(now), now)

    def waive_cost(self, cost_id: int) -> Charges:
        """Waive a cost: property damage of the case goes down by its amount [help]; the cost stays what it is."""
        cost = self.costs.get(cost_id)
        waived = self.charges.of_case(cost.case_id).property_damage.amount - cost.amount
        return self.charges.change(cost.case_id, property_damage={"amount": waived})

    def set_charges(self, case_id: int, **charges: dict[str, Any]) -> Charges:
        """Set, stage or push ``copp`` and ``property_damage`` of a case.

        ``set_charges(7, property_damage={"amount": "-75.00", "staged": True})``; what is not named stays. Raises
        KeyError, TypeError, ValueError.
        """
        return self.charges.change(self.case_there(case_id).id, **charges)

    def write_trust_line(
        self, case_id: int, kind: str, amount: str | Decimal, *, at: float | None = None, **values: Any
    ) -> TrustLine:
        """Write a line of a case's trust: a check that was deposited, a fee that is staged, whatever ``kind`` there is.

        ``values`` may be payee, status (by default posted), check_number, check_date (ISO text; a check that came in is
        of today by default), do_not_distribute and memo. Raises KeyError, TypeError, ValueError.
        """
        case, now = self.case_there(case_id), self.seconds(at)
        today = self.stamps.today(now) if kind in CHECKS_IN and values.get("status", POSTED) == POSTED else None
        line = {"payee": "", "check_date": today} | values | {"kind": kind, "amount": amount_of(amount)}
        return self.trust.add(case.id, now, **_with_day(line))

    def post_trust_line(
        self, line_id: int, *, check_number: str | None = None, check_date: str | None = None, at: float | None = None
    ) -> TrustLine:
        """Post a staged line: it left the trust, by a check if it has a number. Raises KeyError, ValueError."""
        values = {"check_number": check_number, "check_date": check_date}
        return self.trust.post(line_id, self.seconds(at), **_with_day(values))


def _with_day(values: dict[str, Any]) -> dict[str, Any]:
    """The same with the day of a check as a date. Raises ValueError."""
    day = values.get("check_date")
    return values | {"check_date": date.fromisoformat(day)} if isinstance(day, str) else values


COST_VALUES = ("amount", "payee", "memo")
"""What :meth:`Bookkeeping.edit_cost` takes."""
