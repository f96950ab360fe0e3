"""Markers of postings: short enough to be kept whole by accounting, and never the same for two different things."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.posting_markers import (
    casefile_marker,
    charge_marker,
    client_marker,
    contact_marker,
    cost_marker,
    fee_marker,
    invoice_marker,
    name_marker,
    trust_marker,
)

KEPT = 64
slugs = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True).filter(lambda slug: len(slug) <= 60)
long_slugs = st.text("abcdefghij-", min_size=20, max_size=60).map(lambda text: f"a{text[1:-1]}z")
ids = st.integers(1, 10**18 - 1).map(str)
revisions = st.integers(1, 9999)


def all_markers(slug: str, number: str, revision: int) -> dict[str, str]:
    """One of each sort."""
    return {
        "contact": contact_marker(slug, number),
        "client": client_marker(slug, number),
        "payee": name_marker(slug, number),
        "case": casefile_marker(slug, number),
        "cost": cost_marker(slug, number),
        "trust": trust_marker(slug, number),
        "fee": fee_marker(slug, number),
        "copp": charge_marker(slug, "copp", number, revision),
        "pd": charge_marker(slug, "pd", number, revision),
        "inv": invoice_marker(slug, number, revision),
    }


def test_a_marker_names_the_firm_the_sort_and_the_id() -> None:
    assert cost_marker("harrow-pike", "55120") == "CP:harrow-pike:cost:55120"
    assert charge_marker("harrow-pike", "pd", "41873", 1) == "CP:harrow-pike:pd:41873:1"
    assert invoice_marker("harrow-pike", "41873", 2) == "CP:harrow-pike:inv:41873:fee:2"


@given(slugs | long_slugs, ids, revisions)
def test_no_marker_is_longer_than_what_accounting_keeps(slug: str, number: str, revision: int) -> None:
    longest = {sort: len(marker) for sort, marker in all_markers(slug, number, revision).items() if len(marker) > KEPT}
    assert longest == {}


def test_the_longest_markers_still_fit() -> None:
    markers = all_markers("s" * 60, "9" * 18, 9999)
    assert max(len(marker) for marker in markers.values()) <= KEPT


@given(slugs | long_slugs, ids, revisions)
def test_the_sorts_differ_under_the_same_id(slug: str, number: str, revision: int) -> None:
    markers = all_markers(slug, number, revision)
    assert len(set(markers.values())) == len(markers)


@given(slugs | long_slugs, st.sets(st.tuples(ids, revisions), min_size=2, max_size=6))
def test_ids_and_revisions_differ_within_a_firm(slug: str, things: set[tuple[str, int]]) -> None:
    for sort in ("copp", "pd", "inv"):
        assert len({all_markers(slug, *thing)[sort] for thing in things}) == len(things)
    numbers = {number for number, _ in things}
    for sort in ("contact", "client", "payee", "case", "cost", "trust", "fee"):
        assert len({all_markers(slug, number, 1)[sort] for number in numbers}) == len(numbers)


@given(st.sets(slugs | long_slugs, min_size=2, max_size=5), ids)
def test_firms_differ_under_the_same_id(firms: set[str], number: str) -> None:
    for one, other in combinations(sorted(firms), 2):
        assert not set(all_markers(one, number, 1).values()) & set(all_markers(other, number, 1).values())


@pytest.mark.parametrize("length", [28, 29, 40, 60])
def test_firms_with_long_similar_names_differ(length: int) -> None:
    east, west = ("harrow-pike-and-partners-of-the-middle-valley-and-the-coast"[: length - 1] + end for end in "ew")
    assert len(east) == len(west) == length
    assert cost_marker(east, "1") != cost_marker(west, "1")


def test_a_name_is_the_same_payee_however_it_is_spaced_and_capitalised() -> None:
    assert name_marker("hp", "Lakeside  Imaging ") == name_marker("hp", " LAKESIDE imaging")
    assert name_marker("hp", "Lakeside Imaging") != name_marker("hp", "LakesideImaging")
    assert name_marker("hp", "Straße") == name_marker("hp", "STRASSE")
