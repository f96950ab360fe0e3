"""A run that was frozen past its hold, and wakes up when another one has done its work, writes nothing any more."""

import asyncio
import contextlib
import signal
import sqlite3
from pathlib import Path

import pytest

from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.chaos.agreement import assert_in_step, portal_cases
from tests.chaos.tries import Place, Try, ended_as, flow_run_of, order, requests_made
from tests.flows.office import Office
from tests.flows.processes import PrefectServer

LEASE_SECONDS = 2.0
UPSERT = "/v1/api/cases/by_integration_id/*"


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=120, shares=Shares.trouble_free())


async def freeze(run: Try, ledger: Ledger) -> None:
    """Freeze it while it writes nothing: of one frozen in the middle of a transaction, SQLite lets nobody else write."""
    run.send(signal.SIGSTOP)
    while not can_be_written(str(ledger._database.url.database)):
        run.send(signal.SIGCONT)
        await asyncio.sleep(0.05)
        run.send(signal.SIGSTOP)


def can_be_written(database: str) -> bool:
    with contextlib.closing(sqlite3.connect(database, timeout=1.0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.rollback()
        return True


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("between answers", marks=pytest.mark.chaos),
        "while answers are lost",
        "while the portal limits us",
    ],
)
async def test_a_frozen_run_is_overtaken(
    moment: str, office: Office, prefect_server: PrefectServer, home: Path, ledger: Ledger
) -> None:
    faults = office.sandbox.controls.faults
    slowly = {"vendor": "casestatus", "method": "PUT", "path": UPSERT, "skip": 24, "count": None}
    match moment:
        case "between answers":
            faults.add(FaultRule(kind=FaultKind.DELAY, seconds=0.2, **slowly))
        case "while answers are lost":
            faults.add(FaultRule(kind=FaultKind.DELAY, seconds=0.5, **slowly))
            faults.add(FaultRule(kind=FaultKind.CUT_BEFORE, **slowly))
        case _:
            wait = {"Retry-After": "1"}
            faults.add(FaultRule(kind=FaultKind.STATUS, status=429, headers=wait, body={"errors": []}, **slowly))
    frozen_run = await order(nightly_case_sync, firm=office.slug)
    frozen = Try(Place.of(prefect_server, home), frozen_run, lease_seconds=LEASE_SECONDS)
    while len(portal_cases(office)) < 24:
        assert frozen.alive
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    await freeze(frozen, ledger)
    try:
        faults.clear()
        while ledger.leases.holder(f"cases:{office.slug}") is not None:
            await asyncio.sleep(0.05)
        successor = await office.run(nightly_case_sync)
        assert successor.state.name == "Completed", successor.state.message
        assert_in_step(office, office.seed.matter_ids)
        made, before = requests_made(office.sandbox), portal_cases(office)
    finally:
        frozen.send(signal.SIGCONT)
    frozen.end()

    assert ended_as(await flow_run_of(frozen_run)).name == "Overtaken"
    assert requests_made(office.sandbox) == made
    assert portal_cases(office) == before
    assert_in_step(office, office.seed.matter_ids)
    newer, older = ledger.runs.recent(office.slug)
    assert (newer.id, newer.outcome) == (successor.run.id, "Completed")
    assert (older.outcome, older.finished_at) == (None, None)
