"""The main job, through the real server against the real sandbox."""

import pandas as pd

from blocks.firm import Firm
from domain.outcome import Result
from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger
from sandbox.testing import SandboxServer
from tests.flows.office import save_firm


def writes(sandbox: SandboxServer) -> int:
    """How many requests have written to the portal."""
    routes = sandbox.controls.requests.as_json("casestatus", 0)["routes"]["casestatus"]
    return sum(count for route, count in routes.items() if not route.startswith("GET"))


async def test_first_night_creates_every_case_and_the_second_writes_nothing(
    firm: Firm, sandbox: SandboxServer, ledger: Ledger
) -> None:
    first = await nightly_case_sync(firm.slug, return_state=True)
    report = await first.result()
    assert first.is_completed()
    assert report["counts"]["created"] == len(pd.read_csv(report["csv"])) > 30
    assert writes(sandbox) == report["counts"]["created"]

    second = await nightly_case_sync(firm.slug)
    assert writes(sandbox) == report["counts"]["created"]
    assert second["counts"]["created"] == second["counts"]["updated"] == 0
    run = ledger.runs.get(second["run_id"])
    assert run is not None
    assert Result.UNCHANGED in ledger.attempts.counts(run.id)


async def test_a_firm_that_is_switched_off_can_still_be_synced_by_hand(
    prefect_server, home, sandbox: SandboxServer
) -> None:
    firm = await save_firm("switched-off", sandbox, nightly_sync=False)
    state = await nightly_case_sync(firm.slug, return_state=True)
    assert state.is_completed()
    assert writes(sandbox) > 0


async def test_a_dry_run_writes_nothing_and_says_what_it_would_do(firm: Firm, sandbox: SandboxServer) -> None:
    report = await nightly_case_sync(firm.slug, dry_run=True)
    assert report["counts"]["created"] > 30
    assert writes(sandbox) == 0
    assert set(pd.read_csv(report["csv"])["result"]) == {"created"}
    # A dry run moves no watermark: the real first night still reads ten years.
    report = await nightly_case_sync(firm.slug)
    assert report["counts"]["created"] > 30
