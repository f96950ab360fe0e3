"""A firm that keeps its cases in CASEpeer and its books in Soluno: words for its money, beside those of any office."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import SecretStr

from blocks.soluno import SolunoCredentials
from flows.soluno_cost_push import soluno_cost_push
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.office import SEEDED, save_firm
from tests.flows.peers import Peers, casepeer_credentials, open_peers

Record = dict[str, Any]


def soluno_credentials(sandbox: SandboxServer, of: str = SEEDED, **settings: Any) -> SolunoCredentials:
    """What connects a firm of the sandbox to its Soluno, with everything chosen."""
    known = sandbox.soluno.connect(of, sandbox.url)
    chosen: dict[str, Any] = {
        "cost_posting_reference": "ACC",
        "operating_account": "Operating",
        "trust_account": "Client Trust",
        "release_mode": "auto",
        "requests_per_minute": 600_000,
    }
    return SolunoCredentials(
        host=known["host"],
        username=known["user_name"],
        password=SecretStr(known["password"]),
        organization=known["organization_name"],
        verification_answer=SecretStr(known["verification_answer"]),
        **chosen | settings,
    )


class Bookkeepers(Peers):
    """One firm of both: ``slug`` in casebridge, ``SEEDED`` in the sandbox."""

    @property
    def soluno(self) -> Any:
        """The firm's Soluno."""
        return self.sandbox.soluno.firms[SEEDED]

    @property
    def books(self) -> dict[str, Any]:
        """Everything in the firm's books, deleted entries included."""
        found: dict[str, Any] = self.control("GET", f"/soluno/firms/{SEEDED}/books")
        return found

    def entries(self, kind: str, **fields: Any) -> list[Record]:
        """Entries of a kind with these fields."""
        return [row for row in self.books[kind] if all(row[name] == value for name, value in fields.items())]

    def in_soluno(self, path: str, **values: Any) -> Any:
        """Somebody of the firm does something in Soluno, or a switch is turned there."""
        return self.control("POST", f"/soluno/firms/{SEEDED}{path}", values)

    def case_answered_for(self, rank: int = 0) -> int:
        """An open case whose lead attorney records time in Soluno; a different one for each rank."""
        return answered_for(self.records, self.soluno)[rank]

    def add_costs(self, case_id: int, *amounts: str, payee: str = "Lakeside Imaging") -> list[int]:
        """Open costs of a case; their ids."""
        return [self.records.add_cost(case_id, amount, payee=payee, memo="Records fee").id for amount in amounts]

    def run_push(self) -> State[Any]:
        """Push once, for fixtures that outlive an event loop."""

        async def push() -> State[Any]:
            state: State[Any] = await soluno_cost_push(self.slug, return_state=True)
            return state

        return asyncio.run(push())

    def cost(self, cost_id: int) -> Any:
        """A cost as CASEpeer has it now."""
        return self.records.costs.get(cost_id)


def answered_for(peers: Any, soluno: Any) -> list[int]:
    """The open cases of a firm's CASEpeer whose lead attorneys record time in its Soluno."""
    users = soluno.books.users.values()
    answering = {user.email.lower() for user in users if user.active and user.records_time}
    found = []
    for case in map(peers.cases.get, peers.cases.ids()):
        lead = peers.people.get(case.team.get("lead_attorney"))
        if peers.is_open(case) and lead is not None and lead.email.lower() in answering:
            found.append(case.id)
    return found


@contextlib.contextmanager
def open_bookkeepers(
    slug: str, home: Path, world: WorldOptions | None = None, **settings: Any
) -> Iterator[Bookkeepers]:
    """As :func:`tests.flows.peers.open_peers`, for a firm that keeps its books in Soluno."""
    world = world or WorldOptions(matters=30, shares=Shares.trouble_free(), with_money=0)
    with open_peers(slug, home, world, kind=Bookkeepers) as office:
        assert isinstance(office, Bookkeepers)
        asyncio.run(keep_books(office, **settings))
        yield office


async def keep_books(office: Peers, credentials: SolunoCredentials | None = None, **settings: Any) -> None:
    """Give a firm its Soluno; ``settings`` are further fields of the Firm block."""
    accounting = credentials or soluno_credentials(office.sandbox)
    await accounting.asave(f"{office.slug}-soluno", overwrite=True)
    await save_firm(
        office.slug,
        office.sandbox,
        case_system=casepeer_credentials(office.sandbox),
        accounting=accounting,
        time_zone="America/Chicago",
        **settings,
    )
