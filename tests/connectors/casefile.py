"""SmartAdvocate as a firm uses it, and the connector that files in it."""

from typing import Any

from connectors.http import Patience
from connectors.smartadvocate.filing import USUAL_NAMES, FilingNames, SmartAdvocateFiles
from domain.relay import Letter, Paper
from sandbox.faults import FaultKind, FaultRule
from sandbox.smartadvocate.rendering import note_json
from sandbox.testing import SandboxServer
from tests.connectors.clients import smartadvocate_client
from tests.connectors.filing import SENT, Content, paper_of
from tests.connectors.mailroom import FIRM, Mailroom

API = f"/{FIRM}/CaseSyncAPI"
NOTES, DOCUMENTS = f"{API}/case/*/notes", f"{API}/case/*/documents"


class Casefile(Mailroom):
    """One case of the firm, and another one beside it."""

    def __init__(self, server: SandboxServer) -> None:
        super().__init__(server)
        self.records = server.smartadvocate.firms[FIRM]
        first = server.world.firm(FIRM).first_matter_id
        self.case, self.other_case = str(first), str(first + 1)
        self.seeded = {document.id for document in self.records.documents.of_case(first)}
        self.files = self.connect()

    def connect(self, names: FilingNames = USUAL_NAMES, **options: Any) -> SmartAdvocateFiles:
        client = smartadvocate_client(self.server, **options)
        client.connection._patience = Patience(first_pause=0.0)
        return SmartAdvocateFiles(client, names)

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
    def notes(self) -> list[dict[str, Any]]:
        """What was filed, in the API's words."""
        return [note_json(self.records, note) for note in self.records.notes.new()]

    @property
    def documents(self) -> list[Any]:
        return self.records.documents.new()

    def spoil(self, kind: FaultKind, method: str, path: str, **rule: Any) -> FaultRule:
        return self.server.controls.faults.add(FaultRule("smartadvocate", kind, method=method, path=path, **rule))

    def requests(self) -> dict[str, int]:
        return {route: count for (_, route, _), count in self.files.counts.requests.items()}
