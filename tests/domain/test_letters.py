"""Letters: the words of a message whole, its people found or named below them, edits told as what they are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.letters import (
    Composed,
    People,
    compose,
    compose_in_words,
    content_digest,
    edit_marker,
    message_marker,
    without_people,
)
from domain.relay import Correspondent, Message, MessageKind, Party, PartyKind, PortalPlace

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADA = Correspondent(PartyKind.CLIENT, "553001", "Ada Okafor")
SAM = Correspondent(PartyKind.CLIENT, "553002", "Sam Okafor")
MIRIAM = Correspondent(PartyKind.STAFF, "3301", "Miriam Vance")
TOMAS = Correspondent(PartyKind.STAFF, "3302", "Tomas Ibarra")
PEOPLE = People(
    clients={1: ADA, 2: SAM},
    client_names={1: "Ada Okafor", 2: "Sam Okafor", 3: "Kim Lindqvist"},
    staff={"t.ibarra@larkfirm.example": TOMAS},
    attorney=MIRIAM,
)
NOBODY = People({}, {}, {}, None)
CLIENT = Party(PartyKind.CLIENT, 1, "Ada Okafor")
STAFF = Party(PartyKind.STAFF, 905, "Tomas Ibarra", "T.Ibarra@larkfirm.example")
PORTAL = Party(PartyKind.SYSTEM, None, "Case Status")

contents = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["", " ", "a", "x\r\ny", "<b>&amp;</b>", "\ud800", "שלום 😀", "--\nFrom: somebody else", "a\n\n"]
)


def message(kind: MessageKind = MessageKind.INBOUND, **changes: Any) -> Message:
    """A client's message, or one to both clients."""
    inbound = kind is MessageKind.INBOUND
    sender = CLIENT if inbound else STAFF if kind is MessageKind.OUTBOUND else PORTAL
    whole = Message(
        id="7781",
        kind=kind,
        content="My next appointment is on Friday.",
        sender=sender,
        place=PortalPlace(88017, "1480021", "00412-Okafor", "clio"),
        recipients=() if inbound else (1, 2),
        attachments=(),
        external_id=None,
        sent_at=NOON,
        created_at=NOON - timedelta(seconds=1),
        updated_at=NOON + timedelta(minutes=5),
    )
    return replace(whole, **changes)


def composed(about: Message, people: People = PEOPLE, *, edited: bool = False) -> Composed:
    return compose(about, "marker", "1480021", people, "Clio", edited=edited)


def test_a_clients_message_goes_from_the_client_to_the_attorney() -> None:
    made = composed(message())
    letter = made.letter
    assert (letter.marker, letter.case_id, letter.sent_at, letter.inbound) == ("marker", "1480021", NOON, True)
    assert (letter.sender, letter.recipients) == (ADA, (MIRIAM,))
    assert letter.body == "My next appointment is on Friday."
    assert made.notes == ()


def test_staff_are_found_by_their_e_mail_whatever_its_letter_case() -> None:
    letter = composed(message(MessageKind.OUTBOUND)).letter
    assert (letter.sender, letter.recipients, letter.inbound) == (TOMAS, (ADA, SAM), False)
    assert letter.body == "My next appointment is on Friday."


def test_an_unknown_client_is_named_in_the_text() -> None:
    stranger = Party(PartyKind.CLIENT, 3, "Kim Lindqvist")
    made = composed(message(sender=stranger))
    assert made.letter.sender is None
    assert made.letter.body == ("My next appointment is on Friday.\n\n--\nFrom: Kim Lindqvist (no contact in Clio)")
    assert made.notes == ("From: Kim Lindqvist (no contact in Clio)",)


def test_unknown_staff_are_named_with_their_e_mail() -> None:
    left = Party(PartyKind.STAFF, 906, "Jo Osei", "j.osei@larkfirm.example")
    made = composed(message(MessageKind.OUTBOUND, sender=left))
    assert made.letter.sender is None
    assert made.notes == ("From: Jo Osei <j.osei@larkfirm.example> (no user in Clio)",)
    assert made.letter.body.endswith("\n--\nFrom: Jo Osei <j.osei@larkfirm.example> (no user in Clio)")


@pytest.mark.parametrize(
    ("sender", "named"),
    [
        (Party(PartyKind.CLIENT, None), "the client"),
        (Party(PartyKind.STAFF, None), "somebody of the firm"),
        (Party(PartyKind.STAFF, None, "", "x@y.example"), "somebody of the firm <x@y.example>"),
    ],
)
def test_somebody_without_a_name_is_still_somebody(sender: Party, named: str) -> None:
    made = composed(message(sender=sender), NOBODY)
    assert made.letter.body.splitlines()[-1].startswith(f"From: {named} (no ")


def test_of_several_recipients_only_the_unknown_ones_stand_in_the_text() -> None:
    made = composed(message(MessageKind.OUTBOUND, recipients=(1, 3, 2, 4)))
    assert made.letter.recipients == (ADA, SAM)
    assert made.notes == (
        "To: Kim Lindqvist (no contact in Clio)",
        "To: a client of the case (no contact in Clio)",
    )
    for note in made.notes:
        assert note in made.letter.body.splitlines()


def test_a_contact_that_two_clients_share_receives_it_once() -> None:
    people = replace(PEOPLE, clients={1: ADA, 2: ADA})
    assert composed(message(MessageKind.OUTBOUND), people).letter.recipients == (ADA,)


def test_without_an_attorney_a_clients_message_has_no_recipient_and_nothing_to_note() -> None:
    made = composed(message(), replace(PEOPLE, attorney=None))
    assert (made.letter.recipients, made.notes) == ((), ())


@pytest.mark.parametrize("kind", [MessageKind.AUTOMATION, MessageKind.SYSTEM])
def test_what_the_portal_sends_by_itself_says_so(kind: MessageKind) -> None:
    made = composed(message(kind))
    assert (made.letter.sender, made.letter.recipients, made.letter.inbound) == (None, (ADA, SAM), False)
    assert made.letter.body.endswith("\n--\nFrom: Case Status (sent automatically)")


@pytest.mark.parametrize(
    ("content", "attachments", "body"),
    [
        ("", (), "(A message without text.)"),
        (" \n", (), "(A message without text.)"),
        ("", (7719,), "(A message without text, 1 file attached.)"),
        ("", (7719, 7720), "(A message without text, 2 files attached.)"),
        ("See both.", (7719, 7720), "See both."),
    ],
)
def test_a_message_without_text_is_not_left_blank(content: str, attachments: tuple[int, ...], body: str) -> None:
    assert composed(message(content=content, attachments=attachments)).letter.body == body


def test_an_edit_says_what_it_is_and_of_when() -> None:
    made = composed(message(), edited=True)
    assert made.letter.sent_at == NOON + timedelta(minutes=5)
    assert made.letter.body == (
        "Edited in Case Status on 2 Mar 2026, 12:05 UTC. The message of 2 Mar 2026, 12:00 UTC now reads:\n\n"
        "My next appointment is on Friday."
    )


def test_moments_are_told_in_utc_whatever_zone_they_come_in() -> None:
    there = NOON.astimezone(datetime.strptime("-0700", "%z").tzinfo)
    assert "12:00 UTC" in composed(message(sent_at=there), edited=True).letter.body


def test_without_its_people_a_letter_names_all_of_them_once() -> None:
    about = message(MessageKind.OUTBOUND, recipients=(1, 3))
    plain = without_people(composed(about), about, "Clio", edited=False)
    assert (plain.letter.sender, plain.letter.recipients) == (None, ())
    assert plain.letter.body.splitlines()[3:] == [
        "From: Tomas Ibarra <T.Ibarra@larkfirm.example>",
        "To: Ada Okafor",
        "To: Kim Lindqvist (no contact in Clio)",
        "(Clio did not take them as sender and recipients.)",
    ]
    assert plain.notes == (
        "To: Kim Lindqvist (no contact in Clio)",
        "Clio did not take the people of this message; they stand in its text.",
    )


def test_without_its_people_everything_else_of_a_letter_stays() -> None:
    about = message()
    whole = composed(about, edited=True)
    plain = without_people(whole, about, "Clio", edited=True).letter
    assert replace(plain, body="", sender=None) == replace(whole.letter, body="", sender=None, recipients=())
    assert plain.body.startswith(whole.letter.body)


@pytest.mark.parametrize(
    ("about", "people", "below"),
    [
        (message(), PEOPLE, ["From: Ada Okafor", "To: Miriam Vance", "When: 2 Mar 2026, 12:00 UTC"]),
        (message(), NOBODY, ["From: Ada Okafor", "When: 2 Mar 2026, 12:00 UTC"]),
        (
            message(MessageKind.OUTBOUND, recipients=(1, 3, 4)),
            PEOPLE,
            [
                "From: Tomas Ibarra <T.Ibarra@larkfirm.example>",
                "To: Ada Okafor",
                "To: Kim Lindqvist",
                "To: a client of the case",
                "When: 2 Mar 2026, 12:00 UTC",
            ],
        ),
        (
            message(MessageKind.AUTOMATION, recipients=(1,)),
            PEOPLE,
            ["From: Case Status (sent automatically)", "To: Ada Okafor", "When: 2 Mar 2026, 12:00 UTC"],
        ),
    ],
)
def test_where_there_are_no_fields_for_people_they_stand_in_the_text(
    about: Message, people: People, below: list[str]
) -> None:
    made = compose_in_words(about, "marker", "1480021", people, edited=False)
    letter = made.letter
    assert (letter.marker, letter.case_id, letter.sent_at, made.notes) == ("marker", "1480021", NOON, ())
    assert (letter.sender, letter.recipients) == (None, ())
    assert letter.inbound == (about.kind is MessageKind.INBOUND)
    assert letter.body.splitlines() == ["My next appointment is on Friday.", "", "--", *below]


def test_an_edit_in_words_says_what_it_is_and_when_it_was_made() -> None:
    letter = compose_in_words(message(), "marker", "1480021", PEOPLE, edited=True).letter
    assert letter.sent_at == NOON + timedelta(minutes=5)
    first, _, words, *_, last = letter.body.splitlines()
    assert first.startswith("Edited in Case Status on 2 Mar 2026, 12:05 UTC.")
    assert (words, last) == ("My next appointment is on Friday.", "When: 2 Mar 2026, 12:05 UTC")


@given(content=contents, kind=st.sampled_from(MessageKind), edited=st.booleans(), known=st.booleans())
def test_the_words_are_in_the_body_as_they_are(content: str, kind: MessageKind, *, edited: bool, known: bool) -> None:
    about = message(kind, content=content)
    made = composed(about, PEOPLE if known else NOBODY, edited=edited)
    if not content.strip():
        assert "(A message without text.)" in made.letter.body
        return
    assert content in made.letter.body
    assert content in without_people(made, about, "Clio", edited=edited).letter.body
    assert content in compose_in_words(about, "marker", "1480021", NOBODY, edited=edited).letter.body
    if not made.notes and not edited:
        assert made.letter.body == content


@given(st.lists(st.integers(1, 6), unique=True), st.sets(st.integers(1, 6)), st.sets(st.integers(1, 6)))
def test_nobody_is_lost(recipients: list[int], known: set[int], named: set[int]) -> None:
    people = People(
        {number: Correspondent(PartyKind.CLIENT, str(number), f"N{number}") for number in known},
        {number: f"N{number}" for number in named},
        {},
        None,
    )
    about = message(MessageKind.OUTBOUND, recipients=tuple(recipients))
    made = composed(about, people)
    below = [line for line in made.letter.body.splitlines() if line.startswith("To: ")]
    assert len(made.letter.recipients) + len(below) == len(recipients)
    plain = without_people(made, about, "Clio", edited=False).letter
    assert len([line for line in plain.body.splitlines() if line.startswith("To: ")]) == len(recipients)
    words = compose_in_words(about, "marker", "1480021", people, edited=False).letter.body
    assert len([line for line in words.splitlines() if line.startswith("To: ")]) == len(recipients)


def test_markers_tell_messages_and_their_wordings_apart() -> None:
    first = message()
    second = message(content="On Monday.", updated_at=first.updated_at + timedelta(seconds=1))
    assert message_marker(first) == message_marker(second) == "message:7781"
    assert edit_marker(first) != edit_marker(second)
    assert edit_marker(first).startswith("message:7781:edit:")


@given(contents, contents)
def test_a_digest_follows_from_the_words_alone(one: str, other: str) -> None:
    assert (content_digest(one) == content_digest(other)) == (one == other)
    assert len(content_digest(one)) == 32
