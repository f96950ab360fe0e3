import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case_list import CaseIds, UnusableCaseList, parse_case_ids
from domain.case_reference import UnusableReference, case_id
from domain.errors import BadInput
from domain.report import COLUMNS
from domain.systems import CASE_SYSTEMS


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("1649203377", "clio"),
        (" 1649203377\n", "clio"),
        ("https://app.clio.com/nc/#/matters/1649203377", "clio"),
        ("https://eu.app.clio.com/nc/#/matters/1649203377/communications?page=2", "clio"),
        ("app.clio.com/api/v4/matters/1649203377.json", "clio"),
        ("http://127.0.0.1:8100/nc/#/matters/1649203377", "clio"),
        ("https://my.casepeer.com/case/1649203377/documents/", "casepeer"),
        ("https://leadcheck.casepeer.com/case/1649203377", "casepeer"),
        ("https://larkfirm.smartadvocate.com/case/1649203377", "smartadvocate"),
        ("https://sa.larkfirm.example/Cases.aspx?tab=1&caseID=1649203377", "smartadvocate"),
    ],
)
def test_ids_and_addresses(text: str, system: str) -> None:
    assert case_id(text, system) == "1649203377"


@pytest.mark.parametrize(
    ("text", "system", "names"),
    [
        ("https://my.casepeer.com/case/27891", "clio", ("CASEpeer", "Clio")),
        ("https://app.clio.com/nc/#/matters/27891", "casepeer", ("Clio", "CASEpeer")),
        ("https://larkfirm.smartadvocate.com/case/27891", "casepeer", ("SmartAdvocate", "CASEpeer")),
        ("https://intranet.example/matters/27891", "smartadvocate", ("Clio", "SmartAdvocate")),
        ("https://intranet.example/case/27891", "clio", ("SmartAdvocate or CASEpeer", "Clio")),
    ],
)
def test_an_address_of_another_system_names_both(text: str, system: str, names: tuple[str, str]) -> None:
    with pytest.raises(UnusableReference) as caught:
        case_id(text, system)
    assert f"is an address of {names[0]}, but this firm's cases are in {names[1]}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not a Clio case id"),
        ("00231-Vance", "“00231-Vance” is not a Clio case id"),
        ("-5", "is not a Clio case id"),
        ("0", "is not a Clio case id"),
        ("12345678901234567890", "is not a Clio case id"),
        ("https://app.clio.com/nc/#/contacts/553001", "has no number after “matters/”"),
        ("https://app.clio.com/nc/#/matters/12a", "has no number after “matters/”"),
        ("x" * 300, "xxx…” is not a Clio case id"),
    ],
)
def test_what_names_no_case_says_so(text: str, says: str) -> None:
    with pytest.raises(UnusableReference, match=says) as caught:
        case_id(text, "clio")
    assert isinstance(caught.value, BadInput)


@given(st.text(max_size=80), st.sampled_from(sorted(CASE_SYSTEMS)))
def test_a_reference_never_crashes(text: str, system: str) -> None:
    try:
        found = case_id(text, system)
    except UnusableReference:
        return
    assert found.isdecimal()
    assert found in text


def ids(source: str | bytes) -> tuple[str, ...]:
    return parse_case_ids(source, "clio").ids


def test_plain_lists() -> None:
    assert ids("11\n12\n\n  13  \n") == ("11", "12", "13")
    assert ids("11, 12,13") == ("11", "12", "13")
    assert ids("\ufeffcase id\r\n11\r\n12\r\n") == ("11", "12")
    assert ids("11\r12") == ("11", "12")
    assert ids("\ufeffid\n11\n".encode()) == ("11",)
    assert ids("id\n11\n".encode("utf-16")) == ("11",)
    assert ids("https://app.clio.com/nc/#/matters/14\n15") == ("14", "15")


def test_repeated_ids_are_taken_once() -> None:
    assert parse_case_ids("11\n12\n11\n", "clio") == CaseIds(("11", "12"), duplicates=1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_by_their_column(delimiter: str) -> None:
    rows = [["client", "integration_id", "count"], ["Vance, Della", "11", "3"], ["Holt\nSam", "12", "4"]]
    quoted = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    assert ids(quoted) == ("11", "12")


def test_a_report_edited_down() -> None:
    header = ",".join(COLUMNS)
    row = ["run", "…", "nightly", "", "clio", "11", "'=00231", *[""] * (len(COLUMNS) - 7)]
    assert ids(f"{header}\n{','.join(row)}\n") == ("11",)


def test_bad_lines_are_named_by_number() -> None:
    with pytest.raises(UnusableCaseList) as caught:
        ids("id\n11\n\nVance\n1.6492E+09\n12\nhttps://my.casepeer.com/case/3\n")
    assert [number for number, _ in caught.value.problems] == [4, 5, 7]
    told = str(caught.value)
    assert "Line 4: “Vance” is not a Clio case id." in told
    assert "Line 5: “1.6492E+09” was changed by a spreadsheet." in told
    assert "Line 7: “https://my.casepeer.com/case/3” is an address of CASEpeer" in told


def test_lines_are_counted_across_quoted_line_breaks() -> None:
    with pytest.raises(UnusableCaseList) as caught:
        ids('integration_id,note\n11,"two\nlines"\nbad,x\n,y\n')
    assert [number for number, _ in caught.value.problems] == [4, 5]
    assert "The column integration_id is empty." in str(caught.value)


def test_many_bad_lines_are_summed_up() -> None:
    with pytest.raises(UnusableCaseList, match=r"And 15 more lines\.$") as caught:
        ids("\n".join(["x"] * 25))
    assert len(caught.value.problems) == 25


@pytest.mark.parametrize("source", ["", "\n \n", "integration_id\n", b"\xef\xbb\xbf", ",,,"])
def test_an_empty_list_says_what_to_enter(source: str | bytes) -> None:
    with pytest.raises(UnusableCaseList, match=r"The list is empty\. Enter one Clio case id or address a line\."):
        ids(source)


@given(st.text(max_size=120) | st.text('0123456789,;\t\n\r" \0\ufeffid', max_size=120) | st.binary(max_size=120))
def test_a_list_never_crashes(source: str | bytes) -> None:
    try:
        found = ids(source)
    except UnusableCaseList as error:
        told = error.problems
    else:
        told = None
    if told is not None:
        assert told
        assert all(number >= 1 and sentence for number, sentence in told)
        return
    assert found
    assert all(one.isdecimal() for one in found)
    assert len(set(found)) == len(found)


@given(
    st.lists(st.integers(1, 10**18).map(str), min_size=1, unique=True),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_a_list_that_was_written_is_read_back(numbers: list[str], end: str, headed: bool) -> None:  # noqa: FBT001
    assert ids(end.join([*(["Integration ID"] if headed else []), *numbers])) == tuple(numbers)
