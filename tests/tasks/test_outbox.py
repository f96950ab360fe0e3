"""Messages out of CASEpeer's outbox: each sent once and told of, the old ones not at all, and none left without a word."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from connectors.errors import NotPermitted, Unavailable
from ledger import Ledger, Receipt, State
from ledger.tables import deliveries
from sandbox.casestatus.records import State as PortalState
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tasks.relay import delivering, messages, outbox
from tests.chaos.practice import TOO_LONG, Peers
from tests.chaos.relay_workers import Pace, hurry
from tests.chaos.relay_world import Fuse
from tests.flows.office import SEEDED, raise_limits
from tests.tasks.relayed import message as from_portal

ACK, SENDING = "*/ack/", "/v1/api/cases/*/messages"


@pytest.fixture(scope="module")
def served() -> Iterator[SandboxServer]:
    with SandboxServer(WorldOptions(matters=8, shares=Shares.trouble_free())) as sandbox:
        yield sandbox


class Room(Peers):
    """A firm of CASEpeer, with words for what became of a message."""

    def state_of(self, message: Any) -> tuple[str, str | None]:
        delivery = self.receipt(message).delivery
        return str(delivery.state), delivery.code

    def receipt(self, message: Any) -> Receipt:
        found = self.ledger.deliveries.receipt(self.firm.slug, "replies", f"casepeer:outbox:{message.id}")
        assert found is not None
        return found

    def noted(self, message: Any) -> list[str]:
        return [step.note or "" for step in self.receipt(message).steps]

    def take_up(self, message: Any) -> None:
        """Somebody asks for it again."""
        assert self.ledger.deliveries.revive(self.firm.slug, "replies", "test", [f"casepeer:outbox:{message.id}"])

    def spoil(self, vendor: str, method: str, path: str, **more: Any) -> None:
        self.sandbox.controls.faults.add(FaultRule(vendor, method=method, path=path, **more))

    def asked(self, vendor: str) -> list[str]:
        return [
            f"{entry.method} {entry.path}" for entry in self.sandbox.controls.requests.recent if entry.vendor == vendor
        ]

    def let_pass(self, wait: timedelta) -> None:
        """What time does to everything that waits, without the waiting."""
        earlier = datetime.now(UTC) - wait
        with self.ledger._database.writing() as connection:
            pending = update(deliveries).where(deliveries.c.ended_at.is_(None))
            connection.execute(pending.values(due_at=None, waiting_since=earlier, changed_at=earlier))


@pytest.fixture
async def closed_room(served: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    """A firm whose relay has not begun."""
    served.reset()
    raise_limits(served)
    hurry(monkeypatch.setattr, Pace(lease=60.0, settling=0.0))
    monkeypatch.setenv("CASEBRIDGE_HOME", str(tmp_path))
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        yield Room(served, ledger, random.Random(3))


@pytest.fixture
async def room(closed_room: Room) -> Room:
    """One whose relay has begun; three messages were there before."""
    await closed_room.open()
    closed_room.sandbox.controls.requests.clear()
    return closed_room


async def test_a_message_is_sent_once_as_the_primary_attorney_and_told_of_in_the_same_tick(room: Room) -> None:
    room.firm.replies_as_attorney = False
    author = next(
        person.id for person in room.records.people.values() if person.email not in str(room.there(room.cases[1]).staff)
    )
    sent = room.records.queue_message(int(room.cases[1]), "<b>Your</b> MRI & X-ray\nare booked. 📎", author_id=author)
    assert await room.tick()
    [got] = [one for one in room.portal.messages_of(room.there(room.cases[1])) if one.external_id]
    assert (got.content, got.external_id) == (sent.text, f"casepeer:outbox:{sent.id}")
    assert got.sender["email"] == room.there(room.cases[1]).attorney.email
    assert (sent.state, sent.remote_id) == ("sent", str(got.id))
    assert room.noted(sent)[-1] == "CASEpeer was told that it was sent."
    assert await room.tick()
    assert room.got() == {(room.cases[1], sent.text): 1}


async def test_a_quiet_tick_asks_once(room: Room) -> None:
    assert await room.tick()
    assert (room.asked("casepeer"), room.asked("casestatus")) == ([f"GET /{SEEDED}/api/v1/case-status/outbox/"], [])


async def test_the_messages_of_a_case_go_out_in_their_order(room: Room) -> None:
    now = datetime.now(UTC).timestamp()
    texts = [f"message {number}" for number in range(12)]
    for text in texts:
        room.records.queue_message(int(room.cases[2]), text, at=now)
    assert await room.tick()
    assert [notice.text for notice in room.portal.notices if notice.kind == "message"] == texts


async def test_what_was_written_before_the_relay_began_goes_back_and_says_so(closed_room: Room) -> None:
    await closed_room.open()
    assert [(one.state, one.remote_id) for one in closed_room.refused] == [("failed", None)] * 3
    for sent_back in closed_room.refused:
        assert "written before casebridge began to send messages" in sent_back.error
        assert closed_room.state_of(sent_back) == ("given_up", "before_relay")
    assert closed_room.got() == {}


async def test_many_old_ones_are_told_of_tick_by_tick_while_new_ones_go_out(
    closed_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_TOLD", 2)
    await closed_room.enter_cases()
    closed_room.write_of_old()
    assert await closed_room.tick()
    assert [one.state for one in closed_room.refused] == ["failed", "failed", "queued"]
    new = closed_room.write(closed_room.cases[0], "new")
    assert await closed_room.tick()
    assert ([one.state for one in closed_room.refused], new.state) == (["failed"] * 3, "sent")


async def test_the_relay_may_be_asked_to_begin_earlier(closed_room: Room) -> None:
    await closed_room.enter_cases()
    now = datetime.now(UTC)
    late, old = (
        closed_room.records.queue_message(int(closed_room.cases[0]), f"{days} days old", at=at.timestamp())
        for days, at in ((days, now - timedelta(days=days)) for days in (1, 3))
    )
    assert await closed_room.tick(since=now - timedelta(days=2))
    assert (late.state, old.state) == ("sent", "failed")
    assert closed_room.got() == {(closed_room.cases[0], "1 days old"): 1}


async def test_a_first_tick_that_dies_leaves_nothing_old_to_be_sent(closed_room: Room) -> None:
    await closed_room.enter_cases()
    closed_room.write_of_old()
    fuse = Fuse("killed", 0)
    for boundary in range(20):
        fuse = Fuse("killed", boundary)
        if await closed_room.tick(fuse):
            break
    assert not fuse.burnt
    assert {one.state for one in closed_room.refused} == {"failed"}
    assert closed_room.got() == {}


async def test_what_the_firm_must_mend_goes_back_at_once_and_holds_up_nothing(room: Room) -> None:
    unnamed = room.cases[0]
    attorney = room.there(unnamed).attorney
    closed, silent, other, deleted = [case for case in room.cases if room.there(case).attorney is not attorney][:4]
    room.there(closed).state, room.there(silent).state = PortalState.CLOSED, PortalState.ONBOARDING
    attorney.status = "invited"
    never = str(room.records.add_case(int(other)).id)
    room.portal.delete_case(room.there(deleted))
    expected = {
        room.write(closed, "a").id: ("case_closed", "closed in Case Status"),
        room.write(silent, "b").id: ("case_not_activated", "Send the welcome message"),
        room.write(unnamed, "c").id: ("sender_not_on_case", "goes out as the case's primary attorney"),
        room.write(never, "d").id: ("case_not_in_portal", "connect the case to Case Status"),
        room.write(deleted, "e").id: ("case_not_in_portal", "connect the case to Case Status"),
        room.write(other, TOO_LONG).id: ("content_too_long", "5005 characters, and Case Status takes 5000"),
        room.write(other, " \n").id: ("content_blank", "it has no text"),
    }
    fine = room.write(other, "fine")
    assert await room.tick()
    for number, (code, said) in expected.items():
        sent_back = room.records.outbox[number]
        assert (sent_back.state, room.state_of(sent_back)) == ("failed", ("given_up", code))
        assert sent_back.error.startswith("It was not sent")
        assert said in sent_back.error
    assert fine.state == "sent"
    assert room.tally.given_up == len(expected)
    assert room.got() == {(other, "fine"): 1}


async def test_whatever_else_the_portal_refuses_goes_back_too(room: Room) -> None:
    body = {"errors": [{"code": "quiet_hours", "message": "Nobody is written to at night."}]}
    room.spoil("casestatus", "POST", SENDING, kind=FaultKind.STATUS, status=422, body=body)
    message = room.write(room.cases[0], "a")
    assert await room.tick()
    assert (message.state, room.state_of(message)) == ("failed", ("given_up", "portal_refused"))
    assert "Nobody is written to at night." in message.error


async def test_an_answer_that_is_lost_is_looked_up_and_never_sent_again(room: Room) -> None:
    room.spoil("casestatus", "POST", SENDING, kind=FaultKind.CUT_AFTER)
    message = room.write(room.cases[0], "only once")
    assert await room.tick()
    assert (room.tally.recognised, message.state) == (1, "sent")
    assert room.got() == {(room.cases[0], "only once"): 1}


@pytest.mark.parametrize("after_work", [False, True])
async def test_what_casepeer_could_not_be_told_it_is_told_at_the_next_tick(room: Room, *, after_work: bool) -> None:
    more = {"kind": FaultKind.STATUS, "status": 503, "count": None, "after_work": after_work}
    room.spoil("casepeer", "POST", ACK, **more)
    first, second = (room.write(room.cases[0], f"only once {number}") for number in range(2))
    assert await room.tick()
    [note] = room.tally.notes
    assert "CASEpeer could not be told what became of it, and is told at the next tick. CASEpeer answered 503." in note
    assert room.state_of(first) == room.state_of(second) == ("delivered", None)
    assert len([path for path in room.asked("casepeer") if path.startswith("POST")]) == 3, (
        "it is left alone after the first"
    )
    if not after_work:
        assert (await room.tick(), type(room.trouble)) == (False, Unavailable)
    room.sandbox.controls.faults.clear()
    assert await room.tick()
    assert (first.state, second.state) == ("sent", "sent")
    assert sum(room.got().values()) == 2


async def test_a_key_that_may_not_acknowledge_keeps_no_message_from_its_clients(room: Room) -> None:
    room.records.keys.integration.denied = {"case-status/outbox/*/ack"}
    first = room.write(room.cases[0], "first")
    assert await room.tick()
    second = room.write(room.cases[1], "second")
    assert (await room.tick(), type(room.trouble)) == (False, NotPermitted)
    assert sum(room.got().values()) == 2
    room.records.keys.integration.denied = set()
    assert await room.tick()
    assert (first.state, second.state) == ("sent", "sent")
    assert sum(room.got().values()) == 2


async def test_an_acknowledgement_that_casepeer_refuses_keeps_it_from_no_other(room: Room) -> None:
    room.spoil("casepeer", "POST", ACK, kind=FaultKind.STATUS, status=503, count=None)
    first, second = (room.write(case, "only once") for case in room.cases[:2])
    await room.tick()
    room.sandbox.controls.faults.clear()
    room.spoil(
        "casepeer", "POST", f"*/{first.id}/ack/", kind=FaultKind.STATUS, status=400, body={"state": ["Not today."]}
    )
    assert not await room.tick()
    assert "Not today." in str(room.trouble)
    assert (first.state, second.state) == ("queued", "sent")
    assert await room.tick()
    assert first.state == "sent"


async def test_what_was_tried_for_too_long_goes_back_and_says_whether_it_may_have_been_sent(room: Room) -> None:
    linked, unseen = (room.write(case, "at last") for case in room.cases[:2])
    room.spoil("casestatus", "*", "*", kind=FaultKind.STATUS, status=503, count=None)
    for wait in (timedelta(minutes=5), delivering.GIVE_UP_AFTER + timedelta(minutes=1)):
        await room.tick()
        assert (linked.state, unseen.state) == ("queued", "queued")
        room.let_pass(wait)
    await room.tick()
    assert (linked.state, unseen.state) == ("failed", "failed")
    assert "Case Status answered 503" in linked.error
    assert linked.error.endswith("look at the case in Case Status before you write it again.")
    assert unseen.error.endswith("It was not sent: write it again if it is still of use.")
    assert room.got() == {}


async def test_one_that_may_have_been_sent_to_a_case_that_is_gone_says_so(room: Room) -> None:
    room.spoil("casestatus", "POST", SENDING, kind=FaultKind.CUT_AFTER)
    room.spoil(
        "casestatus", "GET", SENDING, kind=FaultKind.STATUS, status=404, body={"errors": [{"code": "not_found"}]}
    )
    message = room.write(room.cases[0], "perhaps")
    assert await room.tick()
    assert room.state_of(message) == ("given_up", "case_not_in_portal")
    assert "Whether it was sent is not known" in message.error


async def test_one_that_is_taken_up_again_is_sent_and_its_receipt_says_what_casepeer_shows(room: Room) -> None:
    case = room.cases[0]
    room.there(case).state = PortalState.ONBOARDING
    message, old = room.write(case, "now, please"), room.refused[0]
    assert await room.tick()
    room.there(case).state = PortalState.ACTIVE
    for one in (message, old):
        room.take_up(one)
        assert await room.tick()
        assert room.state_of(one) == ("delivered", None)
        assert one.state == "failed", "CASEpeer lets nothing be said twice"
        assert "CASEpeer would not hear that it was sent" in room.noted(one)[-1]
    assert "CASEpeer would not hear" in room.tally.notes[0]
    assert room.got() == {(case, "now, please"): 1, (str(old.case_id), "of old"): 1}


async def test_one_that_is_taken_up_before_its_author_was_told_is_told_as_sent(room: Room) -> None:
    case = room.cases[0]
    room.there(case).state = PortalState.ONBOARDING
    room.spoil("casepeer", "POST", ACK, kind=FaultKind.STATUS, status=503, count=None)
    message = room.write(case, "now, please")
    await room.tick()
    room.there(case).state = PortalState.ACTIVE
    room.sandbox.controls.faults.clear()
    room.take_up(message)
    assert await room.tick()
    assert (message.state, room.noted(message)[-1]) == ("sent", "CASEpeer was told that it was sent.")


async def test_a_row_that_nobody_can_read_goes_back_and_keeps_no_other(room: Room) -> None:
    odd, fine = (room.write(case, "fine") for case in room.cases[:2])
    odd.text = None
    nameless = {"message": "whose?", "state": "queued"}
    assert await room.tick()
    assert (odd.state, fine.state) == ("failed", "sent")
    assert "unexpected 'message'" in odd.error
    receipt = room.ledger.deliveries.receipt(room.firm.slug, "replies", f"unreadable:{odd.id}")
    assert receipt is not None
    assert (receipt.delivery.state, receipt.delivery.code) == (State.GIVEN_UP, "unreadable_record")
    page = {"count": 1, "next": None, "results": [nameless]}
    for _ in range(2):
        room.spoil("casepeer", "GET", "*/outbox/", kind=FaultKind.STATUS, status=200, body=page)
        assert await room.tick()
    assert room.tally.given_up == 0, "it was given up at the first tick"


async def test_what_went_out_is_not_filed_back(room: Room) -> None:
    sent = room.write(room.cases[0], "Your MRI is booked.")
    assert await room.tick()
    [back] = messages.reservations(
        [from_portal(7, external_id=f"casepeer:outbox:{sent.id}")], {}, system="casepeer", keep_automatic=False
    )
    assert back.echo_of == f"casepeer:outbox:{sent.id}"


async def test_two_ticks_at_once_send_nothing_twice(room: Room) -> None:
    for case in room.cases:
        room.write_and_want(case, f"to {case}")
    await asyncio.gather(*(room.tick() for _ in range(2)), return_exceptions=True)
    await room.come_to_rest()
    room.assert_once_and_in_order()
