"""The checks before anything is posted: each finds its own trouble, and all are told at once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.books import BooksSetUp, BooksUser, Casefile, Listed, SessionStanding
from domain.books_preflight import (
    BooksWishes,
    Finding,
    check_attorney,
    check_casefile,
    check_date,
    check_login,
    check_set_up,
)
from domain.case import Case, StaffMember

NOW = datetime(2031, 2, 3, 12, tzinfo=UTC)
WISHES = BooksWishes("acc", " operating ", "Client Trust", "personal injury", "auto")
BOOKS = BooksSetUp(
    areas=(Listed("4", "PI", "Personal Injury"),),
    activity_codes=(Listed("7", "COPP"), Listed("8", "Property Damage")),
    posting_references=(Listed("2", "ACC", "Advanced client costs"),),
    bank_accounts=(Listed("11", "Operating", kind="Operating"), Listed("14", "Client Trust", kind="Trust")),
    release_stage=True,
    closed_before=date(2031, 1, 1),
)
PIKE = BooksUser("12", "Ruth Pike", "rpike@harrowpike.example", active=True, records_time=True)
CASE = Case("casepeer", "41873", attorney=StaffMember("1", "Ruth Pike", " RPike@harrowpike.example "))
FILE = Casefile("9014", "10552-01", is_open=True, on_hold=False, description="Okafor", client_id="771", marker="m")


def test_books_that_are_ready_are_found_by_name_whatever_the_case_and_the_blanks() -> None:
    plan, found = check_set_up(BOOKS, WISHES)
    assert found == []
    assert plan is not None
    ids = (
        plan.area_id,
        plan.copp_id,
        plan.property_damage_id,
        plan.posting_reference_id,
        plan.operating_id,
        plan.trust_id,
    )
    assert ids == ("4", "7", "8", "2", "11", "14")
    assert plan.operating_account("") == BOOKS.bank_accounts[0]
    assert plan.operating_account("Client Trust") is None
    alike = replace(BOOKS.bank_accounts[0], id="12")
    twice = replace(plan, operating_accounts=(BOOKS.bank_accounts[0], alike))
    assert (twice.operating_account("Operating"), twice.operating_account("12")) == (None, alike)


INACTIVE = {"active": False}


@pytest.mark.parametrize(
    ("number", "books", "wishes"),
    [
        (5, {"release_stage": False}, {}),
        (6, {"areas": ()}, {}),
        (6, {"areas": (replace(BOOKS.areas[0], **INACTIVE),)}, {}),
        (7, {"activity_codes": BOOKS.activity_codes[:1]}, {}),
        (7, {"activity_codes": (BOOKS.activity_codes[0], replace(BOOKS.activity_codes[1], **INACTIVE))}, {}),
        (8, {"activity_codes": (replace(BOOKS.activity_codes[0], has_gl_account=False), BOOKS.activity_codes[1])}, {}),
        (9, {}, {"posting_reference": ""}),
        (9, {}, {"posting_reference": "gone"}),
        (9, {"posting_references": (replace(BOOKS.posting_references[0], **INACTIVE),)}, {}),
        (10, {}, {"operating_account": ""}),
        (10, {}, {"operating_account": "Client Trust"}),
        (11, {}, {"trust_account": "Operating"}),
        (11, {"bank_accounts": BOOKS.bank_accounts[:1]}, {}),
        (12, {}, {"release_mode": None}),
    ],
)
def test_each_check_of_the_set_up_finds_its_own_trouble(
    number: int, books: dict[str, Any], wishes: dict[str, Any]
) -> None:
    plan, found = check_set_up(replace(BOOKS, **books), replace(WISHES, **wishes))
    assert plan is None
    assert [one.number for one in found] == [number]
    assert (found[0].case_id, found[0].warning) == (None, False)
    assert "Soluno" in found[0].fix


def test_everything_that_is_wrong_is_told_at_once() -> None:
    nothing = BooksSetUp((), (), (), (), release_stage=False, closed_before=None)
    _, found = check_set_up(nothing, replace(WISHES, release_mode=None))
    assert [one.number for one in found] == [5, 6, 7, 7, 9, 10, 11, 12]


@pytest.mark.parametrize(("days", "code"), [(8, None), (7, 7), (4, 7), (3, 3), (2, 3), (1, 1), (0.5, 1)])
def test_the_end_of_a_login_is_warned_of(days: float, code: int | None) -> None:
    found = check_login(SessionStanding("cp-link", "Books", NOW + timedelta(days=days)), NOW)
    assert [one.code for one in found] == ([f"reauthentication_in_{code}"] if code else [])
    assert all(one.warning for one in found)


@pytest.mark.parametrize(
    ("users", "number", "code"),
    [
        ((), 3, "attorney_unknown"),
        ((replace(PIKE, active=False),), 3, "attorney_inactive"),
        ((PIKE, replace(PIKE, id="13")), 3, "attorney_twice"),
        ((replace(PIKE, records_time=False),), 4, "attorney_keeps_no_time"),
    ],
)
def test_a_case_needs_one_attorney_who_records_time(users: tuple[BooksUser, ...], number: int, code: str) -> None:
    found = check_attorney(CASE, {"rpike@harrowpike.example": users})
    assert isinstance(found, Finding)
    assert (found.number, found.code, found.case_id) == (number, code, "41873")
    assert "rpike@harrowpike.example" in found.sentence


def test_an_attorney_is_found_by_e_mail_and_an_inactive_namesake_does_not_count() -> None:
    users = {"rpike@harrowpike.example": (replace(PIKE, id="13", active=False), PIKE)}
    assert check_attorney(CASE, users) == PIKE
    missing = check_attorney(replace(CASE, attorney=None), users)
    assert isinstance(missing, Finding)
    assert missing.code == "attorney_missing"


def test_a_date_in_a_closed_period_blocks_its_case() -> None:
    assert check_date("41873", date(2031, 1, 1), date(2031, 1, 1)) is None
    assert check_date("41873", date(2030, 12, 31), None) is None
    found = check_date("41873", date(2030, 12, 31), date(2031, 1, 1))
    assert found is not None
    assert (found.number, "31 Dec 2030" in found.sentence, "01 Jan 2031" in found.sentence) == (13, True, True)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ((replace(FILE, is_open=False),), "casefile_closed"),
        ((replace(FILE, on_hold=True),), "casefile_on_hold"),
        ((FILE, replace(FILE, id="9", number="10552-02")), "casefile_twice"),
    ],
)
def test_a_casefile_must_be_one_open_and_not_on_hold(files: tuple[Casefile, ...], code: str) -> None:
    found = check_casefile("41873", files, "m")
    assert isinstance(found, Finding)
    assert (found.number, found.code, "10552-01" in found.sentence) == (14, code, True)


def test_a_case_may_have_no_casefile_yet() -> None:
    assert check_casefile("41873", (), "m") is None
    assert check_casefile("41873", (FILE,), "m") == FILE
