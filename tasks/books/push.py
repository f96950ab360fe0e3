"""One push of a firm's money into its books: its hold, its systems, and what its steps find out for each other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from blocks.casepeer import CasePeerCredentials
from blocks.firm import Firm
from connectors.http import redact_handlers
from connectors.money import Accounting, CaseBooks
from connectors.ports import CaseSystem, SharedState
from domain.books import BooksUser, Casefile
from domain.books_preflight import BooksPlan, Finding
from domain.case import Case
from domain.costs import Charges, Cost, TrustLedger
from domain.errors import BadInput
from domain.posting_markers import casefile_marker
from domain.postings import Item, Note
from ledger import BookEntry, Ledger
from tasks.endings import SwitchedOff
from tasks.firms import load_firm
from tasks.flow_run import came_by_schedule
from tasks.hold import Hold, take_hold
from tasks.usage import close_ledger

SHARE = 0.9
"""The part of the case system's request budget that a push may use: the rest is for messages, which cannot wait."""


class Push:
    """Everything the steps of one push share. Steps get it whole; Prefect never looks inside."""

    def __init__(
        self,
        firm: Firm,
        ledger: Ledger,
        hold: Hold,
        case_system: CaseSystem,
        costs: CaseBooks,
        accounting: Accounting,
        *,
        started_at: datetime,
        only: Sequence[str] | None,
        dry_run: bool,
    ) -> None:
        self.firm, self.ledger, self.hold = firm, ledger, hold
        self.case_system, self.costs, self.accounting = case_system, costs, accounting
        self.only = None if only is None else frozenset(only)
        """Ids of the only costs that were asked for; None: everything."""
        self.dry_run = dry_run
        self.started_at = started_at
        """By the ledger's clock, as everything that is on record there."""
        self.wanted: dict[str, Item] = {}
        """What is to be posted and is not yet, by marker."""
        self.posted: dict[str, Item] = {}
        """What is posted already, as the case system has it now; by marker."""
        self.pending: dict[str, Cost] = {}
        """Costs that wait for their cheques, by id."""
        self.open: dict[str, Cost] = {}
        """Costs that are open in the case system, by id."""
        self.paid: dict[str, tuple[BookEntry, Item]] = {}
        """Costs of which the case system heard in this push that their cheques were printed, by id; likewise *voided*."""
        self.voided: dict[str, tuple[BookEntry, Item]] = {}
        self.lately_voided: set[str] = set()
        """Entries that were found voided in this push."""
        self.charges: dict[str, Charges] = {}
        self.trust: dict[str, TrustLedger] = {}
        """Trust ledgers with something to post, or of a settlement that is under way; by case."""
        self.cases: dict[str, Case] = {}
        self.notes: list[Note] = []
        self.findings: list[Finding] = []
        self.differences: dict[str, tuple[Decimal, Decimal]] = {}
        """Cases whose trust in the books and in the case system differs by what is explained; both balances."""
        self.set_up: BooksPlan | None = None
        """What the firm's choices come to in its books; None while they cannot be used."""
        self.answerable: dict[str, BooksUser | Finding] = {}
        """Who answers for a case in the books, or why nobody can."""
        self._casefiles: dict[str, tuple[Casefile, ...]] = {}

    @property
    def slug(self) -> str:
        """The firm's slug."""
        return self.firm.slug

    @property
    def plan(self) -> BooksPlan:
        """What the firm's choices come to in its books; only once nothing of the set-up blocks the firm."""
        assert self.set_up is not None
        return self.set_up

    @property
    def today(self) -> date:
        """The day in the firm's zone on which the push began."""
        return self.started_at.astimezone(self.firm.zone).date()

    async def casefiles(self, case_id: str) -> tuple[Casefile, ...]:
        """The casefiles that carry the case's marker, or else its number; asked for once in a push."""
        if case_id not in self._casefiles:
            found = await self.accounting.casefiles(marker=casefile_marker(self.slug, case_id))
            case = self.cases.get(case_id)
            if not found and case is not None and case.readable_id:
                found = await self.accounting.casefiles(number=case.readable_id)
            self._casefiles[case_id] = found
        return self._casefiles[case_id]

    def has_now(self, case_id: str, casefile: Casefile) -> None:
        """The case has this casefile: it was just made."""
        self._casefiles[case_id] = (casefile,)

    def requests(self) -> int:
        """Requests made so far."""
        return sum(sum(one.counts.requests.values()) for one in (self.costs, self.accounting, self.case_system))


def books_hold(slug: str) -> str:
    """The name of the hold on a firm's books."""
    return f"books:{slug}"


async def load_booking_firm(slug: str) -> Firm:
    """The block of a firm whose books are kept by us. Raises BadInput for any other."""
    redact_handlers("", "casebridge", "prefect.flow_runs", "prefect.task_runs")
    firm = await load_firm(slug)
    if firm.accounting is None:
        raise BadInput(f"{firm.name} has no accounting: choose its Soluno Credentials in Blocks › {slug} › Accounting.")
    if not isinstance(firm.case_system, CasePeerCredentials):
        raise BadInput(
            f"Costs are pushed from CASEpeer only, and {firm.name} keeps its cases in {firm.rules().system.name}."
        )
    return firm


async def refuse_if_push_switched_off(slug: str) -> None:
    """End a push that came by schedule for a firm whose cost push is off; one by hand goes on. Raises SwitchedOff."""
    if not came_by_schedule():
        return
    firm = await load_firm(slug)
    if not firm.cost_push:
        because = firm.switch("cost_push").because
        raise SwitchedOff(f"The cost push of {firm.name} is switched off in its Firm block{because}; nothing was done.")


@contextlib.asynccontextmanager
async def open_push(
    slug: str, kind: str, *, only: Sequence[str] | None = None, dry_run: bool = False
) -> AsyncIterator[Push]:
    """Hold the firm's books and connect both systems; undo all of it at the end.

    Raises:
        BadInput: no usable Firm block, or one without accounting.
        LeaseHeld: another run works on this firm's books.
    """
    firm = await load_booking_firm(slug)
    ledger = await asyncio.to_thread(Ledger.open)
    try:
        async with connected_push(firm, ledger, kind, only=only, dry_run=dry_run) as push:
            yield push
    finally:
        await close_ledger(ledger)


@contextlib.asynccontextmanager
async def connected_push(
    firm: Firm, ledger: Ledger, kind: str, *, only: Sequence[str] | None = None, dry_run: bool = False
) -> AsyncIterator[Push]:
    """As :func:`open_push`, for a firm that is loaded already."""
    credentials, accounting, slug = firm.case_system, firm.accounting, firm.slug
    assert isinstance(credentials, CasePeerCredentials)
    assert accounting is not None
    async with contextlib.AsyncExitStack() as cleanup:
        hold = await cleanup.enter_async_context(Hold.of(ledger, await take_hold(ledger, books_hold(slug), kind)))
        shared = SharedState(f"{credentials.system}:{slug}", ledger.limits, ledger.tokens, hold.require)
        case_system = credentials.case_system(shared, firm.rules(), SHARE)
        cleanup.push_async_callback(case_system.close)
        costs = credentials.books(shared, firm.rules(), SHARE)
        cleanup.push_async_callback(costs.close)
        books = accounting.accounting(
            SharedState(f"{accounting.system}:{slug}", ledger.limits, ledger.tokens, hold.require)
        )
        cleanup.push_async_callback(books.close)
        at = await asyncio.to_thread(ledger.deliveries.now)
        yield Push(firm, ledger, hold, case_system, costs, books, started_at=at, only=only, dry_run=dry_run)
