"""One run over one firm's cases: its hold on the firm, its ledger record, its clients of the outside systems."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from prefect.client.schemas.objects import FlowRun

from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.http import redact_handlers
from connectors.ports import CaseSystem, Scope, SharedState
from domain.firm import FirmRules
from domain.mapping import PortalIndex
from domain.portal import Directory, PortalCase
from ledger import Lease, LeaseLost, Ledger, Run
from ledger.pages import Selection
from tasks.firms import load_firm
from tasks.flow_run import current_flow_run
from tasks.hold import Hold, take_hold
from tasks.scopes import (
    cases_stream,
    clients_stream,
    opened_since_from_record,
    scope_from_record,
    scope_to_record,
)
from tasks.usage import close_ledger

SHARE = 0.9
"""The part of the vendors' request budgets that a run may use: the rest is for messages, which cannot wait for a night."""
CONNECTING = "connect_case"
NIGHTLY_SYNC, _IMPORT = "nightly_case_sync", "initial_bulk_import"
"""Kinds of runs."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked of a run, by whom. ``window`` counts only where no ``ids`` are given."""

    firm: str
    kind: str
    window: str = "auto"
    ids: Sequence[str] | None = None
    dry_run: bool = False
    requested_by: str | None = None
    parent_run_id: str | None = None


class SyncRun:
    """Everything the steps of one run share. Steps get it whole; Prefect never looks inside."""

    directory: Directory
    names: PortalIndex
    rules_mark: str

    def __init__(
        self,
        request: Request,
        firm: Firm,
        ledger: Ledger,
        record: Run,
        hold: Hold,
        portal: CaseStatusClient,
        case_system: CaseSystem,
        *,
        overtaken: bool = False,
    ) -> None:
        self.request = request
        self.firm = firm
        self.rules: FirmRules = firm.rules()
        self.ledger = ledger
        self.record = record
        self.hold = hold
        self.portal = portal
        self.case_system = case_system
        self.scope: Scope = scope_from_record(record.scope)
        self.opened_since = opened_since_from_record(record.scope)
        self.ids: list[str] | None = list(self.scope.ids) if self.scope.ids is not None else None
        self.overtaken = overtaken
        """True when another run has worked on the firm's cases since this one's last try."""
        self.keeps_in_step = not self.was_previewed and _origin(ledger, record).kind != _IMPORT
        """True for all runs but a connection, a first import and its retries: some case systems bring in no new cases in them."""
        self.set_aside: set[str] = set()
        """Cases already reported as missing or unreadable: there is nothing to compare."""
        self.landlines: set[str] = set()
        self._new_landlines: set[str] = set()
        self.retrying_finished = _had_ended(record)
        """True when this flow run had come to its end before: only what was in trouble then is attempted again."""
        if self.retrying_finished:
            self.ids = ledger.attempts.retryable_ids(record.id)

    @property
    def id(self) -> str:
        """The run's id in the ledger; a retry of the same flow run keeps it."""
        return self.record.id

    @property
    def slug(self) -> str:
        """The firm's slug."""
        return self.firm.slug

    @property
    def lease(self) -> Lease:
        """The hold on the firm's cases. Raises LeaseLost once it may have passed to another run."""
        return self.hold.lease

    @property
    def retrying(self) -> bool:
        """True when this flow run was started before: what succeeded then is not touched again."""
        return self.record.tries > 1

    def has_created(self, case: PortalCase | None) -> bool:
        """True for a case that an earlier try of this run has created without hearing the answer."""
        if case is None or case.created_at is None or not self.retrying or self.overtaken:
            return False
        return case.created_at >= self.record.started_at

    @property
    def is_night(self) -> bool:
        """True for the nightly sync over a window, by schedule or by hand; False for named cases and imports."""
        return self.record.kind == NIGHTLY_SYNC and self.scope.ids is None

    @property
    def reads_linked_only(self) -> bool:
        """True for a night that brings in no new cases: what is not in the portal is not even read."""
        return self.is_night and not self.rules.system.imports_new_at_night

    @property
    def was_previewed(self) -> bool:
        """True when a person has seen what will be written: nothing else may be."""
        return self.record.kind == CONNECTING

    @property
    def silent(self) -> bool:
        """True when no client may be told anything: first imports."""
        return self.record.kind == _IMPORT

    @property
    def by_hand(self) -> bool:
        """True when a person asked about named cases: then the portal is asked anew what it refused before."""
        return self.ids is not None

    @property
    def selection(self) -> Selection:
        """Which cases are looked at once both sides are read."""
        if self.retrying_finished:
            return self.ids or []
        # A case that was refused before it came to the portal is left alone by a night that reads linked ones only.
        return "night" if self.is_night and not self.reads_linked_only else "scope"

    @property
    def passing_over(self) -> str | None:
        """Cases last found in step under this mark are passed over while neither side changes; None: look at each."""
        return None if self.by_hand else self.rules_mark

    @property
    def today(self) -> date:
        """The day in the firm's zone on which the run began."""
        return self.record.started_at.astimezone(self.rules.zone).date()

    def requests(self) -> dict[str, int]:
        """Requests made so far, all tries together, by ``system METHOD /route``."""
        made = dict(self.record.requests or {})
        for client in (self.portal, self.case_system):
            for (system, route, _status), count in client.counts.requests.items():
                made[f"{system} {route}"] = made.get(f"{system} {route}", 0) + count
        return made

    def learn_landlines(self, numbers: set[str]) -> None:
        """Remember numbers the portal has refused as landlines."""
        self.landlines |= numbers
        self._new_landlines |= numbers

    async def note_window_done(self) -> None:
        """Move the watermarks, now that every case of the window has been written or has its trouble on record."""
        if self.ids is not None or self.request.dry_run:
            return
        for stream in (cases_stream(self.rules), clients_stream(self.rules)):
            await asyncio.to_thread(
                self.ledger.watermarks.advance, self.lease, self.slug, stream, self.record.started_at
            )

    async def remember_landlines(self) -> None:
        """Write newly learnt landlines into the ledger."""
        if self._new_landlines and not self.request.dry_run:
            learnt, self._new_landlines = self._new_landlines, set()
            await asyncio.to_thread(self.ledger.phones.learn_landlines, self.slug, learnt)


@contextlib.asynccontextmanager
async def open_run(request: Request) -> AsyncIterator[SyncRun]:
    """Hold the firm, open (or, on a retry, reopen) the run's record, connect both systems; undo all of it at the end.

    Raises:
        FirmUnknown: no usable Firm block.
        LeaseHeld: another run works on this firm's cases.
        BadInput: the window cannot be understood.
    """
    redact_handlers("", "casebridge", "prefect.flow_runs", "prefect.task_runs")
    _exempt_what_is_loaded()
    firm = await load_firm(request.firm)
    rules = firm.rules()
    flow_run = current_flow_run()
    async with contextlib.AsyncExitStack() as cleanup:
        ledger = await asyncio.to_thread(Ledger.open)
        cleanup.push_async_callback(close_ledger, ledger)
        lease = await take_hold(ledger, cases_hold(request.firm), request.kind)
        hold = await cleanup.enter_async_context(Hold.of(ledger, lease))
        record = await asyncio.to_thread(
            ledger.runs.start,
            lease,
            firm=firm.slug,
            system=rules.case_system,
            kind=request.kind,
            trigger=_trigger(request, flow_run),
            requested_by=request.requested_by,
            flow_run_id=str(flow_run.id) if flow_run else None,
            scope=await asyncio.to_thread(scope_to_record, request.window, request.ids, rules, ledger),
            dry_run=request.dry_run,
            parent_run_id=request.parent_run_id,
        )
        latest = await asyncio.to_thread(ledger.runs.recent, firm.slug, 1)
        overtaken = latest[0].id != record.id
        if overtaken or _had_ended(record) or request.kind == CONNECTING:
            _read_anew(record)
        portal = firm.portal.portal(
            SharedState(f"case_status:{firm.slug}", ledger.limits, ledger.tokens, hold.require), share=SHARE
        )
        cleanup.push_async_callback(portal.close)
        shared = SharedState(f"{rules.case_system}:{firm.slug}", ledger.limits, ledger.tokens, hold.require)
        case_system = firm.case_system.case_system(shared, rules, SHARE)
        cleanup.push_async_callback(case_system.close)
        run = SyncRun(request, firm, ledger, record, hold, portal, case_system, overtaken=overtaken)
        try:
            yield run
        except BaseException as error:
            await _record_interruption(run, error)
            raise


def cases_hold(slug: str) -> str:
    """The name of the hold on a firm's cases."""
    return f"cases:{slug}"


def _origin(ledger: Ledger, record: Run) -> Run:
    """The run itself, or the one that it retries, however many retries ago."""
    while record.parent_run_id is not None and (parent := ledger.runs.get(record.parent_run_id)) is not None:
        record = parent
    return record


def _had_ended(record: Run) -> bool:
    return record.tries > 1 and record.totals is not None


def _read_anew(record: Run) -> None:
    """Forget what was read too long ago: before an end, or before another run took over what this one had read."""
    record.source_cursor = record.portal_cursor = None
    record.source_done = record.portal_done = False


@cache
def _exempt_what_is_loaded() -> None:
    """Take what the process has loaded out of garbage collection: some 200,000 objects, walked for nothing every time."""
    gc.freeze()


def _trigger(request: Request, flow_run: FlowRun | None) -> str:
    if request.parent_run_id is not None:
        return "retry"
    if flow_run is not None and flow_run.auto_scheduled:
        return "nightly"
    return "manual_individual" if request.ids is not None else "manual_all"


async def _record_interruption(run: SyncRun, error: BaseException) -> None:
    """Note in the ledger that the run broke off; never hide the error itself."""
    with contextlib.suppress(LeaseLost):
        await asyncio.to_thread(
            run.ledger.runs.finish, run.lease, run.id, "interrupted", type(error).__name__, None, run.requests()
        )
