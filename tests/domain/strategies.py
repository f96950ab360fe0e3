"""Cases of all kinds, good and bad, for property-based tests."""

from datetime import date, timedelta

from hypothesis import strategies as st

from domain.case import Case, CaseState, Client, Phone, StaffMember
from domain.portal import PortalState
from tests.domain.builders import JO, NOON, TOMAS, USERS

texts = st.none() | st.text("aA é\n", max_size=6)
days = st.none() | st.dates(date(2020, 1, 1), date(2026, 12, 31))
phones = st.builds(
    Phone,
    number=st.sampled_from(["303-555-0101", "(303) 555-0102", "+13035550103", "12", "416-555-0111", ""]),
    label=st.sampled_from(["Mobile", "Home", "Fax", ""]),
    primary=st.booleans(),
)
staff = st.sampled_from(
    [
        TOMAS,
        JO,
        StaffMember("0"),
        StaffMember("1", "X", "x@y.example"),
        *(StaffMember(str(u.id), None, u.email) for u in USERS),
    ]
)


def clients(external_id: str, *, good: bool) -> st.SearchStrategy[Client]:
    names = st.sampled_from(["Della", "DELLA", "Sam"]) if good else texts
    numbers = st.sampled_from([f"303-555-01{n:02d}" for n in range(20)])
    good_phones = numbers.map(lambda number: (Phone(number, "Mobile"),))
    return st.builds(
        Client,
        external_id=st.just(external_id),
        first_name=names,
        last_name=names,
        company_name=st.none() if good else texts,
        email=st.none() | st.sampled_from(["a@b.example", "A@b.example", "c@d.example"]),
        phones=good_phones if good else st.lists(phones, max_size=3).map(tuple),
        preferred_language=st.none() | st.sampled_from(["en", "es"]),
        redacted=st.just(value=False) if good else st.booleans(),
    )


def client_lists(*, good: bool) -> st.SearchStrategy[tuple[Client, ...]]:
    least = 1 if good else 0
    ids = st.lists(st.sampled_from(["c-1", "c-2", "c-3"]), unique=True, min_size=least, max_size=3)
    lists = ids.flatmap(lambda chosen: st.tuples(*(clients(one, good=good) for one in chosen)))
    return lists.filter(lambda some: len({one.phones for one in some}) == len(some)) if good else lists


def cases(*, good: bool = False, system: str = "clio") -> st.SearchStrategy[Case]:
    """Cases; ``good`` ones have no defect."""
    areas = ["MVA", "Auto Injury"] if good else ["MVA", "mva", "Slip and Fall", "Nowhere", "", None, "Thirteen"]
    stages = ["Treatment", "Intake", "Demand"] if good else ["Treatment", "Both", "treatment", "", None, "Suing"]
    return st.builds(
        Case,
        system=st.just(system),
        integration_id=st.just("77"),
        readable_id=st.sampled_from(["00231", "00232"]) if good else texts,
        description=texts,
        practice_area=st.sampled_from(areas),
        stage=st.sampled_from(stages),
        state=st.sampled_from(CaseState),
        case_date=days,
        closed_on=days,
        updated_at=st.none() | st.integers(0, 3).map(lambda n: NOON + timedelta(minutes=n)),
        attorney=st.just(TOMAS) if good else st.none() | staff,
        additional_attorneys=st.lists(staff, max_size=3).map(tuple),
        paralegals=st.lists(staff, max_size=3).map(tuple),
        clients=client_lists(good=good),
        redacted=st.just(value=False) if good else st.booleans(),
    )


portal_states = st.sampled_from(PortalState)
