"""CASEpeer's outbox over a real socket: what waits there comes once and in order, and what became of it is told for good."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.casepeer import CasePeerOutbox, lists
from connectors.errors import FixData, LogInAgain, NotPermitted, Unavailable, UnexpectedAnswer
from connectors.ports import Outbox
from domain.outbox import QueuedMessage, queue_marker
from sandbox.casepeer.rendering import message_json
from sandbox.faults import FaultKind, FaultRule
from sandbox.testing import SandboxServer
from tests.connectors.clients import casepeer_client
from tests.connectors.fakes import json_answer
from tests.connectors.reading import asked
from tests.connectors.test_casepeer import speaking
from tests.connectors.test_drift import GONE, SUBSTITUTES, spoiled

QUEUE, ACK = "/case-status/outbox/", "/case-status/outbox/{id}/ack/"
ROW = {
    "id": 3301,
    "case_id": 41873,
    "message": "Your MRI is booked.",
    "author_id": 10431,
    "send_as": "rpike@harrowpike.example",
    "state": "queued",
    "created": "2031-02-03T09:58:41-05:00",
}


class Tray:
    """A firm's people hand in messages; its outbox as we see it."""

    def __init__(self, server: SandboxServer) -> None:
        server.reset()
        self.firm, self.faults = server.casepeer.firms["harrow-pike"], server.controls.faults
        self.client = casepeer_client(server)
        self.outbox = CasePeerOutbox(self.client)
        self.case = self.firm.cases.ids()[0]

    def hand_in(self, text: str = "Your MRI is booked.", **more):
        return self.firm.queue_message(more.pop("case", self.case), text, **more)

    def spoil(self, kind: FaultKind, path: str, **more) -> None:
        self.faults.add(FaultRule("casepeer", kind, path=f"*{path}", **more))

    async def texts(self) -> list[str]:
        return [message.content for message in (await self.outbox.queued()).items]


@pytest.fixture
async def tray(small):
    tray = Tray(small)
    yield tray
    await tray.outbox.close()


async def saying(*answers):
    """What an outbox makes of these answers, one a request."""
    left = list(answers)
    client = speaking(lambda _: json_answer(left.pop(0)))
    try:
        return await CasePeerOutbox(client).queued()
    finally:
        await client.close()


def queue(*rows, **envelope):
    return {"results": list(rows), "next": None, "count": len(rows)} | envelope


def test_it_is_an_outbox_and_its_messages_have_markers(tray: Tray) -> None:
    out: Outbox = tray.outbox
    assert isinstance(out, Outbox)
    assert (out.system, queue_marker(QueuedMessage("3301", "7", "", "", datetime.now(UTC)), "casepeer")) == (
        "casepeer",
        "casepeer:outbox:3301",
    )


# What waits.


async def test_what_waits_comes_as_it_was_typed(tray: Tray) -> None:
    text = "  <b>MRI</b> & bill \n\n“10:30” 📎 שלום\t"
    handed_in = tray.hand_in(text)
    [message] = (await tray.outbox.queued()).items
    assert (message.id, message.case_id, message.content) == (str(handed_in.id), str(tray.case), text)
    assert message.author_id == str(handed_in.author_id)
    assert abs(message.written_at - datetime.now(UTC)) < timedelta(seconds=5)


async def test_an_empty_queue_costs_one_request_and_so_does_a_check(tray: Tray) -> None:
    assert (await tray.outbox.queued()).items == ()
    await tray.outbox.check()
    assert (tray.outbox.counts.total, asked(tray.client, f"GET {QUEUE}")) == (2, 2)


async def test_all_pages_come_each_message_once_in_the_order_of_writing(
    tray: Tray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 4)
    now = int(datetime.now(UTC).timestamp())
    ages = [*range(10, 0, -1), 5, 5]
    for number, age in enumerate(ages):
        tray.hand_in(f"message {number}", at=now - age)
    in_order = sorted(range(len(ages)), key=lambda number: (-ages[number], number))
    assert await tray.texts() == [f"message {number}" for number in in_order]
    assert tray.client.counts.total == 3


@pytest.mark.parametrize("at_a_time", [1, 2, 3])
async def test_a_row_that_slips_past_a_page_is_not_left_out(
    tray: Tray, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    """Somebody settles the first ones while the pages are read: all later ones move forward."""
    monkeypatch.setattr(lists, "PAGE", 4)
    handed_in = [tray.hand_in(f"message {number}") for number in range(20)]
    read, left = lists._page, list(handed_in[:12])

    async def page(*given):
        found = await read(*given)
        for _ in range(min(at_a_time, len(left))):
            left.pop(0).state = "sent"
        return found

    monkeypatch.setattr(lists, "_page", page)
    texts = await tray.texts()
    assert set(texts) >= {message.text for message in handed_in[12:]}
    assert len(set(texts)) == len(texts)


async def test_a_queue_that_never_comes_to_rest_is_left_to_the_next_tick(
    tray: Tray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    read = lists._page

    async def page(*given):
        found = await read(*given)
        tray.hand_in("one more")
        return lists.Rows(found.rows, found.more, (found.total or 0) + 1)

    monkeypatch.setattr(lists, "_page", page)
    with pytest.raises(Unavailable, match="changed again and again"):
        await tray.texts()


async def test_a_bare_array_is_the_whole_queue() -> None:
    assert [message.id for message in (await saying([ROW])).items] == ["3301"]


async def test_what_does_not_wait_was_not_asked_for() -> None:
    """A filter that is not heeded would bring what was sent for years."""
    with pytest.raises(UnexpectedAnswer, match="not asked for"):
        await saying(queue(ROW, ROW | {"id": 3302, "state": "sent"}))


@pytest.mark.parametrize("field", [name for name in ROW if name != "send_as"])
async def test_a_row_that_nobody_can_read_is_told_and_keeps_no_other_back(field: str) -> None:
    for value in SUBSTITUTES:
        try:
            found = await saying(queue(ROW | {"id": 3300}, spoiled(ROW, (field,), value)))
        except UnexpectedAnswer:
            assert field == "state"
            continue
        assert found.items[0].id == "3300" or len(found.items) == 2
        for trouble in found.unreadable:
            assert (trouble.field, trouble.integration_id in ("3301", "")) == (field, True)
        if value is GONE:
            assert found.unreadable


async def test_rows_without_a_number_are_told_each() -> None:
    found = await saying(queue({"message": "a"}, {"message": "b"}, None))
    assert (found.items, len(found.unreadable)) == ((), 3)


# What became of it.


async def test_a_message_that_was_sent_leaves_the_queue_and_may_be_told_again(tray: Tray) -> None:
    message = tray.hand_in()
    for _ in range(2):
        assert await tray.outbox.sent(str(message.id), "550812")
    assert (message.state, message.remote_id, message.error) == ("sent", "550812", None)
    assert await tray.texts() == []


async def test_a_message_that_failed_says_why_however_long_that_is(tray: Tray) -> None:
    short, long = tray.hand_in(), tray.hand_in()
    for _ in range(2):
        assert await tray.outbox.failed(str(short.id), "The case is closed.")
        assert await tray.outbox.failed(str(long.id), "why " * 400)
    assert message_json(tray.firm, short)["error"] == "The case is closed."
    assert (len(long.error or ""), (long.error or "")[-1]) == (1000, "…")


async def test_what_was_settled_otherwise_or_is_gone_stays_as_it_is(tray: Tray) -> None:
    message = tray.hand_in()
    await tray.outbox.failed(str(message.id), "The case is closed.")
    assert not await tray.outbox.sent(str(message.id), "550812")
    assert not await tray.outbox.failed(str(message.id), "Another reason.")
    assert not await tray.outbox.sent("999999", "550812")
    assert not await tray.outbox.sent("../../../case/7", "550812"), "a number is never a way"
    assert (message.state, message.error) == ("failed", "The case is closed.")


async def test_an_acknowledgement_that_is_refused_says_so(tray: Tray) -> None:
    message = tray.hand_in()
    with pytest.raises(FixData, match="remote_id"):
        await tray.outbox.sent(str(message.id), " ")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (FaultKind.CUT_AFTER, {}),
        (FaultKind.CUT_BEFORE, {}),
        (FaultKind.TRUNCATED_JSON, {}),
        (FaultKind.HTML, {"status": 502}),
        (FaultKind.HTML, {"status": 503, "after_work": True}),
        (FaultKind.STATUS, {"status": 429, "headers": {"Retry-After": "0"}}),
    ],
)
async def test_what_passes_is_waited_for_and_a_lost_answer_does_no_harm(tray: Tray, kind: FaultKind, more) -> None:
    message = tray.hand_in()
    tray.spoil(kind, "/outbox/", **more)
    assert await tray.texts() == ["Your MRI is booked."]
    tray.spoil(kind, "/ack/", **more)
    assert await tray.outbox.sent(str(message.id), "550812")
    assert (message.state, message.remote_id) == ("sent", "550812")
    assert asked(tray.client, f"POST {ACK}") == 2


# Who is let in.


@pytest.mark.parametrize("way", ["redirect", "page"])
async def test_a_login_page_in_the_place_of_an_answer(tray: Tray, way) -> None:
    message = tray.hand_in()
    tray.firm.switches.login_page = way
    for ask in (tray.outbox.queued(), tray.outbox.check(), tray.outbox.sent(str(message.id), "550812")):
        with pytest.raises(LogInAgain, match="Account Settings › Integrations › Case Status › Manage"):
            await ask
    assert message.state == "queued"


async def test_each_view_may_be_closed_to_the_key(tray: Tray) -> None:
    message = tray.hand_in()
    tray.firm.keys.integration.denied = {"case-status/outbox/*/ack"}
    assert await tray.texts() == ["Your MRI is booked."]
    with pytest.raises(NotPermitted, match="case-status/outbox/"):
        await tray.outbox.sent(str(message.id), "550812")
    tray.firm.keys.integration.denied = {"case-status/outbox"}
    for ask in (tray.outbox.queued(), tray.outbox.check()):
        with pytest.raises(NotPermitted, match="case-status/outbox"):
            await ask


async def test_neither_key_nor_words_are_in_any_log(tray: Tray, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    message = tray.hand_in("the settlement is 48,000")
    await tray.outbox.queued()
    await tray.outbox.failed(str(message.id), "The case is closed.")
    assert f"POST {ACK}" in caplog.text
    assert tray.firm.keys.integration.value not in caplog.text
    assert "48,000" not in caplog.text


async def test_what_is_no_list_is_said() -> None:
    with pytest.raises(UnexpectedAnswer, match="without results"):
        await saying({"results": None})
