"""Who is who on a case, whatever a firm calls its roles."""

from hypothesis import given
from hypothesis import strategies as st

from domain.case import StaffMember
from domain.roles import RoleMap

LABELS = st.sampled_from(
    ["Primary Attorney", "Managing Attorney", "primary  attorney", "Paralegal", "Case Manager", "Staff", ""]
)
STAFF = st.lists(st.tuples(LABELS, st.integers(1, 4).map(lambda number: StaffMember(str(number)))), max_size=8)


@given(STAFF, st.randoms())
def test_the_lead_attorney_does_not_depend_on_the_order_in_which_people_are_listed(staff, dice):
    def slots(rows):
        return {member for label, member in rows if label.split() and label.split()[0].casefold() == "primary"}

    shuffled = dice.sample(staff, len(staff))
    for rows in (staff, shuffled):
        chosen = RoleMap().attorneys(rows)
        assert len(set(chosen)) == len(chosen)
        assert not slots(rows) or chosen[0] in slots(rows)
    assert set(RoleMap().attorneys(staff)) == set(RoleMap().attorneys(shuffled))


@given(STAFF)
def test_nobody_without_a_role_that_is_mapped_is_taken_along(staff):
    mapped = RoleMap.of({"attorney": ["Staff"]})
    assert set(mapped.attorneys(staff)) == {member for label, member in staff if label == "Staff"}
    assert set(mapped.paralegals(staff)) == {
        member for label, member in staff if label in ("Paralegal", "Case Manager")
    }


def test_a_role_that_the_firm_does_not_name_keeps_the_usual_labels():
    assert RoleMap.of({}) == RoleMap()
    assert RoleMap.of({"paralegal": ["Assistant"]}).attorney_labels == RoleMap().attorney_labels
    assert RoleMap.of({"paralegal": []}) == RoleMap()
