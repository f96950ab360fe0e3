"""Writing to a case's clients over a real socket: once under an external id, from its author or the primary attorney."""

import httpx
import pytest

from connectors.errors import AnswerLost, FixData, NotFound
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.clients import portal_client
from tests.connectors.mailroom import KEY, TWO_CLIENTS, Mailroom

NOTE = "smartadvocate:note:771204"
SEND = "/v1/api/cases/*/messages"


@pytest.fixture(scope="module")
def served():
    with SandboxServer(WorldOptions(matters=3), limits_on=False) as server:
        yield server


@pytest.fixture
def room(served):
    served.reset()
    return Mailroom(served)


@pytest.fixture
async def portal(room):
    client = portal_client(room.server, KEY)
    yield client
    await client.close()


@pytest.fixture
def case(room):
    """An active case of two clients, as the sandbox keeps it."""
    httpx.post(f"{room.server.url}/__sandbox__/casestatus/firms/fixture-one/activate", json={}).raise_for_status()
    return room.firm.case_with_integration_id("clio", TWO_CLIENTS)


async def test_a_message_reaches_every_client_from_its_author(room, portal, case):
    [author] = case.paralegals or [case.attorney]
    sent = await portal.send_message(
        case.id, "Your ER bill is in.", external_id=NOTE, sender_email=author.email.upper()
    )
    [kept] = room.firm.messages_of(case)
    assert (str(kept.id), kept.content, kept.sender["id"]) == (sent.id, "Your ER bill is in.", author.id)
    assert (sent.external_id, sent.sender.email) == (NOTE, author.email)
    assert set(sent.recipients) == {link.client.id for link in case.links}


async def test_without_an_author_it_is_from_the_primary_attorney(portal, case):
    sent = await portal.send_message(case.id, "Hello", external_id=NOTE, sender_email=None)
    assert sent.sender.email == case.attorney.email


async def test_under_one_external_id_there_is_one_message_whatever_it_says(room, portal, case):
    first = await portal.send_message(case.id, "Hello", external_id=NOTE, sender_email=None)
    again = await portal.send_message(case.id, "Hello", external_id=NOTE, sender_email=None)
    assert (again.id, len(room.firm.messages_of(case))) == (first.id, 1)
    with pytest.raises(FixData) as caught:
        await portal.send_message(case.id, "Other words", external_id=NOTE, sender_email=None)
    assert [problem.code for problem in caught.value.problems] == ["idempotency_key_reused"]
    assert len(room.firm.messages_of(case)) == 1


async def test_a_lost_answer_is_not_repeated_and_found_by_its_external_id(room, portal, case):
    for number in range(120):
        room.write(f"before {number}")
    assert await portal.find_message(case.id, NOTE) is None
    room.server.controls.faults.add(FaultRule("casestatus", FaultKind.CUT_AFTER, "POST", SEND))
    with pytest.raises(AnswerLost):
        await portal.send_message(case.id, "Hello", external_id=NOTE, sender_email=None)
    assert room.asked("casestatus", "POST /v1/api/cases/{id}/messages") == 1
    found = await portal.find_message(case.id, NOTE)
    assert found is not None
    assert (found.content, found.external_id) == ("Hello", NOTE)


@pytest.mark.parametrize(
    ("content", "sender", "code"),
    [
        ("Hello", "nobody@firm.example", "sender_not_on_case"),
        ("x" * 5001, None, "content_too_long"),
        (" \n", None, "content_blank"),
    ],
)
async def test_refusals_name_what_is_wrong_and_send_nothing(room, portal, case, content, sender, code):
    with pytest.raises(FixData) as caught:
        await portal.send_message(case.id, content, external_id=NOTE, sender_email=sender)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert room.firm.messages_of(case) == []


async def test_a_case_that_is_not_activated_takes_none(room, portal):
    case = room.firm.case_with_integration_id("clio", TWO_CLIENTS)
    with pytest.raises(FixData) as caught:
        await portal.send_message(case.id, "Hello", external_id=NOTE, sender_email=None)
    assert [problem.code for problem in caught.value.problems] == ["case_not_activated"]


async def test_a_case_that_is_closed_or_not_there_takes_none(portal, case):
    await portal.close_case(case.id, notify_client=False)
    with pytest.raises(FixData) as caught:
        await portal.send_message(case.id, "Hello", external_id=NOTE, sender_email=None)
    assert [problem.code for problem in caught.value.problems] == ["case_closed"]
    for ask in (portal.send_message(999_999_999, "Hello", external_id=NOTE, sender_email=None),
                portal.find_message(999_999_999, NOTE)):  # fmt: skip
        with pytest.raises(NotFound):
            await ask
