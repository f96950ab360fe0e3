"""What casebridge asks of outside systems about money: of a case system its costs, of accounting the books."""

from collections.abc import AsyncIterator, Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from domain.books import (
    Balances,
    BooksSetUp,
    Casefile,
    CasefileDraft,
    Contact,
    ContactDraft,
    Entry,
    EntryKind,
    EntryPage,
    Invoice,
    Posted,
    Posting,
    SessionStanding,
    Users,
)
from domain.costs import Charges, Cost, CostPage, CostStatus, TrustLedger, TrustPage

if TYPE_CHECKING:
    from connectors.http import Counts


class CaseBooks(Protocol):
    """What a case system must do for accounting: show costs, charges and trust ledgers, and hear what became of costs."""

    system: str

    @property
    def counts(self) -> "Counts":
        """What was asked of the system so far."""
        ...

    def costs(self, status: CostStatus, *, cursor: str | None = None) -> AsyncIterator[CostPage]:
        """Pages of the costs that stand so now, superseded ones included, resuming after ``cursor``. Raises ConnectorError."""
        ...

    async def cost(self, cost_id: str) -> Cost:
        """One cost as it is now.

        Raises:
            NotFound: it was deleted.
            UnexpectedAnswer: it cannot be read; its ``field`` says what.
        """
        ...

    def trust(self, since: datetime | None, *, cursor: str | None = None) -> AsyncIterator[TrustPage]:
        """Pages of the trust ledgers on which something moved since then; None: of all of them. Raises ConnectorError."""
        ...

    async def trust_of(self, case_id: str) -> TrustLedger:
        """The trust ledger of one case. Raises NotFound, UnexpectedAnswer."""
        ...

    async def charges(self, case_id: str) -> Charges:
        """The settlement charges of one case. Raises NotFound, UnexpectedAnswer."""
        ...

    async def mark_pending(self, cost: Cost, entry_id: str, bank_account: str, at: datetime) -> Cost:
        """Say that an open cost was sent to accounting, where it is ``entry_id``; the cost as it is now.

        Raises:
            Stale: it was changed since it was read as ``cost``; read it again.
            NotFound: it was deleted.
            FixData: it stands otherwise now (*invalid_transition*).
        """
        ...

    async def mark_paid(self, cost: Cost, check_number: str, paid_on: date) -> Cost:
        """Say that a pending cost's cheque was printed. Raises as :meth:`mark_pending`."""
        ...

    async def mark_void(self, cost: Cost) -> Cost:
        """Say that a pending cost's cheque was voided. Raises as :meth:`mark_pending`."""
        ...

    def cost_url(self, case_id: str) -> str:
        """Where a person sees the costs of a case."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class Accounting(Protocol):
    """What accounting must do: say how it is set up, keep contacts and casefiles, take postings once and tell of them."""

    system: str

    @property
    def counts(self) -> "Counts":
        """What was asked of the system so far."""
        ...

    async def session(self) -> SessionStanding:
        """How our login stands; logs in where there is no session.

        Raises:
            AnswerQuestion: a person must answer the security question first.
            LogInAgain: the credentials are refused.
            Wait: somebody else uses the login; after ``retry_after`` seconds it may be tried again.
        """
        ...

    async def reauthenticate(self, answer: str) -> SessionStanding:
        """Log in anew with the answer to the security question, which begins a new period. Raises as :meth:`session`."""
        ...

    async def set_up(self) -> BooksSetUp:
        """How the books are set up. Raises ConnectorError."""
        ...

    async def users(self, emails: Collection[str]) -> Users:
        """Everybody with one of these e-mails, inactive users included; each e-mail asked for is a key. Raises ConnectorError."""
        ...

    async def contacts(self, kind: str, *, marker: str | None = None, name: str | None = None) -> tuple[Contact, ...]:
        """Contacts with exactly this marker, or exactly this name (letter case aside). Raises ConnectorError."""
        ...

    async def create_contact(self, draft: ContactDraft) -> Contact:
        """Make a contact. Raises FixData; AnswerLost if in doubt."""
        ...

    async def casefiles(self, *, marker: str | None = None, number: str | None = None) -> tuple[Casefile, ...]:
        """Casefiles with exactly this marker, or this number, closed ones included. Raises ConnectorError."""
        ...

    async def create_casefile(self, draft: CasefileDraft) -> Casefile:
        """Make a casefile. Raises FixData; AnswerLost if in doubt."""
        ...

    async def balances(self, casefile_id: str) -> Balances:
        """How a casefile stands. Raises NotFound."""
        ...

    async def post(self, posting: Posting) -> Posted:
        """Post; what already stands there under the marker, to the same amount on the same casefile, is what was asked for.

        Raises:
            FixData: refused; surely not posted. Its problem's code is the vendor's own, or *duplicate_differs* where the
                marker stands at something else.
            AnswerLost: it may have been posted: look it up before repeating.
        """
        ...

    async def find(self, posting: Posting) -> Posted | None:
        """What stands in the books for this posting, voided entries included; None when there is nothing.

        By its marker, then by casefile, date, amount and the marker in its explanation: the books may not keep markers
        apart. Raises FixData (*duplicate_differs*) when several or something else stand there.
        """
        ...

    async def invoice(self, invoice_id: str) -> Invoice:
        """An invoice as it is now. Raises NotFound."""
        ...

    async def release(self, invoice_id: str) -> Invoice:
        """Release an invoice; one that is released already stays so. Raises FixData."""
        ...

    async def cost_entry(self, entry_id: str) -> Entry | None:
        """A cost entry as it is now; None when there is none any more. Raises ConnectorError."""
        ...

    def changed_costs(self, since: datetime | None, *, cursor: str | None = None) -> AsyncIterator[EntryPage]:
        """Pages of cost entries that changed since then, voided and deleted ones included. Raises ConnectorError."""
        ...

    def entry_url(self, kind: EntryKind, entry_id: str, casefile_id: str) -> str:
        """Where a person sees the entry."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
