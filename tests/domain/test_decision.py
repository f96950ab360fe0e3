from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import Case, CaseState, Phone, StaffMember
from domain.decision import ALL_FIELDS, Action, Decision, decide, decide_missing
from domain.drafting import draft
from domain.firm import FirmRules
from domain.outcome import Result
from domain.portal import PortalCase, PortalState
from tests.domain.builders import NOON, TOMAS, as_portal_case, case, client, closed, firm_rules, index_for, written
from tests.domain.strategies import cases, portal_states

RULES = firm_rules()
INDEX = index_for(RULES)
SYSTEMS = {system: firm_rules(case_system=system) for system in ("clio", "smartadvocate", "casepeer")}


def held(one: Case, state: PortalState | None = None, **facts: Any) -> PortalCase:
    return as_portal_case(draft(one, RULES, INDEX).draft, state, **facts)


def reasons(decision: Decision) -> list[str]:
    return [defect.code for defect in decision.defects]


def test_a_new_case_is_created_whole() -> None:
    decision = decide(case(), None, RULES, INDEX, nightly=True)
    assert (decision.action, decision.action.result) == (Action.CREATE, Result.CREATED)
    assert decision.fields == ALL_FIELDS
    assert decision.notes == ("Della Vance: number •••• 0112 taken (Mobile)",)
    assert not decision.notifies_client


def test_an_equal_case_is_left_alone() -> None:
    assert decide(case(), held(case()), RULES, INDEX) == Decision(Action.NOTHING)


def test_a_newer_source_date_alone_is_no_change() -> None:
    newer = case(updated_at=NOON + timedelta(days=1))
    assert decide(newer, held(case()), RULES, INDEX).action is Action.NOTHING


def test_only_what_differs_is_sent() -> None:
    decision = decide(case(), held(case(), stage="Getting Started"), RULES, INDEX)
    assert (decision.action, decision.fields) == (Action.UPDATE, {"stage"})
    assert [str(change) for change in decision.changes] == ["stage: Getting Started → Treating"]
    assert decision.notifies_client
    assert not decide(case(), held(case(), stage=None), firm_rules(notify_clients=False), INDEX).notifies_client


def test_a_case_with_defects_is_rejected_with_all_of_them() -> None:
    bad = case(practice_area="mva", attorney=None)
    for portal_case in (None, held(case())):
        decision = decide(bad, portal_case, RULES, INDEX)
        assert (decision.action, reasons(decision)) == (Action.REJECT, ["practice_area_unknown", "attorney_required"])


class TestClosing:
    def test_a_case_that_is_over_is_closed_with_its_last_changes(self) -> None:
        decision = decide(closed(case(stage="Demand")), held(case()), RULES, INDEX)
        assert (decision.action, decision.fields) == (Action.CLOSE, {"stage", "closed"})
        assert decision.notifies_client

    def test_it_is_closed_even_if_its_attorney_is_gone(self) -> None:
        over = closed(case(attorney=StaffMember("9", "Max", "gone@larkfirm.example"), description="new"))
        decision = decide(over, held(case()), RULES, INDEX)
        assert (decision.action, decision.fields) == (Action.CLOSE, {"closed"})
        assert [str(change) for change in decision.changes] == ["state: active → closed"]
        assert decision.warnings == ("The attorney gone@larkfirm.example was removed from Case Status.",)
        assert decision.draft is not None
        assert (decision.draft.closed, decision.draft.closed_on) == (True, date(2026, 11, 20))

    def test_closed_on_both_sides_nothing_is_done(self) -> None:
        over = closed(case(attorney=None, clients=()))
        assert decide(over, held(case(), PortalState.CLOSED, stage=None), RULES, INDEX) == Decision(Action.NOTHING)

    def test_closed_cases_come_over_only_where_wanted(self) -> None:
        assert decide(closed(case()), None, RULES, INDEX).action is Action.CREATE
        decision = decide(closed(case()), None, firm_rules(import_closed=False), INDEX)
        assert (decision.action, reasons(decision)) == (Action.SKIP, ["not_eligible"])


class TestReopening:
    there = held(case(), PortalState.CLOSED)

    def test_a_case_that_goes_on_is_reopened(self) -> None:
        decision = decide(case(stage="Demand"), self.there, RULES, INDEX)
        assert (decision.action, decision.action.result) == (Action.REOPEN, Result.UPDATED)
        assert decision.fields == {"stage", "closed"}

    def test_unless_the_firm_does_not_want_it(self) -> None:
        decision = decide(case(), self.there, firm_rules(reopen_closed=False), INDEX)
        assert (decision.action, reasons(decision)) == (Action.REJECT, ["case_closed"])

    def test_with_defects_it_stays_closed(self) -> None:
        assert reasons(decide(case(attorney=None), self.there, RULES, INDEX)) == ["attorney_required"]
        both = decide(case(attorney=None), self.there, firm_rules(reopen_closed=False), INDEX)
        assert reasons(both) == ["attorney_required", "case_closed"]


class TestLeftOut:
    def test_casepeer_imports_nothing_at_night(self) -> None:
        rules = SYSTEMS["casepeer"]
        index = index_for(rules)
        decision = decide(case(), None, rules, index, nightly=True)
        assert (decision.action, reasons(decision)) == (Action.SKIP, ["not_eligible"])
        assert "nightly runs import nothing from CASEpeer" in decision.defects[0].sentence
        assert decide(case(), None, rules, index).action is Action.CREATE
        assert decide(case(stage="Intake"), held(case()), rules, index, nightly=True).action is Action.UPDATE

    def test_cases_opened_before_the_window(self) -> None:
        decision = decide(case(), None, RULES, INDEX, opened_since=date(2025, 2, 12))
        assert (decision.action, reasons(decision)) == (Action.SKIP, ["outside_window"])
        assert decide(case(), None, RULES, INDEX, opened_since=date(2025, 2, 11)).action is Action.CREATE
        assert decide(case(case_date=None), None, RULES, INDEX, opened_since=NOON.date()).action is Action.CREATE
        assert decide(case(), held(case()), RULES, INDEX, opened_since=NOON.date()).action is Action.NOTHING

    def test_hidden_cases(self) -> None:
        for portal_case in (None, held(case())):
            decision = decide(case(redacted=True, clients=()), portal_case, RULES, INDEX)
            assert (decision.action, reasons(decision)) == (Action.SKIP, ["record_redacted"])

    def test_hidden_clients(self) -> None:
        hidden = case(stage="Intake", clients=(client(redacted=True, first_name=None, phones=()),))
        assert reasons(decide(hidden, None, RULES, INDEX)) == ["record_redacted"]
        decision = decide(hidden, held(case()), RULES, INDEX)
        assert (decision.action, decision.fields) == (Action.UPDATE, {"stage"})

    @pytest.mark.parametrize("one", [case(), closed(case()), closed(case(attorney=None))])
    def test_what_the_portal_knows_better(self, one: Case) -> None:
        newer = held(case(), description="newer", source_updated_at=NOON + timedelta(seconds=1))
        assert reasons(decide(one, newer, RULES, INDEX)) == ["stale_source"]
        same_age = replace(newer, source_updated_at=NOON)
        assert decide(one, same_age, RULES, INDEX).action.writes

    def test_cases_gone_from_the_case_system(self) -> None:
        decision = decide_missing(RULES)
        assert (decision.action, reasons(decision)) == (Action.SKIP, ["missing_in_case_system"])


class TestClientChanges:
    moved = case(clients=(client(phones=(Phone("303-555-0113", "Home"),)),))

    @pytest.mark.parametrize(("system", "followed"), [("clio", True), ("casepeer", True), ("smartadvocate", False)])
    def test_by_case_system(self, system: str, *, followed: bool) -> None:
        rules = SYSTEMS[system]
        decision = decide(self.moved, held(case()), rules, index_for(rules))
        assert decision.fields == ({"clients"} if followed else frozenset())

    def test_by_firm(self) -> None:
        rules = firm_rules(follow_client_changes=False)
        assert decide(self.moved, held(case()), rules, INDEX).action is Action.NOTHING

    def test_the_report_names_the_label_taken(self) -> None:
        assert decide(self.moved, held(case()), RULES, INDEX).notes == ("Della Vance: number •••• 0113 taken (Home)",)

    def test_defects_of_clients_that_are_left_alone_do_not_matter(self) -> None:
        rules = SYSTEMS["smartadvocate"]
        one = case(stage="Intake", clients=(client(phones=()),))
        assert decide(one, held(case()), rules, index_for(rules)).fields == {"stage"}
        assert reasons(decide(one, None, rules, index_for(rules))) == ["client_cell_phone_missing"]


@pytest.mark.parametrize(("system", "corrected"), [("clio", False), ("smartadvocate", True), ("casepeer", True)])
def test_additional_attorneys_are_left_alone_where_the_system_knows_none(system: str, *, corrected: bool) -> None:
    rules = SYSTEMS[system]
    there = held(case(), additional_attorney_emails=("second@larkfirm.example",))
    assert decide(case(), there, rules, index_for(rules)).action.writes is corrected
    stated = case(additional_attorneys=(replace(TOMAS, email="new.attorney@larkfirm.example"),))
    assert decide(stated, there, rules, index_for(rules)).fields == {"additional_attorney_emails"}


rules_strategy = st.builds(
    firm_rules,
    case_system=st.sampled_from(sorted(SYSTEMS)),
    reopen_closed=st.booleans(),
    import_closed=st.booleans(),
    notify_clients=st.booleans(),
    follow_client_changes=st.none() | st.booleans(),
)


@given(cases(), st.none() | cases(good=True), portal_states, rules_strategy, st.booleans())
def test_what_was_decided_once_is_not_decided_again(
    one: Case,
    other: Case | None,
    state: PortalState,
    rules: FirmRules,
    nightly: bool,  # noqa: FBT001
) -> None:
    index = index_for(rules)
    before = None if other is None else as_portal_case(draft(other, rules, index).draft, state)
    decision = decide(one, before, rules, index, nightly=nightly)
    after = written(decision, before)
    again = decide(one, after, rules, index, nightly=nightly)
    if decision.action.writes:
        assert again.action is Action.NOTHING
    else:
        assert again == decision


@given(cases(), st.none() | cases(good=True), portal_states, rules_strategy)
def test_decisions_hold_together(one: Case, other: Case | None, state: PortalState, rules: FirmRules) -> None:
    index = index_for(rules)
    before = None if other is None else as_portal_case(draft(other, rules, index).draft, state)
    decision = decide(one, before, rules, index)
    assert decision.action.writes == (decision.draft is not None) == bool(decision.fields)
    assert bool(decision.defects) == (decision.action in (Action.SKIP, Action.REJECT))
    assert (decision.action is Action.CREATE) <= (before is None)
    assert (decision.action is Action.CLOSE) <= (one.state is CaseState.CLOSED)
    assert decision.notifies_client <= (decision.action.writes and rules.notify_clients)


@given(cases(good=True), cases(good=True))
def test_clients_added_by_hand_survive_every_decision(one: Case, other: Case) -> None:
    by_hand = replace(
        as_portal_case(draft(case(), RULES, INDEX).draft).clients[0], id=1, external_id=None, cell_phone="+13035550190"
    )
    before = as_portal_case(draft(other, RULES, INDEX).draft, PortalState.ACTIVE)
    before = replace(before, clients=(*before.clients, by_hand))
    after = written(decide(one, before, RULES, INDEX), before)
    assert after is not None
    assert "+13035550190" in {client.cell_phone for client in after.clients}
