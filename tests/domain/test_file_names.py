"""File names: whatever comes from outside ends up as a plain name that can be shown, stored and told apart."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.file_names import LONGEST, clean_file_name, free_name, split_name

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
WICKED = "/\\.: \t\n\r\0\x7f\x85\u2028\ud83d\ue000<>|?*\"'\u200b\u200d\ufeff%" + BIDI

names = st.text(st.characters(exclude_categories=()) | st.sampled_from(WICKED), max_size=300)
suffixes = st.text(st.characters(codec="ascii", categories=("Ll", "Lu", "Nd")), min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("given_name", "cleaned"),
    [
        ("er-bill.pdf", "er-bill.pdf"),
        ("Röntgen 2025–03.jpg", "Röntgen 2025–03.jpg"),
        ("C:\\Users\\ada\\My Documents\\scan.pdf", "scan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a/b\\c.txt", "c.txt"),
        ("bill.pdf/", "document"),
        ("  two   spaces .pdf ", "two spaces .pdf"),
        ("line\r\nbreak\0.pdf", "line break .pdf"),
        ("what?.pdf", "what_.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("invoice\u061cx.exe", "invoicex.exe"),
        ("half\ud83d.png", "half .png"),
        (".env", ".env"),
        (" .hidden.txt", ".hidden.txt"),
        ("name.", "name"),
        ("x.pdf. .", "x.pdf"),
        ("", "document"),
        ("...", "document"),
        (" . ", "document"),
        ("\u200b", "document"),
        ("\u200d.\u2060", "document"),
        ("\u202e", "document"),
        ("👨‍👩‍👧 family.png", "👨‍👩‍👧 family.png"),
    ],
)
def test_what_becomes_of_a_name(given_name: str, cleaned: str) -> None:
    assert clean_file_name(given_name) == cleaned


@given(names)
@example("a" * 199 + "." + "b" * 30)
@example("a" * 195 + " " * 9 + "c" * 9)
def test_a_cleaned_name_is_fit_to_be_shown_and_stored(name: str) -> None:
    cleaned = clean_file_name(name)
    assert 0 < len(cleaned) <= LONGEST
    assert cleaned == cleaned.strip()
    assert cleaned.strip(". ")
    assert not set(cleaned) & set('/\\<>:"|?*' + BIDI)
    assert not {unicodedata.category(one) for one in cleaned} & {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
    cleaned.encode()


@given(names)
@example("a" * 199 + "." + "b" * 30)
@example("a" * 198 + ". " + "b" * 30)
def test_cleaning_twice_changes_nothing_more(name: str) -> None:
    assert clean_file_name(clean_file_name(name)) == clean_file_name(name)


@given(names, suffixes)
def test_the_extension_is_kept_however_long_the_name(stem: str, suffix: str) -> None:
    cleaned = clean_file_name(f"{stem}x.{suffix}")
    assert cleaned.endswith(f"x.{suffix}" if len(cleaned) < LONGEST else f".{suffix}")


@given(st.text("a.b ", max_size=40))
def test_stem_and_extension_make_the_name(name: str) -> None:
    assert "".join(split_name(name)) == name


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.pdf", ".pdf"), ("a.tar.gz", ".gz"), ("a", ""), (".env", ""), ("Dr. Vance", ""), (f"a.{'x' * 30}", "")],
)
def test_what_counts_as_an_extension(name: str, suffix: str) -> None:
    assert split_name(name)[1] == suffix


@given(st.lists(names, max_size=12), st.lists(st.sampled_from(["a.pdf", "A.PDF", "a (2).pdf", "a" * 250]), max_size=12))
def test_free_names_never_collide(some: list[str], alike: list[str]) -> None:
    taken: set[str] = set()
    for name in [*some, *alike]:
        free = free_name(clean_file_name(name), taken)
        assert free.casefold() not in taken
        assert len(free) <= LONGEST
        assert split_name(free)[1] == split_name(clean_file_name(name))[1]
        taken.add(free.casefold())


def test_a_free_name_stays_and_a_taken_one_is_numbered() -> None:
    assert free_name("Bill.pdf", {"other.pdf"}) == "Bill.pdf"
    assert free_name("Bill.pdf", {"bill.pdf"}) == "Bill (2).pdf"
    assert free_name("Bill.pdf", {"bill.pdf", "bill (2).pdf"}) == "Bill (3).pdf"
    assert free_name("notes", {"notes"}) == "notes (2)"
