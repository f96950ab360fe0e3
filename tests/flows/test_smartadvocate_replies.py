"""What is written in SmartAdvocate for a case's clients: in their hands once, from its author, and nothing else is."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from blocks.firm import Firm
from connectors.smartadvocate import SmartAdvocateReplies
from flows.delivery_receipt import delivery_receipt
from flows.message_relay import message_relay
from flows.nightly_case_sync import nightly_case_sync
from ledger import Delivery, State
from ledger.tables import case_readings, deliveries, feeds
from sandbox.casestatus.records import State as PortalState
from sandbox.casestatus.rendering import message_json
from sandbox.faults import FaultKind
from sandbox.seed import Shares, WorldOptions
from tasks import fleet
from tasks.firms import load_firm
from tasks.relay import replies
from tests.flows.advocates import Advocates, open_advocates
from tests.flows.processes import PrefectServer
from tests.flows.relaying import Desk

WORLD = WorldOptions(matters=36, shares=Shares.trouble_free())
SENDING = "/v1/api/cases/*/messages"


class Outtray(Desk):
    """A firm's people write notes; what their clients get of them."""

    office: Advocates

    def note(self, case: str, text: str = "Please send the <b>ER bill</b>.", **more: Any) -> int:
        """The case's attorney, or somebody else, writes a note for the clients; its number."""
        values = {"user_id": self.attorney(case).user_id} | more
        return int(self.office.records.write_note(int(case), text, **values).id)

    @cached_property
    def cases(self) -> Iterator[str]:
        """Cases whose attorney has accepted the portal's invitation and may write; each once."""
        users = self.office.portal_call("GET", "/users?cursor=&limit=100")["data"]
        active = {user["email"] for user in users if user["status"] == "active"}
        return (case for case in self.office.resting if self.attorney(case).email.strip().lower() in active)

    def attorney(self, case: str) -> Any:
        """The case's attorney as SmartAdvocate knows them."""
        shown = self.office.case(case)
        assert shown is not None
        staff = self.office.records.cases.get(int(case)).staff
        return next(row for row in staff if row.email.strip().lower() == shown["attorney"]["email"])

    def got(self, case: str | None = None) -> list[dict[str, Any]]:
        """What went to clients through us, in order."""
        cases = [case] if case else [str(number) for number in self.office.seed.matter_ids]
        kept = [self.office.portal.case_with_integration_id("smartadvocate", one) for one in cases]
        messages = [message_json(message) for one in kept if one for message in self.office.portal.messages_of(one)]
        return [message for message in messages if message["external_id"]]

    def texts(self, case: str) -> list[str]:
        return [message["content"] for message in self.got(case)]

    def markers(self, case: str) -> list[str]:
        """What was ever to be sent of a case, whatever came of it."""
        of_case = select(deliveries.c.marker).where(deliveries.c.stream == "replies", deliveries.c.case_id == case)
        with self.office.ledger._database.reading() as connection:
            return sorted(connection.execute(of_case).scalars())

    def reply(self, note: int) -> Delivery:
        return self.receipt("replies", f"smartadvocate:note:{note}").delivery

    def asked_of_smartadvocate(self) -> list[str]:
        return [path.partition("CaseSyncAPI")[2].rstrip("?") for path in self.office.asked("smartadvocate")]

    def never_read(self, case: str) -> None:
        """The case is as one that was never looked at."""
        with self.office.ledger._database.writing() as connection:
            connection.execute(delete(case_readings).where(case_readings.c.case_id == case))

    def all_read_long_ago(self) -> None:
        """A day passes in which nothing happens."""
        with self.office.ledger._database.writing() as connection:
            yesterday = datetime.now(UTC) - replies.ROUND - timedelta(minutes=1)
            connection.execute(update(case_readings).values(read_at=yesterday))


@pytest.fixture(scope="module")
def outtray(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outtray]:
    """A firm in step, its relay switched on and every case read once; every test takes cases of its own."""
    home = tmp_path_factory.mktemp("replies") / "casebridge"
    with open_advocates("by-reply", home, WORLD) as office:
        office.run_now(nightly_case_sync)
        office.activate_all()
        outtray = Outtray(office)
        assert asyncio.run(message_relay(office.slug, return_state=True)).is_completed()
        assert [outtray.markers(str(number)) for number in office.seed.matter_ids] == [[]] * WORLD.matters
        assert any(note.shared for case in office.seed.matter_ids for note in office.records.notes_of(case))
        office.sandbox.controls.clock.advance(2)
        yield outtray


@pytest.fixture
def case(outtray: Outtray) -> str:
    return next(outtray.cases)


async def test_a_shared_note_reaches_the_clients_once_from_its_author(outtray: Outtray, case: str) -> None:
    note = outtray.note(case, "<p>Your hearing is on <b>Friday</b>.</p><p>Lena &amp; Sam</p>")
    for _ in range(2):
        state = await outtray.tick(message_relay)
        assert state.is_completed(), state
    [got] = outtray.got(case)
    assert got["content"] == "Your hearing is on Friday.\n\nLena & Sam"
    assert got["sender"]["email"] == outtray.attorney(case).email.strip().lower()
    assert got["external_id"] == f"smartadvocate:note:{note}"
    assert all(recipient["status"] in ("delivered", "sent") for recipient in got["recipients"])
    told = [notice.text for notice in outtray.office.portal.notices if notice.integration_id == case]
    assert told == [got["content"]], "once, in the client's own hands"
    delivery = outtray.reply(note)
    assert (delivery.state, delivery.remote_id, delivery.case_id) == (State.DELIVERED, str(got["id"]), case)


async def test_it_is_not_taken_for_a_message_of_the_portal_and_filed_back(outtray: Outtray, case: str) -> None:
    outtray.note(case)
    for _ in range(3):
        await outtray.tick(message_relay)
    [got] = outtray.got(case)
    echo = outtray.receipt("messages", f"message:{got['id']}").delivery
    assert (echo.code, echo.remote_id) == ("echo", got["external_id"])
    filed = [note for note in outtray.office.records.notes.new() if note.subject == "Case Status Message"]
    assert [note for note in filed if str(note.case_id) == case] == []


async def test_what_we_filed_ourselves_is_never_sent_back(outtray: Outtray, case: str) -> None:
    outtray.write(case, "When is my hearing?")
    await outtray.tick(message_relay)
    [ours] = [note for note in outtray.office.records.notes.new() if str(note.case_id) == case]
    outtray.office.records.edit_note(ours.id, kind="Plaintiff", shared=True)
    await outtray.tick(message_relay)
    assert outtray.got(case) == []


async def test_an_old_note_goes_out_when_it_is_ticked_and_never_again(outtray: Outtray, case: str) -> None:
    records = outtray.office.records
    year_ago = (datetime.now(UTC) - timedelta(days=365)).timestamp()
    kept, ticked = (outtray.note(case, text, shared=text == "kept", at=year_ago) for text in ("kept", "ticked"))
    outtray.never_read(case)
    await outtray.tick(message_relay, case=case)
    assert outtray.markers(case) == []
    records.edit_note(kept, text="edited, and shared as before")
    records.share_note(ticked)
    records.notes.get(ticked).modified = None  # nobody says that ticking counts as an edit
    await outtray.tick(message_relay)
    assert outtray.texts(case) == ["ticked"]
    for shared in (False, True):
        records.share_note(ticked, shared=shared)
        await outtray.tick(message_relay)
    assert outtray.texts(case) == ["ticked"]


async def test_the_relay_begins_now_unless_asked_to_begin_earlier(outtray: Outtray, case: str) -> None:
    ago = [(datetime.now(UTC) - timedelta(days=days)).timestamp() for days in (365, 3)]
    for at in ago:
        outtray.note(case, f"written at {at}", at=at)
    outtray.never_read(case)
    feed = outtray.office.ledger.feeds.of("replies", outtray.office.slug)[outtray.office.slug]
    await outtray.tick(message_relay, case=case)
    assert outtray.texts(case) == []
    outtray.office.records.update_case(int(case), status="Moved", at=ago[1])
    await outtray.tick(message_relay, since=datetime.now(UTC) - timedelta(days=4))
    assert outtray.texts(case) == [f"written at {ago[1]}"]
    with outtray.office.ledger._database.writing() as connection:  # for the other tests it begins where it began
        connection.execute(update(feeds).where(feeds.c.stream == "replies").values(begins_at=feed.begins_at))


async def test_a_note_that_does_not_move_its_case_is_found_at_a_hint_and_else_within_a_day(
    outtray: Outtray, case: str
) -> None:
    outtray.office.records.switches.note_moves_case = False
    try:
        outtray.note(case, "hinted at")
        await outtray.tick(message_relay)
        assert outtray.texts(case) == []
        await outtray.tick(message_relay, case=f"{outtray.office.sandbox.url}/smartadvocate/harrow-pike/case/{case}")
        assert outtray.texts(case) == ["hinted at"]
        outtray.note(case, "found in time")
        await outtray.tick(message_relay)
        assert outtray.texts(case) == ["hinted at"]
        outtray.all_read_long_ago()
        await outtray.tick(message_relay)
        assert outtray.texts(case) == ["hinted at", "found in time"]
    finally:
        outtray.office.records.switches.note_moves_case = True


async def test_a_quiet_tick_asks_once_and_a_busy_one_no_more_than_it_may(
    outtray: Outtray, monkeypatch: pytest.MonkeyPatch
) -> None:
    await outtray.tick(message_relay)
    outtray.office.forget_requests()
    await outtray.tick(message_relay)
    assert outtray.asked_of_smartadvocate() == ["/case/byDatePaged"]
    monkeypatch.setattr(replies, "MOST_READ", 3)
    chosen = [str(number) for number in outtray.office.seed.matter_ids][7::-1]
    now = outtray.office.sandbox.controls.clock.timestamp()
    for place, number in enumerate(chosen):
        outtray.office.records.update_case(int(number), name="Renamed", at=now + place / 100)
    read: list[str] = []
    for most in (4, 4, 3, 1):
        outtray.office.forget_requests()
        await outtray.tick(message_relay)
        asked = outtray.asked_of_smartadvocate()
        assert len(asked) == most
        read += [path.split("/")[2] for path in asked if path.endswith("/notes")]
    assert read == chosen, "each once, the oldest change first"


async def test_what_cannot_be_sent_says_why_and_holds_up_no_other_case(outtray: Outtray, case: str) -> None:
    office, spare = outtray.office, outtray.cases
    closed, silent, other, long, empty, foreign = (next(spare) for _ in range(6))
    office.portal_call("POST", f"/cases/{office.case(closed)['id']}/close", {"notify_client": False})  # type: ignore[index]
    office.portal.case_with_integration_id("smartadvocate", silent).state = PortalState.ONBOARDING
    unlinked = office.records.add_case(int(other)).id
    strangers = {user.id for user in office.seed.users} - {
        row.user_id for row in office.records.cases.get(int(foreign)).staff
    }
    notes = {
        outtray.note(closed): ("case_closed", "given_up"),
        outtray.note(silent): ("case_not_activated", "failed"),
        office.records.write_note(unlinked, "not there yet").id: ("case_not_in_portal", "reserved"),
        outtray.note(long, "word " * 1001): ("content_too_long", "given_up"),
        outtray.note(empty, "<p>&nbsp;</p><img src='x.png'>"): ("content_blank", "given_up"),
        outtray.note(foreign, user_id=min(strangers)): ("sender_not_on_case", "reserved"),
    }
    fine = outtray.note(case, "fine")
    state = await outtray.tick(message_relay)
    assert state.name == "Exceptions"
    found = {note: outtray.reply(note) for note in notes}
    assert {note: (reply.code, str(reply.state)) for note, reply in found.items()} == notes
    assert outtray.reply(fine).state is State.DELIVERED
    reasons = [reply.reason or "" for reply in found.values()]
    assert "5004 characters, and Case Status takes 5000" in reasons[3]
    assert "Send as the primary attorney" in reasons[5]


async def test_a_reply_that_is_withdrawn_while_it_waits_is_not_sent_until_it_is_shared_again(
    outtray: Outtray, case: str
) -> None:
    records, portal_case = outtray.office.records, outtray.office.portal.case_with_integration_id("smartadvocate", case)
    portal_case.state = PortalState.ONBOARDING
    note, deleted = outtray.note(case, "changed my mind"), outtray.note(case, "never mind")
    await outtray.tick(message_relay)
    records.share_note(note, shared=False)
    records.edit_note(deleted, kind="Other")
    portal_case.state = PortalState.ACTIVE
    for _ in range(2):
        outtray.make_due()
        await outtray.tick(message_relay)
    assert outtray.got(case) == []
    assert [outtray.reply(one).code for one in (note, deleted)] == ["withdrawn", "withdrawn"]
    records.edit_note(note, text="changed it back", shared=True)
    await outtray.tick(message_relay)
    outtray.settle()
    await outtray.tick(message_relay)
    assert outtray.texts(case) == ["changed it back"]


async def test_a_hidden_case_is_passed_by_and_what_was_shared_before_stays_unsent(outtray: Outtray, case: str) -> None:
    records = outtray.office.records
    outtray.note(case, "of old", at=(datetime.now(UTC) - timedelta(days=200)).timestamp())
    outtray.never_read(case)
    records.hidden_cases.add(int(case))
    state = await outtray.tick(message_relay, case=case)
    assert state.is_completed(), state
    records.hidden_cases.clear()
    await outtray.tick(message_relay, case=case)
    fresh = outtray.note(case, "new")
    await outtray.tick(message_relay)
    assert outtray.texts(case) == ["new"]
    assert outtray.reply(fresh).state is State.DELIVERED
    for nothing in ({"status": 404, "body": {}}, {"status": 200, "body": []}):
        outtray.spoil("smartadvocate", FaultKind.STATUS, "GET", f"*/case/{case}/notes", **nothing)
        await outtray.tick(message_relay, case=case)
    await outtray.tick(message_relay, case=case)
    assert outtray.markers(case) == [f"smartadvocate:note:{fresh}"], "out of sight for once is no news when it is back"


async def test_another_type_for_clients_sends_nothing_that_was_there_before(
    outtray: Outtray, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=200)).timestamp()
    outtray.note(case, "of old, and of another type", kind="Other", at=long_ago)
    outtray.never_read(case)
    await outtray.tick(message_relay, case=case)
    monkeypatch.setattr(SmartAdvocateReplies, "told_by", "Other")
    monkeypatch.setattr(SmartAdvocateReplies, "_is_for_clients", lambda _, flags: flags.note_type_name == "Other")
    await outtray.tick(message_relay, case=case)
    assert outtray.markers(case) == []
    outtray.note(case, "of the new type", kind="Other")
    await outtray.tick(message_relay)
    assert outtray.texts(case) == ["of the new type"]


async def test_a_lost_answer_is_looked_up_and_never_sent_again(outtray: Outtray, case: str) -> None:
    note = outtray.note(case, "only once")
    outtray.spoil("casestatus", FaultKind.CUT_AFTER, "POST", SENDING)
    state = await outtray.tick(message_relay)
    assert "found after a lost answer" in (state.message or "")
    assert outtray.texts(case) == ["only once"]
    steps = outtray.receipt("replies", f"smartadvocate:note:{note}").steps
    assert [step.state for step in steps] == [State.RESERVED, State.CALLING, State.UNKNOWN, State.DELIVERED]
    outtray.spoil("casestatus", FaultKind.CUT_BEFORE, "POST", SENDING)
    outtray.note(case, "twice on its way")
    await outtray.tick(message_relay)
    assert outtray.texts(case) == ["only once"], "not found, but the portal may still be at it"
    outtray.settle()
    await outtray.tick(message_relay)
    assert outtray.texts(case) == ["only once", "twice on its way"]


async def test_a_receipt_says_what_was_sent_to_whom(outtray: Outtray, case: str) -> None:
    note = outtray.note(case, "Please confirm.")
    await outtray.tick(message_relay)
    [got] = outtray.got(case)
    state = await outtray.tick(delivery_receipt, item=str(note), stream="replies")
    facts = await state.result()
    assert (facts["record"], facts["marker"], facts["case"]) == (str(got["id"]), got["external_id"], case)
    assert "Please confirm." not in str(facts)
    assert f"sent to the clients of case {case} as message {got['id']}" in (state.message or "")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"firm": None, "case": "7"}, "case= is for one firm"),
        ({"case": "24-00012"}, "neither the id of a case nor"),
        ({"case": "https://elsewhere.example/case/7"}, "elsewhere.example"),
    ],
)
async def test_a_hint_that_names_no_case_is_refused(outtray: Outtray, asked: dict[str, Any], said: str) -> None:
    state = await outtray.tick(message_relay, **asked)
    assert (state.name, said in (state.message or "")) == ("BadInput", True), state


async def test_a_firm_says_whether_replies_go_out_and_from_whom(
    outtray: Outtray, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"relay_replies": False, "replies_as_attorney": True}

    async def load(slug: str) -> Firm:
        return (await load_firm(slug)).model_copy(update=settings)  # saving a block takes seconds

    monkeypatch.setattr(fleet, "load_firm", load)
    stranger = next(user for user in outtray.office.seed.users if user.email not in str(outtray.office.case(case)))
    note = outtray.note(case, "From somebody else.", user_id=stranger.id)
    outtray.office.forget_requests()
    state = await outtray.tick(message_relay)
    assert (state.name, outtray.asked_of_smartadvocate()) == ("Completed", [])
    refused = await outtray.tick(message_relay, case=case)
    assert (refused.name, "switched that off" in (refused.message or "")) == ("BadInput", True)
    settings["relay_replies"] = True
    await outtray.tick(message_relay)
    [got] = outtray.got(case)
    assert got["sender"]["email"] == outtray.attorney(case).email.strip().lower()
    assert "primary attorney" in (outtray.receipt("replies", outtray.reply(note).marker).steps[-1].note or "")
