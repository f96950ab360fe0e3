"""Speaks to Soluno: a firm's books, from the session that all processes share to postings that are made once."""

from collections.abc import AsyncIterator, Collection
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import quote

import httpx

from connectors.errors import FixData, NotFound, NotPermitted, Problem, UnexpectedAnswer
from connectors.http import BearerAuth, Bucket, Budget, Connection, Counts
from connectors.ports import SharedState
from connectors.soluno import bodies, lists, postings, wire
from connectors.soluno.entries import CostRecord, InvoiceRecord
from connectors.soluno.hosts import SYSTEM, Host
from connectors.soluno.login import CORRELATION_HEADER, SESSION, Account, Login
from connectors.soluno.refusals import ALREADY_RELEASED, explain, is_spent
from connectors.tokens import TokenKeeper
from connectors.wiring import parsed
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
    Stage,
    Users,
)

REQUESTS_A_MINUTE = 60
"""Of one session [assumed]."""
_AT_ONCE = 5
"""Requests under way at the same time, of one session [assumed]."""
_BURSTS_A_MINUTE = 12
_FEATURES = "/Features"
_RELEASE_STAGE, _LOCK_DATE = "ReleaseInvoiceStage", "EntriesNotAllowedBefore"

Shape = TypeVar("Shape", bound=wire.SolunoRecord)


class SolunoClient:
    """One firm's Soluno, as a :class:`connectors.money.Accounting`. Close it after use.

    Args:
        host: where the firm's Soluno is.
        account: the user that casebridge logs in as.
        shared: request budget and session shared with the other processes of this user.
        requests_a_minute: how much we may ask.
        transport: replaces the sockets in tests.
        share: the part of the request budget to use at most; the rest is left to more urgent callers.
    """

    system = wire.SOURCE

    def __init__(
        self,
        *,
        host: Host,
        account: Account,
        shared: SharedState,
        requests_a_minute: int = REQUESTS_A_MINUTE,
        transport: httpx.AsyncBaseTransport | None = None,
        share: float = 1.0,
    ) -> None:
        self.host = host
        self._login = Login(host, account, shared, transport=transport)
        self._tokens = TokenKeeper(
            SYSTEM,
            shared.tokens,
            shared.key,
            self._login.refresh,
            self._login.grant,
            confirmations=self._login.confirmations,
        )
        counts = Counts()
        rule = Bucket(requests_a_minute, max(1, requests_a_minute // _BURSTS_A_MINUTE), silent=True)
        self.connection = Connection(
            SYSTEM,
            host.api,
            explain=explain,
            auth=BearerAuth(self._tokens, is_spent),
            budget=Budget(shared.limits, shared.key, rule, system=SYSTEM, share=share, counts=counts),
            at_once=_AT_ONCE,
            counts=counts,
            transport=transport,
            correlation_header=CORRELATION_HEADER,
            exact_numbers=True,
            may_send=shared.may_send,
        )

    @property
    def counts(self) -> Counts:
        """What was asked of Soluno so far (logins apart)."""
        return self.connection.counts

    async def close(self) -> None:
        """Close connections; a login under way is finished first, and the session stays for the others."""
        await self._tokens.close()
        await self._login.close()
        await self.connection.aclose()

    def entry_url(self, kind: EntryKind, entry_id: str, casefile_id: str) -> str:
        """Where a person sees the entry."""
        return self.host.entry_url(kind, entry_id, casefile_id)

    # The session.

    async def session(self) -> SessionStanding:
        """How our login stands; see the port."""
        return (await self._one(wire.SessionRecord, SESSION, SESSION)).standing

    async def reauthenticate(self, answer: str) -> SessionStanding:
        """Log in anew with the answer to the security question; see the port. Refused credentials are tried once more."""
        await self._login.try_again()
        self._login.answer_next(answer)
        await self._tokens.renew()
        return await self.session()

    # How the books are set up.

    async def set_up(self) -> BooksSetUp:
        """How the books are set up; five requests."""
        release_stage, closed_before = await self._features()
        return BooksSetUp(
            tuple(one.listed for one in await lists.whole(self.connection, wire.AreaRecord)),
            tuple(one.listed for one in await lists.whole(self.connection, wire.ActivityCodeRecord)),
            tuple(one.listed for one in await lists.whole(self.connection, wire.PostingReferenceRecord)),
            tuple(one.listed for one in await lists.whole(self.connection, wire.BankAccountRecord)),
            release_stage,
            closed_before,
        )

    async def users(self, emails: Collection[str]) -> Users:
        """Everybody with one of these e-mails; a request, as all users are fewer than the pages that asking for each takes."""
        wanted = {email.strip().lower() for email in emails}
        everybody = [one.user for one in await lists.whole(self.connection, wire.UserRecord)] if wanted else []
        return {email: tuple(user for user in everybody if user.email == email) for email in wanted}

    async def _features(self) -> tuple[bool, date | None]:
        """Whether there is a release stage, and the day before which entries are refused."""
        rows = (await self.connection.request("GET", _FEATURES, route=_FEATURES)).body
        if not isinstance(rows, list):
            raise UnexpectedAnswer("Soluno sent no list of features.", field="Features", system=SYSTEM)
        features = {one.key: one for one in (parsed(SYSTEM, wire.FeatureRecord, row, "Key") for row in rows)}
        stage, lock = features.get(_RELEASE_STAGE), features.get(_LOCK_DATE)
        closed = parsed(SYSTEM, wire.LockDate, {"Value": lock.value}).value if lock is not None else None
        return stage is not None and stage.enabled is True, closed

    # Contacts and casefiles.

    async def contacts(self, kind: str, *, marker: str | None = None, name: str | None = None) -> tuple[Contact, ...]:
        """Contacts of a kind with exactly this marker, or this name, written as *Last, First* or *First Last*."""
        query = {"Kind": kind}
        if marker is not None:
            query["ExternalReference"] = marker
        if name is not None:
            # A search looks for the text as it stands, and nobody knows which way round a name does.
            query["Search"] = max(name.replace(",", " ").split(), key=len, default="")
        return tuple(
            one.contact
            for one in await lists.whole(self.connection, wire.ContactRecord, query)
            if one.kind == kind and marker in {None, one.external_reference} and (name is None or one.is_called(name))
        )

    async def create_contact(self, draft: ContactDraft) -> Contact:
        """Make a contact; see the port."""
        return (await postings.made(self.connection, wire.ContactRecord, bodies.of_contact(draft))).contact

    async def casefiles(self, *, marker: str | None = None, number: str | None = None) -> tuple[Casefile, ...]:
        """Casefiles with exactly this marker, or this number, closed ones included."""
        query = {"IncludeClosed": "true"}
        if marker is not None:
            query["ExternalReference"] = marker
        if number is not None:
            query["CasefileNumber"] = number
        return tuple(
            one.casefile
            for one in await lists.whole(self.connection, wire.CasefileRecord, query)
            if marker in {None, one.external_reference} and number in {None, one.casefile_number}
        )

    async def create_casefile(self, draft: CasefileDraft) -> Casefile:
        """Make a casefile; see the port."""
        return (await postings.made(self.connection, wire.CasefileRecord, bodies.of_casefile(draft))).casefile

    async def balances(self, casefile_id: str) -> Balances:
        """How a casefile stands. Raises NotFound."""
        path, route = f"/Casefiles/{quote(casefile_id, safe='')}/Balances", "/Casefiles/{id}/Balances"
        return (await self._one(wire.BalancesRecord, path, route)).balances

    # Postings.

    async def post(self, posting: Posting) -> Posted:
        """Post once; see the port. The marker becomes the reference, and ends the explanation in square brackets."""
        return await postings.post(self.connection, posting)

    async def find(self, posting: Posting) -> Posted | None:
        """What stands in the books for this posting; see the port."""
        return await postings.find(self.connection, posting)

    async def invoice(self, invoice_id: str) -> Invoice:
        """An invoice as it is now. Raises NotFound."""
        path = f"{InvoiceRecord.path}/{quote(invoice_id, safe='')}"
        return (await self._one(InvoiceRecord, path, f"{InvoiceRecord.path}/{{id}}")).invoice

    async def release(self, invoice_id: str) -> Invoice:
        """Release an invoice; see the port.

        Raises:
            FixData: among other things, it is not at the release stage.
            AnswerLost: it may be released: look at it before repeating.
        """
        path, route = (
            f"{InvoiceRecord.path}/{quote(invoice_id, safe='')}/Release",
            f"{InvoiceRecord.path}/{{id}}/Release",
        )
        try:
            return (await postings.made(self.connection, InvoiceRecord, None, path, route)).invoice
        except FixData as refused:
            if not any(problem.code == ALREADY_RELEASED for problem in refused.problems):
                raise
            return await self.invoice(invoice_id)
        except NotPermitted as refused:
            invoice = await self.invoice(invoice_id)
            if invoice.stage is Stage.RELEASE:
                raise
            raise _not_ready(invoice) from refused

    async def cost_entry(self, entry_id: str) -> Entry | None:
        """A cost entry as it is now; None when there is none any more. One that was deleted may be shown as such [assumed]."""
        path = f"{CostRecord.path}/{quote(entry_id, safe='')}"
        try:
            return (await self._one(CostRecord, path, f"{CostRecord.path}/{{id}}")).entry
        except NotFound:
            return None

    async def changed_costs(self, since: datetime | None, *, cursor: str | None = None) -> AsyncIterator[EntryPage]:
        """Pages of 200 cost entries that changed since then, in the order of their changes.

        Voided ones are among them. Those that were deleted may be left out [assumed]: ask for each by its id.
        """
        async for page in lists.pages(self.connection, CostRecord, since=since, cursor=cursor):
            newest = max((one.modified_on for one in page.records), default=None)
            yield EntryPage(tuple(one.entry for one in page.records), page.cursor, newest)

    async def _one(self, shape: type[Shape], path: str, route: str) -> Shape:
        return parsed(SYSTEM, shape, (await self.connection.request("GET", path, route=route)).body)


def _not_ready(invoice: Invoice) -> FixData:
    message = (
        f"Invoice {invoice.id} cannot be released from the stage {invoice.stage.value.capitalize()}: somebody has to review it "
        "first. Soluno: Billing › Review Charges › the file."
    )
    return FixData(message, problems=(Problem("NotPermitted", message, "Stage"),), system=SYSTEM)
