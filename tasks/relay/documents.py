"""The document courier: a portal's file becomes a document of the case, its bytes passed on and never kept."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from connectors.casestatus import CaseStatusClient
from connectors.errors import FixData, NotFound
from connectors.http import Download
from connectors.ports import CaseFiles
from domain.file_names import clean_file_name, free_name
from domain.relay import Document, Paper, PaperTrace, PartyKind, echo_of
from ledger import Delivery, Ledger, Reservation
from tasks.relay.courier import Courier, NotYet, Refused
from tasks.relay.messages import refused_with_case
from tasks.relay.people import Whereabouts

STREAM = "documents"
MARK = "file:"
"""What the markers of files begin with."""
_MEGABYTE = 1024 * 1024
_SCANNING = timedelta(minutes=1)
_CLOCKS_DIFFER = timedelta(hours=1)
"""More than the case system's clock and the ledger's ever do."""
_document = TypeAdapter(Document)
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9!#$&^_.+-]+")


def document_marker(document: Document) -> str:
    """What tells this file from every other one of the firm."""
    return f"{MARK}{document.id}"


def reservations(
    documents: Iterable[Document], known: Mapping[str, str | None], taken: dict[str, set[str]], *, system: str
) -> list[Reservation]:
    """What is to be reserved of a page of the feed; equal names within a case are kept apart by a number.

    Args:
        documents: as the portal has them now.
        known: markers that are reserved already.
        taken: names given so far (case-folded), by case; new ones are added.
        system: the case system; what carries its mark came from there, and is an echo.
    """
    wanted = []
    for document in documents:
        marker = document_marker(document)
        if marker in known:
            continue
        case_id = document.place.key
        echo = echo_of(document.external_id, system)
        names = taken.setdefault(case_id, set())
        name = free_name(clean_file_name(document.name), names)
        names.add(name.casefold())
        payload = {"document": _document.dump_python(document, mode="json", exclude={"address"}), "name": name}
        wanted.append(
            Reservation(
                marker=marker,
                case_id=case_id,
                occurred_at=document.created_at,
                payload=payload,
                lane=marker,  # no document waits for another
                digest=document.sha256[:32] if document.sha256 else None,
                echo_of=echo,
            )
        )
    return wanted


@dataclass(frozen=True, slots=True)
class Package:
    """A document ready to be sent."""

    paper: Paper
    content: Download

    @property
    def case_id(self) -> str:
        """The case it is filed with."""
        return self.paper.case_id


class DocumentCourier(Courier[Package]):
    """Files one firm's documents with its case system; see :class:`tasks.relay.courier.Courier`."""

    stream = STREAM
    at_once = 3

    def __init__(
        self,
        ledger: Ledger,
        portal: CaseStatusClient,
        files: CaseFiles,
        whereabouts: Whereabouts,
        system: str,
        *,
        largest: int,
    ) -> None:
        self._portal, self._files, self._whereabouts, self._system = portal, files, whereabouts, system
        self._ledger, self._largest = ledger, largest * _MEGABYTE
        self._found: dict[str, str] = {}
        """Markers by the records that were found in this tick."""
        self._looking = asyncio.Lock()

    async def prepare(self, delivery: Delivery) -> Package:
        """Ask the portal how the file is now, and find its case.

        Raises:
            NotYet: it is still being scanned.
            Refused: it is too large for this firm, or is gone from the portal.
        """
        reserved = document_in(delivery)
        try:
            document = await self._portal.document(reserved.id)
        except NotFound as error:
            raise Refused("document_gone", f"“{delivery.payload['name']}” was deleted in Case Status.") from error
        if document.size > self._largest:
            raise Refused(
                "document_too_large",
                f"“{delivery.payload['name']}” has {document.size / _MEGABYTE:,.0f} MB, more than the "
                f"{self._largest // _MEGABYTE:,} MB of this firm. Raise *Largest document* in its Firm block and ask for "
                "it again, or file it by hand.",
            )
        if document.address is None:
            raise NotYet("file_not_ready", "Case Status is still scanning the file.", _SCANNING)
        found = await self._whereabouts.case(document.place)
        paper = Paper(
            marker=delivery.marker,
            case_id=found.integration_id,
            name=delivery.payload["name"],
            content_type=_content_type(document.content_type),
            size=document.size,
            sha256=document.sha256,
            received_at=document.created_at,
            inbound=document.uploader.kind is PartyKind.CLIENT,
        )
        return Package(paper, self._portal.download(document))

    async def call(self, delivery: Delivery, prepared: Package) -> tuple[str, str | None]:
        """Pass the bytes on.

        Raises:
            Held: the case is gone from the case system.
            Refused: the case system takes no file as large as this one, or none that is empty.
        """
        try:
            with refused_with_case(delivery, self._system):
                return await self._files.file_paper(prepared.paper, prepared.content, resuming=delivery.tries > 1), None
        except FixData as refusal:
            if refusal.status == HTTPStatus.BAD_REQUEST and prepared.paper.size == 0:
                sentence = (
                    f"“{prepared.paper.name}” is empty, and {self._system} takes no empty files: ask for it again."
                )
                raise Refused("vendor_refused", sentence) from refusal
            if refusal.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                raise
            size = prepared.paper.size / _MEGABYTE
            sentence = (
                f"“{prepared.paper.name}” has {size:,.0f} MB, more than {self._system} takes. File it by hand, or have the "
                f"limit of {self._system} raised and ask for it again."
            )
            raise Refused("document_too_large", sentence) from refusal

    async def find(self, delivery: Delivery) -> str | None:
        """Look the complete document up by all that it is known by. Raises Held when its case is hidden.

        One at a time: of two equal files, the second one must not be taken for the first.
        """
        async with self._looking:
            trace = await asyncio.to_thread(self._trace, delivery)
            with refused_with_case(delivery, self._system):
                found = await self._files.find_paper(trace)
            if found is not None:
                self._found[found] = delivery.marker
            return found

    def _trace(self, delivery: Delivery) -> PaperTrace:
        document, marker = document_in(delivery), delivery.marker
        of_case = self._ledger.deliveries.of_case(delivery.firm, STREAM, delivery.case_id)
        others = [one for one in of_case if one.marker != marker]
        return PaperTrace(
            marker=marker,
            case_id=delivery.case_id,
            name=delivery.payload["name"],
            size=document.size,
            sha256=document.sha256,
            since=delivery.reserved_at - _CLOCKS_DIFFER,
            other_records=frozenset(one.remote_id for one in others if one.remote_id)
            | {record for record, found_as in self._found.items() if found_as != marker},
            other_names=frozenset(one.payload["name"] for one in others if "name" in one.payload),
        )


def document_in(delivery: Delivery) -> Document:
    """The file as it was when its delivery was reserved; without an address."""
    return _document.validate_python({**delivery.payload["document"], "address": None})


def _content_type(text: str) -> str:
    """The type if it can be one, else nothing: the case system then goes by the name."""
    kind = text.partition(";")[0].strip()
    return kind if _CONTENT_TYPE.fullmatch(kind) else ""


def told(delivery: Delivery) -> dict[str, Any]:
    """What a receipt says of the document itself."""
    document = document_in(delivery)
    return {
        "file": document.id,
        "name": delivery.payload["name"],
        "from": document.uploader.name or document.uploader.kind.value,
        "received at": document.created_at.isoformat(),
        "bytes": document.size,
        "sha256": document.sha256 or "",
    }
