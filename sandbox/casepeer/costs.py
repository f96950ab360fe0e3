"""Handlers of costs. Accounting's side of a cost comes back by PATCH; people edit costs on the screen only."""

from functools import partial
from typing import Any

from sandbox.answers import Answer
from sandbox.casepeer.answers import conflict, invalid, json_answer, not_found
from sandbox.casepeer.call import Call
from sandbox.casepeer.cost_fields import accounting_of, values_of, version_of
from sandbox.casepeer.money import COST_KINDS, COST_STATUSES, OPEN, PAID, PENDING, Cost
from sandbox.casepeer.money_rendering import cost_json
from sandbox.casepeer.paging import paged_by_change

_OF_PAYMENT = ("check_number", "paid_on")


def costs(call: Call) -> Answer:
    """GET costs/?status=&case=&kind=&updated__gte= [assumed]: ordered by ``updated_at`` and id. Raises Refusal (400)."""
    firm, case_id = call.firm, call.query.get("case", "")
    status, kind, since = (
        call.choice("status", COST_STATUSES),
        call.choice("kind", COST_KINDS),
        call.moment("updated__gte"),
    )
    if case_id and not (case_id.isascii() and case_id.isdigit()):
        raise invalid("case", "Enter a whole number.")
    found = [
        cost
        for cost in firm.costs.by_change()
        if cost.updated >= since
        and status in {"", cost.status}
        and kind in {"", cost.kind}
        and (not case_id or cost.case_id == int(case_id))
    ]
    return paged_by_change(call, found, partial(cost_json, firm), lambda cost: firm.costs.touch(cost, firm.seconds()))


def one_cost(call: Call) -> Answer:
    """GET costs/{id}/ [assumed]."""
    return json_answer(cost_json(call.firm, _cost(call)))


def change_cost(call: Call) -> Answer:
    """PATCH costs/{id}/ with the ``version`` it was read at [assumed].

    A ``status`` is a transition: to pending with ``accounting.entry_id``, to paid with ``check_number`` and ``paid_on``,
    to void. Without one, an open cost takes an ``amount`` and what else accounting says. Raises Refusal (400, 404, 409).
    """
    cost, fields = _cost(call), call.fields()
    version, values, told = version_of(fields), values_of(call, cost, fields), accounting_of(call, fields)
    if version != cost.version:
        raise conflict("stale_version", f"The cost has changed: it is at version {cost.version}.")
    _require_way(call, cost, values.get("status"))
    _require_open(cost, values, told)
    _require_what_goes_with(values, told)
    now = call.firm.seconds()
    if values.get("status") == PENDING:
        told = {"sent_at": now} | told
    elif values.get("status") == PAID:
        values["payment_method"] = "check"
    for name, value in told.items():
        setattr(cost.accounting, name, value)
    return json_answer(cost_json(call.firm, call.firm.costs.edit(cost, now, **values)))


def _cost(call: Call) -> Cost:
    try:
        return call.firm.costs.get(call.numbers[0])
    except KeyError:
        raise not_found() from None


def _require_way(call: Call, cost: Cost, status: str | None) -> None:
    if status is not None and not call.firm.costs.may_become(cost, status):
        stands = f"{cost.status} and was split" if cost.superseded else cost.status
        raise conflict("invalid_transition", f"The cost is {stands}, it cannot become {status}.")


def _require_open(cost: Cost, values: dict[str, Any], told: dict[str, Any]) -> None:
    """See that what only an open cost takes is for one that stays as it is, or goes to accounting."""
    if "amount" in values and (cost.status != OPEN or cost.superseded or "status" in values):
        raise invalid("amount", "The amount can be edited only while the cost is open.")
    if told and cost.status != OPEN:
        raise invalid("accounting", "Only an open cost takes it.")


def _require_what_goes_with(values: dict[str, Any], told: dict[str, Any]) -> None:
    """See that a transition has what it needs, and that nothing of it comes without one."""
    status = values.get("status")
    if status == PENDING and told.get("entry_id") is None:
        raise invalid("accounting", "entry_id: This field is required.")
    if status != PENDING and told.get("entry_id") is not None:
        raise invalid("accounting", "entry_id: It is set when the cost becomes pending.")
    for name in _OF_PAYMENT:
        if status == PAID and name not in values:
            raise invalid(name, "This field is required.")
        if status != PAID and name in values:
            raise invalid(name, "It is set when the cost is paid.")
