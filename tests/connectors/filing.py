"""Fixtures and bodies for the tests of what is filed in Clio."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.clio.filing import ClioFiles
from connectors.http import Patience
from domain.relay import Correspondent, Letter, Paper, PaperTrace, PartyKind
from sandbox.faults import FaultKind, FaultRule
from tests.connectors.clients import clio_client
from tests.connectors.mailroom import Mailroom

SENT = datetime(2026, 10, 2, 14, 5, 0, 999_999, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LETTERS, PAPERS, STORAGE = "/api/v4/communications.json", "/api/v4/documents.json", "/uploads/*"
ONE_PAPER = "/api/v4/documents/*"


class Content:
    """The bytes of a document; may be iterated again. ``before`` happens before the last piece of each time."""

    def __init__(self, content: bytes, before: Callable[[], object] = lambda: None) -> None:
        self.content, self.before, self.times = content, before, 0

    async def __aiter__(self):
        self.times += 1
        half = len(self.content) // 2
        if half:
            yield self.content[:half]
        self.before()
        if self.content:
            yield self.content[half:]


def paper_of(content: bytes = b"picture", marker: str = "file:1", **changes: Any) -> Paper:
    whole = {
        "marker": marker, "name": "intake photo.jpg", "content_type": "image/jpeg", "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), "received_at": SENT, "inbound": True,
    }  # fmt: skip
    return Paper(**whole | changes)


def trace_of(marker: str, case_id: str, size: int = 7, **changes: Any) -> PaperTrace:
    """What is left of :func:`paper_of` when its answer was lost."""
    whole = {
        "marker": marker, "case_id": case_id, "name": "intake photo.jpg", "size": size,
        "sha256": hashlib.sha256(b"picture").hexdigest(), "since": LONG_AGO,
    }  # fmt: skip
    return PaperTrace(**whole | changes)


class Cabinet(Mailroom):
    """Clio as a firm uses it, and the connector under test."""

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        first = server.world.firm("harrow-pike").first_matter_id
        self.matter, self.other_matter = str(first), str(first + 1)
        record = self.clio.matters.get(first)
        self.client = Correspondent(PartyKind.CLIENT, str(record["client_id"]), "A client")
        self.attorney = Correspondent(PartyKind.STAFF, str(record["_responsible_attorney"]), "An attorney")
        self.files = self.connect()

    def connect(self, **options: Any) -> ClioFiles:
        client = clio_client(self.server, **options)
        client.connection._patience = Patience(first_pause=0.0)
        return ClioFiles(client, storage_hosts=())

    def letter(self, marker: str = "message:1", **changes: Any) -> Letter:
        whole = {
            "marker": marker, "case_id": self.matter, "body": "Hi, my next appointment is on Friday.",
            "sent_at": SENT, "inbound": True, "sender": self.client, "recipients": (self.attorney,),
        }  # fmt: skip
        return Letter(**whole | changes)

    def paper(self, content: bytes = b"picture", **changes: Any) -> Paper:
        return paper_of(content, **{"case_id": self.matter} | changes)

    async def file(self, content: bytes = b"picture", *, resuming: bool = False, **changes: Any) -> str:
        return await self.files.file_paper(self.paper(content, **changes), Content(content), resuming=resuming)

    async def begin(self, **changes: Any) -> str:
        """A document that waits for its bytes."""
        return (await self.files._begin(self.paper(**changes))).id

    def change(self, document_id: str, **values: Any) -> None:
        """Somebody does something to a document in Clio."""
        self.clio.update_document(int(document_id), at=self.server.controls.clock.timestamp() + 1, **values)

    def spoil(self, kind: FaultKind, method: str, path: str, **rule: Any) -> FaultRule:
        vendor = "storage" if path == STORAGE else "clio"
        return self.server.controls.faults.add(FaultRule(vendor, kind, method=method, path=path, **rule))

    def breaches(self) -> list[dict[str, str]]:
        """What Clio's OpenAPI document does not allow; empty also where the document is not at hand."""
        return self.server.clio.contract.violations if self.server.clio.contract else []


def marked(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["value"]) for one in record["external_properties"]]
