"""What is reserved of a page of messages: everything new once, edits as such, echoes as delivered, rules' own by choice."""

import dataclasses
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.letters import content_digest, edit_marker
from domain.relay import Message, MessageKind, PortalPlace
from ledger import Delivery, Reservation, State
from tasks.relay.messages import _from, reservations
from tests.tasks.relayed import NOON, message


def reserved(
    *messages: Message, known: dict[str, str | None] | None = None, automatic: bool = False
) -> list[Reservation]:
    return reservations(messages, known or {}, system="clio", keep_automatic=automatic)


def after(*messages: Message) -> dict[str, str | None]:
    """What is known once these are reserved."""
    return {one.marker: one.digest for one in reserved(*messages, automatic=True)}


def delivery(reservation: Reservation) -> Delivery:
    """As it comes back from the ledger: through JSON."""
    return Delivery(
        id=1, firm="f", stream="messages", marker=reservation.marker, case_id=reservation.case_id, lane="",
        occurred_at=NOON, waiting_since=NOON, payload=orjson.loads(orjson.dumps(reservation.payload)),
        digest=reservation.digest, state=State.RESERVED, held=False, code=None, reason=None, fence=0, owner=None,
        due_at=None, tries=0, remote_id=None, reserved_at=NOON, changed_at=NOON, ended_at=None,
    )  # fmt: skip


def test_a_new_message_is_reserved_whole() -> None:
    [one] = reserved(message(7))
    assert (one.marker, one.case_id, one.occurred_at, one.lane) == ("message:7", "1480021", NOON, None)
    assert (one.digest, one.echo_of) == (content_digest("On Friday."), None)
    assert _from(delivery(one)) == (message(7), False)


def test_one_that_is_known_is_not_reserved_again() -> None:
    assert reserved(message(7), known=after(message(7))) == []
    touched = message(7, updated_at=NOON + timedelta(days=1), recipients=(1,))
    assert reserved(touched, known=after(message(7))) == [], "a receipt or a read mark is no edit"


def test_an_edit_is_reserved_as_one_at_its_own_instant() -> None:
    edited = message(7, "On Monday.")
    [one] = reserved(edited, known=after(message(7)))
    assert one.marker == edit_marker(edited)
    assert one.occurred_at == edited.updated_at
    assert one.digest == content_digest("On Monday.")
    assert _from(delivery(one)) == (edited, True)


def test_an_edit_before_the_first_reading_is_simply_the_message() -> None:
    [one] = reserved(message(7, "On Monday."))
    assert (one.marker, one.payload["edited"]) == ("message:7", False)


def test_going_back_to_an_earlier_wording_is_an_edit_too() -> None:
    later = [NOON + timedelta(minutes=minute) for minute in (1, 2)]
    [first] = reserved(message(7, "On Monday.", updated_at=later[0]), known=after(message(7)))
    assert first.revises == ("message:7", content_digest("On Friday."))
    [back] = reserved(message(7, updated_at=later[1]), known={"message:7": first.digest})
    assert back.revises == ("message:7", content_digest("On Monday."))
    assert back.marker != first.marker
    assert reserved(message(7, updated_at=later[1]), known={"message:7": back.digest}) == []


def test_what_was_reserved_without_a_digest_is_not_taken_for_edited() -> None:
    assert reserved(message(7), known={"message:7": None}) == []


def test_an_echo_is_on_record_and_its_edit_is_none_of_ours() -> None:
    echo = message(7, external_id="clio:660145")
    [one] = reserved(echo)
    assert one.echo_of == "clio:660145"
    assert reserved(dataclasses.replace(echo, content="On Monday."), known=after(echo)) == []


@pytest.mark.parametrize(
    "external_id", [None, "", "casepeer:note:99120", "clio", "clionote:1", "CLIO:1", " clio:1", "x"]
)
def test_what_carries_no_mark_of_the_case_system_is_no_echo(external_id: str | None) -> None:
    [one] = reserved(message(7, external_id=external_id))
    assert one.echo_of is None


def test_a_quotation_of_a_mark_is_no_echo() -> None:
    """RELIABILITY.md row 17: what counts is where it came from, not what it says."""
    [one] = reserved(message(7, "> clio:660145\n> message:7\nI agree."))
    assert one.echo_of is None


@pytest.mark.parametrize("kind", list(MessageKind))
def test_messages_of_rules_are_left_out_unless_asked_for(kind: MessageKind) -> None:
    automatic = kind in (MessageKind.AUTOMATION, MessageKind.SYSTEM)
    assert len(reserved(message(7, kind=kind))) == (0 if automatic else 1)
    assert len(reserved(message(7, kind=kind), automatic=True)) == 1
    edited = message(7, "Other words.", kind=kind)
    assert len(reserved(edited, known=after(message(7, kind=kind)))) == (0 if automatic else 1)


@pytest.mark.parametrize("integration_id", [None, ""])
def test_a_case_without_a_link_is_called_by_the_portals_number(integration_id: str | None) -> None:
    [one] = reserved(message(7, place=PortalPlace(88017, integration_id)))
    assert one.case_id == "portal:88017"


some = st.builds(
    message,
    number=st.integers(1, 4),
    content=st.sampled_from(["a", "b", "", "\0", "😀"]),
    kind=st.sampled_from(MessageKind),
    external_id=st.sampled_from([None, "clio:1", "other:1"]),
)


@given(st.lists(some, max_size=8), st.booleans())
def test_reading_again_finds_nothing_new(messages: list[Message], keep: bool) -> None:  # noqa: FBT001 - hypothesis gives it by position
    """Whatever comes twice, overlapping pages and sweeps included, is reserved once: as it is now."""
    known: dict[str, str | None] = {}
    for one in messages:
        for reservation in reservations((one,), known, system="clio", keep_automatic=keep):
            known[reservation.revises[0] if reservation.revises else reservation.marker] = reservation.digest
        if not one.external_id:
            assert reservations((one,), known, system="clio", keep_automatic=keep) == []
