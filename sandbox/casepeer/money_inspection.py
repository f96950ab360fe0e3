"""Control routes of a firm's money, below ``/__sandbox__/casepeer/firms/{slug}``; amounts are texts, answers the API's words.

GET    /costs                every cost
POST   /costs                {"case_id": ..., "amount": "38.75"}, also payee, contact_type, kind, memo, invoice_number,
                             cost_code, priority, requested_by: a new one; "38.755" is kept as it is
POST   /costs/{id}           any of {"amount", "payee": a name, "memo"}                    DELETE /costs/{id}
POST   /costs/{id}/split     {"parts": {"case id": "20.00", ...}}, or {} for even parts: the parts
POST   /costs/{id}/void      {}: pending or paid, voided by hand
POST   /costs/{id}/waive     {}: property damage goes down by it; the charges of the case
GET    /charges              both charges of every case that ever had some
POST   /charges/{case id}    {"copp": {...}, "property_damage": {"amount": "-75.00", "staged": true,
                             "pushed_to_disbursement": true}}; what is not named stays
GET    /trust                every ledger
POST   /trust                {"case_id": ..., "kind": "deposit", "amount": "18000.00"}, also payee, status ("posted" or
                             "staged"), check_number, check_date ("2026-01-31"), do_not_distribute, memo: a new line
POST   /trust/{line id}/post {"check_number": ..., "check_date": ...}: a staged line is posted
"""

from typing import Any

from starlette.requests import Request

from sandbox.casepeer.changes import CasepeerFirm
from sandbox.casepeer.money_rendering import charges_json, cost_json, ledger_json, line_json
from sandbox.inspection import Row


def _costs(firm: CasepeerFirm, _request: Request, _body: dict[str, Any]) -> Any:
    return [cost_json(firm, cost) for cost in firm.costs.by_change()]


def _add_cost(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    return cost_json(firm, firm.add_cost(**body))


def _edit_cost(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    return cost_json(firm, firm.edit_cost(request.path_params["id"], **body))


def _delete_cost(firm: CasepeerFirm, request: Request, _body: dict[str, Any]) -> Any:
    firm.delete_cost(request.path_params["id"])
    return {}


def _split_cost(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    parts = {int(case_id): amount for case_id, amount in body.pop("parts", {}).items()}
    return [cost_json(firm, part) for part in firm.split_cost(request.path_params["id"], parts, **body)]


def _void_cost(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    return cost_json(firm, firm.void_cost(request.path_params["id"], **body))


def _waive_cost(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    case_id = firm.costs.get(request.path_params["id"]).case_id
    return charges_json(case_id, firm.waive_cost(request.path_params["id"], **body))


def _charges(firm: CasepeerFirm, _request: Request, _body: dict[str, Any]) -> Any:
    return [charges_json(case_id, charges) for case_id, charges in sorted(firm.charges.everything().items())]


def _set_charges(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    case_id = request.path_params["id"]
    return charges_json(case_id, firm.set_charges(case_id, **body))


def _trust(firm: CasepeerFirm, _request: Request, _body: dict[str, Any]) -> Any:
    return [ledger_json(firm, ledger) for ledger in firm.trust.by_change()]


def _write_trust_line(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    return line_json(firm, firm.write_trust_line(**body))


def _post_trust_line(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    return line_json(firm, firm.post_trust_line(request.path_params["id"], **body))


MONEY_ROUTES: tuple[Row[CasepeerFirm], ...] = (
    ("GET", "/costs", _costs),
    ("POST", "/costs", _add_cost),
    ("POST", "/costs/{id:int}", _edit_cost),
    ("DELETE", "/costs/{id:int}", _delete_cost),
    ("POST", "/costs/{id:int}/split", _split_cost),
    ("POST", "/costs/{id:int}/void", _void_cost),
    ("POST", "/costs/{id:int}/waive", _waive_cost),
    ("GET", "/charges", _charges),
    ("POST", "/charges/{id:int}", _set_charges),
    ("GET", "/trust", _trust),
    ("POST", "/trust", _write_trust_line),
    ("POST", "/trust/{id:int}/post", _post_trust_line),
)
