import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import StaffMember
from domain.mapping import Placement, closest_name
from domain.outcome import Defect
from tests.domain.builders import firm_rules, index_for


def codes(placement: Placement) -> list[str]:
    return [defect.code for defect in placement.defects]


@pytest.mark.parametrize("area", ["Auto Injury", "MVA", "Motor Vehicle"])
@pytest.mark.parametrize("stage", ["Treating", "Treatment"])
def test_display_names_and_mappings_lead_to_display_names(area: str, stage: str) -> None:
    assert index_for().place(area, stage) == Placement("Auto Injury", "Treating")


def test_a_stage_is_found_inside_its_practice_area_only() -> None:
    index = index_for()
    assert index.place("Slip and Fall", "Suing").stage == "Suing"
    placement = index.place("Auto Injury", "Suing")
    assert codes(placement) == ["stage_unknown"]
    assert "Getting Started, Treating, Settling, Closing" in placement.defects[0].how_to_fix


@pytest.mark.parametrize(
    ("name", "closest"),
    [("mva", "MVA"), ("Auto  Injury", "Auto Injury"), ("AutoInjury", "Auto Injury"), (" MVA", "MVA"), ("MVB", None)],
)
def test_only_letter_case_and_spaces_are_offered(name: str, closest: str | None) -> None:
    placement = index_for().place(name, "Treatment")
    assert (placement.practice_area, codes(placement)) == (None, ["practice_area_unknown"])
    sentence = placement.defects[0].sentence
    assert (f"Did you mean “{closest}”?" in sentence) if closest else ("Did you mean" not in sentence)


def test_the_nearest_stage_is_offered_not_taken() -> None:
    placement = index_for().place("MVA", "treatment ")
    assert placement.stage is None
    assert placement.defects == (
        Defect(
            "stage_unknown",
            "Stage “treatment ” is not known in practice area “Auto Injury”. Did you mean “Treatment”? "
            "Letter case and spaces must be the same.",
            "stage",
            "treatment ",
            "Case Status: Settings › Practice areas › Auto Injury: add “treatment ” to the mappings of one of its "
            "stages (Getting Started, Treating, Settling, Closing).",
        ),
    )


def test_the_firms_own_mapping_goes_first() -> None:
    rules = firm_rules(
        practice_area_mapping={"Car": "MVA", "MVA": "Slip and Fall"},
        stage_mapping={"New": "Intake", "MVA / New": "Suing", "Auto Injury / Late": "Demand"},
    )
    index = index_for(rules)
    assert index.place("Car", "New") == Placement("Auto Injury", "Getting Started")
    assert index.place("MVA", "New") == Placement("Slip and Fall", "Suing")
    assert index.place("Car", "Late") == Placement("Auto Injury", "Settling")
    assert codes(index.place("MVA", "Late")) == ["stage_unknown"]


def test_a_mapping_that_leads_nowhere_says_so() -> None:
    rules = firm_rules(practice_area_mapping={"Car": "auto injury"})
    defect = index_for(rules).place("Car", None).defects[0]
    assert defect.sentence.startswith(
        "Practice area “Car” (mapped to “auto injury” in the firm's settings) is not known"
    )
    assert "Did you mean “Auto Injury”?" in defect.sentence


def test_a_name_of_two_stages_is_ambiguous() -> None:
    placement = index_for().place("MVA", "Both")
    assert codes(placement) == ["mapping_ambiguous"]
    assert placement.defects[0].sentence.endswith(": Settling, Closing.")


@pytest.mark.parametrize(
    ("area", "allowed"), [("Too Short", False), ("Slip and Fall", True), ("Twelve", True), ("Thirteen", False)]
)
def test_two_to_twelve_stages(area: str, *, allowed: bool) -> None:
    stage = {"Too Short": "Only", "Slip and Fall": "Suing"}.get(area, "Step 1")
    assert codes(index_for().place(area, stage)) == ([] if allowed else ["stage_count_out_of_range"])


@pytest.mark.parametrize(
    ("area", "stage", "expected"),
    [
        (None, None, ["practice_area_required", "stage_required"]),
        (" ", "", ["practice_area_required", "stage_required"]),
        (None, "Treatment", ["practice_area_required"]),
        ("Nowhere", "Nothing", ["practice_area_unknown"]),
        ("Nowhere", None, ["practice_area_unknown", "stage_required"]),
        ("MVA", None, ["stage_required"]),
        ("MVA", "Nothing", ["stage_unknown"]),
    ],
)
def test_what_is_judged_when_something_is_missing(area: str | None, stage: str | None, expected: list[str]) -> None:
    assert codes(index_for().place(area, stage)) == expected


def test_a_firm_may_do_without_practice_area_and_stage() -> None:
    index = index_for(require_practice_area=False, require_stage=False)
    assert index.place(None, None) == Placement(None, None)
    assert index.place("MVA", None) == Placement("Auto Injury", None)
    assert codes(index.place(None, "Treatment")) == ["stage_unknown"]
    assert codes(index.place("Nowhere", None)) == ["practice_area_unknown"]


def test_users_are_found_without_letter_case() -> None:
    index = index_for()
    assert index.attorney(" t.ibarra@LARKFIRM.example ") == "T.Ibarra@larkfirm.example"
    assert index.attorney("new.attorney@larkfirm.example") == "new.attorney@larkfirm.example"
    assert index.attorney("gone@larkfirm.example") is None
    assert index.attorney("j.osei@larkfirm.example") is None
    assert index.attorney(None) is None
    assert index.paralegal("J.Osei@larkfirm.example") == "j.osei@larkfirm.example"
    assert index.paralegal("c.manager@larkfirm.example") == "c.manager@larkfirm.example"
    assert index.paralegal("t.ibarra@larkfirm.example") is None


@pytest.mark.parametrize(
    ("member", "code", "sentence"),
    [
        (None, "attorney_required", "The case has no attorney."),
        (
            StaffMember("1", "Rosa Quill", " "),
            "attorney_required",
            "The attorney Rosa Quill has no e-mail address in Clio, so nobody in Case Status can be found by it.",
        ),
        (
            StaffMember("1", "Rosa Quill", "rosa@x.example"),
            "attorney_not_found",
            "Nobody in Case Status has the attorney's e-mail address rosa@x.example.",
        ),
        (
            StaffMember("1", "Jo", "J.OSEI@larkfirm.example"),
            "attorney_not_found",
            "j.osei@larkfirm.example is in Case Status as paralegal, not as an attorney.",
        ),
        (
            StaffMember("1", "Max", "gone@larkfirm.example"),
            "attorney_not_found",
            "The attorney gone@larkfirm.example was removed from Case Status.",
        ),
    ],
)
def test_why_somebody_cannot_be_the_attorney(member: StaffMember | None, code: str, sentence: str) -> None:
    defect = index_for().attorney_defect(member)
    assert (defect.code, defect.sentence, defect.field) == (code, sentence, "attorney_email")


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=6))
def test_the_closest_name_is_never_the_name_itself(name: str, names: list[str]) -> None:
    closest = closest_name(name, names)
    assert closest != name
    assert closest is None or "".join(closest.split()).casefold() == "".join(name.split()).casefold()
