"""Properties: writing twice is writing once, lists miss nothing, the indexes agree with the cases."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.casestatus.firm import Firm
from sandbox.casestatus.planting import plant_fixtures
from sandbox.casestatus.records import State
from sandbox.casestatus.refusals import Refusal
from sandbox.casestatus.register import BEGINNING, Register
from sandbox.casestatus.schema import case_fields
from sandbox.casestatus.state import Portal
from sandbox.casestatus.writing import Writer
from sandbox.clock import Clock
from tests.sandbox.casestatus.client import ATTORNEY, case_body

clients = st.fixed_dictionaries(
    {
        "external_id": st.sampled_from([None, "c-1", "c-2", "c-3"]),
        "first_name": st.sampled_from(["Della", "DELLA", "Marco"]),
        "last_name": st.just("Okafor"),
        "cell_phone": st.sampled_from(["(312) 555-0100", "3125550101", "+13125550102"]),
    },
    optional={"email": st.sampled_from([None, "a@x.example"]), "primary": st.booleans()},
)
bodies = st.fixed_dictionaries(
    {"readable_id": st.sampled_from(["A", "B", "C"]), "clients": st.lists(clients, min_size=1, max_size=3)},
    optional={
        "description": st.sampled_from([None, "x", ""]),
        "stage": st.sampled_from(["Phase 1", "Phase 2", "Step 2"]),
        "state": st.sampled_from(["open", "closed"]),
        "closed_at": st.sampled_from([None, "2025-05-01", "2025-05-01T10:00:00Z"]),
        "reopen": st.booleans(),
        "paralegal_emails": st.lists(
            st.sampled_from(["paralegal@fixture-one.example", "manager@fixture-one.example", "nobody@x.example"]),
            max_size=2,
        ),
        "additional_attorney_emails": st.lists(st.just(ATTORNEY), max_size=1),
        "source_updated_at": st.sampled_from(["2025-06-01T00:00:00Z", "2025-06-02T00:00:00Z"]),
    },
)
writes = st.tuples(st.sampled_from(["1", "2", "3"]), bodies)


def fixture_firm() -> tuple[Portal, Firm]:
    portal = Portal(Clock())
    plant_fixtures(portal)
    return portal, portal.firm_called("fixture-one")


def write(portal: Portal, firm: Firm, integration_id: str, body: dict[str, Any]) -> Any:
    return Writer(firm, portal.now(), portal.next_id).upsert("clio", integration_id, case_fields(case_body(**body)))


def try_write(portal: Portal, firm: Firm, integration_id: str, body: dict[str, Any]) -> Any:
    """What the write came to, None when it was refused."""
    try:
        return write(portal, firm, integration_id, body)
    except Refusal:
        return None


@settings(max_examples=150, deadline=None)
@given(st.lists(writes, max_size=6), writes)
def test_an_upsert_repeated_is_unchanged_and_tells_nobody(history: list[Any], last: Any) -> None:
    portal, firm = fixture_firm()
    for one in history:
        try_write(portal, firm, *one)
    written = try_write(portal, firm, *last)
    if written is None or any(warning["code"] == "stale_source" for warning in written.warnings):
        return
    case, updated_at, notices = written.case, written.case.updated_at, len(firm.notices)
    again = write(portal, firm, *last)
    assert (again.result, again.changes) == ("unchanged", [])
    assert (again.case, case.updated_at, len(firm.notices)) == (case, updated_at, notices)


@settings(max_examples=150, deadline=None)
@given(st.lists(writes, max_size=12))
def test_the_indexes_agree_with_the_cases_whatever_was_written_or_refused(history: list[Any]) -> None:
    portal, firm = fixture_firm()
    for one in history:
        try_write(portal, firm, *one)
    people = {link.client.id: link.client for case in firm.cases for link in case.links}
    assert firm.clients == people
    assert firm.clients_by_phone == {client.cell_phone: client for client in people.values()}
    assert set(firm.clients_by_external.values()) <= set(people.values())
    for client in people.values():
        assert {case.id for case in client.cases} == {
            case.id for case in firm.cases if any(link.client is client for link in case.links)
        }
    for case in firm.cases:
        assert sum(link.primary for link in case.links) == 1
        assert firm.case_with_readable_id(case.readable_id) is case
        assert (case.closed_at is None) == (case.state is not State.CLOSED)


class Item:
    """The least a register asks for."""

    def __init__(self, identity: int, updated_at: int) -> None:
        self.id = identity
        self.updated_at = updated_at


changes = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 30)), max_size=400)


@settings(max_examples=100, deadline=None)
@given(changes)
def test_the_register_walks_the_living_in_order_after_any_changes(history: list[tuple[int, int]]) -> None:
    register: Register[Item] = Register()
    for identity, instant in history:
        item = register.get(identity) or Item(identity, instant)
        item.updated_at = instant
        register.file(item)
    expected = sorted((item.updated_at, item.id) for item in register)
    assert [(item.updated_at, item.id) for item in register.after(BEGINNING)] == expected
    middle = (15, 7)
    beyond = [(item.updated_at, item.id) for item in register.after(middle)]
    assert beyond == [key for key in expected if key > middle]


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 30), st.lists(st.lists(st.integers(0, 29), max_size=6), max_size=30), st.integers(1, 5))
def test_no_case_is_missed_that_changes_while_somebody_pages(
    count: int, changed_between: list[list[int]], limit: int
) -> None:
    clock = Clock()
    clock.freeze()
    portal = Portal(clock)
    register: Register[Item] = Register()
    for identity in range(count):
        register.file(Item(identity, portal.stamp()))
    seen: dict[int, int] = {}
    position, pauses = BEGINNING, iter(changed_between)
    while page := [item for _, item in zip(range(limit), register.after(position), strict=False)]:
        seen |= {item.id: item.updated_at for item in page}
        position = (page[-1].updated_at, page[-1].id)
        for identity in next(pauses, ()):
            item = register.get(identity)
            if item is not None:
                item.updated_at = portal.stamp()
                register.file(item)
    assert seen == {item.id: item.updated_at for item in register}


def test_the_fixtures_hold_every_special_case() -> None:
    portal, firm = fixture_firm()
    states = [case.state for case in firm.cases]
    assert {State.ONBOARDING, State.ACTIVE, State.ON_HOLD, State.CLOSED} == set(states)
    assert sorted(len(area.stages) for area in firm.practice_areas) == [2, 12]
    della = firm.clients_by_external["clio", "c-1"]
    assert len(della.cases) == 2
    assert len(della.cases[0].links) == 2
    other = portal.firm_called("fixture-two")
    assert firm.user_with_email(ATTORNEY) is not other.user_with_email(ATTORNEY) is not None
    assert {user.status for user in firm.users} == {"active", "invited", "removed"}
