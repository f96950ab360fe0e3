"""What is handed to CASEpeer for a case's clients: in their hands within a tick, once, and its author knows what became of it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from blocks.firm import Firm
from flows.check_connection import check_connection
from flows.delivery_receipt import delivery_receipt
from flows.initial_bulk_import import initial_bulk_import
from flows.message_relay import message_relay
from ledger import Delivery, State
from sandbox.casestatus.records import State as PortalState
from sandbox.seed import Shares, WorldOptions
from tasks import fleet
from tasks.firms import load_firm
from tests.flows.peers import Peers, open_peers
from tests.flows.processes import PrefectServer
from tests.flows.relaying import Desk

WORLD = WorldOptions(matters=12, shares=Shares.trouble_free())


class Outbox(Desk):
    """A firm's people press *Send Message to Case Status*; what their clients get of it."""

    office: Peers

    def send(self, case: str, text: str = "Your MRI is booked.") -> Any:
        return self.office.records.queue_message(int(case), text)

    def told_clients(self, case: str) -> list[str]:
        return [notice.text for notice in self.office.portal.notices if notice.integration_id == case]

    def delivery(self, message: Any) -> Delivery:
        return self.receipt("replies", f"casepeer:outbox:{message.id}").delivery

    def polled_at(self) -> Any:
        return self.office.ledger.feeds.of("replies", self.office.slug)[self.office.slug].polled_at


@pytest.fixture(scope="module")
def outbox(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbox]:
    """A firm whose cases were imported and activated, its relay switched on; every test takes cases of its own."""
    home = tmp_path_factory.mktemp("outbox") / "casebridge"
    with open_peers("by-outbox", home, WORLD) as office:
        office.run_now(initial_bulk_import, cases="\n".join(office.matter(index) for index in range(WORLD.matters)))
        office.activate_all()
        outbox = Outbox(office)
        for index in range(WORLD.matters):
            office.portal.case_with_integration_id("casepeer", office.matter(index)).attorney.status = "active"
        old = outbox.send(office.matter(0), "of old")
        state = asyncio.run(message_relay(office.slug, return_state=True))
        assert (old.state, "1 reply was given up" in (state.message or "")) == ("failed", True), state
        yield outbox


@pytest.fixture
def case(outbox: Outbox) -> str:
    return next(outbox.office.resting)


async def test_a_message_is_sent_and_acknowledged_in_one_tick_and_both_are_told(outbox: Outbox, case: str) -> None:
    message = outbox.send(case, "Your <b>hearing</b> is on Friday & at 10:30.")
    state = await outbox.tick(message_relay)
    assert "1 reply from CASEpeer delivered." in (state.message or "")
    assert outbox.told_clients(case) == [message.text]
    delivery = outbox.delivery(message)
    assert (delivery.state, delivery.case_id) == (State.DELIVERED, case)
    assert (message.state, message.remote_id) == ("sent", delivery.remote_id)
    shown = await outbox.told("replies")
    assert "1 reply from CASEpeer delivered" in shown
    receipt = await outbox.tick(delivery_receipt, item=str(message.id), stream="replies")
    assert f"sent to the clients of case {case} as message {delivery.remote_id}" in (receipt.message or "")
    assert "however often CASEpeer shows it" in (receipt.message or "")
    facts = await receipt.result()
    assert (facts["message"], facts["written by user"]) == (str(message.id), str(message.author_id))
    assert "hearing" not in str(facts)
    outbox.office.forget_requests()
    await outbox.tick(message_relay)
    assert (len(outbox.office.asked("casepeer")), outbox.office.asked("casestatus", "POST")) == (1, [])
    assert outbox.told_clients(case) == [message.text]


async def test_what_goes_back_is_told_to_the_firm_and_may_be_taken_up_again(outbox: Outbox, case: str) -> None:
    portal_case = outbox.office.portal.case_with_integration_id("casepeer", case)
    portal_case.state = PortalState.ONBOARDING
    message = outbox.send(case)
    state = await outbox.tick(message_relay)
    assert "given up" in (state.message or "")
    assert (message.state, "Send the welcome message" in message.error) == ("failed", True)
    portal_case.state = PortalState.ACTIVE
    again = await outbox.tick(delivery_receipt, item=str(message.id), stream="replies", again=True)
    assert again.is_completed(), again
    outbox.settle()
    await outbox.tick(message_relay)
    assert outbox.told_clients(case) == [message.text]
    receipt = await outbox.tick(delivery_receipt, item=f"casepeer:outbox:{message.id}", stream="replies")
    assert "was sent to the clients" in (receipt.message or "")


async def test_a_key_without_the_right_is_told_while_messages_go_out(outbox: Outbox, case: str) -> None:
    key = outbox.office.records.keys.integration
    key.denied = {"case-status/outbox/*/ack"}
    message = outbox.send(case)
    await outbox.tick(message_relay)
    polled_at = outbox.polled_at()
    state = await outbox.tick(message_relay)
    assert (state.name, message.state, outbox.told_clients(case)) == ("SetupNeeded", "queued", [message.text])
    assert outbox.polled_at() == polled_at, "it does not count as done"
    key.denied = {"case-status/outbox"}
    checked = await check_connection(outbox.office.slug, return_state=True)
    assert (checked.name, "case-status/outbox" in (checked.message or "")) == ("SetupNeeded", True), checked
    key.denied = set()
    assert (await outbox.tick(message_relay)).is_completed()
    assert (message.state, outbox.told_clients(case)) == ("sent", [message.text])
    assert outbox.polled_at() > polled_at


async def test_the_switch_keeps_all_of_it_until_it_is_on_again(
    outbox: Outbox, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = {"relay_replies": False}

    async def load(slug: str) -> Firm:
        return (await load_firm(slug)).model_copy(update=switch)  # saving a block takes seconds

    monkeypatch.setattr(fleet, "load_firm", load)
    message = outbox.send(case)
    outbox.office.forget_requests()
    await outbox.tick(message_relay)
    assert (message.state, outbox.office.asked("casepeer")) == ("queued", [])
    switch["relay_replies"] = True
    await outbox.tick(message_relay)
    assert (message.state, outbox.told_clients(case)) == ("sent", [message.text])
