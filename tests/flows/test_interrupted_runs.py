"""A run that broke off, and what others did before it was retried."""

import pytest
from prefect.context import FlowRunContext

from blocks.firm import Firm
from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger
from sandbox.faults import FaultRule
from sandbox.testing import SandboxServer
from tasks import sync_run


async def test_a_dry_run_in_between_takes_nothing_away_from_a_retry(
    firm: Firm, sandbox: SandboxServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both runs read the same cases; the retried one must not believe that it still has what it once had read."""
    sandbox.controls.faults.add(FaultRule(vendor="casestatus", kind="status", method="PUT", status=401, skip=10))
    broken = await nightly_case_sync(firm.slug, return_state=True)
    assert broken.name == "ReconnectNeeded"
    sandbox.controls.faults.clear()
    run = ledger.runs.recent(firm.slug, 1)[0]
    assert run.source_done

    await nightly_case_sync(firm.slug, dry_run=True)

    _pretend_retry_of(run.flow_run_id, monkeypatch)
    report = await nightly_case_sync(firm.slug)
    assert report["run_id"] == run.id
    counts = report["counts"]
    assert counts["created"] == sandbox.casestatus.portal.firm_called("harrow-pike").cases.__len__()
    assert counts["created"] > 30


def _pretend_retry_of(flow_run_id: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next run be the same flow run again, as the Retry button does."""

    def again() -> object:
        context = FlowRunContext.get()
        assert context is not None
        assert context.flow_run is not None
        return context.flow_run.model_copy(update={"id": flow_run_id, "run_count": 2})

    monkeypatch.setattr(sync_run, "current_flow_run", again)
