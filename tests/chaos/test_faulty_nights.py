"""Whole nights in which every kind of fault strikes at random: they end, nothing happens twice, all is in step after."""

import random
from collections import Counter

import pytest

from flows.nightly_case_sync import nightly_case_sync
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.chaos.agreement import assert_in_step
from tests.flows.office import Ended, Office

pytestmark = pytest.mark.usefixtures("hurried")

MATTERS = 150
FAULTS = (
    {"kind": FaultKind.CUT_AFTER},
    {"kind": FaultKind.CUT_BEFORE},
    {"kind": FaultKind.STATUS, "status": 500},
    {"kind": FaultKind.STATUS, "status": 503, "after_work": True},
    {"kind": FaultKind.HTML},
    {"kind": FaultKind.HTML, "status": 200, "after_work": True},
    {"kind": FaultKind.TRUNCATED_JSON},
    {"kind": FaultKind.DELAY, "seconds": 0.05},
    {"kind": FaultKind.DELAY, "seconds": 0.05, "after_work": True},
    {"kind": FaultKind.CLOCK_SKEW, "seconds": -300.0},
    {"kind": FaultKind.CLOCK_SKEW, "seconds": 300.0},
)


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=MATTERS, shares=Shares.trouble_free())


@pytest.mark.parametrize("number", [0, *(pytest.param(number, marks=pytest.mark.chaos) for number in range(1, 30))])
async def test_faults_of_every_kind_neither_lose_nor_double_anything(number: int, seed: int, office: Office) -> None:
    dice = random.Random(f"{seed}/{number}")
    first = await _night(office, dice)
    assert first.counts == {"created": MATTERS}
    assert len(office.portal.cases) == MATTERS
    assert_in_step(office, office.seed.matter_ids)

    office.activate_all()
    moved, closed = _a_day_passes(office, dice)
    second = await _night(office, dice)
    assert Counter(office.told) == Counter(
        [("stage_changed", matter) for matter in moved] + [("case_closed", matter) for matter in closed]
    )
    assert len(office.portal.cases) == MATTERS
    assert_in_step(office, office.seed.matter_ids)
    assert {key for key, row in second.rows.iterrows() if row["result"] in ("updated", "closed")} <= moved | closed


async def _night(office: Office, dice: random.Random) -> Ended:
    """A night among faults; where it does not end well by itself, one Retry without them."""
    for fault in FAULTS:
        for vendor, likely in (("casestatus", dice.uniform(0.0, 0.07)), ("clio", dice.uniform(0.0, 0.1))):
            rule = FaultRule(vendor, count=None, probability=likely, seed=dice.randrange(2**32), **fault)
            office.sandbox.controls.faults.add(rule)
    burst = {"kind": FaultKind.STATUS, "status": 429, "headers": {"Retry-After": "0"}, "body": {"errors": []}}
    office.sandbox.controls.faults.add(FaultRule("casestatus", count=3, skip=dice.randrange(60), **burst))
    ended = await office.run(nightly_case_sync)
    office.sandbox.controls.faults.clear()
    assert ended.state.is_final()
    if ended.state.name == "Completed":
        return ended
    print(f"the night ended as {ended.state.name}: {ended.state.message}")  # noqa: T201
    assert ended.state.name in ("PartialFailure", "VendorUnavailable")
    assert ended.run.flow_run_id is not None
    again = await office.retry(nightly_case_sync, ended.run.flow_run_id)
    assert again.state.name == "Completed", again.state.message
    return again


def _a_day_passes(office: Office, dice: random.Random) -> tuple[set[str], set[str]]:
    """Some matters move on to another stage, others are closed."""
    chosen = dice.sample([str(matter) for matter in office.seed.matter_ids], 40)
    moved, closed = set(chosen[:30]), set(chosen[30:])
    for matter in moved:
        office.change_matter(matter, _matter_stage=office.next_stage(matter)[0])
    for matter in closed:
        office.change_matter(matter, status="Closed", close_date="2026-11-20")
    return moved, closed
