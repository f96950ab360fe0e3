"""All firms on one page, from blocks and ledger as they really are; and old history forgotten."""

import os
import time
from collections.abc import Iterator

import pytest
from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client

from blocks.firm import Firm
from deployments.reconciliation import reconcile
from deployments.register import ensure_work_pools
from flows.fleet_overview import fleet_overview
from flows.forget_old_history import forget_old_history
from flows.nightly_case_sync import nightly_case_sync
from flows.retry_failed_cases import retry_failed_cases
from sandbox.seed import WorldOptions
from tests.blocks import samples
from tests.flows.office import Office, open_office
from tests.flows.processes import PrefectServer

WORLD = WorldOptions(matters=250)


@pytest.fixture(scope="module")
def office(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office("overseen", tmp_path_factory.mktemp("overseen") / "casebridge", WORLD) as office:
        yield office


async def shown(key: str) -> str:
    artifact = await Artifact.aget(key)
    assert artifact is not None
    return str(artifact.data)


async def test_the_page_shows_who_needs_somebody_first(office: Office) -> None:
    await nightly_case_sync("overseen")
    await samples.save("never-came")
    firm = await Firm.aload("overseen")
    firm.turn("relay_messages", on=False, reason="new server", by="Dana Reyes")
    await firm.save_again()
    async with get_client() as client:
        await ensure_work_pools(client)
        await reconcile(client)
        page = (await client.read_deployment_by_name("nightly_case_sync/overseen")).id
    state = await fleet_overview(return_state=True)
    assert state.is_completed()
    text = await shown("fleet")
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    [ours] = [row for row in rows if str(page) in row]
    theirs = next(row for row in rows if "never synced" in row)
    assert rows.index(theirs) < rows.index(ours)
    refused = office.ledger.links.troubled_ids("overseen")
    assert refused
    cells = [cell.strip() for cell in ours.strip("|").split("|")]
    assert cells[1] == "Clio"
    assert cells[2] == f"{len(office.ledger.links.linked_ids('overseen')):,}"
    assert cells[3] == "0 min"
    assert cells[4] == f"{len(refused):,}"
    assert cells[8] == ""
    assert "- **Harrow Pike LLP**: Message relay off by Dana Reyes: new server" in text


async def test_old_history_is_forgotten_and_a_retry_of_it_says_so(office: Office) -> None:
    night = await nightly_case_sync("overseen", return_state=True)
    run = office.ledger.runs.recent("overseen", 1)[0]
    assert (office.home / "reports" / "overseen" / f"{run.id}.csv").exists()
    assert night.name == "Exceptions"
    few = await forget_old_history(keep_run_days=3, return_state=True)
    assert few.name == "BadInput"
    assert few.message == "keep_run_days=3 is too few: keep at least 30 days."
    kept = await forget_old_history(return_state=True)
    assert kept.message == "Deleted: 0 rows about single cases, 0 steps of deliveries and 0 report files."

    with office.ledger._database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET finished_at = '2020-01-01 00:00:00.000000'")
    for report in (office.home / "reports" / "overseen").glob("*.csv"):
        os.utime(report, (time.time() - 500 * 86_400,) * 2)
    would = await forget_old_history(dry_run=True, return_state=True)
    assert (would.message or "").startswith("Would be deleted: ")
    assert (office.home / "reports" / "overseen" / f"{run.id}.csv").exists()
    await forget_old_history()
    assert not list((office.home / "reports" / "overseen").glob("*.csv"))
    late = await retry_failed_cases(run.id, return_state=True)
    assert late.name == "BadInput"
    assert f"The details of run {run.id} of overseen are forgotten by now" in (late.message or "")
    again = await nightly_case_sync("overseen", return_state=True)
    assert again.is_completed(), "the ledger knows its cases as before"
    assert office.ledger.runs.recent("overseen", 1)[0].totals["counts"]["created"] == 0  # type: ignore[index]
