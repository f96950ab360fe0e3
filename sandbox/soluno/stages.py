"""The stages of an invoice: requested, under review, ready for release, released or cancelled [help] [seed]."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.soluno.books import Books
from sandbox.soluno.entries import NOTHING, Charge, CostEntry, FeeEntry, Invoice, Transfer
from sandbox.soluno.ledger import trust_of
from sandbox.soluno.records import BankAccount
from sandbox.soluno.refusals import conflict, not_permitted, rule
from sandbox.soluno.rules import require_active, require_trust, require_working
from sandbox.soluno.stamps import day_of

REQUESTED, REVIEW, RELEASE, RELEASED, CANCELLED = "Requested", "Review", "Release", "Released", "Cancelled"
ACTIONS = (REVIEW, RELEASE)
"""Where a request says that an invoice is to go."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an invoice is to take in, up to a day; ``trust_account`` is where ``trust`` comes from."""

    casefile_id: int
    through: date
    action: str
    with_costs: bool
    with_fees: bool
    trust_account: BankAccount | None = None
    trust: Decimal = NOTHING
    reference: str | None = None


def unbilled(books: Books, request: Request) -> list[Charge]:
    """Costs and fees that a request takes in: those that count and stand on no other invoice."""
    charges: list[Charge] = []
    if request.with_costs:
        charges += books.costs.of_casefile(request.casefile_id)
    if request.with_fees:
        charges += books.fees.of_casefile(request.casefile_id)
    return [one for one in charges if one.counts and one.invoice_id is None and one.day <= request.through]


def draft(books: Books, request: Request, *, waits: bool, now: int) -> Invoice:
    """Draw an invoice up. Raises Refused when more is to come from trust than it comes to, or than there is."""
    charges = unbilled(books, request)
    if request.trust > sum((charge.amount for charge in charges), NOTHING):
        raise rule("InvalidAmount", "That is more than the invoice comes to.", "ApplyTrust.Amount")
    require_trust(books, request.casefile_id, request.trust, "ApplyTrust.Amount")
    invoice = Invoice(
        id=books.invoices.next_id(),
        casefile_id=request.casefile_id,
        through=request.through,
        stage=REQUESTED if waits else request.action,
        aim=request.action,
        costs=[charge.id for charge in charges if isinstance(charge, CostEntry)],
        fees=[charge.id for charge in charges if isinstance(charge, FeeEntry)],
        trust_account_id=None if request.trust_account is None else request.trust_account.id,
        trust_wanted=request.trust,
        reference=request.reference,
        moment=now,
    )
    books.invoices.add(invoice)
    _mark(books, invoice, invoice.id, now)
    return invoice


def release(books: Books, invoice: Invoice, now: int) -> Invoice:
    """Make an invoice final: it gets its number, and the amount from trust is transferred. Raises Refused."""
    _require_open(invoice)
    require_release_stage(books)
    if invoice.stage != RELEASE:
        raise not_permitted(f"The invoice is not ready for release, its stage is {invoice.stage}.")
    require_working(books.casefiles.there(invoice.casefile_id))
    amount = trust_of(books, invoice)
    if amount:
        require_trust(books, invoice.casefile_id, amount, "ApplyTrust.Amount")
        _transfer(books, invoice, amount, now)
    number = books.next_invoice_number()
    books.invoices.change(invoice, stage=RELEASED, number=number, released=now, moment=now)
    _mark(books, invoice, invoice.id, now)
    return invoice


def cancel(books: Books, invoice: Invoice, now: int) -> Invoice:
    """Give an invoice up; what stood on it can be billed again, its reference stays taken. Raises Refused."""
    _require_open(invoice)
    if invoice.stage != CANCELLED:
        _mark(books, invoice, None, now)
        books.invoices.change(invoice, stage=CANCELLED, moment=now)
    return invoice


def move(books: Books, invoice: Invoice, stage: str, now: int) -> Invoice:
    """Somebody of the firm moves an invoice on, in Review Charges or Release Invoice. Raises Refused, or ValueError."""
    if stage == CANCELLED:
        return cancel(books, invoice, now)
    if stage == RELEASED:
        return release(books, invoice, now)
    _require_open(invoice)
    if stage not in ACTIONS or invoice.stage == CANCELLED:
        message = f"An invoice does not go from {invoice.stage} to {stage}."
        raise ValueError(message)
    books.invoices.change(invoice, stage=stage, moment=now)
    return invoice


def require_release_stage(books: Books) -> None:
    """See that the feature *release invoice stage* is on. Raises Refused."""
    if not books.release_stage:
        raise rule("FeatureDisabled", "The release stage of billing is switched off.")


def _require_open(invoice: Invoice) -> None:
    if invoice.released is not None:
        raise conflict("AlreadyReleased", "The invoice is released already.")


def _mark(books: Books, invoice: Invoice, invoice_id: int | None, now: int) -> None:
    for cost in map(books.costs.there, invoice.costs):
        books.costs.change(cost, invoice_id=invoice_id, moment=now)
    for fee in map(books.fees.there, invoice.fees):
        books.fees.change(fee, invoice_id=invoice_id, moment=now)


def _transfer(books: Books, invoice: Invoice, amount: Decimal, now: int) -> None:
    assert invoice.trust_account_id is not None
    source, target = books.bank_accounts[invoice.trust_account_id], books.operating_account
    require_active(source)
    if target is None:
        raise rule("BankAccountInactive", "There is no active operating account.")
    transfer = Transfer(
        id=books.transfers.next_id(),
        casefile_id=invoice.casefile_id,
        from_account_id=source.id,
        to_account_id=target.id,
        day=day_of(now),
        amount=amount,
        invoice_ids=[invoice.id],
        explanation=f"Payment of invoice request {invoice.id}",
        moment=now,
    )
    books.transfers.add(transfer)
