from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from domain.case import Case, Phone
from domain.comparison import changed_fields, clients_to_send, compare, kept_clients, notifies
from domain.drafting import draft
from domain.outcome import Change
from domain.portal import Draft, PortalClient, PortalState
from tests.domain.builders import as_portal_case, case, client, closed, firm_rules, index_for
from tests.domain.strategies import cases

RULES = firm_rules()
INDEX = index_for(RULES)


def draft_of(one: Case) -> Draft:
    return draft(one, RULES, INDEX).draft


DRAFT = draft_of(case())
BY_HAND = PortalClient(9, None, "Ann", "Vance", None, "+13035550140", "ann@mail.example", "en")


@given(cases(good=True))
def test_a_portal_case_made_from_its_draft_does_not_differ(one: Case) -> None:
    made = draft_of(one)
    assert compare(made, as_portal_case(made)) == ()


@given(cases(), cases())
def test_any_two_cases_can_be_compared(one: Case, other: Case) -> None:
    changes = compare(draft_of(one), as_portal_case(draft_of(other)))
    assert all(change.before != change.after for change in changes)


@pytest.mark.parametrize(
    ("facts", "change"),
    [
        ({"readable_id": "00999"}, "readable_id: 00231-Vance → 00999"),
        ({"description": None}, "description: Rear-end collision on Rt 9 → (empty)"),
        ({"description": "Call 303-555-0112"}, "description: Rear-end collision on Rt 9 → Call •••• 0112"),
        ({"stage": "Intake"}, "stage: Treating → Getting Started"),
        ({"case_date": date(2025, 3, 1)}, "case_date: 2025-02-11 → 2025-03-01"),
        ({"case_date": None}, "case_date: 2025-02-11 → (empty)"),
        ({"paralegals": ()}, "paralegals: j.osei@larkfirm.example → (empty)"),
    ],
)
def test_one_field_is_one_change(facts: dict[str, Any], change: str) -> None:
    changes = compare(draft_of(case(**facts)), as_portal_case(DRAFT))
    assert [str(one) for one in changes] == [change]


def test_a_new_practice_area_takes_its_stage_along() -> None:
    moved = draft_of(case(practice_area="Slip and Fall", stage="Intake"))
    changes = compare(moved, as_portal_case(draft_of(case(stage="Intake"))))
    assert [one.field for one in changes] == ["practice_area"]
    assert changed_fields(changes) == {"practice_area", "stage"}


def test_fields_to_send_are_named_as_in_the_draft() -> None:
    changes = [
        Change(field, "a", "b") for field in ("attorney", "additional_attorneys", "paralegals", "state", "case_date")
    ]
    changes.append(Change("clients[Della Vance].cell_phone", "a", "b"))
    assert changed_fields(changes) == {
        "attorney_email",
        "additional_attorney_emails",
        "paralegal_emails",
        "closed",
        "case_date",
        "clients",
    }


def test_emails_are_compared_without_letter_case_and_order() -> None:
    held = as_portal_case(
        DRAFT, attorney_email="T.IBARRA@larkfirm.example", paralegal_emails=("J.OSEI@LARKFIRM.example",)
    )
    assert compare(DRAFT, held) == ()


def test_what_is_left_alone_is_not_compared() -> None:
    held = as_portal_case(DRAFT, additional_attorney_emails=("second@larkfirm.example",), clients=(BY_HAND,))
    assert [one.field for one in compare(DRAFT, held)] == ["additional_attorneys", "clients[Della Vance]"]
    assert compare(DRAFT, held, leave_alone={"clients", "additional_attorneys"}) == ()


def test_an_unstated_practice_area_or_stage_is_no_difference() -> None:
    assert compare(replace(DRAFT, practice_area=None, stage=None), as_portal_case(DRAFT)) == ()


@pytest.mark.parametrize("state", [PortalState.ONBOARDING, PortalState.ACTIVE, PortalState.ON_HOLD])
def test_open_states_of_the_portal_are_no_difference(state: PortalState) -> None:
    assert compare(DRAFT, as_portal_case(DRAFT, state)) == ()
    closing = compare(draft_of(closed(case())), as_portal_case(DRAFT, state))
    assert [str(one) for one in closing] == [f"state: {state.value} → closed"]


def test_closed_on_both_sides_nothing_differs() -> None:
    held = as_portal_case(DRAFT, PortalState.CLOSED, description="something else", clients=())
    assert compare(draft_of(closed(case())), held) == ()
    assert compare(DRAFT, held)[-1] == Change("state", "closed", "open")


class TestClients:
    held = as_portal_case(DRAFT)

    def changes(self, **facts: Any) -> list[str]:
        return [str(one) for one in compare(draft_of(case(clients=(client(**facts),))), self.held)]

    def test_each_difference_names_the_client(self) -> None:
        assert self.changes(last_name="Vance-Holt", email=None) == [
            "clients[Della Vance-Holt].name: Della Vance → Della Vance-Holt",
            "clients[Della Vance-Holt].email: della.vance@mail.example → (empty)",
        ]

    def test_numbers_are_masked(self) -> None:
        assert self.changes(phones=(Phone("303-555-0113", "Mobile"),)) == [
            "clients[Della Vance].cell_phone: •••• 0112 → •••• 0113"
        ]
        assert self.changes(phones=(Phone("720-555-0112", "Mobile"),)) == [
            "clients[Della Vance].cell_phone: •••• 0112 → •••• 0112 (another number)"
        ]

    def test_a_language_counts_only_when_stated(self) -> None:
        assert self.changes(preferred_language="es") == ["clients[Della Vance].language: (empty) → es"]
        held = replace(self.held, clients=(replace(self.held.clients[0], preferred_language="en"),))
        assert compare(DRAFT, held) == ()
        assert clients_to_send(DRAFT, held)[0].preferred_language == "en"

    def test_another_client_under_the_case_replaces_the_former_one(self) -> None:
        assert self.changes(external_id="c-9", first_name="Sam", phones=(Phone("303-555-0119", "Mobile"),)) == [
            "clients[Sam Vance]: (empty) → Sam Vance •••• 0119",
            "clients[Della Vance]: Della Vance •••• 0112 → (empty)",
        ]

    def test_clients_added_by_hand_are_kept(self) -> None:
        held = replace(self.held, clients=(*self.held.clients, BY_HAND))
        assert compare(DRAFT, held) == ()
        assert kept_clients(DRAFT, held) == (BY_HAND,)
        sent = clients_to_send(DRAFT, held)
        assert [(one.external_id, one.cell_phone, one.primary) for one in sent] == [
            ("c-5501", "+13035550112", True),
            (None, "+13035550140", False),
        ]

    def test_a_primary_client_added_by_hand_stays_the_primary_one(self) -> None:
        ours = replace(self.held.clients[0], primary=False)
        held = replace(self.held, clients=(ours, replace(BY_HAND, primary=True)))
        assert compare(DRAFT, held) == ()
        assert [one.primary for one in clients_to_send(DRAFT, held)] == [False, True]

    def test_a_client_added_by_hand_under_our_number_is_ours(self) -> None:
        held = replace(self.held, clients=(replace(self.held.clients[0], external_id=None),))
        assert compare(DRAFT, held) == ()
        assert kept_clients(DRAFT, held) == ()

    def test_one_person_under_two_contacts_does_not_go_back_and_forth(self) -> None:
        shared = replace(self.held.clients[0], external_id="c-other", first_name="DELLA", email="other@mail.example")
        assert compare(DRAFT, replace(self.held, clients=(shared,))) == ()
        renamed = replace(shared, first_name="Bella")
        assert [one.field for one in compare(DRAFT, replace(self.held, clients=(renamed,)))] == [
            "clients[Della Vance].name"
        ]


@pytest.mark.parametrize(
    ("state", "field", "told"),
    [
        (PortalState.ACTIVE, "stage", True),
        (PortalState.ACTIVE, "state", True),
        (PortalState.ACTIVE, "description", False),
        (PortalState.ONBOARDING, "stage", False),
        (PortalState.ONBOARDING, "state", False),
        (PortalState.ON_HOLD, "state", False),
        (PortalState.CLOSED, "stage", True),
        (PortalState.CLOSED, "state", False),
    ],
)
def test_what_reaches_the_client(state: PortalState, field: str, *, told: bool) -> None:
    held = as_portal_case(DRAFT, state)
    changes = [Change(field, "a", "b")]
    assert notifies(changes, held, notify_clients=True) is told
    assert not notifies(changes, held, notify_clients=False)
    assert not notifies(changes, None, notify_clients=True)
