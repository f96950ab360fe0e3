"""What happens in the portal and what is in the case system, in words for tests of the relays; and a tick, in one call."""

from datetime import UTC, datetime
from typing import Any

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import State
from prefect.client.schemas.sorting import ArtifactSort
from sqlalchemy import update

from ledger import Receipt
from ledger.tables import deliveries
from sandbox.casestatus import arrivals
from sandbox.clio import plain
from sandbox.faults import FaultKind, FaultRule
from tasks.relay import delivering
from tests.flows.office import SEEDED, Office


class Desk:
    """One firm's correspondence: messages and files arrive in the portal, and are to be found in the case system."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.sandbox = office.sandbox

    # The portal.

    def write(self, integration_id: str, content: str, **more: Any) -> str:
        """Somebody writes a message (``type`` inbound unless said otherwise); its id in the portal."""
        body = {"integration_id": integration_id, "content": content, "source": self.office.system, **more}
        portal = self.sandbox.casestatus.portal
        return str(arrivals.message_arrives(portal, self.office.portal, body).id)

    def edit(self, message_id: str, content: str) -> None:
        arrivals.message_edited(self.office.portal, int(message_id), content)

    def put(self, integration_id: str, file_name: str, content: str = "", **more: Any) -> str:
        """Somebody puts a file there; its id in the portal."""
        body = {
            "integration_id": integration_id,
            "file_name": file_name,
            "content": content,
            "source": self.office.system,
            **more,
        }
        return str(arrivals.file_arrives(self.sandbox.casestatus.portal, self.office.portal, body).id)

    # Clio.

    def letters(self, integration_id: str | None = None) -> list[dict[str, Any]]:
        """The communications, of one matter or all, in the order in which they were made."""
        return plain.communications(self.office.clio, int(integration_id) if integration_id else None)

    def bodies(self, integration_id: str | None = None) -> list[str]:
        return [letter["body"] for letter in self.letters(integration_id)]

    def papers(self, integration_id: str | None = None) -> list[dict[str, Any]]:
        """The documents, unfinished and deleted ones included."""
        return plain.documents(self.office.clio, int(integration_id) if integration_id else None)

    def contact_of(self, integration_id: str) -> int:
        return int(self.office.clio.matters.get(int(integration_id))["client_id"])

    def attorney_of(self, integration_id: str) -> int:
        return int(self.office.clio.matters.get(int(integration_id))["_responsible_attorney"])

    # In between.

    def spoil(self, vendor: str, kind: FaultKind, method: str, path: str, **more: Any) -> None:
        self.sandbox.controls.faults.add(FaultRule(vendor, kind, method=method, path=path, **more))

    def receipt(self, stream: str, marker: str) -> Receipt:
        found = self.office.ledger.deliveries.receipt(self.office.slug, stream, marker)
        assert found is not None
        return found

    def make_due(self) -> None:
        """What time does to a pause, without the waiting."""
        with self.office.ledger._database.writing() as connection:
            connection.execute(update(deliveries).values(due_at=None))

    def settle(self) -> None:
        """What time does to a lost answer and to every pause, without the waiting."""
        with self.office.ledger._database.writing() as connection:
            past = datetime.now(UTC) - 2 * delivering.SETTLING
            connection.execute(update(deliveries).values(due_at=None, changed_at=past))

    # Ticks.

    async def tick(self, flow: Flow[..., Any], **parameters: Any) -> State[Any]:
        parameters.setdefault("firm", self.office.slug)
        return await flow(**parameters, return_state=True)

    async def told(self, stream: str) -> str:
        """What the firm's last tick shows of itself in the Prefect UI."""
        return await shown_in(f"{stream}-{self.office.slug}")


async def shown_in(key: str) -> str:
    """What the latest artifact of this name says."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    async with get_client() as client:
        [shown] = await client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=1)
    return str(shown.data)


__all__ = ["SEEDED", "Desk", "shown_in"]
