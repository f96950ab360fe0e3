"""Notes for clients over a real socket: of the firm's type and shared, readable, never our own; and where to look for them."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Misconfigured, NotFound, UnexpectedAnswer
from connectors.smartadvocate import NOTE_TYPE, SmartAdvocateReplies
from domain.relay import Correspondent, PartyKind
from sandbox.faults import FaultKind
from sandbox.smartadvocate.rendering import note_json
from tests.connectors.casefile import NOTES, Casefile
from tests.connectors.clients import smartadvocate_client


class Outbox:
    """One case of the firm; its seeded notes do not count."""

    def __init__(self, casefile: Casefile, note_type: str = NOTE_TYPE, username: str = "hub_admin") -> None:
        self.firm, self.case = casefile.records, casefile.case
        self.client = smartadvocate_client(casefile.server, username)
        self.replies = SmartAdvocateReplies(self.client, note_type)
        self.seeded = {f"note:{note.id}" for note in self.firm.notes_of(int(self.case))}

    def write(self, text: str, **more):
        return self.firm.write_note(int(self.case), text, **more)

    async def read(self):
        found = await self.replies.of_case(self.case)
        return [reply for reply in found.items if reply.id not in self.seeded]


@pytest.fixture
async def outbox(casefile):
    outbox = Outbox(casefile)
    yield outbox
    await outbox.replies.close()


async def test_a_shared_note_of_the_type_is_for_the_clients_and_reads_as_text(outbox):
    note = outbox.write("<p>Please send the <strong>ER bill</strong>.</p><p>Sam &amp; Lena</p>")
    [reply] = await outbox.read()
    staff = outbox.firm.cases.get(int(outbox.case)).staff[0]
    assert (reply.id, reply.case_id) == (f"note:{note.id}", outbox.case)
    assert reply.content == "Please send the ER bill.\n\nSam & Lena"
    assert reply.author == Correspondent(PartyKind.STAFF, str(staff.user_id), f"{staff.last_name}, {staff.first_name}")
    assert abs(reply.written_at - datetime.now(UTC)) < timedelta(seconds=5)
    assert reply.edited_at is None


async def test_nothing_else_on_the_case_is(outbox):
    outbox.write("not shared", shared=False)
    outbox.write("of another type", kind="Case")
    later = outbox.write("<b>shared later</b>", shared=False)
    assert await outbox.read() == []
    outbox.firm.share_note(later.id)
    [reply] = await outbox.read()
    assert reply.content == "shared later"
    assert reply.edited_at is not None
    assert reply.edited_at >= reply.written_at
    outbox.firm.share_note(later.id, shared=False)
    assert await outbox.read() == []


async def test_our_own_notes_are_never_for_the_clients_whatever_is_done_to_them(casefile, outbox):
    for marker in ("message:1", "message:2"):
        await casefile.files.file_letter(casefile.letter(marker))
    first, second = outbox.firm.notes.new()
    outbox.firm.edit_note(first.id, kind="Plaintiff", shared=True, text="the marker is gone")
    outbox.firm.edit_note(second.id, kind="Plaintiff", shared=True, subject="so is the subject")
    assert await outbox.read() == []


async def test_the_type_is_the_firms_own(casefile):
    outbox = Outbox(casefile, " Call[ed] ")
    outbox.write("of the usual type")
    outbox.write("of the firm's", kind="Call[ed]")
    assert [reply.content for reply in await outbox.read()] == ["of the firm's"]
    await outbox.replies.close()


async def test_a_type_that_the_firm_does_not_have_is_told_of(casefile, outbox):
    await outbox.replies.check()
    wrong = Outbox(casefile, "Claimant")
    with pytest.raises(Misconfigured, match=r"no note type “Claimant”.*\*Note type for clients\*.*“Plaintiff”"):
        await wrong.replies.check()
    await wrong.replies.close()


async def test_replies_come_in_the_order_in_which_they_were_written(outbox):
    outbox.firm.switches.local_offsets = True
    now = datetime.now(UTC).timestamp()
    for age in (30, 5_000, 90_000):
        outbox.write(f"{age} seconds ago", at=now - age)
    assert [reply.content for reply in await outbox.read()] == [
        "90000 seconds ago",
        "5000 seconds ago",
        "30 seconds ago",
    ]


async def test_changed_cases_are_told_with_their_own_dates(outbox):
    since = datetime.now(UTC) - timedelta(seconds=1)
    pages = [page async for page in outbox.replies.changed(since)]
    assert [page.changed for page in pages] == [{}]
    assert pages[0].newest is None
    assert abs(pages[0].at - datetime.now(UTC)) < timedelta(seconds=3)
    outbox.write("<p>Hello</p>")
    [page] = [page async for page in outbox.replies.changed(since)]
    assert list(page.changed) == [outbox.case]
    assert page.newest == page.changed[outbox.case] > since


async def test_the_author_is_found_among_the_staff_of_the_case_in_any_role(outbox):
    user = outbox.firm.seed.users[-1]
    outbox.firm.update_case(int(outbox.case), staff=[(user.id, "Intake Clerk")])
    author = Correspondent(PartyKind.STAFF, str(user.id))
    assert await outbox.replies.author_email(outbox.case, author) == user.email.lower()
    assert await outbox.replies.author_email(outbox.case, Correspondent(PartyKind.STAFF, "4711")) is None
    assert await outbox.replies.author_email(outbox.case, Correspondent(PartyKind.STAFF, "")) is None


async def test_a_case_without_notes_has_none_and_a_hidden_one_is_not_found(outbox):
    outbox.firm.switches.none_is_404 = True
    other = outbox.firm.add_case(int(outbox.case))
    assert (await outbox.replies.of_case(str(other.id))).items == ()
    outbox.firm.hidden_cases.add(other.id)
    with pytest.raises(NotFound):
        await outbox.replies.of_case(str(other.id))


async def test_a_note_for_clients_that_nobody_can_read_is_told_and_keeps_no_other_back(casefile, outbox):
    rows = [note_json(outbox.firm, outbox.write(text)) for text in ("readable", "<b>unreadable</b>")]
    del rows[1]["createdDate"]
    casefile.spoil(FaultKind.STATUS, "GET", NOTES, status=200, body=rows)
    found = await outbox.replies.of_case(outbox.case)
    assert [reply.content for reply in found.items] == ["readable"]
    assert [trouble.integration_id for trouble in found.unreadable] == [str(rows[1]["noteID"])]
    assert "createddate" in found.unreadable[0].sentence


async def test_notes_that_do_not_say_whether_they_are_shared_are_no_notes_we_know(casefile, outbox):
    rows = [{"noteID": 1, "noteTypeName": "Plaintiff", "noteText": "x"}]
    casefile.spoil(FaultKind.STATUS, "GET", NOTES, status=200, body=rows)
    with pytest.raises(UnexpectedAnswer, match="issharedincp"):
        await outbox.replies.of_case(outbox.case)
