import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import Case, Phone, StaffMember
from domain.drafting import draft
from domain.outcome import Defect
from domain.portal import Draft
from domain.posting_reasons import posting_table
from domain.reason_codes import REASONS
from domain.reason_table import reason_table
from domain.reasons import defect, defect_from_problem
from domain.relay_reasons import relay_reason_table
from domain.systems import CASE_SYSTEMS
from tests.domain.builders import case, client, firm_rules, index_for

RULES = firm_rules()
INDEX = index_for(RULES)
PAGE = Path(__file__).parents[2] / "docs" / "reason-codes.md"

FACTS: dict[str, Any] = {
    "value": "Xyz",
    "practice_area": "Auto Injury",
    "count": 13,
    "known_stages": ["A", "B"],
    "stages": ["A", "B"],
    "email": "rosa@x.example",
    "client": "Della Vance",
    "missing": "last name",
    "reason": "wrong_length",
    "existing_name": "Sam Vance",
    "existing_case_id": 88017,
    "readable_id": "00231",
    "max_chars": 5000,
    "problem": "It timed out.",
    "since": "2016-11-22",
}
PORTAL_CODES = [
    "readable_id_required",
    "client_required",
    "client_name_required",
    "attorney_required",
    "attorney_not_found",
    "client_cell_phone_missing",
    "client_cell_phone_invalid",
    "practice_area_required",
    "practice_area_unknown",
    "stage_required",
    "stage_unknown",
    "stage_count_out_of_range",
    "mapping_ambiguous",
    "sender_not_on_case",
    "content_blank",
    "content_too_long",
    "client_opted_out",
    "idempotency_key_reused",
    "duplicate_integration_id",
    "duplicate_readable_id",
    "case_closed",
    "case_not_activated",
    "client_phone_conflict",
    "idempotency_in_progress",
    "stage_in_use",
    "file_not_ready",
]
OUR_CODES = [
    "cms_unreachable",
    "cms_auth_expired",
    "cms_case_not_found",
    "not_eligible",
    "outside_window",
    "rate_limited_gave_up",
    "vendor_error",
    "missing_in_case_system",
    "record_redacted",
    "unreadable_record",
    "stale_source",
    "case_over",
    "connected_elsewhere",
]


@pytest.mark.parametrize("code", [*PORTAL_CODES, *OUR_CODES])
@pytest.mark.parametrize("system", sorted(CASE_SYSTEMS))
def test_every_code_has_a_sentence_and_a_fix(code: str, system: str) -> None:
    made = defect(code, system=system, **FACTS)
    assert made.code == code
    assert made.sentence.endswith((".", "?"))
    assert made.how_to_fix.endswith((".", "?"))
    assert not re.search(r"[{}]|None", made.sentence + made.how_to_fix)


def test_an_unreadable_record_names_its_field() -> None:
    made = defect("unreadable_record", system="clio", field="open_date", problem="open_date is no date.")
    assert made.sentence == "The record cannot be read: open_date is no date."
    assert made.how_to_fix == "Open the case in Clio and look at open_date."


def test_every_wording_can_be_reached() -> None:
    wordings: list[tuple[str, dict[str, Any]]] = [
        ("attorney_required", {"name": "Rosa Quill"}),
        ("attorney_not_found", {"email": "a@b.example", "role": "case_manager"}),
        ("attorney_not_found", {"email": "a@b.example", "status": "removed", "role": "attorney"}),
        ("stage_unknown", {"value": "Xyz"}),
        ("record_redacted", {"kind": "client"}),
        ("not_eligible", {"kind": "night"}),
        ("not_eligible", {"kind": "closed"}),
    ]
    sentences = {defect(code, system="clio", **facts).sentence for code, facts in wordings}
    assert len(sentences) == sum("." in key for key in REASONS) == len(wordings)


def sent(one: Case) -> Draft:
    return draft(one, RULES, INDEX).draft


@pytest.mark.parametrize(
    ("one", "field", "details"),
    [
        (case(practice_area="mva"), "practice_area", {"value": "mva", "closest": "MVA"}),
        (case(practice_area=None), "practice_area", {}),
        (case(stage=None), "stage", {}),
        (
            case(stage="Nothing"),
            "stage",
            {
                "value": "Nothing",
                "practice_area": "Auto Injury",
                "known_stages": ["Getting Started", "Treating", "Settling", "Closing"],
                "closest": None,
            },
        ),
        (
            case(stage="Both"),
            "stage",
            {"value": "Both", "practice_area": "Auto Injury", "stages": ["Settling", "Closing"]},
        ),
        (case(attorney=None), "attorney_email", {}),
        (
            case(attorney=StaffMember("1", "Rosa", "rosa@x.example")),
            "attorney_email",
            {"email": "rosa@x.example", "user_exists": False},
        ),
        (
            case(attorney=StaffMember("1", "Jo", "j.osei@larkfirm.example")),
            "attorney_email",
            {"email": "j.osei@larkfirm.example", "user_exists": True, "role": "paralegal"},
        ),
        (
            case(attorney=StaffMember("1", "Max", "gone@larkfirm.example")),
            "attorney_email",
            {"email": "gone@larkfirm.example", "user_exists": True, "status": "removed"},
        ),
        (case(clients=()), "clients", {}),
        (case(clients=(client(last_name=None),)), "clients[0]", {"client_index": 0}),
        (case(clients=(client(phones=()),)), "clients[0].cell_phone", {"client_index": 0}),
        (
            case(clients=(client(phones=(Phone("416-555-0177", "Mobile"),)),)),
            "clients[0].cell_phone",
            {"client_index": 0, "value": "+14165550177", "reason": "unsupported_country"},
        ),
        (case(readable_id=None), "readable_id", {}),
    ],
)
def test_the_portals_refusal_reads_as_our_own(one: Case, field: str, details: dict[str, Any]) -> None:
    (ours,) = draft(one, RULES, INDEX).defects
    theirs = defect_from_problem(ours.code, "…", system="clio", field=field, details=details, draft=sent(one))
    assert theirs == ours


def test_a_landline_the_portal_refused() -> None:
    refused = defect_from_problem(
        "client_cell_phone_invalid",
        "+13035550112 is a landline.",
        system="clio",
        field="clients[0].cell_phone",
        details={"client_index": 0, "value": "+13035550112", "reason": "not_mobile"},
        draft=sent(case()),
    )
    assert refused == Defect(
        "client_cell_phone_invalid",
        "The number •••• 0112 of Della Vance is a landline, or another line that takes no text messages.",
        "clients[0].cell_phone",
        "•••• 0112",
        "Clio: Contacts › the client › Edit contact › Phone number, label Mobile.",
    )


def test_conflicts_only_the_portal_can_see() -> None:
    number = defect_from_problem(
        "client_phone_conflict",
        "…",
        system="clio",
        field="clients",
        details={"client_id": 1, "existing_name": "Sam Holt"},
        draft=sent(case()),
    )
    assert number.sentence == "The number •••• 0112 of Della Vance belongs to Sam Holt in Case Status."
    other = client(external_id="c-2", first_name="Sam", phones=(Phone("303-555-0113", "Mobile"),))
    untold = defect_from_problem(
        "client_phone_conflict",
        "This number belongs to a client of another name.",
        system="clio",
        field="clients",
        details={"client_id": 1, "existing_name": "Sam Holt"},
        draft=sent(case(clients=(client(), other))),
    )
    assert untold.sentence == "This number belongs to a client of another name."
    readable = defect_from_problem(
        "duplicate_readable_id",
        "…",
        system="clio",
        field="readable_id",
        details={"existing_case_id": 5, "existing_integration_id": "1649"},
        draft=sent(case()),
    )
    assert readable.sentence == "Another case in Case Status already has the number 00231-Vance (Clio id 1649)."
    assert readable.value == "00231-Vance"


def test_an_unknown_code_keeps_what_the_portal_said() -> None:
    made = defect_from_problem("moon_phase", "Not under 303-555-0112.", system="clio", field="stage")
    assert made == Defect(
        "vendor_error",
        "The case was refused for a reason we do not know. Case Status said: Not under •••• 0112. (moon_phase)",
        "stage",
        "",
        "Show this row to the operators.",
    )


def test_a_known_code_without_its_facts_keeps_what_the_portal_said() -> None:
    made = defect_from_problem(
        "stage_unknown", "No such stage.", system="clio", details={"practice_area": "Auto Injury"}
    )
    assert (made.code, made.sentence) == ("stage_unknown", "No such stage.")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
)


@given(
    st.sampled_from([*PORTAL_CODES, "other"]),
    st.sampled_from(["", "stage", "clients", "clients[0].cell_phone", "clients[x]", "clients[99]"]),
    st.dictionaries(
        st.sampled_from([*FACTS, "client_index", "role", "status", "closest", "system", "kind", "name"]), _json
    ),
)
def test_no_refusal_is_too_odd_to_explain(code: str, field: str, details: dict[str, Any]) -> None:
    made = defect_from_problem(
        code, "The portal's sentence.", system="clio", field=field, details=details, draft=sent(case())
    )
    assert made.sentence
    assert made.code in {code, "vendor_error"}


@given(st.sampled_from(PORTAL_CODES))
def test_refusals_never_show_a_whole_number(code: str) -> None:
    details = {**FACTS, "client_index": 0, "value": "+13035550112"}
    made = defect_from_problem(code, "+13035550112", system="clio", field="clients[0].cell_phone", details=details)
    assert "3035550112" not in repr(replace(made, how_to_fix=""))


@pytest.mark.parametrize(
    ("mark", "table"),
    [("reason codes", reason_table), ("posting codes", posting_table), ("relay codes", relay_reason_table)],
)
def test_the_page_shows_each_table(mark: str, table: Callable[[], str]) -> None:
    marked = re.search(rf"<!-- {mark} -->(.*?)<!-- /{mark} -->", PAGE.read_text(), re.DOTALL)
    assert marked is not None
    assert marked[1].strip() == table()


def test_the_table_has_every_code_and_no_braces() -> None:
    table = reason_table()
    assert all(f"| `{code}` |" in table for code in [*PORTAL_CODES, *OUR_CODES])
    assert not re.search("[{}]", table)
    assert all(line.count("|") == 4 for line in table.splitlines())
