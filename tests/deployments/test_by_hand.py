"""The deployments that people run by hand, as `prefect deploy --all` makes them from prefect.yaml."""

import os
import re
import subprocess
import sys
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.utilities.importtools import import_object

from deployments.register import ensure_work_pools
from tests.blocks import samples
from tests.flows.processes import PrefectServer

ROOT = Path(__file__).parents[2]
FORMS = {
    "initial_bulk_import/initial-import": {"firm", "window", "cases", "search", "dry_run", "requested_by"},
    "sync_one_case/one-case": {"firm", "case", "dry_run", "requested_by"},
    "connect_case/connect": {"firm", "case", "confirm", "requested_by"},
    "exchange_keys/exchange-keys": {"firm", "switch_on"},
    "retry_failed_cases/retry-failed": {"run", "report", "dry_run", "requested_by"},
    "message_relay/one-firm": {"firm", "since", "case"},
    "document_relay/one-firm": {"firm", "since"},
    "delivery_receipt/receipt": {"firm", "item", "stream", "again"},
    "soluno_preflight/preflight": {"firm"},
    "reauthenticate_soluno/reauthenticate": {"firm", "push_now"},
    "check_connection/one-firm": {"firm"},
}
BY_THEMSELVES = {"message_relay/fleet": 120, "document_relay/fleet": 1200}


def _python(server: PrefectServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | server.environment
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


async def test_prefect_deploy_all_makes_them(prefect_server: PrefectServer) -> None:
    async with get_client() as client:
        await ensure_work_pools(client)
        done = _python(prefect_server, "-m", "prefect", "--no-prompt", "deploy", "--all")
        assert done.returncode == 0, done.stdout + done.stderr
        for name, parameters in FORMS.items():
            deployment = await client.read_deployment_by_name(name)
            assert (deployment.description or "").endswith((".", "artifact."))
            assert deployment.tags
            assert deployment.schedules == []
            pool = "casebridge-relays" if "relay" in deployment.tags else "casebridge"
            assert deployment.work_pool_name == pool
            form = deployment.parameter_openapi_schema
            assert form is not None
            assert set(form["properties"]) == parameters
            assert all(len(field["description"]) > 15 for field in form["properties"].values())
            assert import_object(str(deployment.entrypoint)).name == name.partition("/")[0]
        for name, seconds in BY_THEMSELVES.items():
            deployment = await client.read_deployment_by_name(name)
            [schedule] = deployment.schedules
            assert isinstance(schedule.schedule, IntervalSchedule)
            assert (schedule.active, schedule.schedule.interval.total_seconds()) == (True, seconds)
            assert deployment.work_pool_name == "casebridge-relays"
            assert deployment.parameters == {}
            # Nobody must work here beside other tests.
            await client.delete_deployment(deployment.id)


async def test_register_tells_what_it_did(prefect_server: PrefectServer) -> None:
    await samples.save("told-of")
    done = _python(prefect_server, "-m", "deployments.register")
    assert "Block types: Clio Credentials, SmartAdvocate Credentials, CASEpeer Credentials" in done.stdout, done.stderr
    assert " created" in done.stdout
    async with get_client() as client:
        assert (await client.read_deployment_by_name("nightly_case_sync/told-of")).tags
    # Whether anybody is alerted depends on what other tests have saved on this server.
    assert re.search("Alerts go through the block|Nobody is alerted yet", done.stdout)
