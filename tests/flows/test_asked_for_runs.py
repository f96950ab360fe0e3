"""What people ask for by hand: a dry run, another window, named cases, one case, a past run's failures once more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from blocks.firm import Firm
from flows.nightly_case_sync import nightly_case_sync
from flows.retry_failed_cases import retry_failed_cases
from flows.sync_one_case import sync_one_case
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, Trouble, WorldOptions
from tasks.sync_run import SyncRun
from tests.flows.office import Ended, Office, open_office
from tests.flows.processes import PrefectServer

WORLD = WorldOptions(
    matters=30, shares=replace(Shares.trouble_free(), attorney_removed=0.07, stage_unmapped=0.04, landline_only=0.04)
)
ADDRESS = "https://app.clio.com/nc/#/matters/{}"


@pytest.fixture(scope="module")
def settled(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A firm after its first night, every case active in the portal."""
    with open_office("asked-for", tmp_path_factory.mktemp("asked") / "casebridge", WORLD) as office:
        office.run_now(nightly_case_sync)
        office.activate_all()
        yield office


@pytest.fixture
def office(settled: Office) -> Iterator[Office]:
    settled.portal.notices.clear()
    settled.forget_requests()
    yield settled
    settled.sandbox.controls.faults.clear()


def _troubled(office: Office, trouble: Trouble) -> list[str]:
    return [str(matter) for matter in office.seed.troubles[trouble]]


async def _artifact(key: str) -> str:
    async with get_client() as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        return str((await client.read_artifacts(artifact_filter=wanted, sort="CREATED_DESC", limit=1))[0].data)


async def test_a_dry_run_says_what_it_would_do_and_whom_it_would_tell_and_does_neither(office: Office) -> None:
    moved = next(office.resting)
    stage, before, after = office.next_stage(moved)
    office.change_matter(moved, _matter_stage=stage)
    shown = office.case(moved)
    dry = await office.run(nightly_case_sync, dry_run=True)
    assert dry.result(moved) == "updated"
    assert dry.row(moved)["changes"] == f"stage: {before} → {after}"
    assert (office.written, office.told, office.case(moved)) == ([], [], shown)
    said = await _artifact(f"sync-report-{office.slug}")
    assert "# Dry run" in said
    assert "**1** clients would be told of a change." in said
    assert "| would be updated | 1 |" in said

    real = await office.run(nightly_case_sync)
    assert office.told == [("stage_changed", moved)]
    assert office.written == [moved]
    assert real.result(moved) == "updated"


@pytest.mark.parametrize(
    ("window", "said"), [("10y", "created in the last 10 years"), ("90d", "changed in the last 90 days")]
)
async def test_another_window(office: Office, window: str, said: str) -> None:
    ended = await office.run(nightly_case_sync, window=window, dry_run=True)
    assert ended.run.scope["said"] == f"cases {said}"
    assert len(ended.rows) == 30 if window == "10y" else len(ended.rows) < 30
    assert set(ended.rows["result"]) == {"unchanged", "rejected"}


async def test_named_cases_by_id_and_by_address(office: Office) -> None:
    one, other = next(office.resting), next(office.resting)
    office.edit_in_portal(one, description="Edited in the portal")
    office.forget_requests()
    ended = await office.run(nightly_case_sync, case_ids=[one, ADDRESS.format(other), one])
    assert {case: ended.result(case) for case in ended.rows.index} == {one: "updated", other: "unchanged"}
    assert office.written == [one]
    assert ended.run.trigger == "manual_individual"


async def test_a_case_gone_from_clio_is_left_as_it_is_in_the_portal(office: Office) -> None:
    gone = next(office.resting)
    office.clio.hidden_matters.add(int(gone))
    before = office.case(gone)
    try:
        ended = await office.run(nightly_case_sync, case_ids=[gone])
    finally:
        office.clio.hidden_matters.clear()
    assert ended.row(gone)["result"] == "skipped"
    assert ended.row(gone)["reason_code"] == "missing_in_case_system"
    assert office.written == []
    assert office.case(gone) == before


async def test_one_case_by_id_or_address_returns_its_row_and_shows_it(office: Office) -> None:
    case = next(office.resting)
    office.edit_in_portal(case, description="Edited in the portal")
    office.forget_requests()
    ended = await office.run(sync_one_case, case=ADDRESS.format(case))
    row: dict[str, Any] = await ended.state.result()
    assert (row["integration_id"], row["result"], row["trigger"]) == (case, "updated", "manual_individual")
    assert row["changes"].startswith("description: Edited in the portal → ")
    assert ended.state.message == f"Case {case}: updated: {row['changes']}"
    assert office.written == [case]
    assert len(office.asked("clio", "GET", "/api/v4/matters*")) == 1
    shown = await _artifact(f"case-{office.slug}")
    assert ": updated" in shown
    assert f"/matters/{case})" in shown
    assert f"/cases/{row['case_status_id']})" in shown

    again = await office.run(sync_one_case, case=case)
    assert (await again.state.result())["result"] == "unchanged"


async def test_one_case_that_is_refused_says_why_and_where_to_mend_it(office: Office) -> None:
    [landline] = _troubled(office, Trouble.LANDLINE_ONLY)
    ended = await office.run(sync_one_case, case=landline)
    assert ended.state.name == "Exceptions"
    assert ended.state.is_completed()
    assert "is a landline" in str(ended.state.message)
    row = await ended.state.result()
    assert row["reason_code"] == "client_cell_phone_invalid"
    assert row["how_to_fix"].startswith("Clio: Contacts › the client")
    assert row["value"].count("•") + row["value"].count("*") >= 3


async def test_only_what_failed_or_was_rejected_is_tried_once_more(office: Office) -> None:
    removed = _troubled(office, Trouble.ATTORNEY_REMOVED)
    failing = next(office.resting)
    office.change_matter(failing, description="Will fail")
    path = f"/v1/api/cases/by_integration_id/{failing}"
    office.sandbox.controls.faults.add(
        FaultRule("casestatus", FaultKind.STATUS, method="PUT", path=path, count=None, status=200, body={})
    )
    night = await office.run(nightly_case_sync)
    assert night.state.name == "PartialFailure"
    troubled = sorted(night.rows[night.rows["result"].isin(["failed", "rejected"])].index)
    assert set(removed) | {failing} <= set(troubled)

    office.sandbox.controls.faults.clear()
    office.change_matter(removed[0], _responsible_attorney=office.seed.staff.attorneys[0].id)
    office.forget_requests()
    address = f"http://127.0.0.1:4200/runs/flow-run/{night.run.flow_run_id}?tab=Logs"
    retried = await office.run(retry_failed_cases, run=address)
    assert sorted(retried.rows.index) == troubled
    # Whoever asks by hand has the portal asked anew, also about a number that it called a landline before.
    [landline] = _troubled(office, Trouble.LANDLINE_ONLY)
    assert sorted(office.written) == sorted([failing, removed[0], landline])
    assert retried.run.parent_run_id == night.run.id
    assert set(retried.rows["trigger"]) == {"retry"}
    [asked] = office.asked("clio", "GET", "/api/v4/matters*")
    assert asked.count("ids") == len(troubled)

    office.forget_requests()
    by_run_id = await office.run(retry_failed_cases, run=retried.run.id)
    assert sorted(by_run_id.rows.index) == sorted(set(troubled) - {failing, removed[0]})
    assert office.written == [landline]


async def test_a_report_edited_down_to_the_rows_wanted_can_be_handed_back(office: Office, tmp_path: Any) -> None:
    night = await office.run(nightly_case_sync)
    wanted = _troubled(office, Trouble.STAGE_UNMAPPED)
    edited = night.rows[night.rows.index.isin(wanted)].to_csv(index=False)
    pasted = await office.run(retry_failed_cases, run=str(night.run.flow_run_id), report=edited)
    assert list(pasted.rows.index) == wanted
    file = tmp_path / "edited.csv"
    file.write_text(edited, encoding="utf-8-sig")
    named = await office.run(retry_failed_cases, run=night.run.id, report=str(file))
    assert list(named.rows.index) == wanted


async def test_a_second_retry_of_the_same_finds_nothing_to_do(office: Office) -> None:
    clean = await office.run(nightly_case_sync, case_ids=[next(office.resting)])
    state = await retry_failed_cases(clean.run.id, return_state=True)
    assert state.message is not None
    assert state.message.startswith(f"Run {clean.run.id} of {office.slug} left nothing to retry")


async def test_a_trouble_that_stays_is_shown_with_its_age_until_it_is_mended(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    [unmapped] = _troubled(office, Trouble.STAGE_UNMAPPED)
    nights: list[Ended] = []
    for night in range(1, 9):
        day = date.today() + timedelta(days=night)  # noqa: DTZ011
        monkeypatch.setattr(SyncRun, "today", day)
        nights.append(await office.run(nightly_case_sync))
    assert all(night.row(unmapped)["reason_code"] == "stage_unknown" for night in nights)
    said = await _artifact(f"sync-report-{office.slug}")
    assert "New: 0. Known from earlier nights:" in said
    assert "`stage_unknown`, 9th night" in said
    assert "9th night" in await _artifact(f"needs-attention-{office.slug}")

    firm = await Firm.aload(office.slug)
    firm.stages = {"Lien Resolution": office.next_stage(office.matter(0))[2], **_every_area(office)}
    await firm.asave(office.slug, overwrite=True)
    mended = await office.run(nightly_case_sync)
    assert mended.result(unmapped) == "created"
    assert f"{unmapped}" not in await _artifact(f"needs-attention-{office.slug}")


def _every_area(office: Office) -> dict[str, str]:
    """The unmapped stage's name in every practice area → that area's first stage in the portal."""
    return {
        f"{area.name} / Lien Resolution": str(area.stages[0].portal_name)
        for area in office.seed.practice_areas
        if area.portal_name
    }


async def test_clients_are_told_nothing_when_the_firm_wants_it_so(office: Office) -> None:
    firm = await Firm.aload(office.slug)
    firm.notify_clients = False
    await firm.asave(office.slug, overwrite=True)
    moved = next(office.resting)
    office.change_matter(moved, _matter_stage=office.next_stage(moved)[0])
    ended = await office.run(nightly_case_sync)
    assert ended.result(moved) == "updated"
    assert office.told == []
    assert "**0** clients were told" in await _artifact(f"sync-report-{office.slug}")
