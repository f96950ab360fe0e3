"""Speaks to SmartAdvocate: a firm's cases with staff, client and numbers, many at a time.

The list of cases gives little more than their numbers [assumed]. What they are comes from searches by the beginning of a
case number [doc], some eleven for a thousand cases where asking for each would take a thousand.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from connectors.errors import NotFound, NotPermitted, Unavailable, UnexpectedAnswer
from connectors.http import BearerAuth, Bucket, Budget, Connection, Counts, Timeouts
from connectors.paging import no_pages
from connectors.ports import Account, KnownClients, Scope, SharedState
from connectors.smartadvocate import lists, wire
from connectors.smartadvocate.consent import Consent
from connectors.smartadvocate.hosts import SYSTEM, Host
from connectors.smartadvocate.login import Entrance, Login, claims
from connectors.smartadvocate.numbers import Search, place, searches
from connectors.smartadvocate.refusals import explain
from connectors.tokens import TokenKeeper
from connectors.wiring import parsed, record_id
from domain.case import Case, CasePage, ClientPage, Unreadable

REQUESTS_A_MINUTE = 180
"""No limit is published [doc: silence]; three a second is what we allow ourselves [assumed]."""
_AT_ONCE = 2
"""Requests under way at the same time [assumed]."""
_TIMEOUTS = Timeouts(read=60.0, total=120.0)
"""Large answers are slow [seen]."""
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the first case there can be: a window has to begin somewhere [doc-3p]."""
_AHEAD = timedelta(hours=1)
"""How far past our own clock a window reaches, which may be behind theirs."""
_FEW = 20
"""So many ids are asked for one by one; for more, the list and a few searches are less."""
_PLACE = "@"
"""Parts the two halves of a place in the order of the searches: id and number of the last case that was read."""
_CASES = "/case/byDatePaged"
"""The firm-wide list by modified date: that it exists is [doc-3p], its address and body are [assumed]."""
_BY_NUMBER = "/case/CaseInfo"
_BY_ID = "/case/{id}"
_CONTACTS = "AddContactInfo=true"
"""Asks for the plaintiffs' contacts, too [seen]; of a case by its id [assumed]."""
_PROBE = "/case/CaseGroup"
"""A small list that any account can read [seen]."""


class SmartAdvocateClient:
    """One firm's SmartAdvocate, as a :class:`connectors.ports.CaseSystem`. Close it after use.

    Args:
        host: where the firm's SmartAdvocate is.
        username: name of the connected account.
        password: its password; empty where ``consent`` is given.
        shared: request budget and tokens shared with the other processes of this connection.
        reading: how the firm wants its cases read.
        consent: what a person has allowed by OAuth, in the place of a password.
        requests_a_minute: how much we may ask.
        transport: replaces the sockets in tests.
        share: the part of the request budget to use at most; the rest is left to more urgent callers.
    """

    system = wire.SOURCE

    def __init__(
        self,
        *,
        host: Host,
        username: str,
        password: str,
        shared: SharedState,
        reading: wire.Reading | None = None,
        consent: Consent | None = None,
        requests_a_minute: int = REQUESTS_A_MINUTE,
        transport: httpx.AsyncBaseTransport | None = None,
        share: float = 1.0,
    ) -> None:
        self.host = host
        self._username = username
        self._reading = reading or wire.Reading()
        way: Entrance = consent or Login(host, username, password, shared, transport=transport)
        self._way = way
        self._tokens = TokenKeeper(
            SYSTEM,
            shared.tokens,
            shared.key,
            way.refresh,
            way.grant,
            on_rotate=way.on_rotate,
            confirmations=way.confirmations,
        )
        self.may_send = shared.may_send
        counts = Counts()
        rule = Bucket(requests_a_minute, max(4, requests_a_minute // 30), silent=True)
        self.connection = Connection(
            SYSTEM,
            host.api,
            explain=explain,
            auth=BearerAuth(self._tokens),
            budget=Budget(shared.limits, shared.key, rule, system=SYSTEM, share=share, counts=counts),
            at_once=_AT_ONCE,
            timeouts=_TIMEOUTS,
            counts=counts,
            transport=transport,
            may_send=shared.may_send,
        )

    @property
    def counts(self) -> Counts:
        """What was asked of SmartAdvocate so far (logins apart)."""
        return self.connection.counts

    async def close(self) -> None:
        """Close connections; a login under way is finished first."""
        await self._tokens.close()
        await self._way.close()
        await self.connection.aclose()

    def case_url(self, integration_id: str) -> str:
        """Where a person opens the case."""
        return self.host.case_url(integration_id)

    async def user_id(self) -> str:
        """The connected account's user id, as it stands in notes it wrote; empty when its token does not say [doc, decoded]."""
        return str(claims(await self._tokens.current()).get("id") or "")

    async def whoami(self) -> Account:
        """The connected account, which nothing names but its login. A refused password is tried once more for this.

        Raises LogInAgain, NotPermitted, Misconfigured.
        """
        await self._way.try_again()
        await lists.array(self.connection, _PROBE, _PROBE)
        name = self.host.api.partition("://")[2].partition("/")[0]
        return Account(self._username, "", name, await self.user_id())

    def cases(
        self,
        scope: Scope,
        *,
        cursor: str | None = None,
        known_clients: KnownClients | None = None,  # noqa: ARG002  (a case comes whole or not at all)
    ) -> AsyncIterator[CasePage]:
        """Pages of some hundred cases, complete with clients, in the order of their numbers; see the port.

        Costs a request for each 200 cases of the firm, and one for each search (see :mod:`.numbers`); a few ids are asked
        for one by one. Raises NotPermitted when the account sees no case at all.
        """
        return self._pages(scope, cursor)

    async def case(self, integration_id: str) -> Case:
        """One complete case. Raises NotFound, UnexpectedAnswer."""
        target = f"/case/{quote(integration_id, safe='')}?{_CONTACTS}"
        answer = await self.connection.request("GET", target, route=_BY_ID)
        read = wire.case_from(wire.lower_keys(answer.body), self._reading)
        if isinstance(read, Unreadable):
            raise UnexpectedAnswer(read.sentence, field=read.field, system=SYSTEM)
        return read

    def clients_changed(
        self,
        since: datetime,  # noqa: ARG002  (as the port has it)
        *,
        cursor: str | None = None,  # noqa: ARG002  (as the port has it)
    ) -> AsyncIterator[ClientPage]:
        """None: every night reads each linked case with its client anyhow."""
        return no_pages()

    async def modified(self, since: datetime) -> AsyncIterator[tuple[list[wire.CaseRow], datetime]]:
        """The cases modified since then, 200 a page, and what SmartAdvocate's clock showed when it answered."""
        async for rows, at in lists.pages_by_date(self.connection, _CASES, since, datetime.now(UTC) + _AHEAD):
            yield [parsed(SYSTEM, wire.CaseRow, row, "caseid") for row in rows], at

    async def _pages(self, scope: Scope, cursor: str | None) -> AsyncIterator[CasePage]:
        """The wanted cases that come after ``cursor``, the place of the last one read."""
        numbers, wanted = await self._chosen(scope)
        ahead: Collection[str] = wanted
        if cursor is not None:
            case_id, _, last = cursor.partition(_PLACE)
            ahead = {one for one in wanted if place(one, numbers) > (last, case_id)}
        due = [narrowed for search in searches(numbers) if (narrowed := search.narrowed(ahead, numbers)).ids]
        cases: list[Case] = []
        troubles: list[Unreadable] = []
        read = ""
        for search in due:
            if read and len(cases) + len(troubles) + len(search.ids) > lists.PAGE:
                yield CasePage(tuple(cases), read, tuple(troubles), len(wanted))
                cases, troubles = [], []
            for found in await self._found(search):
                if isinstance(found, Unreadable):
                    troubles.append(found)
                elif _is_within(found, scope):
                    cases.append(found)
            last, case_id = place(search.ids[-1], numbers)
            read = f"{case_id}{_PLACE}{last}"
        yield CasePage(tuple(cases), None, tuple(troubles), len(wanted))

    async def _chosen(self, scope: Scope) -> tuple[Mapping[str, str], Collection[str]]:
        """Numbers by id of all cases there are, as far as they are needed, and the ids of those that are wanted."""
        if scope.ids is not None and len(scope.ids) <= _FEW:
            return dict.fromkeys(scope.ids, ""), scope.ids
        since = scope.updated_since or scope.created_since or _EARLIEST  # none is created after it was modified
        numbers: dict[str, str] = {}
        wanted = set()
        async for cases, _ in self.modified(_EARLIEST):
            for case in cases:
                numbers[case.case_id] = case.case_number or ""
                if case.modified_date is None or case.modified_date >= since:
                    wanted.add(case.case_id)
        if not numbers:
            message = (
                f"The SmartAdvocate account '{self._username}' sees no case at all: let the firm's SmartAdvocate "
                "administrator give it access to the firm's cases."
            )
            raise NotPermitted(message, system=SYSTEM)
        if scope.ids is not None:
            return numbers, numbers.keys() & set(scope.ids)
        return numbers, wanted | (numbers.keys() & set(scope.besides))

    async def _found(self, search: Search) -> list[Case | Unreadable]:
        """The cases of a search; one that it does not bring is asked for by its id, and left out when it is not there."""
        found: dict[str, Case | Unreadable] = {}
        if search.number:
            target = f"{_BY_NUMBER}?Casenumber={quote(search.number, safe='')}&{_CONTACTS}"
            for record in await self._searched(target):
                case_id = record_id(record, "caseid")
                if case_id in search.ids:
                    found[case_id] = wire.case_from(record, self._reading)
        for case_id in search.ids:
            if case_id not in found:
                try:
                    found[case_id] = await self.case(case_id)
                except NotFound:
                    continue
                except UnexpectedAnswer as error:
                    found[case_id] = Unreadable(case_id, error.field, str(error))
        return list(found.values())

    async def _searched(self, target: str) -> list[Any]:
        """What a search brings; nothing when it is too much for the server, whose cases are then asked for one by one."""
        try:
            return await lists.array(self.connection, target, _BY_NUMBER)
        except Unavailable:
            return []


def _is_within(case: Case, scope: Scope) -> bool:
    """False for a case that was made before the window and has only moved in it; the list knows no other date."""
    since = scope.created_since
    return since is None or case.created_at is None or case.created_at >= since or case.integration_id in scope.besides
