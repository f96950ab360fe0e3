from domain.coverage import mapping_coverage
from tests.domain.builders import firm_rules, index_for

INDEX = index_for()


def test_gaps_are_counted_and_the_fullest_comes_first() -> None:
    coverage = mapping_coverage(
        [
            ("MVA", "Treatment", 40),
            ("MVA", "treatment", 3),
            ("Auto Injury", "treatment", 2),
            ("Maritime", "Intake", 5),
            ("Maritime", "Trial", 6),
            ("MVA", None, 1),
            (None, None, 2),
            ("MVA", "Gone", 0),
        ],
        INDEX,
    )
    assert [(gap.practice_area, gap.stage, gap.open_cases, gap.code) for gap in coverage.gaps] == [
        ("Maritime", "", 11, "practice_area_unknown"),
        ("MVA", "treatment", 3, "stage_unknown"),
        ("", "", 2, "practice_area_required"),
        ("Auto Injury", "treatment", 2, "stage_unknown"),
        ("MVA", "", 1, "stage_required"),
    ]
    assert "Did you mean “Treatment”?" in coverage.gaps[1].defects[0].sentence
    assert (coverage.open_cases, coverage.uncovered) == (59, 19)
    assert str(coverage) == "19 of 59 open cases sit in 5 places the portal does not know."


def test_everything_is_mapped() -> None:
    rules = firm_rules(stage_mapping={"treatment": "Treating"})
    coverage = mapping_coverage([("MVA", "treatment", 1_200)], index_for(rules))
    assert not coverage.gaps
    assert str(coverage) == "All practice areas and stages of 1,200 open cases are mapped."
