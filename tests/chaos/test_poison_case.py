"""One case that can never be written: every other one is done, the run says so clearly, and a retry touches only it."""

import asyncio
import time
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, TaskRunFilter, TaskRunFilterName
from prefect.client.schemas.objects import TaskRun

from flows.nightly_case_sync import nightly_case_sync
from flows.retry_failed_cases import retry_failed_cases
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.chaos.agreement import assert_in_step
from tests.flows.office import Ended, Office

pytestmark = pytest.mark.usefixtures("hurried")

POISONS: dict[str, dict[str, Any]] = {
    "500": {"kind": FaultKind.STATUS, "status": 500, "body": {"errors": []}},
    "HTML": {"kind": FaultKind.HTML, "status": 200},
    "truncated": {"kind": FaultKind.TRUNCATED_JSON},
}
TRIES, SENDINGS = 3, 5
"""Of a task run named after a case; of one request by the HTTP layer."""


@pytest.fixture
def matters() -> int:
    return 300


@pytest.fixture
def world(matters: int) -> WorldOptions:
    return WorldOptions(matters=matters, shares=Shares.trouble_free())


def poison(office: Office, integration_id: str, kind: str) -> FaultRule:
    path = f"/v1/api/cases/by_integration_id/{integration_id}"
    return office.sandbox.controls.faults.add(
        FaultRule(vendor="casestatus", method="PUT", path=path, count=None, **POISONS[kind])
    )


@pytest.mark.parametrize(
    ("matters", "kind"),
    [
        (300, "truncated"),
        *(pytest.param(10_000, kind, marks=[pytest.mark.chaos, pytest.mark.timeout(900)]) for kind in POISONS),
    ],
)
async def test_a_poison_case_stops_nothing_but_itself(matters: int, kind: str, office: Office) -> None:
    poisoned = office.matter(matters // 3)
    rule = poison(office, poisoned, kind)
    night = await office.run(nightly_case_sync)
    assert night.state.name == "PartialFailure"
    assert night.state.message is not None
    assert f"1 of {matters:,} cases" in night.state.message
    assert night.counts == {"created": matters - 1, "failed": 1}
    assert night.result(poisoned) == "failed"
    assert night.row(poisoned)["reason_code"] == "portal_unreachable"
    assert rule.spoiled == SENDINGS * (1 + TRIES)
    [alone] = await _task_runs_named(night, f"case {poisoned}")
    assert (alone.run_count, alone.state_name) == (TRIES, "Failed")

    office.sandbox.controls.faults.clear()
    office.forget_requests()
    assert night.run.flow_run_id is not None
    again = await office.retry(nightly_case_sync, night.run.flow_run_id)
    assert (again.run.id, again.run.tries, again.state.name) == (night.run.id, 2, "Completed")
    assert set(office.written) <= {poisoned}
    assert _named(office, poisoned)
    assert again.counts == {"created": matters}
    assert_in_step(office, office.seed.matter_ids)

    office.forget_requests()
    nothing = await office.retry(nightly_case_sync, night.run.flow_run_id)
    assert nothing.state.name == "Completed"
    assert office.written == office.asked("clio") == office.asked("casestatus", "GET", "/v1/api/cases*") == []
    assert nothing.counts == {"created": matters}


async def test_a_rerun_of_the_failed_touches_exactly_them_and_a_second_one_writes_nothing(office: Office) -> None:
    poisoned = {office.matter(index): kind for index, kind in zip((7, 77, 177), POISONS, strict=True)}
    for integration_id, kind in poisoned.items():
        poison(office, integration_id, kind)
    night = await office.run(nightly_case_sync)
    assert night.counts == {"created": 297, "failed": 3}

    office.sandbox.controls.faults.clear()
    office.forget_requests()
    rerun = await office.run(retry_failed_cases, run=night.run.id)
    assert rerun.state.name == "Completed"
    assert set(rerun.rows.index) == set(poisoned)
    assert _named(office, *poisoned)
    assert_in_step(office, office.seed.matter_ids)

    office.forget_requests()
    second = await office.run(retry_failed_cases, run=night.run.id)
    assert second.counts == {"unchanged": 3}
    assert office.written == []
    third = await office.run(retry_failed_cases, run=second.run.id)
    assert third.state.name == "BadInput"
    assert "nothing to retry" in str(third.state.message)


def _named(office: Office, *ids: str) -> bool:
    """Whether these cases, and no others, were asked for since the requests were forgotten."""
    matters = office.asked("clio", "GET", "/api/v4/matters*")
    assert len(matters) == 1
    asked = {
        part.partition("=")[2]
        for part in matters[0].partition("?")[2].replace("%5B%5D", "[]").split("&")
        if part.startswith("ids[]=")
    }
    looked_up = office.asked("casestatus", "GET", "/v1/api/cases?*") + office.asked(
        "casestatus", "GET", "/v1/api/cases"
    )
    assert len(looked_up) == len(ids)
    assert all(any(f"integration_id={one}" in call for call in looked_up) for one in ids)
    return asked == set(ids)


async def _task_runs_named(ended: Ended, name: str) -> list[TaskRun]:
    """Task runs of the flow run; the server takes them in a little later than they happen."""
    assert ended.run.flow_run_id is not None
    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(ended.run.flow_run_id)]))
    named = TaskRunFilter(name=TaskRunFilterName(any_=[name]))
    deadline = time.monotonic() + 30
    async with get_client() as client:
        while True:
            found = await client.read_task_runs(flow_run_filter=of_run, task_run_filter=named)
            if (found and found[0].state and found[0].state.is_final()) or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.3)
