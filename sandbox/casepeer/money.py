"""What a firm's CASEpeer holds of money: costs, settlement charges and trust ledgers. Amounts are ``Decimal``."""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
CASE_COST, COPP, PROPERTY_DAMAGE = "case_cost", "copp", "property_damage"
COST_KINDS = (CASE_COST, COPP, PROPERTY_DAMAGE)
"""Only the last may be negative: costs that were waived [help]."""
OPEN, PENDING, PAID, VOID = "open", "pending", "paid", "void"
COST_STATUSES = (OPEN, PENDING, PAID, VOID)
DEPOSIT, IMPORTED_BALANCE, REIMBURSEMENT = "deposit", "imported_balance", "reimbursement"
FEE, COST_REIMBURSEMENT, LIEN_PAYMENT, CLIENT_PAYMENT = "fee", "cost_reimbursement", "lien_payment", "client_payment"
CHECKS_IN = (DEPOSIT, REIMBURSEMENT)
"""Lines of a check that came into trust."""
MONEY_OUT = (FEE, COST_REIMBURSEMENT, LIEN_PAYMENT, CLIENT_PAYMENT)
TRUST_KINDS = (*CHECKS_IN, IMPORTED_BALANCE, *MONEY_OUT)
STAGED, POSTED = "staged", "posted"
LINE_STATUSES = (STAGED, POSTED)


@dataclass(frozen=True, slots=True)
class Payee:
    """A contact that is paid."""

    contact_id: int
    name: str
    contact_type: str


@dataclass(slots=True)
class Accounting:
    """What accounting has said of a cost."""

    system: str = "soluno"
    sent_at: int | None = None
    entry_id: str | None = None
    bank_account: str | None = None
    last_error: str | None = None


@dataclass(slots=True)
class Cost:
    """A cost of a case. One that was split is ``superseded`` by others, which name it in ``split_of``."""

    id: int
    case_id: int
    kind: str
    payee: Payee
    amount: Decimal
    memo: str
    invoice_number: str
    cost_code: str | None
    priority: str
    requested_by: int
    requested_on: date
    updated: int
    status: str = OPEN
    payment_method: str | None = None
    check_number: str | None = None
    paid_on: date | None = None
    split_of: int | None = None
    superseded: bool = False
    accounting: Accounting = field(default_factory=Accounting)
    version: int = 1


@dataclass(slots=True)
class Charge:
    """A line of the Costs section of the Settlement tab that is nobody's bill."""

    amount: Decimal = Decimal(0)
    staged: bool = False
    pushed_to_disbursement: bool = False


@dataclass(slots=True)
class Charges:
    """Both charges of a case."""

    copp: Charge = field(default_factory=Charge)
    property_damage: Charge = field(default_factory=Charge)


@dataclass(slots=True)
class TrustLine:
    """A line of a client's trust; money in is positive."""

    id: int
    kind: str
    amount: Decimal
    payee: str
    status: str = POSTED
    check_number: str | None = None
    check_date: date | None = None
    do_not_distribute: bool = False
    memo: str = ""


@dataclass(slots=True)
class TrustLedger:
    """The trust of the client of a case; ``updated`` is when a line last came or was posted."""

    case_id: int
    updated: int
    lines: list[TrustLine] = field(default_factory=list)

    @property
    def balance(self) -> Decimal:
        """What is in trust: posted lines only [assumed]."""
        return sum((line.amount for line in self.lines if line.status == POSTED), Decimal(0))

    @property
    def available(self) -> Decimal:
        """What is left of it for others than those it is staged for [assumed]."""
        return sum((line.amount for line in self.lines), Decimal(0))


def amount_of(value: object) -> Decimal:
    """An amount as a person types it, exactly. Raises ValueError for what is none, and for a JSON number with a fraction."""
    try:
        amount = Decimal(value if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else "none")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        message = f"{value!r} is no amount; write it as a text such as '38.75'."
        raise ValueError(message)
    return amount


def decimals(amount: Decimal) -> int:
    """How many decimals an amount is written with."""
    exponent = amount.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def cents(amount: Decimal) -> Decimal:
    """An amount to the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def written(amount: Decimal) -> str:
    """``"38.75"``: two decimals, or as many as were kept, since what is wrong must come out as wrong [assumed] 6.6."""
    return format(amount if decimals(amount) > 2 else cents(amount), "f")  # noqa: PLR2004 - to the cent
