"""Messages of the portal in Clio: whole, once, in order, with their people."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from blocks.clio import ClioCredentials
from blocks.firm import Firm
from flows.delivery_receipt import delivery_receipt
from flows.message_relay import message_relay
from flows.nightly_case_sync import nightly_case_sync
from ledger import State
from ledger.tables import deliveries
from sandbox.casestatus import arrivals
from sandbox.clio.oauth import Rotation
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from tasks.relay import delivering
from tests.flows.office import Office, open_office, save_firm
from tests.flows.processes import PrefectServer
from tests.flows.relaying import Desk

WORLD = WorldOptions(matters=60, shares=Shares.trouble_free())


@pytest.fixture(scope="module")
def desk(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A firm in step, its relay switched on; every test takes cases of its own."""
    with open_office("by-message", tmp_path_factory.mktemp("messages") / "casebridge", WORLD) as office:
        office.run_now(nightly_case_sync)
        office.activate_all()
        asyncio.run(message_relay(office.slug))
        office.sandbox.controls.clock.advance(2)
        yield Desk(office)


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
    await desk.tick(message_relay)
    assert len(desk.letters(case)) == 1
    receipt = desk.office.ledger.deliveries.receipt(desk.office.slug, "messages", marker)
    assert receipt is not None
    assert (receipt.delivery.state, receipt.delivery.remote_id) == (State.DELIVERED, str(letter["id"]))


async def test_a_grant_that_clio_replaces_during_a_fleets_tick_is_saved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, name = desk.office, f"{desk.office.slug}-clio"
    oauth = office.sandbox.clio.oauth["us"]
    monkeypatch.setattr(oauth.settings, "rotation", Rotation("at_once"))
    oauth.expire_access_tokens()
    office.ledger.tokens.forget(f"clio:{office.slug}")
    before = await ClioCredentials.aload(name)
    case = next(office.resting)
    desk.write(case, "Filed with a login that had to be renewed.")
    await message_relay()
    assert len(desk.letters(case)) == 1
    after = await ClioCredentials.aload(name)
    assert after.refresh_token is not None
    assert after.refresh_token not in (before.refresh_token, SecretStr(""))


async def test_a_staff_message_goes_from_the_user_to_every_client(desk: Desk) -> None:
    case = next(desk.office.resting)
    attorney = desk.office.clio.tables["users"].get(desk.attorney_of(case))
    desk.write(case, "Your records request went out today.", type="outbound", sender_email=attorney["email"].upper())
    await desk.tick(message_relay)
    [letter] = desk.letters(case)
    assert letter["senders"] == [{"type": "User", "id": attorney["id"]}]
    assert letter["receivers"] == [{"type": "Contact", "id": desk.contact_of(case)}]
    assert letter["body"] == "Your records request went out today."


async def test_people_whom_clio_does_not_know_are_named_in_the_text(desk: Desk) -> None:
    case = next(desk.office.resting)
    shown = desk.office.case(case)
    assert shown is not None
    added = {"first_name": "Ana", "last_name": "Vance", "cell_phone": "(303) 555-0123", "external_id": None}
    desk.office.portal_call("POST", f"/cases/{shown['id']}/clients", added)
    desk.write(case, "Both of you, please read this.", type="outbound")
    await desk.tick(message_relay)
    [letter] = desk.letters(case)
    assert letter["receivers"] == [{"type": "Contact", "id": desk.contact_of(case)}]
    assert letter["body"] == "Both of you, please read this.\n\n--\nTo: Ana Vance (no contact in Clio)"
    told = await desk.told("messages")
    assert "Worth knowing" in told
    assert "Ana Vance" in told


async def test_a_participant_whom_clio_refuses_does_not_keep_the_words_out(desk: Desk) -> None:
    case = next(desk.office.resting)
    desk.office.clio.tables["contacts"].remove(desk.contact_of(case))
    desk.write(case, "Are you there?")
    await desk.tick(message_relay)
    [letter] = desk.letters(case)
    assert letter["senders"] == letter["receivers"] == []
    assert letter["body"].startswith("Are you there?\n\n--\nFrom: ")


async def test_messages_of_a_case_keep_their_order(desk: Desk) -> None:
    one, other = next(desk.office.resting), next(desk.office.resting)
    for number in range(12):
        desk.write(one, f"one {number}")
        desk.write(other, f"other {number}", type="outbound" if number % 3 else "inbound")
    await desk.tick(message_relay)
    assert desk.bodies(one) == [f"one {number}" for number in range(12)]
    assert desk.bodies(other) == [f"other {number}" for number in range(12)]


async def test_an_edit_is_filed_as_a_record_of_its_own(desk: Desk) -> None:
    case = next(desk.office.resting)
    message = desk.write(case, "Court is at 9.")
    await desk.tick(message_relay)
    desk.edit(message, "Court is at 10.")
    await desk.tick(message_relay)
    await desk.tick(message_relay)
    desk.edit(message, "Court is at 9.")
    await desk.tick(message_relay)
    await desk.tick(message_relay)
    first, second, third = desk.letters(case)
    assert first["body"] == "Court is at 9."
    assert second["body"].startswith("Edited in Case Status on ")
    assert second["body"].endswith("now reads:\n\nCourt is at 10.")
    assert third["body"].endswith("now reads:\n\nCourt is at 9.")


async def test_an_empty_message_still_says_that_there_was_one(desk: Desk) -> None:
    case = next(desk.office.resting)
    desk.write(case, "  ")
    await desk.tick(message_relay)
    assert desk.bodies(case) == ["(A message without text.)"]


async def test_automatic_messages_are_left_out_unless_the_firm_wants_them(desk: Desk) -> None:
    case = next(desk.office.resting)
    desk.write(case, "How likely are you to recommend us?", type="automation")
    await desk.tick(message_relay)
    assert desk.letters(case) == []
    firm = await Firm.aload(desk.office.slug)
    firm.relay_automatic_messages = True
    await firm.asave(desk.office.slug, overwrite=True)
    await desk.tick(message_relay)
    assert desk.bodies(case)[0].startswith("How likely are you to recommend us?")
    assert "sent automatically" in desk.bodies(case)[0]


async def test_an_echo_is_recognised_and_on_record(desk: Desk) -> None:
    case = next(desk.office.resting)
    message = desk.write(case, "From our own system", type="outbound", external_id="clio:note:5")
    await desk.tick(message_relay)
    assert desk.letters(case) == []
    receipt = desk.office.ledger.deliveries.receipt(desk.office.slug, "messages", f"message:{message}")
    assert receipt is not None
    assert (receipt.delivery.code, receipt.delivery.remote_id) == ("echo", "clio:note:5")


async def test_the_relay_begins_now_unless_asked_to_begin_earlier(desk: Desk) -> None:
    case = next(desk.office.resting)
    firm = await save_firm("newcomer", desk.sandbox)
    desk.write(case, "Written before anybody thought of a relay.")
    desk.sandbox.controls.clock.advance(2)  # the portal tells its time in whole seconds
    await desk.tick(message_relay, firm=firm.slug)
    assert desk.letters(case) == []
    desk.write(case, "Written after.")
    await desk.tick(message_relay, firm=firm.slug)
    assert desk.bodies(case) == ["Written after."]
    await desk.tick(message_relay, firm=firm.slug, since=datetime.now(UTC) - timedelta(days=1))
    assert "Written before anybody thought of a relay." in desk.bodies(case)
    assert desk.bodies(case).count("Written after.") == 1
    await desk.tick(message_relay)  # both are also for the firm of the other tests, whose faults they would use up


async def test_what_appears_late_with_an_older_time_is_still_found(desk: Desk) -> None:
    case = next(desk.office.resting)
    desk.write(case, "second")
    await desk.tick(message_relay)
    stamp = datetime.now(UTC)
    desk.write(
        case, "first, but late", sent_at=stamp.isoformat(), updated_at=(stamp - timedelta(minutes=14)).isoformat()
    )
    await desk.tick(message_relay)
    assert desk.bodies(case) == ["second", "first, but late"]


async def test_a_case_that_is_linked_to_nothing_is_waited_for(desk: Desk) -> None:
    body = {
        "integration_id": None,
        "readable_id": "by-hand",
        "clients": [{"first_name": "Lee", "last_name": "Ro", "cell_phone": "(303) 555-0101"}],
    }
    shown = desk.office.case(next(desk.office.resting))
    assert shown is not None
    area, attorney = shown["practice_area"]["display_name"], shown["attorney"]["email"]
    made = desk.office.portal_call(
        "POST",
        "/cases",
        {**body, "practice_area": area, "stage": shown["stage"]["display_name"], "attorney_email": attorney},
    )["case"]
    portal = desk.sandbox.casestatus.portal
    message = arrivals.message_arrives(
        portal, desk.office.portal, {"case_id": made["id"], "content": "Where is my file?"}
    )
    state = await desk.tick(message_relay)
    assert state.is_completed(), state
    waiting = desk.office.ledger.deliveries.get(desk.office.slug, "messages", f"message:{message.id}")
    assert waiting is not None
    assert (waiting.held, waiting.code) == (True, "case_not_linked")
    assert "Enter the integration id" in (waiting.reason or "")


async def test_a_matter_that_was_deleted_holds_up_only_itself(desk: Desk) -> None:
    gone, other = next(desk.office.resting), next(desk.office.resting)
    desk.office.clio.matters.remove(int(gone))
    message = desk.write(gone, "to a case that is gone")
    desk.write(other, "to one that is there")
    state = await desk.tick(message_relay)
    assert state.is_completed(), state
    assert (desk.bodies(gone), desk.bodies(other)) == ([], ["to one that is there"])
    waiting = desk.office.ledger.deliveries.get(desk.office.slug, "messages", f"message:{message}")
    assert waiting is not None
    assert (waiting.held, waiting.code) == (True, "case_gone")
    assert "## Needs attention\n\n- **Harrow Pike LLP**: " in await desk.told("messages")


async def test_a_closed_case_still_gets_its_messages(desk: Desk) -> None:
    case = next(desk.office.resting)
    desk.write(case, "Thank you for everything.")
    desk.office.change_matter(case, status="Closed", close_date="2026-11-20")
    await nightly_case_sync(desk.office.slug)
    await desk.tick(message_relay)
    assert desk.bodies(case) == ["Thank you for everything."]


async def test_a_lost_answer_is_looked_up_and_never_sent_again(desk: Desk) -> None:
    await desk.tick(message_relay)  # nothing else may use up the fault
    case = next(desk.office.resting)
    message = desk.write(case, "only once")
    rule = FaultRule("clio", FaultKind.CUT_AFTER, method="POST", path="/api/v4/communications*")
    desk.sandbox.controls.faults.add(rule)
    state = await desk.tick(message_relay)
    assert "found after a lost answer" in (state.message or "")
    assert desk.bodies(case) == ["only once"]
    receipt = desk.office.ledger.deliveries.receipt(desk.office.slug, "messages", f"message:{message}")
    assert receipt is not None
    assert [step.state for step in receipt.steps] == [
        State.RESERVED,
        State.CALLING,
        State.UNKNOWN,
        State.DELIVERED,
    ]
    assert "looked up and found" in (receipt.steps[-1].note or "")


async def test_a_message_that_never_arrived_is_sent_once_more_when_that_is_certain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(desk.office.resting)
    desk.write(case, "lost on the way")
    rule = FaultRule("clio", FaultKind.CUT_BEFORE, method="POST", path="/api/v4/communications*", count=None)
    desk.sandbox.controls.faults.clear()
    desk.sandbox.controls.faults.add(rule)
    await desk.tick(message_relay)
    await desk.tick(message_relay)
    assert desk.letters(case) == [], "not found, but the vendor may still be at it"
    desk.sandbox.controls.faults.clear()
    monkeypatch.setattr(delivering, "SETTLING", timedelta(0))
    _let_it_be_due(desk.office)
    await desk.tick(message_relay)
    assert desk.bodies(case) == ["lost on the way"]


async def test_a_clock_of_ours_that_is_ahead_does_not_make_a_look_up_certain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(minutes=5)

    case = next(desk.office.resting)
    desk.write(case, "on its way")
    rule = FaultRule("clio", FaultKind.CUT_BEFORE, method="POST", path="/api/v4/communications*", count=None)
    desk.sandbox.controls.faults.clear()
    desk.sandbox.controls.faults.add(rule)
    monkeypatch.setattr(delivering, "datetime", Ahead)
    await desk.tick(message_relay)
    desk.sandbox.controls.faults.clear()
    await desk.tick(message_relay)
    assert desk.letters(case) == []


def _let_it_be_due(office: Office) -> None:
    """What time does to a pause, without the waiting."""
    with office.ledger._database.writing() as connection:
        connection.execute(update(deliveries).values(due_at=None))


async def test_one_firms_trouble_is_one_firms(desk: Desk) -> None:
    case = next(desk.office.resting)
    broken = await save_firm("revoked-key", desk.sandbox)
    broken.portal.api_key = SecretStr("csk-nobody")
    await broken.portal.asave("revoked-key-case-status", overwrite=True)
    off = await save_firm("switched-off-relay", desk.sandbox, relay_messages=False)
    desk.write(case, "hello")
    ledger = desk.office.ledger
    state = await message_relay(return_state=True)
    assert (state.name, state.is_completed()) == ("Exceptions", True)
    assert desk.bodies(case).count("hello") >= 1, "each firm block over this firm of the sandbox files it"
    [incident] = ledger.incidents.of("messages", "revoked-key")
    assert (incident.code, incident.told_at is not None) == ("reconnect_needed", True)
    assert "API key" in incident.sentence
    await message_relay(return_state=True)
    [again] = ledger.incidents.of("messages", "revoked-key")
    assert again == incident, "told once, not every two minutes"
    for slug, name in (("revoked-key", "ReconnectNeeded"), (off.slug, "BadInput"), ("nobody", "BadInput")):
        state = await desk.tick(message_relay, firm=slug)
        assert (state.name, bool(state.message)) == (name, True)
    broken.portal.api_key = SecretStr("csk-harrow-pike")
    await broken.portal.asave("revoked-key-case-status", overwrite=True)
    state = await desk.tick(message_relay, firm="revoked-key")
    assert state.is_completed()
    assert ledger.incidents.of("messages", "revoked-key") == []


async def test_a_receipt_says_what_was_sent_where_and_why_not_again(desk: Desk) -> None:
    case = next(desk.office.resting)
    message = desk.write(case, "Please confirm.")
    await desk.tick(message_relay)
    [letter] = desk.letters(case)
    state = await desk.tick(delivery_receipt, item=message)
    facts = await state.result()
    assert (facts["record"], facts["marker"], facts["case"]) == (str(letter["id"]), f"message:{message}", case)
    assert facts["characters"] == len("Please confirm.")
    assert "Please confirm." not in str(facts)
    assert f"as record {letter['id']}" in (state.message or "")
    assert "a second one is refused" in (state.message or "")
    again = await desk.tick(delivery_receipt, item=message, again=True)
    assert (again.name, "was not given up" in (again.message or "")) == ("BadInput", True)
    unheard = await desk.tick(delivery_receipt, item="4711")
    assert (unheard.name, "Nothing is on record" in (unheard.message or "")) == ("BadInput", True)
