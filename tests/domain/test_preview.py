"""The preview of a case that is to be connected: what is looked at, what is shown, and what makes it out of date."""

from dataclasses import replace
from typing import Any

import pytest

from domain.case import Case, Phone
from domain.decision import Action, decide
from domain.portal import PortalCase
from domain.preview import Preview, preview
from tests.domain.builders import JO, as_portal_case, case, client, closed, firm_rules, index_for

RULES = firm_rules()
INDEX = index_for()


def seen(one: Case, portal_case: PortalCase | None = None, **twins: Any) -> Preview:
    return preview(one, portal_case, RULES, INDEX, **({"twin": None, "own_twin": None} | twins))


def there(one: Case) -> PortalCase:
    draft = decide(one, None, RULES, INDEX).draft
    assert draft is not None
    return as_portal_case(draft)


def test_a_good_case_shows_every_field_and_no_whole_number() -> None:
    shown = seen(case())
    pushed = {push.field: push.after for push in shown.pushes}
    assert shown.defects == ()
    assert not any(one.defects for one in shown.requirements)
    assert pushed["stage"] == "Treating"
    assert pushed["client"].startswith("Della Vance, ")
    assert "0112" in pushed["client"]
    assert "5550112" not in "".join(pushed.values())
    assert set(pushed) >= {"number", "practice area", "attorney", "paralegals", "description", "case date"}


def test_every_failure_is_shown_with_the_requirement_it_belongs_to() -> None:
    poor = case(practice_area="Elder Law", attorney=JO, clients=(client(first_name=None, phones=()),), readable_id=None)
    shown = seen(poor)
    failed = {one.words: {defect.code for defect in one.defects} for one in shown.requirements if one.defects}
    assert set().union(*failed.values()) == {
        "practice_area_unknown",
        "attorney_not_found",
        "client_name_required",
        "client_cell_phone_missing",
        "readable_id_required",
    }
    assert len(failed) == 5
    assert shown.pushes == ()


def test_a_closed_case_and_a_foreign_connection_stand_against_it() -> None:
    assert [one.code for one in seen(closed(case())).defects] == ["case_over"]
    assert [one.code for one in seen(case(), twin="cs_9").defects] == ["connected_elsewhere"]
    assert [one.value for one in seen(case(), there(case()), twin="cs_9", own_twin="cs_8").defects] == ["cs_9"]


def test_what_a_hidden_record_lacks_is_no_requirement_of_the_list() -> None:
    shown = seen(case(redacted=True))
    assert [one.defects[0].code for one in shown.requirements if one.defects] == ["record_redacted"]


def test_a_case_that_is_there_shows_only_what_differs() -> None:
    portal_case = there(case())
    same = seen(case(), portal_case, twin="cs_8", own_twin="cs_8")
    assert (same.is_connected, same.pushes, same.decision.action) == (True, (), Action.NOTHING)
    unlinked = seen(case(description="Other words"), portal_case, own_twin="cs_8")
    assert not unlinked.is_connected
    assert [(one.field, one.after) for one in unlinked.pushes] == [("description", "Other words")]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"description": "Other", "version": "2"}, "this of it has changed: description"),
        ({"clients": (client(phones=(Phone("(303) 555-0113"),)),), "version": "2"}, "this of it has changed: clients"),
        ({"description": "Other", "stage": "Intake", "version": "2"}, "this of it has changed: description, stage"),
        ({"version": "2"}, "it was touched"),
    ],
)
def test_what_has_changed_since_is_named(now: dict[str, Any], said: str) -> None:
    before = case(version="1")
    after = replace(before, **now)
    assert seen(before).difference(after, decide(after, None, RULES, INDEX)) == said


def test_the_portals_side_counts_too() -> None:
    shown = seen(case(version="1"))
    assert shown.difference(case(version="1"), shown.decision) is None
    assert shown.difference(None, None) == "the case is gone, or hidden"
    landed = decide(case(version="1"), there(case(version="1")), RULES, INDEX)
    assert shown.difference(case(version="1"), landed) == "Case Status holds or allows something else"
