from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import Phone, StaffMember
from domain.drafting import Drafted, draft
from domain.portal import DraftClient
from tests.domain.builders import JO, NOON, TOMAS, case, client, firm_rules, index_for

RULES = firm_rules()
INDEX = index_for(RULES)


def drafted(**facts: Any) -> Drafted:
    return draft(case(**facts), RULES, INDEX)


def codes(**facts: Any) -> list[str]:
    return [defect.code for defect in drafted(**facts).defects]


def test_a_good_case_is_drafted_in_the_portals_words() -> None:
    result = drafted()
    assert not result.defects
    assert not result.warnings
    assert (result.draft.practice_area, result.draft.stage) == ("Auto Injury", "Treating")
    assert result.draft.attorney_email == "T.Ibarra@larkfirm.example"
    assert result.draft.paralegal_emails == ("j.osei@larkfirm.example",)
    assert result.draft.clients == (
        DraftClient("c-5501", "Della", "Vance", None, "+13035550112", "della.vance@mail.example", None, primary=True),
    )
    assert result.draft.source_updated_at == NOON
    assert (result.phone.e164, result.phone.label) == ("+13035550112", "Mobile")


def test_every_defect_is_reported_at_once_in_the_portals_order() -> None:
    bad = drafted(
        practice_area=None,
        stage=None,
        attorney=None,
        readable_id=" ",
        clients=(
            client(first_name=None, phones=()),
            client(external_id="c-2", last_name="", phones=(Phone("+44 20 7946 0958", "Mobile"),)),
        ),
    )
    assert [(defect.code, defect.field) for defect in bad.defects] == [
        ("practice_area_required", "practice_area"),
        ("stage_required", "stage"),
        ("attorney_required", "attorney_email"),
        ("client_name_required", "clients[0]"),
        ("client_cell_phone_missing", "clients[0].cell_phone"),
        ("client_name_required", "clients[1]"),
        ("client_cell_phone_invalid", "clients[1].cell_phone"),
        ("readable_id_required", "readable_id"),
    ]
    assert all(defect.sentence and defect.how_to_fix for defect in bad.defects)


_FAULTS: dict[str, dict[str, Any]] = {
    "practice_area_unknown": {"practice_area": "Maritime"},
    "attorney_not_found": {"attorney": StaffMember("9", "Rosa", "rosa@x.example")},
    "client_required": {"clients": ()},
    "readable_id_required": {"readable_id": None},
}


@given(st.sets(st.sampled_from(sorted(_FAULTS))))
def test_faults_do_not_hide_each_other(faults: set[str]) -> None:
    facts: dict[str, Any] = {}
    for fault in faults:
        facts |= _FAULTS[fault]
    assert set(codes(**facts)) == faults


def test_no_client() -> None:
    assert codes(clients=()) == ["client_required"]


def test_a_company_needs_one_name_only() -> None:
    company = client(company_name=" Vance Haulage ", first_name="Della", last_name=None)
    result = drafted(clients=(company,))
    assert not result.defects
    first = result.draft.clients[0]
    assert (first.company_name, first.first_name, first.last_name) == ("Vance Haulage", None, None)


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (None, "Vance", "Vance has no first name."),
        ("Della", " ", "Della has no last name."),
        ("", "", "Client 1 has no first or last name."),
    ],
)
def test_a_person_needs_both_names(first: str | None, last: str | None, sentence: str) -> None:
    defects = drafted(clients=(client(first_name=first, last_name=last),)).defects
    assert [defect.sentence for defect in defects] == [sentence]


def test_an_invalid_phone_is_shown_masked_with_its_reason() -> None:
    defects = drafted(clients=(client(phones=(Phone("(999) 555-0177", "Mobile"),)),)).defects
    assert [(defect.code, defect.value, defect.sentence) for defect in defects] == [
        (
            "client_cell_phone_invalid",
            "•••• 0177",
            "The number •••• 0177 of Della Vance has an area code that does not exist.",
        )
    ]


def test_a_known_landline_is_refused_or_passed_over() -> None:
    landline, mobile = Phone("303-555-0155", "Mobile"), Phone("303-555-0112", "Home")
    alone = draft(case(clients=(client(phones=(landline,)),)), RULES, INDEX, landlines={"+13035550155"})
    assert [defect.code for defect in alone.defects] == ["client_cell_phone_invalid"]
    assert "landline" in alone.defects[0].sentence
    both = draft(case(clients=(client(phones=(landline, mobile)),)), RULES, INDEX, landlines={"+13035550155"})
    assert both.draft.clients[0].cell_phone == "+13035550112"


def test_staff_that_cannot_be_found_is_left_off_with_a_warning() -> None:
    result = drafted(
        additional_attorneys=(
            TOMAS,
            StaffMember("3", "New", "NEW.attorney@larkfirm.example"),
            StaffMember("4", "Nobody", "nobody@larkfirm.example"),
        ),
        paralegals=(JO, JO, StaffMember("5", "No Mail", None), TOMAS),
    )
    assert not result.defects
    assert result.draft.additional_attorney_emails == ("new.attorney@larkfirm.example",)
    assert result.draft.paralegal_emails == ("j.osei@larkfirm.example",)
    assert result.warnings == (
        "nobody@larkfirm.example was left off: no attorney in Case Status has this address.",
        "No Mail was left off: no paralegal or case manager in Case Status has this address.",
        "t.ibarra@larkfirm.example was left off: no paralegal or case manager in Case Status has this address.",
    )


def test_the_originating_attorney_counts_only_where_the_firm_says_so() -> None:
    orphan = case(attorney=None, originating_attorney=TOMAS)
    assert [defect.code for defect in draft(orphan, RULES, INDEX).defects] == ["attorney_required"]
    generous = firm_rules(fallback_to_originating_attorney=True)
    assert draft(orphan, generous, INDEX).draft.attorney_email == "T.Ibarra@larkfirm.example"
    both = replace(orphan, attorney=StaffMember("9", "Rosa", "rosa@x.example"))
    assert [defect.code for defect in draft(both, generous, INDEX).defects] == ["attorney_not_found"]


def test_a_hidden_client_is_no_defect() -> None:
    result = drafted(clients=(client(redacted=True, first_name=None, last_name=None, phones=()),))
    assert result.clients_hidden
    assert not result.defects


def test_the_first_client_is_the_primary_one() -> None:
    second = client(external_id="c-2", first_name="Sam", phones=(Phone("303-555-0113", "Mobile"),))
    assert [one.primary for one in drafted(clients=(client(), second)).draft.clients] == [True, False]


def test_texts_are_trimmed() -> None:
    result = drafted(readable_id=" 00231 ", description="  ", clients=(client(first_name=" Della ", email=" "),))
    assert (result.draft.readable_id, result.draft.description) == ("00231", None)
    assert (result.draft.clients[0].first_name, result.draft.clients[0].email) == ("Della", None)


def test_a_client_listed_under_two_contacts_is_one_person() -> None:
    twice = (client(), client(external_id="c-2", first_name="DELLA "), client(external_id="c-3", first_name="Sam"))
    result = drafted(clients=twice)
    assert [one.external_id for one in result.draft.clients] == ["c-5501", "c-3"]
    assert len(result.phones) == 2


def test_a_person_without_a_first_name_is_not_lost_in_a_company_of_that_name() -> None:
    company = client(first_name=None, last_name=None, company_name="Vance")
    nameless = client(external_id="c-5502", first_name=None)
    assert codes(clients=(company, nameless)) == ["client_name_required"]
