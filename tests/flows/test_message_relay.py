"""Messages of the portal in Clio: whole, once, in order, with their people."""

import pytest

from flows.message_relay import message_relay
from flows.nightly_case_sync import nightly_case_sync
from ledger import State
from tests.flows.office import Office
from tests.flows.relaying import Desk

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture
async def desk(office: Office) -> Desk:
    """A firm in step, its relay switched on just now."""
    await nightly_case_sync(office.slug)
    office.activate_all()
    desk = Desk(office)
    state = await desk.tick(message_relay)
    assert state.is_completed(), state
    return desk


async def test_a_clients_message_is_filed_with_its_people_once(desk: Desk) -> None:
    case = next(desk.office.resting)
    message = desk.write(case, "Hi, my next appointment is on Friday. 😀 <b>bold</b> שלום")
    state = await desk.tick(message_relay)
    assert state.is_completed(), state
    [letter] = desk.letters(case)
    assert letter["subject"] == "Case Status Message"
    assert letter["body"] == "Hi, my next appointment is on Friday. 😀 <b>bold</b> שלום"
    assert letter["senders"] == [{"type": "Contact", "id": desk.contact_of(case)}]
    assert letter["receivers"] == [{"type": "User", "id": desk.attorney_of(case)}]
    marker = f"message:{message}"
    assert letter["external_properties"] == [{"name": "case_status_message_id", "value": marker}]
    state = await desk.tick(message_relay)
    assert len(desk.letters()) == 1
    receipt = desk.office.ledger.deliveries.receipt(desk.office.slug, "messages", marker)
    assert receipt is not None
    assert (receipt.delivery.state, receipt.delivery.remote_id) == (State.DELIVERED, str(letter["id"]))
