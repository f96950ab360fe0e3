"""Prefect's server goes away in the middle of a run and comes back: the work is finished, and nothing is done twice."""

import asyncio
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from flows.initial_bulk_import import initial_bulk_import
from ledger import Ledger
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.chaos.agreement import assert_in_step, portal_cases
from tests.chaos.tries import Place, Try, ended_as, flow_run_of, order, press_retry
from tests.chaos.way import Way
from tests.flows.office import Ended, Office
from tests.flows.processes import PrefectServer

MATTERS = 450


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=MATTERS, shares=Shares.trouble_free())


async def test_a_run_goes_on_while_prefect_restarts(
    way: Way, office: Office, prefect_server: PrefectServer, home: Path
) -> None:
    flow_run, trial = await _import_until_prefect_goes(way, office, Place.of(prefect_server, home))
    await asyncio.sleep(3)
    await way.open()
    await asyncio.to_thread(trial.end)
    ended = await flow_run_of(flow_run)
    assert (ended_as(ended).name, ended.run_count) == ("Completed", 1)
    _is_done_once(office, office.ended(ended_as(ended)))


@pytest.mark.chaos  # Prefect's own client is patient: it takes minutes to give up.
@pytest.mark.timeout(600)
async def test_a_run_whose_end_prefect_never_hears_of_has_done_its_work(
    way: Way, office: Office, prefect_server: PrefectServer, home: Path, ledger: Ledger
) -> None:
    flow_run, trial = await _import_until_prefect_goes(way, office, Place.of(prefect_server, home))
    await asyncio.to_thread(trial.end, well=False)
    assert len(portal_cases(office)) == MATTERS
    assert ledger.leases.holder(f"cases:{office.slug}") is None

    await press_retry(flow_run)
    await asyncio.to_thread(Try(Place.of(prefect_server, home), flow_run).end)
    ended = await flow_run_of(flow_run)
    assert (ended_as(ended).name, ended.run_count) == ("Completed", 2)
    _is_done_once(office, office.ended(ended_as(ended)))


async def _import_until_prefect_goes(way: Way, office: Office, place: Place) -> tuple[UUID, Try]:
    """An import in whose middle Prefect's server goes away, and then quickly on."""
    slow = FaultRule("casestatus", FaultKind.DELAY, method="PUT", seconds=0.1, count=None)
    office.sandbox.controls.faults.add(slow)
    flow_run = await order(initial_bulk_import, firm=office.slug)
    trial = Try(replace(place, server=replace(place.server, url=f"http://127.0.0.1:{way.port}")), flow_run)
    while len(portal_cases(office)) < MATTERS // 4:
        assert trial.alive, place.said()
        await asyncio.sleep(0.02)
    way.block()
    office.sandbox.controls.faults.clear()
    return flow_run, trial


def _is_done_once(office: Office, ended: Ended) -> None:
    assert ended.counts == {"created": MATTERS}
    assert sorted(office.written) == sorted(map(str, office.seed.matter_ids))
    assert_in_step(office, office.seed.matter_ids)
