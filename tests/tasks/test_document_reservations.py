"""What is reserved of a page of files: each once, under a clean name of its own within its case, without an address."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.relay import Document, PortalPlace
from ledger import Reservation
from tasks.relay.documents import _content_type, reservations
from tests.tasks.relayed import NOON, document

Taken = dict[str, set[str]]


def reserved(*documents: Document, known: set[str] | None = None, taken: Taken | None = None) -> list[Reservation]:
    return reservations(documents, dict.fromkeys(known or set()), {} if taken is None else taken, system="clio")


def names(*documents: Document, taken: Taken | None = None) -> list[str]:
    return [one.payload["name"] for one in reserved(*documents, taken=taken)]


def test_a_new_file_is_reserved_in_a_lane_of_its_own() -> None:
    [one] = reserved(document(7))
    assert (one.marker, one.case_id, one.lane, one.occurred_at) == ("file:7", "1480021", "file:7", NOON)
    assert (one.digest, one.echo_of, one.payload["name"]) == ("9b1f" * 8, None, "bill.pdf")


def test_a_signed_address_is_never_kept() -> None:
    [one] = reserved(document(7))
    assert b"secret" not in orjson.dumps(one.payload)
    assert one.payload["document"]["size"] == 48_210


def test_one_that_is_known_is_not_reserved_again_and_takes_no_name() -> None:
    taken: Taken = {}
    assert reserved(document(7), known={"file:7"}, taken=taken) == []
    assert taken == {}


def test_equal_names_within_a_case_are_kept_apart() -> None:
    other = PortalPlace(88018, "1480022")
    assert names(document(1), document(2), document(3, "BILL.PDF"), document(4, place=other)) == [
        "bill.pdf",
        "bill (2).pdf",
        "BILL (3).PDF",
        "bill.pdf",
    ]


def test_names_given_before_count() -> None:
    taken = {"1480021": {"bill.pdf", "bill (2).pdf"}}
    assert names(document(1), document(2, "other.pdf"), taken=taken) == ["bill (3).pdf", "other.pdf"]
    assert taken == {"1480021": {"bill.pdf", "bill (2).pdf", "bill (3).pdf", "other.pdf"}}


def test_names_are_cleaned_before_they_are_compared() -> None:
    assert names(document(1, "C:\\x\\bill.pdf"), document(2, "../bill.pdf"), document(3, "")) == [
        "bill.pdf",
        "bill (2).pdf",
        "document",
    ]


def test_an_echo_is_on_record() -> None:
    [one] = reserved(document(7, external_id="clio:770031"))
    assert one.echo_of == "clio:770031"


@pytest.mark.parametrize("external_id", [None, "", "casepeer:1", "clio", "clionote:1"])
def test_what_carries_no_mark_of_the_case_system_is_no_echo(external_id: str | None) -> None:
    assert reserved(document(7, external_id=external_id))[0].echo_of is None


def test_without_a_hash_there_is_no_digest() -> None:
    assert reserved(document(7, sha256=None))[0].digest is None
    assert reserved(document(7, sha256=""))[0].digest is None


def test_a_case_without_a_link_is_called_by_the_portals_number() -> None:
    assert reserved(document(7, place=PortalPlace(88017, None)))[0].case_id == "portal:88017"


files = st.builds(
    document, number=st.integers(1, 6), name=st.sampled_from(["a.pdf", "A.pdf", "a (2).pdf", "", "\u202e"])
)


@given(st.lists(files, max_size=10))
def test_however_they_come_no_two_of_a_case_are_called_alike(documents: list[Document]) -> None:
    known: set[str] = set()
    taken: Taken = {}
    given_names: list[str] = []
    for one in documents:
        for reservation in reserved(one, known=known, taken=taken):
            known.add(reservation.marker)
            given_names.append(reservation.payload["name"].casefold())
    assert len(known) == len({one.id for one in documents}) == len(given_names)
    assert len(set(given_names)) == len(given_names)


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ("image/jpeg", "image/jpeg"),
        ("text/plain; charset=utf-8", "text/plain"),
        (" application/vnd.ms-excel ", "application/vnd.ms-excel"),
        ("", ""),
        ("pdf", ""),
        ("/pdf", ""),
        ("image/", ""),
        ("image/jp\r\neg", ""),
        ("image/jp eg", ""),
        ("bild/größe", ""),
        ("../../x", ""),
    ],
)
def test_a_kind_that_can_be_none_is_left_to_the_name(told: str, sent: str) -> None:
    assert _content_type(told) == sent
