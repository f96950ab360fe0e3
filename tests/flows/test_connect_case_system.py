"""Connecting a firm by a person's consent: the pause, the way through Clio's page, and the way back."""

import asyncio

import httpx
import pytest
from prefect.flow_runs import aresume_flow_run
from pydantic import SecretStr

from blocks.firm import Firm
from flows.connect_case_system import connect_case_system
from flows.nightly_case_sync import nightly_case_sync
from sandbox.testing import SandboxServer
from tests.flows.consent import consent_address

REDIRECT = "http://127.0.0.1:8399/clio"


@pytest.fixture
async def unconnected(firm: Firm, sandbox: SandboxServer) -> Firm:
    """A firm whose grant was revoked."""
    sandbox.clio.oauth["us"].revoke_firm("harrow-pike")
    firm.case_system.refresh_token = SecretStr("revoked")
    await firm.case_system.asave(f"{firm.slug}-clio", overwrite=True)
    httpx.post(
        f"{sandbox.url}/__sandbox__/clio/apps",
        json={
            "region": "us",
            "client_id": firm.case_system.client_id,
            "client_secret": firm.case_system.client_secret.get_secret_value(),
            "redirect_uris": [REDIRECT],
        },
    ).raise_for_status()
    return firm


async def test_a_person_connects_a_firm_again(unconnected: Firm, sandbox: SandboxServer) -> None:
    refused = await nightly_case_sync(unconnected.slug, return_state=True)
    assert refused.name == "ReconnectNeeded", refused.message

    sandbox.clio.oauth["us"].settings.auto_approve = "harrow-pike"
    connecting = asyncio.create_task(connect_case_system(unconnected.slug, return_state=True))
    address, flow_run_id = await consent_address(unconnected)
    landed = httpx.get(address, follow_redirects=False).headers["location"]
    assert landed.startswith(REDIRECT)
    await aresume_flow_run(flow_run_id, run_input={"address": landed})
    state = await connecting
    assert state.is_completed(), state.message
    assert "Harrow Pike LLP" in (state.message or "")

    assert (await nightly_case_sync(unconnected.slug, return_state=True)).is_completed()


async def test_an_address_of_another_attempt_is_not_believed(unconnected: Firm, sandbox: SandboxServer) -> None:
    connecting = asyncio.create_task(connect_case_system(unconnected.slug, return_state=True))
    _, flow_run_id = await consent_address(unconnected)
    await aresume_flow_run(flow_run_id, run_input={"address": f"{REDIRECT}?code=stolen&state=another"})
    state = await connecting
    assert state.name == "BadInput"
    assert "does not belong to this attempt" in (state.message or "")
