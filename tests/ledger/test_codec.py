"""Cases survive the ledger's JSON unchanged, whatever is in them; equal cases have equal digests."""

from dataclasses import replace
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from domain.case import Case, Client, Phone, StaffMember
from domain.outcome import Change, Defect
from domain.portal import PortalCase, PortalClient
from ledger import codec
from tests.ledger.samples import case, portal_case

texts = st.text(max_size=12)
words = st.none() | texts
instants = st.none() | st.datetimes(timezones=st.just(UTC))
days = st.none() | st.dates()
people = st.builds(StaffMember, texts, words, words)
clients = st.builds(
    Client, texts, words, words, words, words, st.lists(st.builds(Phone, texts, texts, st.booleans())).map(tuple), words
)
cases = st.builds(
    Case,
    system=texts,
    integration_id=texts,
    readable_id=words,
    description=words,
    case_date=days,
    closed_on=days,
    created_at=instants,
    updated_at=instants,
    attorney=st.none() | people,
    paralegals=st.lists(people, max_size=2).map(tuple),
    clients=st.lists(clients, max_size=3).map(tuple),
    redacted=st.booleans(),
)
portal_cases = st.builds(
    PortalCase,
    stage=words,
    integration_id=words,
    paralegal_emails=st.lists(texts, max_size=2).map(tuple),
    clients=st.lists(st.builds(PortalClient, id=st.integers(0, 2**62), last_name=words), max_size=2).map(tuple),
    case_date=days,
    closed_at=instants,
    source_updated_at=instants,
    created_at=instants,
    updated_at=instants,
    id=st.integers(0, 2**62),
)


@given(cases)
def test_a_case_comes_back_as_it_was(original: Case) -> None:
    body, digest = codec.encode(original)
    again = codec.to_case(body)
    assert again == original
    assert codec.encode(again) == (body, digest)
    assert tuple(codec.clients_of(body)) == original.clients


@given(portal_cases)
def test_a_portal_case_comes_back_as_it_was(original: PortalCase) -> None:
    assert codec.to_portal_case(codec.encode(original)[0]) == original


@given(st.lists(st.builds(Defect, texts, texts, texts, texts, texts)), st.lists(st.builds(Change, texts, texts, texts)))
def test_defects_and_changes_come_back_without_what_no_database_stores(
    defects: list[Defect], changes: list[Change]
) -> None:
    def cleaned(thing: Defect | Change) -> object:
        return replace(thing, **{name: getattr(thing, name).replace("\x00", "") for name in thing.__slots__})

    assert list(codec.to_defects(codec.plain(defects))) == [cleaned(defect) for defect in defects]
    assert list(codec.to_changes(codec.plain(changes))) == [cleaned(change) for change in changes]


def test_any_field_changes_the_digest() -> None:
    assert codec.encode(case(stage="Intake"))[1] != codec.encode(case())[1]
    assert codec.encode(portal_case(stage="Intake"))[1] != codec.encode(portal_case())[1]


def test_half_an_emoji_does_no_harm() -> None:
    body, _ = codec.encode(case(description="Good news \ud83d"))
    assert codec.to_case(body) == case(description="Good news ?")
