"""Speaks to CASEpeer: a firm's cases with staff, client and numbers, a hundred named ones at a time or from change to change."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx

from connectors.casepeer import lists, wire
from connectors.casepeer.hosts import SYSTEM, Host
from connectors.casepeer.keys import WHERE, IntegrationKey
from connectors.casepeer.refusals import explain
from connectors.errors import Misconfigured, NotFound, UnexpectedAnswer
from connectors.http import Bucket, Budget, Connection, Counts
from connectors.paging import batch, in_turn, no_pages
from connectors.ports import Account, KnownClients, Scope, SharedState
from connectors.wiring import parsed
from domain.case import Case, CasePage, ClientPage, Unreadable

REQUESTS_A_MINUTE = 120
"""Of one key [assumed]; no limit is published."""
_BURSTS_A_MINUTE = 6
"""A burst may be a sixth of a minute's requests [assumed]."""
_ID = re.compile(r"[1-9][0-9]{0,17}")
"""Ids are numbers of any width [seed][seen]. Nothing else is asked for: one bad id spoils the request of a hundred."""
_ADMINISTRATOR = "admin"
_SETTINGS = "/integrations/case-status/"
_TOLD = 4
"""So many of the last characters of the other key are told [assumed]."""


class CasePeerClient:
    """One firm's CASEpeer, as a :class:`connectors.ports.CaseSystem`. Close it after use.

    Args:
        host: where the firm's CASEpeer is.
        key: the key that CASEpeer shows for its integration with Case Status.
        shared: request budget shared with the other processes of this key.
        requests_a_minute: how much we may ask.
        transport: replaces the sockets in tests.
        share: the part of the request budget to use at most; the rest is left to more urgent callers.
        exact_numbers: whether fractions come as ``Decimal`` instead of floats, as amounts of money must.
    """

    system = wire.SOURCE

    def __init__(
        self,
        *,
        host: Host,
        key: str,
        shared: SharedState,
        requests_a_minute: int = REQUESTS_A_MINUTE,
        transport: httpx.AsyncBaseTransport | None = None,
        share: float = 1.0,
        exact_numbers: bool = False,
    ) -> None:
        self.host = host
        counts = Counts()
        rule = Bucket(requests_a_minute, max(1, requests_a_minute // _BURSTS_A_MINUTE), silent=True)
        self.connection = Connection(
            SYSTEM,
            host.api,
            explain=explain,
            auth=IntegrationKey(key),
            budget=Budget(shared.limits, shared.key, rule, system=SYSTEM, share=share, counts=counts),
            counts=counts,
            transport=transport,
            may_send=shared.may_send,
            exact_numbers=exact_numbers,
        )

    @property
    def counts(self) -> Counts:
        """What was asked of CASEpeer so far."""
        return self.connection.counts

    async def close(self) -> None:
        """Close connections."""
        await self.connection.aclose()

    def case_url(self, integration_id: str) -> str:
        """Where a person opens the case."""
        return self.host.case_url(integration_id)

    async def whoami(self) -> Account:
        """The firm that the key belongs to; a key is nobody's in particular.

        That it is accepted shows that CASEpeer's integration is enabled [assumed]. Where the key is an administrator's,
        CASEpeer's own end is looked at, too: whether Case Status' key has been entered there.

        Raises LogInAgain, NotPermitted, Misconfigured.
        """
        record = await self._record("/account/", "/account/")
        account = parsed(SYSTEM, wire.AccountRecord, record)
        if account.key_scope == _ADMINISTRATOR:
            await self._look_at_the_other_end()
        return Account(account.firm, "", account.firm, account.host)

    def cases(
        self,
        scope: Scope,
        *,
        cursor: str | None = None,
        known_clients: KnownClients | None = None,  # noqa: ARG002  (a case comes with its client)
    ) -> AsyncIterator[CasePage]:
        """Named cases by batches of a hundred, or else pages of 200 in the order of their changes; see the port.

        Costs one request a page. Nobody knows when a case was made: a window of creation brings what has changed in it.
        """
        if scope.ids is not None:
            return in_turn(lambda place: self._named(scope, place), cursor)
        return self._changed(scope.updated_since or scope.created_since, cursor)

    async def case(self, integration_id: str) -> Case:
        """One complete case. Raises NotFound, UnexpectedAnswer."""
        case, _ = await self.case_and_twin(integration_id)
        return case

    async def case_and_twin(self, integration_id: str) -> tuple[Case, str | None]:
        """One complete case, and what it is connected to; see :class:`connectors.ports.KeepsTwins`."""
        if not _ID.fullmatch(integration_id):
            raise NotFound(f"'{integration_id[:80]}' is no id of a CASEpeer case.", system=SYSTEM)
        record = await self._record(f"{lists.CASES}{integration_id}/", f"{lists.CASES}{{id}}/")
        read = wire.case_from(record)
        if isinstance(read, Unreadable):
            raise UnexpectedAnswer(read.sentence, field=read.field, system=SYSTEM)
        twin = parsed(SYSTEM, wire.ConnectedRecord, record).case_status
        return read, twin.external_id if twin.connected else None

    async def search(self, words: str) -> list[str]:
        """Ids of the cases that CASEpeer's own search finds; see :class:`connectors.ports.FindsCases`."""
        return await lists.by_words(self.connection, words)

    def twin_of(self, portal_id: int) -> str:
        """How CASEpeer names a case of Case Status [assumed]."""
        return f"cs_{portal_id}"

    async def connect(self, integration_id: str, portal_id: int) -> None:
        """Connect a case; the same connection again changes nothing [assumed]. See :class:`connectors.ports.KeepsTwins`."""
        await self.connection.request(
            "PUT",
            f"{lists.CASES}{integration_id}/case-status/",
            route=f"{lists.CASES}{{id}}/case-status/",
            body={"external_id": self.twin_of(portal_id)},
        )

    def clients_changed(
        self,
        since: datetime,  # noqa: ARG002  (as the port has it)
        *,
        cursor: str | None = None,  # noqa: ARG002  (as the port has it)
    ) -> AsyncIterator[ClientPage]:
        """None: every night reads each linked case with its client anyhow."""
        return no_pages()

    async def _named(self, scope: Scope, cursor: str | None) -> CasePage:
        """The batch of named cases at ``cursor``."""
        ids = scope.ids or ()
        wanted, following = batch(ids, lists.AT_ONCE, cursor)
        rows = await lists.by_ids(self.connection, {one for one in wanted if _ID.fullmatch(one)})
        return _page(rows, following, len(ids))

    async def _changed(self, since: datetime | None, cursor: str | None) -> AsyncIterator[CasePage]:
        """The pages of the list by changes."""
        place = lists.Place.at(cursor) if cursor else lists.Place(since)
        async for found in lists.by_change(self.connection, lists.CASES, place):
            yield _page(found.rows, found.cursor, found.total)

    async def exchange_keys(self, partner_key: str) -> str:
        """Give CASEpeer Case Status' key, enable the integration, and take CASEpeer's own key, which is returned.

        The same again changes nothing. Takes an administrator's key [help].

        Raises:
            NotPermitted: this key is no administrator's.
            FixData: CASEpeer does not take Case Status' key.
            Misconfigured: it keeps another one than it was given.
        """
        body = {"partner_api_key": partner_key, "enabled": True}
        await self.connection.request("PUT", _SETTINGS, route=_SETTINGS, body=body)
        settings = await self._look_at_the_other_end()
        if settings.partner_api_key_last4 != partner_key[-_TOLD:]:
            raise Misconfigured(
                f"CASEpeer keeps another key than the one of Case Status: look at {WHERE}.", system=SYSTEM
            )
        return settings.key

    async def _look_at_the_other_end(self) -> wire.IntegrationRecord:
        """See that CASEpeer has Case Status' key, and uses it. Raises Misconfigured."""
        settings = parsed(SYSTEM, wire.IntegrationRecord, await self._record(_SETTINGS, _SETTINGS))
        if settings.partner_api_key_last4 is None:
            message = f"CASEpeer has no key of Case Status yet: enter it in {WHERE}, then Enable and Save."
            raise Misconfigured(message, system=SYSTEM)
        if not settings.enabled:
            message = (
                f"The integration with Case Status is switched off in CASEpeer: open {WHERE}, then Enable and Save."
            )
            raise Misconfigured(message, system=SYSTEM)
        return settings

    async def _record(self, target: str, route: str) -> Any:
        answer = await self.connection.request("GET", target, route=route)
        return answer.body


def _page(rows: list[Any], cursor: str | None, total: int | None) -> CasePage:
    read = [wire.case_from(row) for row in rows]
    cases = tuple(one for one in read if isinstance(one, Case))
    return CasePage(cases, cursor, tuple(one for one in read if isinstance(one, Unreadable)), total)
