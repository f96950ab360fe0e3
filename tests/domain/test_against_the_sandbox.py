"""What we refuse beforehand is what the portal of the sandbox refuses, and what we accept it accepts."""

import itertools

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.case import Case
from domain.drafting import draft
from domain.phones import Verdict, choose_phone
from domain.phones import judge as judge_number
from sandbox.casestatus.firm import Firm, FirmSettings
from sandbox.casestatus.judging import judge
from sandbox.casestatus.phones import BadPhone, assess
from sandbox.casestatus.records import PracticeArea, Stage, User
from sandbox.casestatus.refusals import Refusal
from sandbox.casestatus.schema import CaseFields, ClientFields
from tests.domain.builders import AREAS, USERS, firm_rules, index_for
from tests.domain.strategies import cases

RULES = firm_rules()
INDEX = index_for(RULES)


def portal_firm() -> Firm:
    firm = Firm(FirmSettings(41, "Lark & Quill"), itertools.count(1).__next__)
    for user in USERS:
        firm.keep_user(User(user.id, "", user.name, user.email, user.role, user.status))
    for area in AREAS:
        stages = [Stage(one.id, one.position, one.name, None, one.aliases) for one in area.stages]
        firm.keep_practice_area(PracticeArea(area.id, area.name, stages, area.aliases))
    return firm


FIRM = portal_firm()


def unjudged(case: Case) -> CaseFields:
    """The case as if we had not judged it at all."""
    clients: list[ClientFields] = []
    for client in case.clients:
        best = choose_phone(client.phones).best
        clients.append(
            {
                "external_id": client.external_id,
                "first_name": client.first_name,
                "last_name": client.last_name,
                "company_name": client.company_name,
                "cell_phone": best.number if best else None,
            }
        )
    return {
        "readable_id": case.readable_id,
        "practice_area": case.practice_area,
        "stage": case.stage,
        "attorney_email": case.attorney.email if case.attorney else None,
        "clients": clients,
    }


def refusals(case: Case) -> set[str]:
    try:
        judge(FIRM, None, unjudged(case))
    except Refusal as refused:
        return {entry.code for entry in refused.entries}
    return set()


@given(cases())
def test_both_see_the_same_defects(case: Case) -> None:
    assume(not any(client.redacted for client in case.clients))
    ours = {defect.code for defect in draft(case, RULES, INDEX).defects} - {"stage_count_out_of_range"}
    assert ours == refusals(case)


@given(st.integers(200, 999), st.integers(200, 999), st.integers(0, 9999))
def test_numbers_we_offer_are_taken(area: int, exchange: int, line: int) -> None:
    """The landlines among them only the portal can know. Three area codes have exchanges of different kinds."""
    assume(area not in {523, 524, 983})
    number = f"({area}) {exchange}-{line:04d}"
    e164, verdict = judge_number(number)
    taken = assess(number)
    if isinstance(taken, BadPhone):
        assert verdict is not Verdict.USABLE or taken.reason == "not_mobile"
    else:
        assert verdict is Verdict.NOT_MOBILE or e164 == taken.e164
