"""The entries of the books and the invoices drawn from them. Instants are unix seconds, money has two decimals."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

QUEUE, NEVER = "Queue", "Never"
PRINT_ACTIONS = (QUEUE, NEVER)
NOTHING = Decimal("0.00")


@dataclass(slots=True, kw_only=True)
class Entry:
    """What all entries have. ``day`` is when it counts; ``void_day`` when its reversal does."""

    id: int
    casefile_id: int
    day: date
    amount: Decimal
    explanation: str
    moment: int
    reference: str | None = None
    voided: int | None = None
    void_day: date | None = None
    deleted: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is neither voided nor deleted."""
        return self.voided is None and not self.deleted

    @property
    def ended(self) -> str | None:
        """``Deleted`` or ``Void``, None while it counts."""
        if self.deleted:
            return "Deleted"
        return None if self.voided is None else "Void"

    @property
    def status(self) -> str:
        """``Posted`` until it has ended."""
        return self.ended or "Posted"


@dataclass(slots=True, kw_only=True)
class Cheque(Entry):
    """A cheque waits in the print queue, or was written by hand and is posted at once."""

    bank_account_id: int
    payee_id: int
    print_action: str
    cheque_number: str | None = None
    printed: int | None = None
    cleared: bool = False

    @property
    def status(self) -> str:
        """``Deleted``, ``Void``, ``Cleared``, ``Printed`` or ``Pending``."""
        if self.cleared:
            return self.ended or "Cleared"
        return self.ended or ("Pending" if self.cheque_number is None else "Printed")


@dataclass(slots=True, kw_only=True)
class CostEntry(Cheque):
    """An advanced client cost: a cheque on an operating account that the casefile owes.

    ``invoice_number`` is the vendor's, ``invoice_id`` the invoice of the firm that it stands on, unless that was cancelled.
    """

    posting_reference_id: int
    invoice_number: str | None = None
    invoice_id: int | None = None


@dataclass(slots=True, kw_only=True)
class FeeEntry(Entry):
    """A fee for a fee earner, or a charge under an activity code, which alone may be negative."""

    user_id: int
    activity_code_id: int | None
    hours: Decimal
    invoice_id: int | None = None


Charge = CostEntry | FeeEntry
"""What an invoice takes in."""


@dataclass(slots=True, kw_only=True)
class TrustReceipt(Entry):
    """Money taken into a trust account for a casefile."""

    bank_account_id: int
    received_from: str
    reference_number: str | None = None


@dataclass(slots=True, kw_only=True)
class TrustCheque(Cheque):
    """Money paid out of trust."""


@dataclass(slots=True, kw_only=True)
class Transfer(Entry):
    """Trust money of a casefile taken into an operating account, for its invoices."""

    from_account_id: int
    to_account_id: int
    invoice_ids: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Invoice:
    """An invoice on its way. ``costs`` and ``fees`` are ids; ``trust_wanted`` is to be taken from ``trust_account_id``."""

    id: int
    casefile_id: int
    through: date
    moment: int
    stage: str
    aim: str
    costs: list[int]
    fees: list[int]
    trust_account_id: int | None = None
    trust_wanted: Decimal = NOTHING
    number: str | None = None
    released: int | None = None
    reference: str | None = None
