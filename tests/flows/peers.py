"""A firm that keeps its cases in CASEpeer: words for what happens there, beside those of any office."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import SecretStr

from blocks.casepeer import CasePeerCredentials
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.office import SEEDED, Office, open_office


def casepeer_credentials(sandbox: SandboxServer, of: str = SEEDED) -> CasePeerCredentials:
    """What connects a firm of the sandbox to its CASEpeer, both keys in their places, without a need to wait."""
    known = sandbox.casepeer.connect(of, sandbox.url)
    return CasePeerCredentials(host=known["host"], api_key=SecretStr(known["key"]), requests_per_minute=600_000)


class Peers(Office):
    """One firm of CASEpeer: ``slug`` in casebridge, ``SEEDED`` in the sandbox."""

    system: ClassVar[str] = "casepeer"

    @property
    def records(self) -> Any:
        """The firm's CASEpeer."""
        return self.sandbox.casepeer.firms[SEEDED]

    def change_case(self, integration_id: str, **values: Any) -> None:
        """Somebody edits the case in CASEpeer."""
        self.records.update_case(int(integration_id), at=self.sandbox.controls.clock.timestamp(), **values)

    def change_client(self, integration_id: str, **values: Any) -> None:
        """Somebody edits the case's client."""
        client = self.records.cases.get(int(integration_id)).client_id
        self.records.update_client(client, at=self.sandbox.controls.clock.timestamp(), **values)

    def next_status(self, integration_id: str) -> tuple[str, str]:
        """Another mapped status of the case's type, and the portal's name of it."""
        case = self.records.cases.get(int(integration_id))
        area = next(area for area in self.seed.practice_areas if area.name == case.case_type)
        present = next(stage.portal_name for stage in area.stages if stage.name == case.status)
        return next((one.name, one.portal_name) for one in area.stages if one.portal_name not in (None, present))


@contextlib.contextmanager
def open_peers(slug: str, home: Path, world: WorldOptions, **settings: Any) -> Iterator[Peers]:
    """As :func:`tests.flows.office.open_office`, for a firm of CASEpeer."""
    settings.setdefault("credentials", casepeer_credentials)
    settings.setdefault("kind", Peers)
    with open_office(slug, home, world, **settings) as office:
        assert isinstance(office, Peers)
        yield office
