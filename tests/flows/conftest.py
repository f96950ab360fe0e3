"""A real Prefect server, a real sandbox on a socket and a ledger of its own for every test of the flows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.firm import Firm
from ledger import Ledger
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.office import Office, raise_limits, save_firm
from tests.flows.processes import PrefectServer


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's ledger and reports are."""
    monkeypatch.setenv("CASEBRIDGE_HOME", str(tmp_path / "casebridge"))
    monkeypatch.delenv("CASEBRIDGE_DATABASE_URL", raising=False)
    return tmp_path / "casebridge"


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    ledger = Ledger.open()
    yield ledger
    ledger.close()


@pytest.fixture
def world() -> WorldOptions:
    """Override to seed the sandbox otherwise."""
    return WorldOptions(matters=40, shares=Shares.trouble_free())


@pytest.fixture
def sandbox(world: WorldOptions) -> Iterator[SandboxServer]:
    """Both vendors, their limits raised (headers and all) so that tests need not wait."""
    with SandboxServer(world) as server:
        raise_limits(server)
        yield server


@pytest.fixture
async def firm(
    prefect_server: PrefectServer, home: Path, sandbox: SandboxServer, request: pytest.FixtureRequest
) -> Firm:
    """A firm of the sandbox, saved as blocks under a slug of its own."""
    slug = "firm-" + format(abs(hash(request.node.nodeid)), "x")[:10]
    return await save_firm(slug, sandbox)


@pytest.fixture
def office(firm: Firm, sandbox: SandboxServer, ledger: Ledger, home: Path) -> Office:
    """The same firm, with words for what happens in its systems."""
    return Office(firm.slug, sandbox, ledger, home)
