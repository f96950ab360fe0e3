"""The money that a few seeded cases come with: costs, settlement charges and trust ledgers.

Which cases those are is drawn anew for each firm, the first pair of companions always among them. On them:

* two to five costs, open, paid or void, of payees that repeat, some with a cost code or a priority;
* on the pair, a cost that was split over both;
* COPP as it was stamped on most, property damage on half of them, sometimes negative;
* trust in the ways that :data:`_WAYS` tells, one after the other.
"""

import random
from decimal import Decimal

from sandbox.casepeer.costbook import CostBook, even_parts
from sandbox.casepeer.money import (
    CASE_COST,
    CLIENT_PAYMENT,
    COST_REIMBURSEMENT,
    DEPOSIT,
    FEE,
    IMPORTED_BALANCE,
    LIEN_PAYMENT,
    OPEN,
    PAID,
    POSTED,
    REIMBURSEMENT,
    STAGED,
    VOID,
    Cost,
    cents,
)
from sandbox.casepeer.payees import Payees
from sandbox.casepeer.seeds import first_companions
from sandbox.casepeer.settlement import DEFAULT_COPP, ChargeBook, TrustBook
from sandbox.casepeer.stamps import Stamps
from sandbox.seed import Firm
from sandbox.seeding.dice import Dice

_WHICH_STREAM, _COSTS_STREAM, _SETTLEMENT_STREAM = 0xC057, 0xC058, 0x5E77
_DAY = 86_400
_STATUSES = (*((OPEN,) * 6), *((PAID,) * 3), VOID)
_MEMOS = ("Records fee", "Deposition transcript", "Filing fee", "Service of summons", "Expert review", "MRI films")
_COST_CODES = (None, "MEDREC", "COURT", None, "EXPERT")
_PRIORITIES = ("Normal", "Normal", "Normal", "Rush", "Low")
_COPP_SHARE = 0.85
_PROPERTY_DAMAGE = (Decimal(0), Decimal(0), Decimal("250.00"), Decimal("-75.00"))
_WAYS = ("none", "staged", "disbursed", "imported", "paid directly")
"""How trust stands: nothing; all staged so that nothing is available; all paid out; an opening figure with a staged
fee; a lien that somebody else paid, beside a posted fee and a check that was reimbursed."""
_INSURERS = ("Meridian Mutual", "Northgate Mutual", "Delmar Insurance")


class MoneySeeds:
    """Makes the seeded money of one firm, from dice that nothing else is rolled with."""

    def __init__(self, seed: Firm, stamps: Stamps, payees: Payees) -> None:
        self._seed = seed
        self._stamps = stamps
        self._payees = payees

    def fill(self, costs: CostBook, charges: ChargeBook, trust: TrustBook) -> None:
        """Put it into the firm's books."""
        pair = first_companions(self._seed.size)
        for place, index in enumerate(self._cases(pair)):
            for _ in range(Dice(_COSTS_STREAM, self._seed.rank, index).between(2, 5)):
                costs.add(self._cost(index, costs.next_id()))
            way = _WAYS[place % len(_WAYS)]
            self._set_charges(index, way, charges)
            self._open_trust(index, way, trust)
        if pair and self._seed.with_money >= len(pair):
            self._split(pair, costs)

    def _cases(self, pair: tuple[int, ...]) -> list[int]:
        """The indexes of the cases that have money."""
        room = min(self._seed.size, self._seed.with_money + len(pair))
        drawn = random.Random(f"{_WHICH_STREAM}/{self._seed.rank}").sample(range(self._seed.size), room)
        return sorted(list(dict.fromkeys((*pair, *drawn)))[: self._seed.with_money])

    def _cost(self, index: int, cost_id: int, status: str | None = None) -> Cost:
        dice = Dice(_COSTS_STREAM, self._seed.rank, cost_id)
        created, touched = self._seed.times(index)
        updated = dice.between(created, touched)
        status = status or dice.pick(_STATUSES)
        settled = status != OPEN
        return Cost(
            id=cost_id,
            case_id=self._seed.first_matter_id + index,
            kind=CASE_COST,
            payee=dice.pick(self._payees.everyone),
            amount=Decimal(dice.between(1_500, 240_000)).scaleb(-2),
            memo=dice.pick(_MEMOS),
            invoice_number=f"INV-{dice.between(1000, 9999)}" if dice.chance(0.7) else "",
            cost_code=dice.pick(_COST_CODES),
            priority=dice.pick(_PRIORITIES),
            requested_by=dice.pick(self._seed.staff.paralegals).id,
            requested_on=self._stamps.today(updated - dice.below(14) * _DAY),
            updated=updated,
            status=status,
            payment_method="check" if settled else None,
            check_number=str(dice.between(10_000, 19_999)) if settled else None,
            paid_on=self._stamps.today(updated) if settled else None,
            version=3 if settled else 1,
        )

    def _split(self, pair: tuple[int, ...], costs: CostBook) -> None:
        """A cost of the first of two companions that was split over both, in even parts."""
        cost = costs.add(self._cost(pair[0], costs.next_id(), OPEN))
        parts = even_parts(cost.amount, [self._seed.first_matter_id + index for index in pair])
        costs.split(cost, parts, self._stamps.today(cost.updated), cost.updated)

    def _set_charges(self, index: int, way: str, charges: ChargeBook) -> None:
        dice = Dice(_SETTLEMENT_STREAM, self._seed.rank, index, 0)
        copp = DEFAULT_COPP if dice.chance(_COPP_SHARE) else Decimal(0)
        standing = {"staged": way in {"staged", "disbursed"}, "pushed_to_disbursement": way == "disbursed"}
        charges.change(
            self._seed.first_matter_id + index,
            copp={"amount": copp, **standing},
            property_damage={"amount": dice.pick(_PROPERTY_DAMAGE), **standing},
        )

    def _open_trust(self, index: int, way: str, trust: TrustBook) -> None:
        """Write the lines of a ledger, all at the moment when the case last changed."""
        dice = Dice(_SETTLEMENT_STREAM, self._seed.rank, index, 1)
        case_id, at = self._seed.first_matter_id + index, self._seed.times(index)[1]
        settled = Decimal(dice.between(50, 600) * 100)
        fee, costs, lien = cents(settled / 3), Decimal(dice.between(5_000, 50_000)).scaleb(-2), settled / 10
        client, firm, insurer = self._seed.contact_of(index).name, self._seed.name, dice.pick(_INSURERS)
        day = self._stamps.today(at)

        def check(place: int) -> dict[str, object]:
            return {"check_number": f"{case_id % 1_000_000 * 10 + place:05d}", "check_date": day}

        match way:
            case "staged" | "disbursed":
                trust.add(case_id, at, kind=DEPOSIT, amount=settled, payee=insurer, **check(0))
                out = (
                    (FEE, fee, firm),
                    (COST_REIMBURSEMENT, costs, firm),
                    (CLIENT_PAYMENT, settled - fee - costs, client),
                )
                for place, (kind, amount, payee) in enumerate(out, start=1):
                    standing = {"status": STAGED} if way == "staged" else {"status": POSTED, **check(place)}
                    trust.add(case_id, at, kind=kind, amount=-amount, payee=payee, **standing)
            case "imported":
                trust.add(case_id, at, kind=IMPORTED_BALANCE, amount=settled, payee="", memo="Opening balance")
                trust.add(case_id, at, kind=FEE, amount=-fee, payee=firm, status=STAGED)
            case "paid directly":
                trust.add(case_id, at, kind=DEPOSIT, amount=settled, payee=insurer, **check(0))
                direct = {
                    "status": STAGED,
                    "do_not_distribute": True,
                    "memo": "Paid by the carrier - do not distribute",
                }
                trust.add(case_id, at, kind=LIEN_PAYMENT, amount=-lien, payee="Mercy Hill Orthopedics", **direct)
                trust.add(case_id, at, kind=FEE, amount=-fee, payee=firm, **check(1))
                trust.add(case_id, at, kind=REIMBURSEMENT, amount=costs, payee="Lakeside Imaging", **check(2))
