"""Files messages as communications and documents as documents in Clio Manage, and finds them again by their markers.

Clio has no idempotency keys [sdk]: each record carries its marker as an external property, by which it is looked up
before anything is repeated. Look-ups name no matter: somebody may have moved the record to another one.
"""

from collections.abc import AsyncIterable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from connectors.clio.client import PAGE, ClioClient
from connectors.clio.regions import SYSTEM
from connectors.clio.wire import is_redacted
from connectors.errors import FixData, NotFound, NotPermitted, Stale, Unavailable, UnexpectedAnswer
from connectors.http import AddressRefused, Counts, Damaged, Streams, redacting_logger
from connectors.wiring import Identifier, Instant, WireRecord, parsed
from domain.case import StaffMember
from domain.relay import Correspondent, Letter, Paper, PaperTrace, PartyKind

log = redacting_logger("casebridge.clio")

SUBJECT = "Case Status Message"
"""Of every message [help]."""
MESSAGE_PROPERTY = "case_status_message_id"
FILE_PROPERTY = "case_status_file_id"
STORAGE_HOSTS = ("*.amazonaws.com", "*.clio.com")
"""Where Clio lets files be put, unless the credentials block says otherwise [assumed]."""
_UNPROCESSABLE = 422
_LONGEST_ID = 18
_DOCUMENT_FIELDS = "id,etag,created_at,latest_document_version{uuid,fully_uploaded,size,put_url,put_headers}"
_PROPERTIES = "external_properties{name,value}"
_COMMUNICATIONS, _DOCUMENTS, _DOCUMENT = "/communications.json", "/documents.json", "/documents/{id}.json"


class HeaderWire(WireRecord):
    """A header to send along with the bytes."""

    name: Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
    value: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]


class VersionWire(WireRecord):
    """The version of a document that is being uploaded; ``put_url`` is empty once it is [sdk]."""

    uuid: str
    fully_uploaded: bool
    size: int | None = None
    put_url: str | None = None
    put_headers: tuple[HeaderWire, ...] | None = None


class DocumentWire(WireRecord):
    """A document, complete or just begun."""

    id: Identifier
    etag: str | None
    created_at: Instant | None
    latest_document_version: VersionWire | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A document that has been begun: where its bytes go, and how it is completed."""

    id: str
    etag: str | None
    uuid: str
    complete: bool
    size: int | None
    address: str | None
    headers: dict[str, str]


class ClioFiles:
    """One firm's Clio as :class:`connectors.ports.CaseFiles`. Close it after use.

    Args:
        client: the connection to the firm's Clio; closed with this.
        storage_hosts: hosts that signed addresses of uploads may lead to, besides Clio's own.
    """

    system = ClioClient.system

    def __init__(self, client: ClioClient, storage_hosts: Collection[str] = STORAGE_HOSTS) -> None:
        self._client = client
        self._connection = client.connection
        own = client.region.address
        self._storage = Streams(
            SYSTEM,
            (own.partition("://")[2].partition("/")[0], *storage_hosts),
            insecure=own.startswith("http://"),
            counts=client.counts,
            may_send=client.may_send,
        )

    @property
    def counts(self) -> Counts:
        """What was asked of Clio and its storage so far."""
        return self._client.counts

    async def close(self) -> None:
        """Close connections."""
        await self._storage.close()
        await self._client.close()

    def case_url(self, integration_id: str) -> str:
        """Where a person opens the matter."""
        return self._client.case_url(integration_id)

    async def check(self, *, letters: bool, papers: bool) -> None:
        """Nothing: every Clio takes communications and documents."""

    async def staff(self) -> Sequence[StaffMember]:
        """The firm's users, also those who have left: what they wrote remains theirs."""
        return [StaffMember(user.id, user.name, user.email) for user in await self._client.users()]

    # Messages.

    async def file_letter(self, letter: Letter) -> str:
        """Log the message as a communication on its matter; nobody is told anything by that [assumed]."""
        data = {
            "type": "EmailCommunication",
            "subject": SUBJECT,
            "body": letter.body,
            "received_at": _instant(letter.sent_at),
            "matter": {"id": int(letter.case_id)},
            "senders": [_participant(letter.sender)] if letter.sender else [],
            "receivers": [_participant(recipient) for recipient in letter.recipients],
            "external_properties": [{"name": MESSAGE_PROPERTY, "value": letter.marker}],
        }
        answer = await self._connection.request(
            "POST", f"{_COMMUNICATIONS}?fields=id", route=_COMMUNICATIONS, body={"data": data}
        )
        return _id_of(answer.body)

    async def find_letter(self, marker: str, case_id: str) -> str | None:  # noqa: ARG002 - wherever it is now
        """The communication with this marker; one that the connected user may not see still counts as found."""
        target = f"{_COMMUNICATIONS}?order=id(asc)&limit=2&{_marked(MESSAGE_PROPERTY, marker)}&fields=id,{_PROPERTIES}"
        records = await self._list(target, _COMMUNICATIONS)
        _require_marker(records, MESSAGE_PROPERTY, marker)
        return str(records[0]["id"]) if records else None

    # Documents: begin, put the bytes, mark as uploaded.

    async def file_paper(self, paper: Paper, content: AsyncIterable[bytes], *, resuming: bool) -> str:
        """Upload a document in Clio's three steps [sdk]; it shows only after the third.

        An unfinished document of an earlier try is gone on with, so that there is never a second one of the same marker
        that could be completed.
        """
        upload = await self._begun(paper) if resuming else None
        if upload is None:
            upload = await self._begin(paper)
        if upload.complete:
            _require_size(upload, paper.size)
        else:
            upload = await self._put(upload, paper, content)
            await self._finish(upload, paper)
        return upload.id

    async def find_paper(self, trace: PaperTrace) -> str | None:
        """The complete document with this marker, whatever the case. Raises Damaged when Clio holds it in another size."""
        complete = [upload for upload in await self._uploads(trace.marker) if upload.complete]
        if not complete:
            return None
        _require_size(complete[0], trace.size)
        return complete[0].id

    async def clear_unfinished(self, before: datetime) -> int:
        """Delete documents of ours that were begun before then and never completed; what resists is left alone."""
        target = (
            f"{_DOCUMENTS}?order=id(asc)&limit={PAGE}&show_uncompleted=true&external_property_name={FILE_PROPERTY}"
            f"&fields={_DOCUMENT_FIELDS},{_PROPERTIES}"
        )
        cleared = 0
        async for records in self._client.pages(target, _DOCUMENTS):
            for record in records:
                if is_redacted(record) or not _carries(record, FILE_PROPERTY):
                    continue
                try:
                    cleared += await self._clear(parsed(SYSTEM, DocumentWire, record, "id"), before)
                except (FixData, NotPermitted, UnexpectedAnswer) as error:
                    log.warning("An unfinished document stays in Clio: %s", error)
        return cleared

    async def _clear(self, document: DocumentWire, before: datetime) -> bool:
        version = document.latest_document_version
        old = document.created_at is not None and document.created_at < before
        if not old or version is None or version.fully_uploaded:
            return False
        await self._delete(document.id)
        return True

    async def _begun(self, paper: Paper) -> Upload | None:
        """The upload that an earlier try has begun; further ones of the same marker, which it never knew of, are deleted."""
        uploads = sorted(await self._uploads(paper.marker), key=lambda upload: not upload.complete)
        for surplus in uploads[1:]:
            if not surplus.complete:
                await self._delete(surplus.id)
        return uploads[0] if uploads else None

    async def _begin(self, paper: Paper) -> Upload:
        data = {
            "name": paper.name,
            "parent": {"id": int(paper.case_id), "type": "Matter"},
            "received_at": _instant(paper.received_at),
            "external_properties": [{"name": FILE_PROPERTY, "value": paper.marker}],
        }
        if paper.content_type:
            data["content_type"] = paper.content_type
        answer = await self._connection.request(
            "POST", f"{_DOCUMENTS}?fields={_DOCUMENT_FIELDS}", route=_DOCUMENTS, body={"data": data}
        )
        return _upload(_data(answer.body))

    async def _put(self, upload: Upload, paper: Paper, content: AsyncIterable[bytes]) -> Upload:
        """Send the bytes; an address that has expired (after ten minutes [sdk]) is asked for again, once."""
        try:
            await self._storage.put(_address(upload), upload.headers, paper.size, content)
        except AddressRefused:
            upload = await self._again(upload, paper)
            await self._storage.put(_address(upload), upload.headers, paper.size, content)
        return upload

    async def _again(self, upload: Upload, paper: Paper) -> Upload:
        """A new address for an upload; where Clio gives none, the document is begun anew."""
        fresh = await self._show(upload.id)
        if fresh.address and fresh.address != upload.address:
            return fresh
        await self._delete(upload.id)
        return await self._begin(paper)

    async def _finish(self, upload: Upload, paper: Paper) -> None:
        """Mark as uploaded, unless somebody changed the document meanwhile; what Clio holds must be as large as sent."""
        target = f"/documents/{upload.id}.json?fields={_DOCUMENT_FIELDS}"
        body = {"data": {"uuid": upload.uuid, "fully_uploaded": True}}  # flat: nested it is ignored [seen]
        headers = {"If-Match": upload.etag} if upload.etag else {}
        try:
            answer = await self._connection.request(
                "PATCH", target, route=_DOCUMENT, body=body, headers=headers, repeatable=True
            )
            now = _upload(_data(answer.body))
        except Stale:
            now = await self._show(upload.id)
            if not now.complete:
                raise Unavailable("The document was changed in Clio during its upload.", system=SYSTEM) from None
        except NotFound:
            raise Unavailable("The document was deleted in Clio during its upload.", system=SYSTEM) from None
        except FixData as error:
            if error.status != _UNPROCESSABLE:
                raise
            # Also the answer for a document that is marked already, as after a lost answer [sdk].
            now = await self._show(upload.id)
            if not now.complete:
                raise Unavailable(f"Clio has not received the file: {error}", system=SYSTEM) from error
        if not now.complete:
            raise UnexpectedAnswer("Clio did not take the upload as complete.", field="fully_uploaded", system=SYSTEM)
        _require_size(now, paper.size)

    async def _uploads(self, marker: str) -> list[Upload]:
        """Every document with this marker, also unfinished ones, the oldest first."""
        target = (
            f"{_DOCUMENTS}?order=id(asc)&limit=10&show_uncompleted=true&{_marked(FILE_PROPERTY, marker)}"
            f"&fields={_DOCUMENT_FIELDS},{_PROPERTIES}"
        )
        records = await self._list(target, _DOCUMENTS)
        _require_marker(records, FILE_PROPERTY, marker)
        # A stub says nothing but that it is there: somebody has moved it out of our sight.
        return [_hidden(record) if is_redacted(record) else _upload(record) for record in records]

    async def _show(self, document_id: str) -> Upload:
        target = f"/documents/{document_id}.json?fields={_DOCUMENT_FIELDS}"
        return _upload(_data((await self._connection.request("GET", target, route=_DOCUMENT)).body))

    async def _delete(self, document_id: str) -> None:
        await self._connection.request("DELETE", f"/documents/{document_id}.json", route=_DOCUMENT, accept=(404,))

    async def _list(self, target: str, route: str) -> list[Any]:
        answer = await self._connection.request("GET", target, route=route)
        records = answer.body.get("data") if isinstance(answer.body, dict) else None
        if not isinstance(records, list) or not all(isinstance(record, dict) and "id" in record for record in records):
            raise UnexpectedAnswer("Clio sent a list without data.", field="data", system=SYSTEM)
        return records


def _participant(one: Correspondent) -> dict[str, Any]:
    """Bodies say ``Contact``, answers ``Person`` or ``Company`` [sdk]. Raises FixData for an id that cannot be Clio's."""
    name = one.external_id
    if not (name.isascii() and name.isdigit()) or len(name) > _LONGEST_ID:
        # Entered in the portal by hand, or by another case system's sync: refused as Clio does somebody unknown.
        message = f"{one.name or 'Somebody'} has an id that is none of Clio's ({name[:_LONGEST_ID]})."
        raise FixData(message, status=_UNPROCESSABLE, system=SYSTEM)
    return {"id": int(name), "type": "User" if one.kind is PartyKind.STAFF else "Contact"}


def _marked(name: str, marker: str) -> str:
    return f"external_property_name={name}&external_property_value={quote(marker, safe='')}"


def _carries(record: Any, name: str, marker: str | None = None) -> bool:
    """Whether a record has this external property, and with this value if one is given."""
    properties = record.get("external_properties") if isinstance(record, dict) else None
    return isinstance(properties, list) and any(
        isinstance(one, dict) and one.get("name") == name and marker in (None, one.get("value")) for one in properties
    )


def _require_marker(records: Sequence[Any], name: str, marker: str) -> None:
    """Clio ignores parameters it does not know [seen]: a look-up that found everything must not be taken for a find."""
    if not all(is_redacted(record) or _carries(record, name, marker) for record in records):
        message = "Clio sent records with another marker than was asked for."
        raise UnexpectedAnswer(message, field="external_properties", system=SYSTEM)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _data(body: Any) -> Any:
    return body.get("data") if isinstance(body, dict) else None


def _id_of(body: Any) -> str:
    record = _data(body)
    if not isinstance(record, dict) or not isinstance(record.get("id"), int | str):
        raise UnexpectedAnswer("Clio created a record and did not say which.", field="data.id", system=SYSTEM)
    return str(record["id"])


def _upload(record: Any) -> Upload:
    document = parsed(SYSTEM, DocumentWire, record, "id")
    version = document.latest_document_version
    if version is None:
        message = "Clio sent a document without its version."
        raise UnexpectedAnswer(message, field="latest_document_version", system=SYSTEM)
    headers = {header.name: header.value for header in version.put_headers or ()}
    return Upload(
        document.id, document.etag, version.uuid, version.fully_uploaded, version.size, version.put_url, headers
    )


def _hidden(record: Any) -> Upload:
    return Upload(str(record["id"]), None, "", complete=True, size=None, address=None, headers={})


def _require_size(upload: Upload, size: int) -> None:
    """Raises Damaged when Clio says that it holds another number of bytes."""
    if upload.size is not None and upload.size != size:
        message = (
            f"Clio holds {upload.size:,} bytes of a file of {size:,} as document {upload.id}. Delete it in Clio, and it is "
            "filed anew."
        )
        raise Damaged(message, system=SYSTEM)


def _address(upload: Upload) -> str:
    if not upload.address:
        raise UnexpectedAnswer("Clio gave no address to put the file at.", field="put_url", system=SYSTEM)
    return upload.address
