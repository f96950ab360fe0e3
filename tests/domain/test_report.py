import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.outcome import Change, Defect, Outcome, Result
from domain.report import COLUMNS, RunFacts, neutral_cell, nights, report_row, restore_cell
from domain.run_names import run_name
from tests.domain.builders import NOON

RUN = RunFacts("run-1", NOON, "nightly", "clio", "ops@hub.example")


def test_a_row_has_every_column_in_order() -> None:
    outcome = Outcome(
        "1649203377",
        Result.UPDATED,
        NOON,
        readable_id="00231-Vance",
        client_name="Della Vance",
        portal_id=88017,
        changes=(Change("stage", "Intake", "Treatment"), Change("description", "", "Rt 9")),
        warnings=("One was left off.",),
    )
    row = report_row(outcome, RUN, case_link="https://app.casestatus.com/cases/88017", attempts=2)
    assert tuple(row) == COLUMNS
    assert row == {
        "run_id": "run-1",
        "started_at": "2026-11-22T12:00:00Z",
        "trigger": "nightly",
        "requested_by": "ops@hub.example",
        "source": "clio",
        "integration_id": "1649203377",
        "readable_id": "00231-Vance",
        "client_name": "Della Vance",
        "attempted_at": "2026-11-22T12:00:00Z",
        "result": "updated",
        "reason_code": "",
        "reason": "",
        "field": "",
        "value": "",
        "how_to_fix": "",
        "changes": "stage: Intake → Treatment; description: (empty) → Rt 9",
        "warnings": "One was left off.",
        "case_status_id": "88017",
        "case_link": "https://app.casestatus.com/cases/88017",
        "attempts": "2",
    }


def test_several_defects_are_joined_in_their_order() -> None:
    defects = (
        Defect("stage_unknown", "Stage unknown.", "stage", "Xyz", "Map it."),
        Defect("attorney_required", "No attorney.", "attorney_email", "", "Choose one."),
    )
    row = report_row(Outcome("1", Result.REJECTED, NOON, defects=defects), RUN)
    assert (row["result"], row["reason_code"]) == ("rejected", "stage_unknown;attorney_required")
    assert row["reason"] == "Stage unknown.; No attorney."
    assert row["field"] == "stage; attorney_email"
    assert row["value"] == "Xyz; "
    assert row["how_to_fix"] == "Map it.; Choose one."
    assert row["case_status_id"] == ""


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@cmd", "\t=1", "\r=1", "\tx", " =1", "\n@x", "'=1", "\uff1d1", "''+1"]
)
def test_formulas_are_neutralised(text: str) -> None:
    assert neutral_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Vance", "O'Hara", "'tis", "a=b", "1-2", "00231-Vance", "•••• 0112"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert neutral_cell(text) == text


@given(st.text(max_size=30) | st.text("'=+-@\t\r\n x", max_size=8))
def test_what_was_neutralised_can_be_restored(text: str) -> None:
    cell = neutral_cell(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert restore_cell(cell) == text


@given(st.text("'=+-@;,\"\n\r\t ab", max_size=20), st.text("'=+-@;,\"\n ab", max_size=20))
def test_a_row_survives_its_csv(name: str, value: str) -> None:
    defect = Defect("stage_unknown", "S.", "stage", value, "F.")
    row = report_row(Outcome("1", Result.REJECTED, NOON, client_name=name, defects=(defect,)), RUN)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerow(row)
    (back,) = csv.DictReader(io.StringIO(file.getvalue(), newline=""))
    assert restore_cell(back["client_name"]) == name
    assert restore_cell(back["value"]) == value


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "new"),
        (1, "new"),
        (2, "2nd night"),
        (3, "3rd night"),
        (9, "9th night"),
        (11, "11th night"),
        (12, "12th night"),
        (21, "21st night"),
        (111, "111th night"),
        (122, "122nd night"),
    ],
)
def test_nights(count: int, text: str) -> None:
    assert nights(count) == text


def test_run_names_carry_the_day() -> None:
    name = run_name("nightly").format(firm="harrow-pike", window="auto")
    today = datetime.now(UTC)
    assert name == f"nightly · harrow-pike · {today.day} {today:%b}"
    assert run_name("case", "{firm} {case}").format(firm="a", case="27891").startswith("case · a 27891 · ")
