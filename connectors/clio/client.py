"""Speaks to Clio Manage: a firm's matters as cases, page by page, with their clients and phone numbers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from connectors.clio import wire
from connectors.clio.refusals import explain
from connectors.clio.regions import SYSTEM, Region
from connectors.errors import UnexpectedAnswer
from connectors.http import BearerAuth, Budget, Connection, Counts, FixedWindow
from connectors.oauth import OAuthApp
from connectors.paging import batch, in_turn
from connectors.ports import Account, KnownClients, Scope, SharedState
from connectors.tokens import TokenKeeper
from connectors.wiring import record_id, unreadable
from domain.case import Case, CasePage, Client, ClientPage, Unreadable

PAGE = 200
"""The most records on a page, and the most ids asked for at once [sdk]."""
_API_VERSION = "4.0.13"


@dataclass(frozen=True, slots=True)
class ClioUser:
    """A user of the firm; ``attorney`` as Clio's subscription has it."""

    id: str
    name: str
    email: str
    enabled: bool
    attorney: bool


@dataclass(frozen=True, slots=True)
class ClioPracticeArea:
    """A practice area of the firm."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ClioStage:
    """A matter stage; equal names may stand in several practice areas."""

    id: str
    name: str
    practice_area_id: str | None


@dataclass(frozen=True, slots=True)
class _MatterPage:
    """One page of matters before their clients are complete."""

    matters: tuple[tuple[Case, Client | None], ...]
    unreadable: tuple[Unreadable, ...]
    cursor: str | None
    total: int | None


class ClioClient:
    """One firm's Clio, as a :class:`connectors.ports.CaseSystem`. Close it after use.

    Args:
        region: ``us``, ``ca``, ``eu`` or ``au``.
        host: another address in place of the region's, such as ``http://127.0.0.1:8400/clio/us``.
        client_id: the app's key.
        client_secret: the app's secret.
        refresh_token: the firm's grant.
        shared: request budget and tokens shared with the other processes of this connection.
        on_rotate: told a new refresh token when Clio replaces it, before the new access token is used.
        transport: replaces the sockets in tests.
        share: the part of the request budget to use at most; the rest is left to more urgent callers.
    """

    system = wire.SOURCE

    def __init__(
        self,
        *,
        region: str = "us",
        host: str | None = None,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        shared: SharedState,
        on_rotate: Callable[[str], Awaitable[None]] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        share: float = 1.0,
    ) -> None:
        self.region = Region(region, host)
        self._app = oauth_app(self.region, client_id, client_secret, transport=transport)
        self._tokens = TokenKeeper(
            SYSTEM, shared.tokens, shared.key, self._app.refresh, refresh_token, on_rotate=on_rotate
        )
        self.may_send = shared.may_send
        counts = Counts()
        budget = Budget(shared.limits, shared.key, FixedWindow(50, 60.0), system=SYSTEM, share=share, counts=counts)
        self.connection = Connection(
            SYSTEM,
            self.region.api,
            explain=partial(explain, region=region),
            auth=BearerAuth(self._tokens),
            budget=budget,
            headers={"X-API-VERSION": _API_VERSION},
            counts=counts,
            transport=transport,
            may_send=shared.may_send,
        )

    @property
    def counts(self) -> Counts:
        """What was asked of Clio so far (token requests apart)."""
        return self.connection.counts

    async def close(self) -> None:
        """Close connections; a token refresh under way is finished first."""
        await self._tokens.close()
        await self._app.close()
        await self.connection.aclose()

    def case_url(self, integration_id: str) -> str:
        """Where a person opens the matter."""
        return self.region.matter_url(integration_id)

    def parse_case_reference(self, text: str) -> str:
        """The matter's id in a number or a Clio address. Raises WrongReference (a ValueError) with the reason."""
        return self.region.matter_id(text)

    async def whoami(self) -> Account:
        """The connected user and firm. Raises LogInAgain, or NotPermitted when the app lacks Users [seen]."""
        target = "/users/who_am_i.json?fields=id,name,email,account{id,name}"
        record = await self._record(target, "/users/who_am_i.json")
        try:
            me = wire.WhoAmIWire.model_validate(record)
        except ValidationError as error:
            raise _unexpected(unreadable(SYSTEM, record, "id", error)) from error
        return Account(me.name or "", me.email or "", me.account.name or "", me.account.id)

    def cases(
        self, scope: Scope, *, cursor: str | None = None, known_clients: KnownClients | None = None
    ) -> AsyncIterator[CasePage]:
        """Pages of up to 200 matters in the order of their ids, complete with clients; see the port.

        Costs one request a page, and one more when ``known_clients`` does not know every client of it.
        """

        async def read(place: str | None) -> CasePage:
            if scope.ids is not None:
                page = await self._matters_by_id(scope.ids, place)
            else:
                page = await self._matters(place or _first_matters(scope))
            return await self._complete(page, known_clients)

        return in_turn(read, cursor)

    async def case(self, integration_id: str) -> Case:
        """One complete matter. Raises NotFound, UnexpectedAnswer."""
        target = f"/matters/{quote(integration_id, safe='')}.json?fields={wire.MATTER_FIELDS}"
        read = wire.matter_from(await self._record(target, "/matters/{id}.json"))
        if isinstance(read, Unreadable):
            raise _unexpected(read)
        page = await self._complete(_MatterPage((read,), (), None, None), None)
        if page.unreadable:
            raise _unexpected(page.unreadable[0])
        return page.cases[0]

    def clients_changed(self, since: datetime, *, cursor: str | None = None) -> AsyncIterator[ClientPage]:
        """Contacts whose own record moved after ``since``; a matter does not move with its client [assumed]."""
        first = f"/contacts.json?order=id(asc)&limit={PAGE}&updated_since={_moment(since)}&fields={wire.CONTACT_FIELDS}"

        async def read(place: str | None) -> ClientPage:
            body = await self._list(place or first, "/contacts.json")
            contacts = (wire.contact_from(record) for record in body["data"])
            return ClientPage(tuple(one for one in contacts if isinstance(one, Client)), self._next(body, place))

        return in_turn(read, cursor)

    async def users(self) -> tuple[ClioUser, ...]:
        """All users of the firm; the page is large enough for any firm [sdk]."""
        records = await self._every(
            "/users.json?order=id(asc)&limit=2000&fields=id,name,email,enabled,subscription_type"
        )
        parsed = _all(wire.FirmUserWire, records)
        return tuple(
            ClioUser(one.id, one.name or "", one.email or "", one.enabled, one.subscription_type == "Attorney")
            for one in parsed
        )

    async def practice_areas(self) -> tuple[ClioPracticeArea, ...]:
        """The firm's practice areas; newer accounts answer by a redirect to a sibling address [doc]."""
        records = await self._every(f"/practice_areas.json?order=id(asc)&limit={PAGE}&fields=id,name")
        return tuple(ClioPracticeArea(one.id, one.name) for one in _all(wire.PracticeAreaWire, records))

    async def matter_stages(self) -> tuple[ClioStage, ...]:
        """The firm's matter stages; this list takes no order [sdk]."""
        records = await self._every(f"/matter_stages.json?limit={PAGE}&fields=id,name,order,practice_area_id")
        return tuple(ClioStage(one.id, one.name, one.practice_area_id) for one in _all(wire.MatterStageWire, records))

    async def _complete(self, page: _MatterPage, known_clients: KnownClients | None) -> CasePage:
        """Give each case its client with phone numbers: from what is known already, else by one request."""
        wanted = {client.external_id: client for _, client in page.matters if client and not client.redacted}
        versions = {name: client.version for name, client in wanted.items() if client.version}
        found: dict[str, Client | Unreadable] = (
            dict(await known_clients(versions)) if known_clients and versions else {}
        )
        missing = [external_id for external_id in wanted if external_id not in found]
        if missing:
            found |= await self._contacts(missing)
        hidden = [client.external_id for _, client in page.matters if client and client.redacted]
        if hidden and not wanted:
            # Single clients are hidden from a user, all of them from an app that may not read contacts: asking tells.
            await self._contacts(hidden[:1])
        cases, troubles = [], list(page.unreadable)
        for case, nested in page.matters:
            client = found.get(nested.external_id) if nested else None
            if isinstance(client, Unreadable):
                sentence = f"The client of this matter cannot be read. {client.sentence}"
                troubles.append(Unreadable(case.integration_id, f"client.{client.field}", sentence))
                continue
            # A contact that Clio does not give is hidden from the connected user: it is not one without a phone.
            client = client or (replace(nested, redacted=True) if nested else None)
            cases.append(replace(case, clients=(client,)) if client else case)
        return CasePage(tuple(cases), page.cursor, tuple(troubles), page.total)

    async def _contacts(self, ids: Sequence[str]) -> dict[str, Client | Unreadable]:
        """Contacts by id, at most a page of them."""
        target = f"/contacts.json?order=id(asc)&limit={PAGE}&{_ids(ids)}&fields={wire.CONTACT_FIELDS}"
        body = await self._list(target, "/contacts.json")
        return {record_id(record, "id"): wire.contact_from(record) for record in body["data"]}

    async def _matters(self, target: str) -> _MatterPage:
        body = await self._list(target, "/matters.json")
        read = [wire.matter_from(record) for record in body["data"]]
        meta = body.get("meta")
        total = meta.get("records") if isinstance(meta, dict) else None
        return _MatterPage(
            tuple(one for one in read if not isinstance(one, Unreadable)),
            tuple(one for one in read if isinstance(one, Unreadable)),
            self._next(body, target),
            total if isinstance(total, int) else None,
        )

    async def _matters_by_id(self, ids: Sequence[str], place: str | None) -> _MatterPage:
        """The batch of ids at ``place``."""
        wanted, following = batch(ids, PAGE, place)
        if not wanted:
            return _MatterPage((), (), None, len(ids))
        target = f"/matters.json?order=id(asc)&limit={PAGE}&{_ids(wanted)}&fields={wire.MATTER_FIELDS}"
        page = await self._matters(target)
        return replace(page, cursor=following, total=len(ids))

    def _next(self, body: dict[str, Any], place: str | None) -> str | None:
        """Where the list goes on, as path and query; checked, since an address in an answer is only a claim."""
        meta = body.get("meta")
        paging = meta.get("paging") if isinstance(meta, dict) else None
        following = paging.get("next") if isinstance(paging, dict) else None
        if following is None:
            return None
        if not isinstance(following, str):
            raise UnexpectedAnswer("Clio sent no usable next page.", field="meta.paging.next", system=SYSTEM)
        target = self.connection.address(following).removeprefix(self.connection.base)
        if target == place:
            raise UnexpectedAnswer(
                "Clio sent a list that leads back to itself.", field="meta.paging.next", system=SYSTEM
            )
        return target

    async def pages(self, target: str, route: str) -> AsyncIterator[list[Any]]:
        """The records of a list as they come, page by page, one request each. Raises ConnectorError."""
        following = target
        while following:
            body = await self._list(following, route)
            yield body["data"]
            following = self._next(body, following) or ""

    async def _every(self, target: str) -> list[Any]:
        """All records of a short list."""
        return [record async for page in self.pages(target, target.partition("?")[0]) for record in page]

    async def _list(self, target: str, route: str) -> dict[str, Any]:
        answer = await self.connection.request("GET", target, route=route)
        if not isinstance(answer.body, dict) or not isinstance(answer.body.get("data"), list):
            raise UnexpectedAnswer("Clio sent a list without data.", field="data", system=SYSTEM)
        return answer.body

    async def _record(self, target: str, route: str) -> Any:
        answer = await self.connection.request("GET", target, route=route)
        return answer.body.get("data") if isinstance(answer.body, dict) else None


def oauth_app(
    region: Region, client_id: str, client_secret: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> OAuthApp:
    """Our app in a region of Clio: apps, codes and tokens of one region mean nothing in another [doc]."""
    hint = f"The app and the grant must belong to the region '{region.name}'."
    return OAuthApp(
        SYSTEM, region.oauth, client_id=client_id, client_secret=client_secret, connect_hint=hint, transport=transport
    )


def _first_matters(scope: Scope) -> str:
    """The first page of a window. The order must be sent, or the list ends after 10,000 matters [doc]."""
    window = ""
    if scope.created_since is not None:
        window += f"&created_since={_moment(scope.created_since)}"
    if scope.updated_since is not None:
        window += f"&updated_since={_moment(scope.updated_since)}"
    return f"/matters.json?order=id(asc)&limit={PAGE}{window}&fields={wire.MATTER_FIELDS}"


def _moment(moment: datetime) -> str:
    """UTC to the second, rounded down: Clio's filters are strictly "after" [sdk]."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ids(ids: Iterable[str]) -> str:
    return "&".join(f"ids[]={quote(one, safe='')}" for one in ids)


def _all(shape: type[wire.Shape], records: Iterable[Mapping[str, Any]]) -> list[wire.Shape]:
    """Records of a short list, all of which must be readable. Raises UnexpectedAnswer."""
    parsed = []
    for record in records:
        try:
            parsed.append(shape.model_validate(record))
        except ValidationError as error:
            raise _unexpected(unreadable(SYSTEM, record, "id", error)) from error
    return parsed


def _unexpected(trouble: Unreadable) -> UnexpectedAnswer:
    return UnexpectedAnswer(trouble.sentence, field=trouble.field, system=SYSTEM)
