"""Speaks to Case Status: reads a firm's directory, cases and feeds, creates and changes cases, writes to clients."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import ValidationError

from connectors.casestatus import feeds, wire
from connectors.casestatus.refusals import explain, problems_from
from connectors.casestatus.wire import SYSTEM
from connectors.errors import NotFound, Problem, Unavailable, UnexpectedAnswer
from connectors.http import (
    Answer,
    Bucket,
    Budget,
    Connection,
    Counts,
    Damaged,
    Download,
    KeyAuth,
    Streams,
    redact,
)
from connectors.http.hints import answered_at
from connectors.paging import in_turn
from connectors.ports import KnownCases, SharedState
from connectors.wiring import unreadable
from domain.outcome import Change
from domain.portal import Directory, Draft, PortalCase, PortalClient, PortalFirm, PortalPage, PracticeArea
from domain.relay import Document, DocumentPage, Message, MessagePage

PRODUCTION = "https://app.casestatus.com"
PAGE = 100
"""The most cases on a page [assumed: 6.1]."""

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class UpsertAnswer:
    """What a write did: ``result`` is ``created``, ``updated`` or ``unchanged``; nothing the portal said is left out."""

    result: str
    changes: tuple[Change, ...]
    warnings: tuple[Problem, ...]
    case: PortalCase


class CaseStatusClient:
    """One firm's portal; one key is one firm [assumed: 6.1]. Close it after use.

    Args:
        api_key: the firm's key, without the word ``ApiKey`` [seen].
        shared: request budget shared with the other processes of this key.
        host: another address in place of ``https://app.casestatus.com``.
        file_hosts: where the signed addresses of files may lead besides ``host`` itself.
        transport: replaces the sockets in tests, or is shared by the clients of many firms.
        share: the part of the request budget to use at most; the rest is left to more urgent callers.
    """

    system = "casestatus"

    def __init__(
        self,
        api_key: str,
        *,
        shared: SharedState,
        host: str = PRODUCTION,
        file_hosts: Collection[str] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        share: float = 1.0,
    ) -> None:
        self._host = host.rstrip("/")
        counts = Counts()
        own = urlsplit(self._host)
        self._files = Streams(
            SYSTEM,
            (own.netloc, *file_hosts),
            insecure=own.scheme == "http",
            counts=counts,
            may_send=shared.may_send,
        )
        budget = Budget(shared.limits, shared.key, Bucket(120, 20), system=SYSTEM, share=share, counts=counts)
        self.connection = Connection(
            SYSTEM,
            f"{self._host}/v1/api",
            explain=explain,
            auth=KeyAuth(f"ApiKey {api_key}"),
            budget=budget,
            counts=counts,
            transport=transport,
            may_send=shared.may_send,
        )

    @property
    def counts(self) -> Counts:
        """What was asked of the portal so far."""
        return self.connection.counts

    async def close(self) -> None:
        """Close connections."""
        await self._files.close()
        await self.connection.aclose()

    def case_url(self, portal_id: int) -> str:
        """Where a person opens the case [seen]."""
        return f"{self._host}/cases/{portal_id}"

    async def me(self) -> PortalFirm:
        """The firm behind the key; the probe of a connection. Raises LogInAgain, NotPermitted, Wait."""
        answer = await self.connection.request("GET", "/me", route="/me")
        return _parse(wire.firm_from, answer.body)

    async def directory(self) -> Directory:
        """The firm with all its users and practice areas: what every case is judged against."""
        firm, users, areas = await asyncio.gather(self.me(), self._all("/users"), self._all("/practice_areas"))
        return Directory(
            firm,
            tuple(_parse(wire.user_from, record) for record in users),
            tuple(_parse(wire.practice_area_from, record) for record in areas),
        )

    async def practice_areas(self) -> tuple[PracticeArea, ...]:
        """The practice areas with their stages."""
        return tuple(_parse(wire.practice_area_from, record) for record in await self._all("/practice_areas"))

    def cases(
        self,
        cursor: str | None = None,
        *,
        updated_since: datetime | None = None,
        integration_id: str | None = None,
        source: str | None = None,
        state: str | None = None,
        known: KnownCases | None = None,
    ) -> AsyncIterator[PortalPage]:
        """Pages of up to 100 cases, oldest change first, resuming after ``cursor``.

        Args:
            cursor: from an earlier page of the same filters; it lives one hour.
            updated_since: inclusive.
            integration_id: the case system's id.
            source: the case system's name in the portal, such as ``clio``.
            state: a state of the portal, or ``open`` for all but closed ones.
            known: tells which cases are held as they are; they are named on the page and not read again.

        Raises:
            CursorExpired: the cursor is too old, or belongs to other filters.
        """
        filters = {"integration_id": integration_id, "source": source, "state": state}
        if updated_since is not None:
            filters["updated_since"] = updated_since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

        async def read(place: str | None) -> PortalPage:
            body = await self._page("/cases", place, filters)
            following, records, held = _next_cursor(body, place), body["data"], frozenset[str]()
            if known is not None:
                held = frozenset(await known(wire.fingerprints_of(records)))
                records = [record for record in records if record.get("integration_id") not in held]
            cases, troubles = wire.cases_from(records)
            return PortalPage(cases, following, troubles, tuple(held))

        return in_turn(read, cursor)

    def messages(self, updated_since: datetime) -> AsyncIterator[MessagePage]:
        """The firm's messages that changed since then (inclusive), oldest change first, up to 100 a page [assumed: 6.6]."""

        async def read(place: str | None) -> MessagePage:
            body, at = await self._feed("/messages", place, updated_since)
            items, troubles = feeds.messages_from(body["data"])
            return MessagePage(items, _next_cursor(body, place), at, feeds.newest_change(body["data"]), troubles)

        return in_turn(read, None)

    def documents(self, updated_since: datetime) -> AsyncIterator[DocumentPage]:
        """The firm's files that changed since then (inclusive), oldest change first, up to 100 a page [assumed: 6.7]."""

        async def read(place: str | None) -> DocumentPage:
            body, at = await self._feed("/files", place, updated_since)
            items, troubles = feeds.documents_from(body["data"])
            return DocumentPage(items, _next_cursor(body, place), at, feeds.newest_change(body["data"]), troubles)

        return in_turn(read, None)

    async def send_message(
        self, portal_id: int, content: str, *, external_id: str, sender_email: str | None
    ) -> Message:
        """Write to the clients of a case; the portal makes one message of an ``external_id``, however often it comes.

        That and the key are [assumed: 6.3, 6.6], so a lost answer is not repeated here but looked up first.

        Args:
            portal_id: the case in the portal.
            content: plain text.
            external_id: what the message is a copy of; unique within the case.
            sender_email: whom it is from; None: the case's primary attorney.

        Raises:
            AnswerLost: it may have been sent: see :meth:`find_message`.
            FixData: refused, nothing was sent (``sender_not_on_case``, ``content_too_long``, ``case_closed``, ...).
        """
        sender = {"send_as_primary": True} if sender_email is None else {"sender_email": sender_email}
        answer = await self.connection.request(
            "POST",
            f"/cases/{portal_id}/messages",
            route="/cases/{id}/messages",
            body={"content": content, "external_id": external_id, "channel": "auto", **sender},
            headers={"Idempotency-Key": external_id},
        )
        return _parse(feeds.message_from, answer.body)

    async def find_message(self, portal_id: int, external_id: str) -> Message | None:
        """The message of a case with this ``external_id``, None when there is none. Raises NotFound for the case."""
        cursor: str | None = None
        while True:
            body = (await self._list(f"/cases/{portal_id}/messages", cursor, {}, PAGE, "/cases/{id}/messages")).body
            for record in body["data"]:
                if isinstance(record, dict) and record.get("external_id") == external_id:
                    return _parse(feeds.message_from, record)
            cursor = _next_cursor(body, cursor)
            if cursor is None:
                return None

    async def document(self, document_id: str) -> Document:
        """One file as it is now, with an address that works for minutes. Raises NotFound."""
        answer = await self.connection.request("GET", f"/files/{quote(document_id, safe='')}", route="/files/{id}")
        return _parse(feeds.document_from, answer.body)

    def download(self, document: Document) -> Download:
        """The file's bytes; every connection to them begins with an address of its own [assumed: 6.7].

        Iterating raises Unavailable, ForeignAddress, Damaged.
        """

        async def fresh_address() -> str:
            try:
                now = await self.document(document.id)
            except NotFound:
                # No refusal of whoever the bytes are passed on to, which "not found" would be taken for.
                raise Damaged(f"The file was deleted in {SYSTEM} while it was fetched.", system=SYSTEM) from None
            if now.address is None:
                raise Unavailable(f"{SYSTEM} is still scanning the file.", system=SYSTEM)
            return now.address

        return Download(self._files, fresh_address, document.size, document.sha256)

    async def case(self, portal_id: int) -> PortalCase:
        """One case by the portal's own id. Raises NotFound."""
        answer = await self.connection.request("GET", f"/cases/{portal_id}", route="/cases/{id}")
        return _parse(wire.case_from, answer.body)

    async def find(self, source: str, integration_id: str) -> PortalCase | None:
        """The case of a case system's id, None when the portal has none."""
        filters = {"source": source, "integration_id": integration_id}
        body = await self._page("/cases", None, filters, limit=1)
        return _parse(wire.case_from, body["data"][0]) if body["data"] else None

    async def upsert(
        self,
        draft: Draft,
        *,
        notify_client: bool,
        fields: frozenset[str] | None = None,
        reopen: bool = False,
        keep_clients: Sequence[PortalClient] = (),
    ) -> UpsertAnswer:
        """Create or change the case of ``draft.integration_id``; a repetition changes nothing [assumed: 6.5].

        Args:
            draft: the case as it should be.
            notify_client: whether a stage change or closing reaches the client of an active case.
            fields: names of ``Draft`` fields to send; all when None. A stage always goes with its practice area.
            reopen: reopen a closed case first.
            keep_clients: clients added by hand in the portal, who would vanish since ``clients`` replaces the list.

        Raises:
            FixData: refused; ``problems`` holds every defect the portal found.
        """
        body = wire.upsert_body(draft, fields=fields, notify_client=notify_client, reopen=reopen, keep=keep_clients)
        path = f"/cases/by_integration_id/{quote(draft.integration_id, safe='')}?source={quote(draft.source, safe='')}"
        route = "/cases/by_integration_id/{integration_id}"
        return _written(await self.connection.request("PUT", path, route=route, body=body))

    async def close_case(
        self, portal_id: int, *, notify_client: bool, closed_at: datetime | None = None, reason: str | None = None
    ) -> UpsertAnswer:
        """Close a case; closing a closed one changes nothing."""
        body: dict[str, Any] = {"notify_client": notify_client}
        if closed_at is not None:
            body["closed_at"] = wire.instant_text(closed_at)
        if reason is not None:
            body["reason"] = reason
        return await self._act(portal_id, "close", body)

    async def reopen(self, portal_id: int) -> UpsertAnswer:
        """Reopen a closed case."""
        return await self._act(portal_id, "reopen", {})

    async def set_stage(self, portal_id: int, stage: str, *, notify_client: bool) -> UpsertAnswer:
        """Move a case to another stage of its practice area. Raises FixData (``stage_unknown``, ``case_closed``)."""
        return await self._act(portal_id, "stage", {"stage": stage, "notify_client": notify_client})

    async def _act(self, portal_id: int, action: str, body: dict[str, Any]) -> UpsertAnswer:
        """A POST that says how the case should be: with its key it may be repeated [assumed: 6.3]."""
        answer = await self.connection.request(
            "POST",
            f"/cases/{portal_id}/{action}",
            route=f"/cases/{{id}}/{action}",
            body=body,
            headers={"Idempotency-Key": uuid.uuid4().hex},
            repeatable=True,
        )
        return _written(answer)

    async def _all(self, path: str) -> list[Any]:
        """Every record of a short list."""
        records: list[Any] = []
        cursor: str | None = None
        while True:
            body = await self._page(path, cursor, {})
            records += body["data"]
            cursor = _next_cursor(body, cursor)
            if cursor is None:
                return records

    async def _feed(self, path: str, cursor: str | None, since: datetime) -> tuple[dict[str, Any], datetime]:
        """One page of a feed, and what the portal's clock showed when it answered (ours, if it does not say)."""
        filters = {"updated_since": wire.instant_text(since)}
        answer = await self._list(path, cursor, filters, PAGE)
        return answer.body, answered_at(answer.headers)

    async def _page(
        self, path: str, cursor: str | None, filters: Mapping[str, str | None], limit: int = PAGE
    ) -> dict[str, Any]:
        """One page of a cursor list. Raises UnexpectedAnswer when it is none."""
        body: dict[str, Any] = (await self._list(path, cursor, filters, limit)).body
        return body

    async def _list(
        self, path: str, cursor: str | None, filters: Mapping[str, str | None], limit: int, route: str | None = None
    ) -> Answer:
        query = f"cursor={quote(cursor or '', safe='')}&limit={limit}"
        query += "".join(f"&{name}={quote(value, safe='')}" for name, value in filters.items() if value is not None)
        answer = await self.connection.request("GET", f"{path}?{query}", route=route or path)
        if not isinstance(answer.body, dict) or not isinstance(answer.body.get("data"), list):
            raise UnexpectedAnswer(f"{SYSTEM} sent a list without data.", field="data", system=SYSTEM)
        return answer


def _next_cursor(body: dict[str, Any], place: str | None) -> str | None:
    """Where the next page starts. A cursor that leads back to its own page would never end: refuse it."""
    page = body.get("page")
    if not isinstance(page, dict):
        raise UnexpectedAnswer(f"{SYSTEM} sent a list without paging.", field="page", system=SYSTEM)
    following = page.get("next_cursor")
    if not page.get("has_more") or following is None:
        return None
    if not isinstance(following, str) or following == (place or ""):
        message = f"{SYSTEM} sent a list that leads back to itself."
        raise UnexpectedAnswer(message, field="page.next_cursor", system=SYSTEM)
    return following


def _written(answer: Answer) -> UpsertAnswer:
    """What a write did. Raises UnexpectedAnswer."""
    body = answer.body if isinstance(answer.body, dict) else {}
    entries = body.get("changes")
    changes = tuple(
        Change(str(entry.get("field", "")), _text(entry.get("from")), _text(entry.get("to")))
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict)
    )
    return UpsertAnswer(
        result=str(body.get("result", "")),
        changes=changes,
        warnings=problems_from(body.get("warnings")),
        case=_parse(wire.case_from, body.get("case")),
    )


def _text(value: Any) -> str:
    return "" if value is None else redact(str(value))


def _parse(read: Callable[[Any], Parsed], record: Any) -> Parsed:
    try:
        return read(record)
    except ValidationError as error:
        trouble = unreadable(SYSTEM, record, "id", error)
        raise UnexpectedAnswer(trouble.sentence, field=trouble.field, system=SYSTEM) from error
