"""A run that dies between two of its writes to the ledger while it reads: its retry knows what is still to be noted."""

from typing import Any

import pytest

from flows.initial_bulk_import import initial_bulk_import
from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger
from sandbox.seed import Shares, WorldOptions
from tasks import reading
from tests.chaos.agreement import assert_in_step
from tests.flows.office import Ended, Office

pytestmark = pytest.mark.usefixtures("hurried")


class PowerCut(Exception):
    """The machine is gone."""


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=250, shares=Shares.trouble_free())


def dies_at(monkeypatch: pytest.MonkeyPatch, owner: Any, step: str) -> None:
    """Whoever comes to this step dies there."""

    def die(*_: Any, **__: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(owner, step, die)


async def retried(office: Office, died: Ended, flow: Any) -> Ended:
    assert died.run.outcome == "interrupted"
    assert died.run.flow_run_id is not None
    ended = await office.retry(flow, died.run.flow_run_id)
    assert ended.run.id == died.run.id
    return ended


async def test_a_case_that_was_deleted_in_the_portal_is_noticed(office: Office, ledger: Ledger) -> None:
    await office.run(nightly_case_sync)
    gone = next(office.resting)
    case = office.case(gone)
    assert case is not None
    office.control("DELETE", f"/casestatus/firms/harrow-pike/cases/{case['id']}")
    office.change_matter(gone, description="Still wanted")
    office.forget_requests()
    with pytest.MonkeyPatch.context() as patch:
        dies_at(patch, type(ledger.links), "clear_unseen_portal")
        died = await office.run(nightly_case_sync)
    ended = await retried(office, died, nightly_case_sync)
    assert ended.result(gone) == "created"
    assert len(office.asked("casestatus", "GET", "/v1/api/cases*")) == 3 + 1
    assert_in_step(office, office.seed.matter_ids)


async def test_an_id_that_no_matter_has_keeps_its_row(office: Office) -> None:
    with pytest.MonkeyPatch.context() as patch:
        dies_at(patch, reading, "_note_missing")
        died = await office.run(initial_bulk_import, cases=f"{office.matter(1)}\n777\n")
    ended = await retried(office, died, initial_bulk_import)
    assert {key: ended.result(key) for key in ended.rows.index} == {office.matter(1): "created", "777": "rejected"}


async def test_a_record_that_cannot_be_read_keeps_its_row(office: Office, ledger: Ledger) -> None:
    strange = office.matter(3)
    office.change_matter(strange, display_number={"number": 7})
    stage = type(ledger.links).stage_source

    def stage_and_die(*given: Any, **named: Any) -> None:
        stage(*given, **named)
        raise PowerCut

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(ledger.links), "stage_source", stage_and_die)
        died = await office.run(initial_bulk_import)
    ended = await retried(office, died, initial_bulk_import)
    assert ended.counts == {"created": 249, "failed": 1}
    assert ended.row(strange)["field"] == "display_number"


async def test_changed_clients_are_not_listed_again_from_the_start(office: Office, ledger: Ledger) -> None:
    await office.run(nightly_case_sync)
    for index in range(230):
        office.change_contact(office.matter(index), last_name="Newname")
    office.forget_requests()
    with pytest.MonkeyPatch.context() as patch:
        dies_at(patch, type(ledger.links), "troubled_ids")
        died = await office.run(nightly_case_sync)
    ended = await retried(office, died, nightly_case_sync)
    assert ended.state.name == "Completed"
    changed = [call for call in office.asked("clio", "GET", "/api/v4/contacts*") if "updated_since" in call]
    assert len(changed) == 2
    assert_in_step(office, office.seed.matter_ids)
