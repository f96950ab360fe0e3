"""A firm that keeps its cases in SmartAdvocate: words for what happens there, beside those of any office."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import SecretStr

from blocks.smartadvocate import SmartAdvocateCredentials
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.office import SEEDED, Office, open_office


def smartadvocate_credentials(
    sandbox: SandboxServer, of: str = SEEDED, username: str = "hub_admin", **fields: Any
) -> SmartAdvocateCredentials:
    """What connects a firm of the sandbox to its SmartAdvocate, without a need to wait for the budget."""
    known = sandbox.smartadvocate.connect(of, sandbox.url, username)
    settings = {"password": SecretStr(known["password"]), "requests_per_minute": 600_000} | fields
    return SmartAdvocateCredentials(host=known["host"], username=username, **settings)


class Advocates(Office):
    """One firm of SmartAdvocate: ``slug`` in casebridge, ``SEEDED`` in the sandbox."""

    system: ClassVar[str] = "smartadvocate"

    @property
    def records(self) -> Any:
        """The firm's SmartAdvocate."""
        return self.sandbox.smartadvocate.firms[SEEDED]

    def change_case(self, integration_id: str, **values: Any) -> None:
        """Somebody edits the case in SmartAdvocate."""
        self.records.update_case(int(integration_id), at=self.sandbox.controls.clock.timestamp(), **values)

    def change_client(self, integration_id: str, **values: Any) -> None:
        """Somebody edits the contact of the case's client."""
        plaintiff = self.records.cases.get(int(integration_id)).plaintiffs[0]
        self.records.update_contact(plaintiff.contact_id, **values)

    def next_status(self, integration_id: str) -> tuple[str, str]:
        """Another mapped status of the case's type, and the portal's name of it."""
        case = self.records.cases.get(int(integration_id))
        area = self.records.lists.area(case.type_id)
        present = next(stage.portal_name for stage in area.stages if stage.name == case.status)
        return next((one.name, one.portal_name) for one in area.stages if one.portal_name not in (None, present))

    def staff_of(self, integration_id: str) -> list[tuple[int, str]]:
        """Who works on the case: user ids and roles."""
        return [(row.user_id, row.role) for row in self.records.cases.get(int(integration_id)).staff]


@contextlib.contextmanager
def open_advocates(slug: str, home: Path, world: WorldOptions, **settings: Any) -> Iterator[Advocates]:
    """As :func:`tests.flows.office.open_office`, for a firm of SmartAdvocate."""
    with open_office(slug, home, world, kind=Advocates, credentials=smartadvocate_credentials, **settings) as office:
        assert isinstance(office, Advocates)
        yield office
