"""The two keys of a CASEpeer firm: put in place, tried at both ends, and only then is the firm switched on."""

from collections.abc import Iterator
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from pydantic import SecretStr

from blocks.casepeer import CasePeerCredentials
from blocks.firm import Firm
from flows.exchange_keys import exchange_keys
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.mailbox import Mailbox, open_mailbox
from tests.flows.office import PORTAL_KEY, SEEDED
from tests.flows.peers import Peers, open_peers
from tests.flows.processes import PrefectServer

WORLD = WorldOptions(matters=5, shares=Shares.trouble_free())
SWITCHES = ("nightly_sync", "relay_messages", "relay_documents", "relay_replies")
ADMIN = "partner@harrow-pike.example"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as mailbox:
        yield mailbox


def _with_an_administrators_key(sandbox: SandboxServer) -> CasePeerCredentials:
    """A firm in whose CASEpeer nobody has entered anything yet."""
    known = sandbox.casepeer.connect(SEEDED, sandbox.url)
    firm = sandbox.casepeer.firms[SEEDED]
    firm.keys.set_up(None, enabled=False, at=0, user_id=None)
    firm.switches.checks_partner_key = f"{sandbox.url}/casestatus/v1/api"
    return CasePeerCredentials(host=known["host"], admin_key=SecretStr(known["admin_key"]), requests_per_minute=600_000)


@pytest.fixture
def office(prefect_server: PrefectServer, tmp_path: Any, mailbox: Mailbox) -> Iterator[Peers]:
    mailbox.mails.clear()
    off: dict[str, Any] = dict.fromkeys(SWITCHES, False)
    opening = open_peers(
        "new-peers",
        tmp_path / "casebridge",
        WORLD,
        credentials=_with_an_administrators_key,
        mail=mailbox.credentials,
        alert_recipients=[ADMIN],
        **off,
    )
    with opening as office:
        yield office


async def _run(office: Peers, **parameters: Any) -> State[Any]:
    return await exchange_keys(office.slug, **parameters, return_state=True)


async def test_both_keys_come_into_their_places_and_the_firm_is_switched_on(
    office: Peers, mailbox: Mailbox, prefect_server: PrefectServer
) -> None:
    keys = office.records.keys
    state = await _run(office)
    assert state.is_completed(), state.message
    assert (keys.partner_api_key, keys.integration.enabled) == (PORTAL_KEY, True)
    firm = await Firm.aload(office.slug)
    assert firm.case_system.api_key.get_secret_value() == keys.integration.value
    assert firm.case_system.admin_key.get_secret_value() == ""
    assert all(getattr(firm, switch) for switch in SWITCHES)
    [(recipients, mail)] = mailbox.mails
    assert recipients == [ADMIN]
    assert mail["Subject"] == f"Set-up complete · {firm.name}"
    assert office.left_behind(prefect_server, keys.integration.value, keys.admin.value, PORTAL_KEY) == []

    again = await _run(office)
    assert again.name == "BadInput"
    assert "hold no administrator's key" in str(again.message)


async def test_nothing_is_switched_on_before_both_ends_accept(office: Peers, mailbox: Mailbox) -> None:
    firm = await Firm.aload(office.slug)
    office.records.switches.checks_partner_key = "http://127.0.0.1:9/nobody"
    refused = await _run(office)
    assert refused.name == "VendorRefused"
    assert "Case Status could not be reached to check the key" in str(refused.message)

    firm.case_system.admin_key = SecretStr(office.records.keys.integration.value)
    office.records.keys.integration.enabled = True
    await firm.case_system.save_again()
    mere = await _run(office)
    assert mere.name == "BadInput"
    assert "is no administrator's" in str(mere.message)

    firm = await Firm.aload(office.slug)
    assert not any(getattr(firm, switch) for switch in SWITCHES)
    assert not firm.case_system.api_key
    assert mailbox.mails == []
    assert office.records.keys.partner_api_key is None


async def test_a_person_may_switch_it_on_later(office: Peers) -> None:
    assert (await _run(office, switch_on=False)).is_completed()
    firm = await Firm.aload(office.slug)
    assert not any(getattr(firm, switch) for switch in SWITCHES)
    assert firm.case_system.api_key
