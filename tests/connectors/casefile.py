"""SmartAdvocate and CASEpeer as a firm uses them, and the connectors that file in them."""

from typing import Any, ClassVar

from connectors.casepeer import CasePeerFiles
from connectors.http import Patience
from connectors.smartadvocate.filing import USUAL_NAMES, FilingNames, SmartAdvocateFiles
from domain.relay import Letter, Paper
from sandbox.casepeer.rendering import note_json as casepeer_note
from sandbox.faults import FaultKind, FaultRule
from sandbox.smartadvocate.rendering import note_json
from sandbox.testing import SandboxServer
from tests.connectors.clients import casepeer_client, smartadvocate_client
from tests.connectors.filing import SENT, Content, paper_of
from tests.connectors.mailroom import FIRM, Mailroom

API = f"/{FIRM}/CaseSyncAPI"
NOTES, DOCUMENTS = f"{API}/case/*/notes", f"{API}/case/*/documents"
CASEPEER_NOTES, CASEPEER_DOCUMENTS = f"/{FIRM}/api/v1/case/*/notes/", f"/{FIRM}/api/v1/case/case-documents/*/"


class Firmwide(Mailroom):
    """One case of a firm, and another one beside it, in a case system without keys for what is filed."""

    vendor: ClassVar[str]
    records: Any
    """The firm's case system."""
    files: Any

    def __init__(self, server: SandboxServer) -> None:
        super().__init__(server)
        first = server.world.firm(FIRM).first_matter_id
        self.case, self.other_case = str(first), str(first + 1)

    def letter(self, marker: str = "message:1", **changes: Any) -> Letter:
        whole = {
            "marker": marker, "case_id": self.case, "body": "Hi, my next appointment is on Friday.\n\n--\nFrom: Dana",
            "sent_at": SENT, "inbound": True, "sender": None, "recipients": (),
        }  # fmt: skip
        return Letter(**whole | changes)

    def paper(self, content: bytes = b"picture", **changes: Any) -> Paper:
        return paper_of(content, **{"case_id": self.case} | changes)

    async def file(self, content: bytes = b"picture", **changes: Any) -> str:
        return await self.files.file_paper(self.paper(content, **changes), Content(content), resuming=False)

    @property
    def documents(self) -> list[Any]:
        """What was filed."""
        return self.records.documents.new()

    def spoil(self, kind: FaultKind, method: str, path: str, **rule: Any) -> FaultRule:
        return self.server.controls.faults.add(FaultRule(self.vendor, kind, method=method, path=path, **rule))

    def requests(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        for (_, route, _), count in self.files.counts.requests.items():
            counted[route] = counted.get(route, 0) + count
        return counted


class Casefile(Firmwide):
    """The firm's SmartAdvocate."""

    vendor = "smartadvocate"

    def __init__(self, server: SandboxServer) -> None:
        super().__init__(server)
        self.records = server.smartadvocate.firms[FIRM]
        self.seeded = {document.id for document in self.records.documents.of_case(int(self.case))}
        self.files = self.connect()

    def connect(self, names: FilingNames = USUAL_NAMES, **options: Any) -> SmartAdvocateFiles:
        client = smartadvocate_client(self.server, **options)
        client.connection._patience = Patience(first_pause=0.0)
        return SmartAdvocateFiles(client, names)

    @property
    def notes(self) -> list[dict[str, Any]]:
        """What was filed, in the API's words."""
        return [note_json(self.records, note) for note in self.records.notes.new()]


class Binder(Firmwide):
    """The firm's CASEpeer."""

    vendor = "casepeer"

    def __init__(self, server: SandboxServer) -> None:
        super().__init__(server)
        self.records = server.casepeer.firms[FIRM]
        self.files = self.connect()

    def connect(self, category: str = "") -> CasePeerFiles:
        client = casepeer_client(self.server)
        client.connection._patience = Patience(first_pause=0.0)
        return CasePeerFiles(client, category)

    @property
    def notes(self) -> list[dict[str, Any]]:
        """What was filed, in the API's words."""
        return [casepeer_note(self.records, note) for note in self.records.notes.new()]
