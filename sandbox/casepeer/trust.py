"""Handlers of settlement charges and of what is in trust."""

from collections.abc import Callable, Collection
from datetime import date
from functools import partial
from typing import Any

from sandbox.answers import Answer
from sandbox.casepeer.answers import json_answer
from sandbox.casepeer.call import Call
from sandbox.casepeer.firm import FirmRecords
from sandbox.casepeer.money import CHECKS_IN, FEE, POSTED, TrustLine
from sandbox.casepeer.money_rendering import charges_json, deposit_json, fee_json, ledger_json
from sandbox.casepeer.paging import paged, paged_by_change
from sandbox.casepeer.records import Case


def charges_of_case(call: Call) -> Answer:
    """GET case/{id}/settlement/charges/ [assumed]. No list tells which charges have changed."""
    case = call.case()
    return json_answer(charges_json(case.id, call.firm.charges.of_case(case.id)))


def trust_of_case(call: Call) -> Answer:
    """GET case/{id}/trust/ [assumed]; a case without trust has a ledger without lines."""
    firm, case = call.firm, call.case()
    return json_answer(ledger_json(firm, firm.trust.of_case(case.id, firm.seconds())))


def trust_of_firm(call: Call) -> Answer:
    """GET trust/?updated__gte= [assumed]: the ledgers that ever had a line, ordered by when they changed and case id."""
    firm, since = call.firm, call.moment("updated__gte")
    found = [ledger for ledger in firm.trust.by_change() if ledger.updated >= since]
    return paged_by_change(
        call, found, partial(ledger_json, firm), lambda ledger: firm.trust.touch(ledger, firm.seconds())
    )


def check_deposits(call: Call) -> Answer:
    """GET case/check-deposits/?check_date__gte=&check_date__lte= [seen]: checks that came into trust."""
    return _by_check_date(call, CHECKS_IN, deposit_json)


def fees_in(call: Call) -> Answer:
    """GET case/fees-in/?check_date__gte=&check_date__lte= [seen]: fees that the firm took out of trust."""
    return _by_check_date(call, (FEE,), fee_json)


def _by_check_date(
    call: Call, kinds: Collection[str], render: Callable[[FirmRecords, Case, TrustLine], dict[str, Any]]
) -> Answer:
    """Posted lines with a check, the earliest first, both days included. Raises Refusal (400, 404)."""
    firm, first, last = call.firm, call.day("check_date__gte") or date.min, call.day("check_date__lte") or date.max
    found = sorted(
        (line.check_date, line.id, ledger.case_id, line)
        for ledger in firm.trust.by_change()
        for line in ledger.lines
        if line.kind in kinds and line.status == POSTED and line.check_date and first <= line.check_date <= last
    )
    return paged(call, found, lambda row: render(firm, firm.case_there(row[2]), row[3]))
