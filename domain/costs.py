"""A firm's money as its case system has it: costs of cases, settlement charges, and what is in trust for a client.

Amounts are ``Decimal`` to the cent, dates plain calendar dates, ids texts.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.case import Unreadable


class CostKind(StrEnum):
    """A cost proper is paid to somebody; the two charges are the firm's own income."""

    CASE_COST = "case_cost"
    COPP = "copp"
    PROPERTY_DAMAGE = "property_damage"


class CostStatus(StrEnum):
    """*Pending* costs were sent to accounting and are not paid yet."""

    OPEN = "open"
    PENDING = "pending"
    PAID = "paid"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom a cost is paid to: a contact of the case system."""

    contact_id: str
    name: str
    contact_type: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """One cost of one case, as it is at ``version``."""

    id: str
    case_id: str
    kind: CostKind
    amount: Decimal
    status: CostStatus
    version: str
    payee: Payee | None = None
    memo: str = ""
    invoice_number: str = ""
    cost_code: str = ""
    requested_on: date | None = None
    check_number: str | None = None
    paid_on: date | None = None
    split_of: str | None = None
    superseded: bool = False
    """True for one that was split: its parts are sent in its place."""
    entry_id: str | None = None
    """The entry in accounting that the case system knows of."""
    bank_account: str | None = None
    """The account that was chosen for its cheque; None: the firm's usual one."""


@dataclass(frozen=True, slots=True)
class CostPage:
    """Some costs, and what cannot be read; ``cursor`` continues after them, None at the end."""

    costs: tuple[Cost, ...]
    cursor: str | None
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """A settlement charge; ``pushed`` says that it was handed over to accounting with the disbursement."""

    amount: Decimal
    staged: bool = False
    pushed: bool = False


@dataclass(frozen=True, slots=True)
class Charges:
    """The settlement charges of one case. Property damage may be negative: costs that were waived [help]."""

    case_id: str
    copp: Charge
    property_damage: Charge

    @property
    def pushed(self) -> bool:
        """Whether the case's settlement was handed over to accounting."""
        return self.copp.pushed or self.property_damage.pushed


class TrustKind(StrEnum):
    """What a line of a trust ledger is."""

    DEPOSIT = "deposit"
    IMPORTED_BALANCE = "imported_balance"
    FEE = "fee"
    COST_REIMBURSEMENT = "cost_reimbursement"
    LIEN_PAYMENT = "lien_payment"
    CLIENT_PAYMENT = "client_payment"
    REIMBURSEMENT = "reimbursement"


@dataclass(frozen=True, slots=True)
class TrustLine:
    """One line: money in is positive. Only *posted* lines count for the balance; others are staged."""

    id: str
    kind: TrustKind
    amount: Decimal
    posted: bool
    check_number: str | None = None
    check_date: date | None = None
    payee: str = ""
    do_not_distribute: bool = False
    """True for what somebody else was paid directly: no cheque may ever come of it [help]."""
    memo: str = ""


@dataclass(frozen=True, slots=True)
class TrustLedger:
    """What is in trust for the client of one case. ``unreadable`` lines are missing from ``lines``, not from the balance."""

    case_id: str
    balance: Decimal
    available: Decimal
    lines: tuple[TrustLine, ...]
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class TrustPage:
    """Some trust ledgers, and what cannot be read; ``cursor`` continues after them, None at the end."""

    ledgers: tuple[TrustLedger, ...]
    cursor: str | None
    unreadable: tuple[Unreadable, ...] = ()
