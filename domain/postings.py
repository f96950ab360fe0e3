"""What of a firm's money belongs into its books: from costs, charges and trust lines to what is posted, each once.

- Only parts of a split cost are posted, and only open costs.
- Charges are posted by differences: what stands there is added up, and the rest goes under the next revision.
- Trust is posted line by line, once it is posted in the case system; no balance is ever set. What the firm itself takes out
  (its fee, and costs it is paid back) goes with the invoice that it is taken for, and never on its own as well.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.case import Unreadable
from domain.costs import Charges, Cost, CostKind, TrustKind, TrustLedger, TrustLine
from domain.money import ZERO, shown, total, written
from domain.posting_markers import (
    charge_marker,
    client_marker,
    contact_marker,
    cost_marker,
    fee_marker,
    invoice_marker,
    name_marker,
    trust_marker,
)
from domain.posting_reasons import POSTING_REASONS


class ItemKind(StrEnum):
    """What is posted, as reports name it."""

    COST = "cost"
    COPP = "copp"
    PROPERTY_DAMAGE = "property_damage"
    FEE = "fee"
    TRUST_RECEIPT = "trust_receipt"
    TRUST_CHEQUE = "trust_cheque"
    INVOICE = "invoice"


CHARGES: Mapping[ItemKind, str] = {ItemKind.COPP: "copp", ItemKind.PROPERTY_DAMAGE: "pd"}
"""What charges are called in their markers."""
CARRIED = frozenset({TrustKind.FEE, TrustKind.COST_REIMBURSEMENT})
"""Lines that take money out of trust for the firm: they go with an invoice."""
_INCOMING = frozenset({TrustKind.DEPOSIT, TrustKind.REIMBURSEMENT})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be posted once. ``amount`` is as it is posted: what leaves trust is positive, too."""

    kind: ItemKind
    marker: str
    case_id: str
    source_id: str
    """Its id in the case system; of charges and invoices the case's."""
    amount: Decimal
    payee: str = ""
    payee_marker: str = ""
    """Of the contact to be paid, where there is one."""
    on: date | None = None
    """The date it must bear; None: the day on which it is posted."""
    memo: str = ""
    invoice_number: str = ""
    check_number: str = ""
    account: str = ""
    """The bank account that was chosen; empty: the firm's usual one."""
    lines: tuple[str, ...] = ()
    """Of an invoice: the trust lines that it carries."""

    @property
    def digest(self) -> str:
        """Of what must not change once it is posted: amount, payee and case."""
        # A contact keeps its id when its name is corrected; a line of a trust ledger knows nothing but a name.
        who = self.payee_marker if self.kind is ItemKind.COST else " ".join(self.payee.casefold().split())
        said = "\n".join((written(self.amount), who, self.case_id))
        return hashlib.sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Note:
    """A row of the report on something that is not posted, or not as it should be. ``sentence`` is for a bookkeeper."""

    kind: ItemKind
    case_id: str
    source_id: str
    amount: Decimal | None
    """None when it cannot be read."""
    code: str
    sentence: str
    fix: str
    payee: str = ""
    skipped: bool = False
    """True when it was left out on purpose, and nobody has to do anything."""


def note(item: Item, code: str, **facts: Any) -> Note:
    """What is to be said of an item; ``facts`` are those that the reason's sentence and fix name."""
    reason = POSTING_REASONS[code]
    return Note(
        item.kind,
        item.case_id,
        item.source_id,
        item.amount,
        code,
        reason.sentence.format_map(facts),
        reason.fix.format_map(facts),
        item.payee,
        skipped=code in LEFT_OUT,
    )


def unreadable_note(kind: ItemKind, case_id: str, trouble: Unreadable) -> Note:
    """What is to be said of a record that cannot be read, among them those with a part of a cent."""
    code = "amount_unusable" if trouble.field.endswith("amount") else "unexpected_answer"
    reason = POSTING_REASONS[code]
    sentence = reason.sentence.format_map({"problem": trouble.sentence})
    return Note(kind, case_id, trouble.integration_id, None, code, sentence, reason.fix)


def changed_note(now: Item, then: Item) -> Note | None:
    """What is to be said of an item that is not what was posted any more; None while it is."""
    if now.digest == then.digest:
        return None
    return note(
        now,
        "changed_after_posting",
        before=shown(then.amount),
        payee_before=then.payee or _NOBODY,
        after=shown(now.amount),
        payee_after=now.payee or _NOBODY,
    )


_NOBODY = "nobody in particular"
LEFT_OUT = frozenset(
    {
        "superseded",
        "goes_with_settlement",
        "imported_balance",
        "do_not_distribute",
        "not_posted_yet",
        "withdrawn",
        "nothing_to_post",
    }
)
"""Reasons for which nothing is posted, and nobody has to do anything."""


def from_cost(cost: Cost, slug: str) -> Item | Note:
    """What an open cost comes to."""
    payee = cost.payee
    item = Item(
        ItemKind.COST,
        cost_marker(slug, cost.id),
        cost.case_id,
        cost.id,
        cost.amount,
        payee=payee.name if payee else "",
        payee_marker=contact_marker(slug, payee.contact_id) if payee else "",
        memo=cost.memo,
        invoice_number=cost.invoice_number,
        account=cost.bank_account or "",
    )
    if cost.superseded:
        return note(item, "superseded")
    if cost.kind is not CostKind.CASE_COST:
        return note(item, "goes_with_settlement")
    if cost.amount <= ZERO:
        return note(item, "amount_not_positive", amount=shown(cost.amount))
    if not item.payee.strip():
        return note(item, "payee_missing")
    return item


def from_trust(ledger: TrustLedger, slug: str, *, pushed: bool, client_id: str) -> Iterator[Item | Note]:
    """What the lines of a trust ledger come to, receipts first: nothing is paid out before it came in.

    Args:
        ledger: the case's trust ledger.
        slug: the firm.
        pushed: whether the settlement was handed over to accounting; then its fee counts before it is posted.
        client_id: the case's client, who is paid what is left; empty when nobody knows.
    """
    for line in sorted(ledger.lines, key=_in_order):
        yield from _from_line(line, ledger.case_id, slug, pushed=pushed, client_id=client_id)


def _in_order(line: TrustLine) -> tuple[bool, date, int, str]:
    return (line.kind not in _INCOMING, line.check_date or date.max, len(line.id), line.id)


def _from_line(line: TrustLine, case_id: str, slug: str, *, pushed: bool, client_id: str) -> Iterator[Item | Note]:
    incoming, amount = line.kind in _INCOMING, abs(line.amount)
    comes_in = incoming or line.kind is TrustKind.IMPORTED_BALANCE
    kind = ItemKind.TRUST_RECEIPT if comes_in else ItemKind.TRUST_CHEQUE
    if line.kind is TrustKind.FEE:
        kind = ItemKind.FEE
    item = Item(
        kind,
        fee_marker(slug, line.id) if kind is ItemKind.FEE else trust_marker(slug, line.id),
        case_id,
        line.id,
        amount,
        payee=line.payee,
        payee_marker="" if kind is not ItemKind.TRUST_CHEQUE else _payee_marker(line, slug, client_id),
        on=None if kind is ItemKind.FEE else line.check_date,
        memo=line.memo,
        check_number=line.check_number or "",
    )
    if line.kind is TrustKind.IMPORTED_BALANCE:
        yield note(item, "imported_balance")
    elif line.do_not_distribute:
        yield note(item, "do_not_distribute")
    elif (line.kind in CARRIED and not (line.posted or pushed)) or (line.kind not in CARRIED and not line.posted):
        yield note(item, "not_posted_yet")
    elif (line.amount > ZERO) != incoming or line.amount == ZERO:
        direction, sign = ("into", "positive") if incoming else ("out of", "negative")
        yield note(item, "wrong_sign", amount=shown(line.amount), direction=direction, sign=sign)
    elif line.kind is TrustKind.COST_REIMBURSEMENT:
        return  # only ever carried by an invoice
    elif kind is ItemKind.TRUST_CHEQUE and not item.payee.strip():
        yield note(item, "payee_missing")
    else:
        yield item


def _payee_marker(line: TrustLine, slug: str, client_id: str) -> str:
    if line.kind is TrustKind.CLIENT_PAYMENT and client_id:
        return client_marker(slug, client_id)
    return name_marker(slug, line.payee)


@dataclass(frozen=True, slots=True)
class ChargeStanding:
    """What of one charge of a case is posted: the sum, and how many revisions there are, posted or not."""

    posted: Decimal = ZERO
    revisions: int = 0
    is_open: bool = False
    """True while a revision is still under way: what it comes to is settled when it is posted."""


def from_charges(charges: Charges, slug: str, standing: Mapping[ItemKind, ChargeStanding]) -> Iterator[Item]:
    """The differences that bring a pushed case's charges to their amounts."""
    for kind, name in CHARGES.items():
        charge = charges.copp if kind is ItemKind.COPP else charges.property_damage
        stands = standing.get(kind, ChargeStanding())
        difference = charge.amount - stands.posted
        if charge.pushed and difference != ZERO and not stands.is_open:
            marker = charge_marker(slug, name, charges.case_id, stands.revisions + 1)
            yield Item(kind, marker, charges.case_id, charges.case_id, difference)


def from_settlement(
    ledger: TrustLedger, slug: str, *, pushed: bool, carried: Collection[str], revisions: int
) -> Item | None:
    """The invoice for what the firm takes out of trust, unless all of that was invoiced before.

    Args:
        ledger: the case's trust ledger.
        slug: the firm.
        pushed: as for :func:`from_trust`.
        carried: ids of lines that an earlier invoice carries, whatever became of it.
        revisions: how many invoices there were before.
    """
    lines = [
        line
        for line in ledger.lines
        if line.kind in CARRIED
        and not line.do_not_distribute
        and (line.posted or pushed)
        and line.amount < ZERO
        and line.id not in carried
    ]
    if not lines:
        return None
    return Item(
        ItemKind.INVOICE,
        invoice_marker(slug, ledger.case_id, revisions + 1),
        ledger.case_id,
        ledger.case_id,
        total(-line.amount for line in lines),
        lines=tuple(sorted(line.id for line in lines)),
    )


def is_settling(ledger: TrustLedger, carried: Collection[str]) -> bool:
    """Whether a case's settlement is under way, so that its charges are to be looked at every night."""
    return any(
        not line.posted or (line.kind in CARRIED and line.id not in carried)
        for line in ledger.lines
        if line.kind is not TrustKind.IMPORTED_BALANCE and not line.do_not_distribute
    )
