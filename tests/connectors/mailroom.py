"""A small firm whose clients write and upload: what happens in the portal, and what is then to be found in Clio."""

from typing import Any

from sandbox.casestatus import arrivals
from sandbox.clio import plain
from sandbox.testing import SandboxServer

KEY = "csk-fixture-one"
TWO_CLIENTS, ONE_CLIENT = "fixture-f-1", "fixture-f-2"
FIRM = "harrow-pike"


class Mailroom:
    """The portal's firm *fixture-one* and Clio's *harrow-pike*."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.portal = server.casestatus.portal
        self.firm = self.portal.firm_called("fixture-one")
        self.clio = server.clio.firms[FIRM]

    def write(self, content: str, integration_id: str = TWO_CLIENTS, **more: Any) -> str:
        """Somebody writes a message (inbound unless said otherwise); its id."""
        body = {"integration_id": integration_id, "content": content, **more}
        return str(arrivals.message_arrives(self.portal, self.firm, body).id)

    def edit(self, message_id: str, content: str) -> None:
        """Somebody corrects a message."""
        arrivals.message_edited(self.firm, int(message_id), content)

    def put(self, file_name: str, content: str = "", integration_id: str = TWO_CLIENTS, **more: Any) -> str:
        """Somebody puts a file there; its id."""
        body = {"integration_id": integration_id, "file_name": file_name, "content": content, **more}
        return str(arrivals.file_arrives(self.portal, self.firm, body).id)

    def file(self, file_id: str) -> Any:
        """The file as the portal keeps it."""
        return self.firm.files.get(int(file_id))

    def asked(self, vendor: str, route: str) -> int:
        """How many requests of a route there were, such as ``GET /v1/api/messages``."""
        return self.server.controls.requests.by_route(vendor)[route]

    def letters(self) -> list[dict[str, Any]]:
        """Clio's communications."""
        return plain.communications(self.clio)

    def papers(self) -> list[dict[str, Any]]:
        """Clio's documents that are not in the trash, unfinished ones included."""
        return [document for document in plain.documents(self.clio) if not document["deleted"]]
