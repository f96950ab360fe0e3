"""The daily check: who is told that a system no longer lets us in, how often, and when all is well again."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect.artifacts import Artifact
from sqlalchemy import update

from blocks.smartadvocate import SmartAdvocateCredentials
from flows.check_connection import check_connection
from flows.message_relay import message_relay
from flows.nightly_case_sync import nightly_case_sync
from ledger.tables import incidents
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tasks.firms import load_firm
from tasks.fleet import Fleet
from tests.flows.advocates import Advocates, open_advocates
from tests.flows.mailbox import Mailbox, open_mailbox
from tests.flows.processes import PrefectServer
from tests.flows.relaying import Desk, shown_in

WORLD = WorldOptions(matters=3, shares=Shares.trouble_free())
ADMIN = "admin@harrow-pike.example"


@dataclass
class Watched:
    """A firm of SmartAdvocate, and the mail it causes."""

    office: Advocates
    mailbox: Mailbox

    @property
    def account(self) -> Any:
        return self.office.records.users["hub_admin"]

    @property
    def mails(self) -> list[tuple[str, str]]:
        """Subject and text of what the firm's admin was sent."""
        assert all(recipients == [ADMIN] for recipients, _ in self.mailbox.mails)
        bodies = [mail.get_body(("plain",)) for _, mail in self.mailbox.mails]
        texts = [" ".join(body.get_content().split()) for body in bodies if body is not None]
        return list(zip([str(mail["subject"]) for _, mail in self.mailbox.mails], texts, strict=True))

    def logins(self) -> int:
        return len(self.office.asked("smartadvocate", "POST", "*/authenticate"))


@pytest.fixture(scope="module")
def opened(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    home = tmp_path_factory.mktemp("checked") / "casebridge"
    with open_mailbox() as mailbox:
        asyncio.run(_save(mailbox))
        told = {"mail": mailbox.credentials, "alert_recipients": [ADMIN]}
        with open_advocates("checked", home, WORLD, **told) as office:
            yield Watched(office, mailbox)


async def _save(mailbox: Mailbox) -> None:
    await mailbox.credentials.asave("checked-mail", overwrite=True)


@pytest.fixture
def watched(opened: Watched) -> Iterator[Watched]:
    opened.mailbox.mails.clear()
    opened.office.forget_requests()
    yield opened
    opened.office.sandbox.controls.faults.clear()
    opened.account.locked = False


async def test_a_firm_is_told_once_that_its_set_up_is_complete(watched: Watched) -> None:
    watched.account.locked = True
    assert (await check_connection("checked", return_state=True)).name == "ReconnectNeeded"
    watched.account.locked = False
    state = await check_connection("checked", return_state=True)
    assert (state.name, state.message) == ("Completed", "1 of 1 firm well connected.")
    await check_connection("checked")
    [(first, _), (second, text)] = watched.mails
    assert first == "Needs attention · The connections of Harrow Pike LLP"
    assert second == "Set-up complete · Harrow Pike LLP"
    assert "SmartAdvocate (as hub_admin) and Case Status (as Harrow Pike LLP)" in text
    shown = await Artifact.aget("connections-checked")
    assert shown is not None
    assert "SmartAdvocate: hub\\_admin; Case Status: Harrow Pike LLP" in str(shown.data)


async def test_a_locked_account_is_told_of_once_and_once_more_when_all_is_well(watched: Watched) -> None:
    await nightly_case_sync("checked")
    await message_relay("checked")  # which begins with what is written from now on
    watched.office.forget_requests()
    watched.account.locked = True
    states = [await check_connection("checked", return_state=True) for _ in range(3)]
    assert [state.name for state in states] == ["ReconnectNeeded"] * 3
    assert watched.logins() == 3, "each check by hand asks once"
    night = await nightly_case_sync("checked", return_state=True)
    assert night.name == "ReconnectNeeded"
    Desk(watched.office).write(watched.office.matter(0), "Is anybody there?", source="smartadvocate")
    relay = await message_relay("checked", return_state=True)
    assert relay.name == "ReconnectNeeded"
    assert watched.logins() == 3, "nights and relays leave the account alone meanwhile"
    [(subject, text)] = watched.mails
    assert subject == "Needs attention · The connections of Harrow Pike LLP"
    assert "refuses the account 'hub_admin' or its password" in text
    assert "correct-horse" not in text

    watched.account.locked = False
    state = await check_connection("checked", return_state=True)
    assert state.name == "Completed"
    [_, (subject, text)] = watched.mails
    assert subject == "Well again · The connections of Harrow Pike LLP"
    assert "SmartAdvocate (as hub_admin) and Case Status (as Harrow Pike LLP)" in text
    await check_connection("checked")
    assert len(watched.mails) == 2
    night = await nightly_case_sync("checked", return_state=True)
    assert night.name == "Completed"


async def test_what_the_relays_need_and_the_firm_has_not_set_up_is_named(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = await load_firm("checked")
    assert isinstance(firm.case_system, SmartAdvocateCredentials)
    firm.case_system.document_category = "Portal"

    async def this_one(_slug: str) -> Fleet:
        return Fleet({"checked": firm}, {})

    monkeypatch.setattr("tasks.connections.load_one", this_one)
    state = await check_connection("checked", return_state=True)
    assert state.name == "SetupNeeded"
    [(_, text)] = watched.mails
    assert "no document category “Portal”. Enter one that it has as *Document category*" in text
    firm.relay_documents, firm.case_system.client_note_type = False, "Claimant"
    state = await check_connection("checked", return_state=True)
    assert "no note type “Claimant”" in (state.message or "")
    firm.relay_replies = False
    state = await check_connection("checked", return_state=True)
    assert state.name == "Completed", "nothing is filed, so nothing is missing"


async def test_a_system_that_does_not_answer_is_told_of_when_it_did_not_the_day_before(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = FaultRule("casestatus", FaultKind.STATUS, path="/v1/api/me", status=503, count=None)
    watched.office.sandbox.controls.faults.add(rule)
    monkeypatch.setattr("connectors.http.patience.Patience.exhausted", lambda *_: True)
    state = await check_connection("checked", return_state=True)
    assert (state.name, watched.mails) == ("VendorUnavailable", [])
    with watched.office.ledger._database.writing() as connection:
        connection.execute(update(incidents).values(since=datetime.now(UTC) - timedelta(hours=23)))
    for _ in range(2):
        await check_connection("checked", return_state=True)
    [(_, text)] = watched.mails
    assert "Case Status answered 503" in text
    watched.office.sandbox.controls.faults.clear()
    await check_connection("checked")
    assert [subject.partition(" · ")[0] for subject, _ in watched.mails] == ["Needs attention", "Well again"]


async def test_what_is_wrong_with_one_firm_keeps_no_other_from_being_probed(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = await load_firm("checked")
    revoked = well.model_copy(update={"slug": "revoked", "name": "Revoked & Co", "mail": None})
    revoked.portal = well.portal.model_copy(update={"host": f"{watched.office.sandbox.url}/nowhere"})
    fleet = Fleet({"checked": well, "revoked": revoked}, {"broken": "The Firm block 'broken' cannot be read."})

    async def everyone() -> Fleet:
        return fleet

    monkeypatch.setattr("tasks.connections.load_fleet", everyone)
    state = await check_connection(return_state=True)
    assert state.name == "Exceptions"
    assert str(state.message).startswith("1 of 3 firms well connected. Revoked & Co needs attention: ")
    shown = await shown_in("connections-all-firms")
    assert "## Needs attention\n\n- **broken**: The Firm block 'broken' cannot be read.\n- **Revoked & Co**: " in shown
    again = await check_connection(return_state=True)
    assert again.name == "Completed", "nothing new is wrong"
    assert watched.mails == []
