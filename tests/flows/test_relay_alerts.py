"""Who is told what of a relay that does not get on: once for each incident, by mail, and with the reason."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from flows.message_relay import message_relay
from flows.nightly_case_sync import nightly_case_sync
from ledger import State
from ledger.tables import deliveries, feeds
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tests.flows.mailbox import Mailbox, open_mailbox
from tests.flows.office import open_office
from tests.flows.processes import PrefectServer
from tests.flows.relaying import Desk

WORLD = WorldOptions(matters=20, shares=Shares.trouble_free())
OPS, PARTNER = "ops@harrow-pike.example", "partner@harrow-pike.example"


@dataclass
class Watch:
    """A firm whose relay is on, and the mail it causes."""

    desk: Desk
    mailbox: Mailbox

    @property
    def subjects(self) -> list[str]:
        return [str(mail["subject"]) for _, mail in self.mailbox.mails]

    def let_pass(self, minutes: int) -> None:
        """What time does to everything that waits, without the waiting."""
        earlier = datetime.now(UTC) - timedelta(minutes=minutes)
        with self.desk.office.ledger._database.writing() as connection:
            pending = deliveries.c.ended_at.is_(None)
            connection.execute(update(deliveries).where(pending).values(due_at=None, waiting_since=earlier))
            connection.execute(update(feeds).values(polled_at=earlier))


@pytest.fixture
def watch(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    home = tmp_path_factory.mktemp("alerts") / "casebridge"
    with open_mailbox() as mailbox:
        asyncio.run(_save(mailbox))
        told = {"mail": mailbox.credentials, "alert_recipients": [OPS], "report_recipients": [PARTNER]}
        with open_office("watched", home, WORLD, **told) as office:
            office.run_now(nightly_case_sync)
            asyncio.run(message_relay(office.slug))
            office.sandbox.controls.clock.advance(2)
            mailbox.mails.clear()
            yield Watch(Desk(office), mailbox)


async def _save(mailbox: Mailbox) -> None:
    await mailbox.credentials.asave("alerts-mail", overwrite=True)


async def test_a_message_that_waits_too_long_is_told_of_once_with_its_reason(watch: Watch) -> None:
    desk, case = watch.desk, next(watch.desk.office.resting)
    desk.sandbox.controls.faults.add(
        FaultRule("clio", FaultKind.STATUS, method="POST", path="/api/v4/communications*", status=429, count=None)
    )
    desk.write(case, "Is anybody there?")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.http.patience.Patience.exhausted", lambda *_: True)
        state = await desk.tick(message_relay)
        assert (state.is_completed(), watch.subjects) == (True, []), "a minute is no reason to wake anybody"
        watch.let_pass(11)
        state = await desk.tick(message_relay)
        assert state.name == "Exceptions"
        watch.let_pass(13)
        await desk.tick(message_relay)
    [(recipients, mail)] = watch.mailbox.mails
    assert recipients == [OPS]
    assert mail["subject"] == "Needs attention · The message relay of Harrow Pike LLP"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "has been waiting since" in body.get_content()
    assert "Clio limits how often we may ask" in " ".join(body.get_content().split())
    desk.sandbox.controls.faults.clear()
    desk.sandbox.controls.limits["clio"].on = True
    watch.let_pass(14)
    with desk.office.ledger._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM limits")
    await desk.tick(message_relay)
    assert desk.bodies(case) == ["Is anybody there?"]
    assert desk.office.ledger.incidents.of("messages", "watched") == [], "it is over, and may be told of again"


async def test_an_outage_of_the_portal_is_told_of_when_it_lasts(watch: Watch) -> None:
    desk = watch.desk
    desk.sandbox.controls.faults.add(
        FaultRule("casestatus", FaultKind.STATUS, path="/v1/api/messages*", status=503, count=None)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.http.patience.Patience.exhausted", lambda *_: True)
        await desk.tick(message_relay)
        assert watch.subjects == []
        watch.let_pass(11)
        state = await desk.tick(message_relay)
        await desk.tick(message_relay)
    assert state.name == "VendorUnavailable"
    [(_, mail)] = watch.mailbox.mails
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Case Status answered 503" in body.get_content()


async def test_what_is_given_up_is_told_of_and_comes_back_when_asked_for(watch: Watch) -> None:
    desk, case = watch.desk, next(watch.desk.office.resting)
    message = desk.write(case, "never to arrive")
    desk.office.clio.hidden_matters.add(int(case))
    await desk.tick(message_relay)
    watch.let_pass(15 * 24 * 60)
    state = await desk.tick(message_relay)
    assert state.name == "Exceptions"
    given_up = desk.office.ledger.deliveries.get("watched", "messages", f"message:{message}")
    assert given_up is not None
    assert (given_up.state, given_up.code) == (State.GIVEN_UP, "case_gone")
    assert len(watch.subjects) == 2, "first that it cannot be delivered as things are, then that it was given up"
    desk.office.clio.hidden_matters.clear()
    desk.office.ledger.deliveries.revive("watched", "messages", "ops", [f"message:{message}"])
    watch.let_pass(0)
    await desk.tick(message_relay)
    await desk.tick(message_relay)
    assert desk.bodies(case) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.relay.delivering.SETTLING", timedelta(0))
        watch.let_pass(0)
        await desk.tick(message_relay)
    assert desk.bodies(case) == ["never to arrive"]
