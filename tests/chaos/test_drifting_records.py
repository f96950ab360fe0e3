"""Records in a shape nobody expected, on both sides: the run goes on, and their rows say which field it was."""

import pytest

from flows.nightly_case_sync import nightly_case_sync
from sandbox.seed import Shares, WorldOptions
from tests.chaos.agreement import assert_in_step
from tests.flows.office import Office

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=40, shares=Shares.trouble_free())


async def test_a_retyped_field_fails_its_case_and_names_itself(office: Office) -> None:
    assert (await office.run(nightly_case_sync)).counts == {"created": 40}
    matter, contact, case = (next(office.resting) for _ in range(3))
    other = next(office.resting)
    office.change_matter(other, description="Changed as people change things")
    was = office.clio.matters.get(int(matter))["display_number"]
    office.change_matter(matter, display_number={"number": 7})
    office.change_matter(contact, description="Its client has changed shape")
    last_name = office.clio.contacts.get(office.clio.matters.get(int(contact))["client_id"])["last_name"]
    office.change_contact(contact, last_name=["two", "parts"])
    shown = office.portal.case_with_integration_id("clio", case)
    described = shown.description
    shown.description, shown.body = 7, None
    office.portal.touch(shown)

    night = await office.run(nightly_case_sync)
    assert night.state.name == "PartialFailure"
    assert {key: night.result(key) for key in (matter, contact, case)} == dict.fromkeys(
        (matter, contact, case), "failed"
    )
    assert night.result(other) == "updated"
    for integration_id, field in ((matter, "display_number"), (contact, "last_name"), (case, "description")):
        row = night.row(integration_id)
        assert row["reason_code"] == "unreadable_record"
        assert field in f"{row['field']} {row['reason']}", row

    assert night.run.flow_run_id is not None
    still = await office.retry(nightly_case_sync, night.run.flow_run_id)
    assert still.state.name == "PartialFailure", still.state.message
    assert still.counts["failed"] == 3

    office.change_matter(matter, display_number=was)
    office.change_contact(contact, last_name=last_name)
    shown.description = described
    office.portal.touch(shown)
    mended = await office.retry(nightly_case_sync, night.run.flow_run_id)
    assert mended.state.name == "Completed", mended.state.message
    assert_in_step(office, office.seed.matter_ids)
