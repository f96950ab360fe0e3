"""A firm's books as accounting keeps them: what can be posted, what stands there, and how they are set up.

Amounts are ``Decimal`` to the cent, dates plain calendar dates, ids texts. A *casefile* is a case in the books, a
*contact* a client or a vendor. The ``marker`` of a posting stays with its entry, so that it is known again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Literal


class EntryKind(StrEnum):
    """What sort of entry; each sort is a list of its own in the books."""

    COST = "cost"
    FEE = "fee"
    TRUST_RECEIPT = "trust_receipt"
    TRUST_CHEQUE = "trust_cheque"
    INVOICE = "invoice"


class EntryStatus(StrEnum):
    """Where an entry stands. Fees are *posted* or *billed*; invoices have stages of their own (:class:`Stage`)."""

    PENDING = "pending"
    """A cheque in the print queue."""
    PRINTED = "printed"
    CLEARED = "cleared"
    POSTED = "posted"
    BILLED = "billed"
    VOID = "void"
    DELETED = "deleted"


class Stage(StrEnum):
    """The stages of an invoice."""

    REQUESTED = "requested"
    REVIEW = "review"
    RELEASE = "release"
    RELEASED = "released"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CostPosting:
    """A cheque to a vendor on an operating account, and the cost on the casefile."""

    kind: ClassVar[Literal[EntryKind.COST]] = EntryKind.COST
    marker: str
    casefile_id: str
    vendor_id: str
    on: date
    amount: Decimal
    posting_reference_id: str
    bank_account_id: str
    explanation: str
    """Without the marker, which is written behind it."""
    invoice_number: str = ""


@dataclass(frozen=True, slots=True)
class FeePosting:
    """A fee of one hour for whoever earned it; with ``activity_code_id`` a charge, which may be negative."""

    kind: ClassVar[Literal[EntryKind.FEE]] = EntryKind.FEE
    marker: str
    casefile_id: str
    user_id: str
    on: date
    amount: Decimal
    explanation: str
    activity_code_id: str | None = None


@dataclass(frozen=True, slots=True)
class TrustReceiptPosting:
    """Money into trust."""

    kind: ClassVar[Literal[EntryKind.TRUST_RECEIPT]] = EntryKind.TRUST_RECEIPT
    marker: str
    casefile_id: str
    bank_account_id: str
    on: date
    amount: Decimal
    received_from: str
    explanation: str
    reference_number: str = ""


@dataclass(frozen=True, slots=True)
class TrustChequePosting:
    """Money out of trust; ``amount`` is positive. With ``cheque_number`` it was written already, else it is queued."""

    kind: ClassVar[Literal[EntryKind.TRUST_CHEQUE]] = EntryKind.TRUST_CHEQUE
    marker: str
    casefile_id: str
    bank_account_id: str
    on: date
    amount: Decimal
    payee_id: str
    explanation: str
    cheque_number: str | None = None


@dataclass(frozen=True, slots=True)
class InvoicePosting:
    """A request to bill everything unbilled on a casefile, and to take ``trust_amount`` for it out of trust.

    ``release``: straight to the release stage, past the people who review.
    """

    kind: ClassVar[Literal[EntryKind.INVOICE]] = EntryKind.INVOICE
    marker: str
    casefile_id: str
    through: date
    release: bool
    trust_account_id: str | None = None
    trust_amount: Decimal | None = None


Posting = CostPosting | FeePosting | TrustReceiptPosting | TrustChequePosting | InvoicePosting


@dataclass(frozen=True, slots=True)
class Posted:
    """What the books say of a posting they have taken: for an invoice, its total."""

    id: str
    amount: Decimal
    was_there: bool = False
    """True when it stood there already under the same marker, to the same amount: nothing was posted now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the books have it. ``number`` is the cheque's or the reference's, once there is one."""

    id: str
    kind: EntryKind
    casefile_id: str
    amount: Decimal
    status: EntryStatus
    marker: str | None
    on: date | None = None
    number: str | None = None
    printed_on: date | None = None
    voided_on: date | None = None
    invoice_id: str | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some entries in the order of their changes; ``cursor`` continues after them, None at the end."""

    entries: tuple[Entry, ...]
    cursor: str | None
    newest: datetime | None
    """The latest change among them."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice. ``lines`` holds kind, id and amount of each entry on it, as the books name them."""

    id: str
    casefile_id: str
    stage: Stage
    total: Decimal
    trust_applied: Decimal
    lines: tuple[tuple[EntryKind, str, Decimal], ...]
    marker: str | None
    number: str | None = None
    released_on: date | None = None


@dataclass(frozen=True, slots=True)
class Balances:
    """How a casefile stands."""

    trust: Decimal
    unbilled_costs: Decimal
    unbilled_fees: Decimal
    receivable: Decimal


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """A contact to be made: a person with first and last name, or a company with a last name alone."""

    marker: str
    kind: Literal["Client", "Vendor"]
    last_name: str
    first_name: str = ""
    email: str = ""
    mobile: str = ""
    """E.164, or empty."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact in the books."""

    id: str
    number: str
    name: str
    kind: str
    marker: str | None


@dataclass(frozen=True, slots=True)
class CasefileDraft:
    """A casefile to be made; its number is left to the books."""

    marker: str
    client_id: str
    area_id: str
    responsible_user_id: str
    description: str
    opened_on: date


@dataclass(frozen=True, slots=True)
class Casefile:
    """A casefile in the books."""

    id: str
    number: str
    is_open: bool
    on_hold: bool
    description: str
    client_id: str
    marker: str | None


@dataclass(frozen=True, slots=True)
class BooksUser:
    """A user of the books; only one who records time can earn a fee [help]."""

    id: str
    name: str
    email: str
    active: bool
    records_time: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """Something that is set up in the books under a name: an area of practice, a code, a reference, an account.

    ``kind`` is *Operating* or *Trust* for accounts, else empty. ``has_gl_account`` is whether amounts under it have a
    general-ledger account to go to.
    """

    id: str
    name: str
    description: str = ""
    active: bool = True
    kind: str = ""
    has_gl_account: bool = True


@dataclass(frozen=True, slots=True)
class BooksSetUp:
    """What the books are set up with, as far as postings need it."""

    areas: tuple[Listed, ...]
    activity_codes: tuple[Listed, ...]
    posting_references: tuple[Listed, ...]
    bank_accounts: tuple[Listed, ...]
    release_stage: bool
    closed_before: date | None
    """Entries dated before then are refused."""


@dataclass(frozen=True, slots=True)
class SessionStanding:
    """How our login stands: as whom, in which organization, and until when it is good without a person."""

    user_name: str
    organization: str
    reauthenticate_by: datetime


Users = Mapping[str, tuple[BooksUser, ...]]
"""By e-mail, trimmed and in lower case: everybody in the books with it."""
