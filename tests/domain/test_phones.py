import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import Phone
from domain.phones import Verdict, choose_phone, judge, mask, mask_within


@pytest.mark.parametrize(
    ("number", "e164"),
    [
        ("(303) 555-0112", "+13035550112"),
        ("3035550112", "+13035550112"),
        ("1 303.555.0112", "+13035550112"),
        ("+1 303 555 0112", "+13035550112"),
        ("303-555-0112 x5", "+13035550112"),
        ("303-555-0112 ext. 4411", "+13035550112"),
        ("Cell: 303\u00a0555\u20110112", "+13035550112"),
        ("303-555-0199", "+13035550199"),
    ],
)
def test_usual_us_forms_are_usable(number: str, e164: str) -> None:
    assert judge(number) == (e164, Verdict.USABLE)


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        ("call his wife", Verdict.NOT_A_NUMBER),
        ("303-111-2222", Verdict.NOT_A_NUMBER),
        ("555-0112", Verdict.WRONG_LENGTH),
        ("12", Verdict.WRONG_LENGTH),
        ("1 (303) 555 01123", Verdict.WRONG_LENGTH),
        ("303-555-0112 / 303-555-0113", Verdict.WRONG_LENGTH),
        ("(999) 555-0111", Verdict.UNASSIGNED_AREA_CODE),
        ("555-555-5555", Verdict.UNASSIGNED_AREA_CODE),
        ("123-456-7890", Verdict.UNASSIGNED_AREA_CODE),
        ("000-000-0000", Verdict.UNASSIGNED_AREA_CODE),
        ("888-555-0111", Verdict.NOT_MOBILE),
        ("+44 20 7946 0958", Verdict.UNSUPPORTED_COUNTRY),
        ("416-555-0111", Verdict.UNSUPPORTED_COUNTRY),
        ("+1 876 555 0101", Verdict.UNSUPPORTED_COUNTRY),
        ("684-555-1212", Verdict.UNSUPPORTED_COUNTRY),
    ],
)
def test_unusable_numbers_say_why(number: str, verdict: Verdict) -> None:
    assert judge(number) == (None, verdict)


@given(st.integers(200, 999), st.integers(200, 999), st.integers(0, 9999))
def test_the_quick_way_agrees_with_the_library(area: int, exchange: int, line: int) -> None:
    """Exceptions: a newer area code whose exchanges the library limits, and lines that are nobody's place."""
    number = phonenumbers.parse(f"+1{area}{exchange}{line:04d}")
    geographic = phonenumbers.number_type(number) in {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
    usable = judge(f"({area}) {exchange}-{line:04d}")[1] is Verdict.USABLE
    if area != 983:
        assert usable == (phonenumbers.region_code_for_number(number) == "US" and geographic)


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    e164, verdict = judge(text)
    assert (e164 is not None) == (verdict is Verdict.USABLE)
    assert e164 is None or re.fullmatch(r"\+1[0-9]{10}", e164)


def test_label_order() -> None:
    other, work, home, primary, cell = (
        Phone("303-555-0101", "Skype"),
        Phone("303-555-0102", "Office"),
        Phone("303-555-0103", "Home"),
        Phone("303-555-0104", "Other", primary=True),
        Phone("303-555-0105", "Cell phone"),
    )
    phones = [other, work, home, primary, cell]
    for expected in (cell, primary, home, work, other):
        choice = choose_phone(phones)
        assert (choice.e164, choice.label) == (judge(expected.number)[0], expected.label)
        assert choice.best == expected
        phones.remove(expected)


def test_of_two_mobiles_the_primary_one_is_taken_else_the_first() -> None:
    first, second = Phone("303-555-0101", "Mobile"), Phone("303-555-0102", "Mobile", primary=True)
    assert choose_phone([first, second]).e164 == "+13035550102"
    assert choose_phone([first, Phone("303-555-0102", "mobile")]).e164 == "+13035550101"


def test_a_work_mobile_is_a_mobile() -> None:
    assert choose_phone([Phone("303-555-0101", "Home"), Phone("303-555-0102", "Work Mobile")]).e164 == "+13035550102"


def test_the_choice_tells_what_was_passed_over() -> None:
    landline, invalid, good = (
        Phone("303-555-0155", "Mobile"),
        Phone("555-0112", "", primary=True),
        Phone("303-555-0103", "Home"),
    )
    choice = choose_phone([good, invalid, landline], landlines={"+13035550155"})
    assert choice.e164 == "+13035550103"
    assert choice.considered == (
        (landline, Verdict.NOT_MOBILE),
        (invalid, Verdict.WRONG_LENGTH),
        (good, Verdict.USABLE),
    )
    assert not choice.reason


def test_without_a_usable_number_the_best_one_gives_the_reason() -> None:
    choice = choose_phone([Phone("12", "Home"), Phone("+44 20 7946 0958", "Mobile"), Phone("303-555-0101", "Fax")])
    assert choice.e164 is None
    assert choice.reason == "unsupported_country"
    assert choice.best == Phone("+44 20 7946 0958", "Mobile")


@pytest.mark.parametrize("phones", [[], [Phone("  ", "Mobile")], [Phone("303-555-0101", "Work Fax", primary=True)]])
def test_no_number_to_judge(phones: list[Phone]) -> None:
    choice = choose_phone(phones)
    assert (choice.e164, choice.reason, choice.best) == (None, "", None)


labels = st.sampled_from(
    ["Mobile", "Cell", "Home", "Work", "Fax", "Home fax", "PAGER", "Work/Fax", "Skype", "", "Beeper"]
)
numbers = st.integers(0, 99).map(lambda line: f"303-555-01{line:02d}")
phones_lists = st.lists(st.builds(Phone, number=numbers, label=labels, primary=st.booleans()), max_size=6)


@given(phones_lists, st.sets(numbers.map(lambda number: judge(number)[0])))
def test_fax_and_pager_and_known_landlines_are_never_taken(phones: list[Phone], landlines: set[str]) -> None:
    choice = choose_phone(phones, landlines=landlines)
    takeable = {
        judge(phone.number)[0]
        for phone in phones
        if not re.search("fax|pager|beeper", phone.label.lower()) and judge(phone.number)[0] not in landlines
    }
    assert choice.e164 in takeable if takeable else choice.e164 is None


@given(st.text(max_size=60))
def test_a_mask_shows_at_most_four_digits(text: str) -> None:
    assert sum(character.isdecimal() for character in mask(text)) <= 4


@given(st.text("0123456789 ()-+.x", max_size=40))
def test_a_masked_text_holds_no_phone_number(text: str) -> None:
    assert not re.search(r"\d(?:[\s().\-]{0,2}\d){6}", mask_within(text))


def test_masks() -> None:
    assert mask("(303) 555-0112") == "•••• 0112"
    assert mask("303-555-0112 ext 99") == "•••• 0112"
    assert mask("12") == "•••• 12"
    assert mask(" see notes ") == "see notes"
    assert (
        mask_within("Ask 303-555-0112 or (303) 555-0113, matter 00231.") == "Ask •••• 0112 or •••• 0113, matter 00231."
    )
