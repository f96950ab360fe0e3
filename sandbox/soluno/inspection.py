"""Control routes of Soluno, below ``/__sandbox__/soluno``; JSON in, JSON out. They act on the books that casebridge works in.

GET    /firms                      addresses, logins and switches of every firm
GET    /firms/{slug}               of one: {"host", "api_base", "user_name", "password", "organization_name",
                                   "verification_question", "verification_answer", "organizations", "logins", "switches"}
GET    /firms/{slug}/books         everything in the API's words, also what was deleted: {"Contacts": [...], "Casefiles",
                                   "CostEntries", "FeeEntries" (with "Status"), "TrustReceipts", "TrustCheques",
                                   "Transfers", "Invoices", "Balances": {casefile id: {...}}}; money is always text
POST   /firms/{slug}/switches      any of sandbox.soluno.switches.Switches: {"numbers": true, "enforce_reference": false}
POST   /firms/{slug}/browser-login {"user_name": ...}: somebody logs in by browser, the session of that login ends
POST   /firms/{slug}/login         {"user_name": ..., "locked": false, "password": ..., "password_expired": true,
                                   "question_set": false, "denied": ["CostEntries"], "reauthenticate_in": 0 (seconds),
                                   "forget_devices": true, "expire_session": true}
POST   /firms/{slug}/features      {"release_stage": false, "entries_not_allowed_before": "2031-01-01"}
POST   /firms/{slug}/users         {"like": id, "email": ...}: another user
POST   /firms/{slug}/{list}/{id}   list: users {"records_time": false, "active", "email", ...}, areas {"active": false},
                                   activity-codes {"gl_account": null}, posting-references, bank-accounts
POST   /firms/{slug}/casefiles     {"like": id}: a second one with the same ExternalReference
POST   /firms/{slug}/casefiles/{id}       {"closed": true, "hold": true, "operating_retainer": true, "description"}
POST   /firms/{slug}/print         the cheques in the queue are printed and get their numbers
POST   /firms/{slug}/entries/{kind}/{id}  {"amount": "12.00", "cleared": true, "voided": "2031-02-10", "deleted": true}; kind as
                                   the resource is called: CostEntries
POST   /firms/{slug}/invoices/{id} {"stage": "Release"}: somebody moves it on, also to Released or Cancelled

Of those who name no login, the designated one is meant. ``?after=3&of=POST CostEntries`` behind any POST but the switches'
lets it happen only when three more such requests have come in, before the one that follows; ``of`` is a glob, all by default.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.inspection import Act, Row, firm_routes
from sandbox.soluno import changes, office, stages
from sandbox.soluno.answers import plain
from sandbox.soluno.books import Books
from sandbox.soluno.entries import CostEntry, TrustCheque
from sandbox.soluno.firm import SolunoFirm
from sandbox.soluno.ledger import balances_of
from sandbox.soluno.rendering import (
    activity_code_json,
    area_json,
    balances_json,
    bank_account_json,
    casefile_json,
    cheque_json,
    contact_json,
    cost_json,
    features_json,
    fee_json,
    invoice_json,
    posting_reference_json,
    receipt_json,
    transfer_json,
    user_json,
)

_LISTS: Mapping[str, tuple[Callable[[Books], Mapping[int, Any]], Callable[[Any], Any]]] = {
    "users": (lambda books: books.users, user_json),
    "areas": (lambda books: books.areas, area_json),
    "activity-codes": (lambda books: books.activity_codes, activity_code_json),
    "posting-references": (lambda books: books.posting_references, posting_reference_json),
    "bank-accounts": (lambda books: books.bank_accounts, bank_account_json),
}


def inspection_routes(firms: Mapping[str, SolunoFirm]) -> Sequence[BaseRoute]:
    """The routes for all firms."""
    acts: tuple[Row[SolunoFirm], ...] = (
        ("POST", "/browser-login", lambda firm, _, body: office.log_in_by_browser(firm, **body).as_json()),
        ("POST", "/login", lambda firm, _, body: office.turn_login(firm, **body).as_json()),
        ("POST", "/features", _turn_features),
        ("POST", "/users", lambda firm, _, body: user_json(office.add_user(firm, **body))),
        ("POST", "/casefiles", lambda firm, _, body: casefile_json(firm.books, office.add_casefile(firm, **body))),
        ("POST", "/casefiles/{id:int}", _change_casefile),
        ("POST", "/print", _print),
        ("POST", "/entries/{kind}/{id:int}", _change_entry),
        ("POST", "/invoices/{id:int}", _move_invoice),
        *(("POST", f"/{name}/{{id:int}}", _changing(name)) for name in _LISTS),
    )
    timed = ((method, path, _timed(act)) for method, path, act in acts)
    return firm_routes(firms, _firm, (("GET", "/books", _books), *timed))


def _timed(act: Act[SolunoFirm]) -> Act[SolunoFirm]:
    """The act at once, or after some requests."""

    def timed(firm: SolunoFirm, request: Request, body: dict[str, Any]) -> Any:
        after, of = request.query_params.get("after"), request.query_params.get("of", "*")
        if after is None:
            return plain(act(firm, request, body))
        firm.agenda.add(lambda: act(firm, request, body), after=int(after), route=of)
        return {"after": int(after), "of": of}

    return timed


def _firm(firm: SolunoFirm, request: Request, _body: dict[str, Any]) -> Any:
    return {
        "slug": firm.slug,
        "name": firm.seed.name,
        **firm.connection(f"{request.url.scheme}://{request.url.netloc}"),
        "organizations": {books.name: books.id for books in firm.organizations.values()},
        "logins": [login.as_json() for login in firm.logins.values()],
        "switches": asdict(firm.switches),
    }


def _books(firm: SolunoFirm, _request: Request, _body: dict[str, Any]) -> Any:
    books = firm.books
    return plain(
        {
            "Contacts": [contact_json(contact) for contact in books.contacts.every()],
            "Casefiles": [casefile_json(books, casefile) for casefile in books.casefiles.every()],
            "CostEntries": [cost_json(cost) for cost in books.costs.every()],
            "FeeEntries": [fee_json(books, fee) | {"Status": fee.status} for fee in books.fees.every()],
            "TrustReceipts": [receipt_json(receipt) for receipt in books.receipts.every()],
            "TrustCheques": [cheque_json(cheque) for cheque in books.cheques.every()],
            "Transfers": [transfer_json(transfer) for transfer in books.transfers.every()],
            "Invoices": [invoice_json(books, invoice) for invoice in books.invoices.every()],
            "Balances": {
                casefile_id: balances_json(balances_of(books, casefile_id)) for casefile_id in books.casefiles.added
            },
        }
    )


def _turn_features(firm: SolunoFirm, _request: Request, body: dict[str, Any]) -> Any:
    office.turn_features(firm, **body)
    return features_json(firm.books)


def _changing(name: str) -> Act[SolunoFirm]:
    records, render = _LISTS[name]

    def change(firm: SolunoFirm, request: Request, body: dict[str, Any]) -> Any:
        record = records(firm.books)[request.path_params["id"]]
        office.change_listed(record, body)
        return render(record)

    return change


def _change_casefile(firm: SolunoFirm, request: Request, body: dict[str, Any]) -> Any:
    return casefile_json(firm.books, office.change_casefile(firm, request.path_params["id"], **body))


def _print(firm: SolunoFirm, _request: Request, _body: dict[str, Any]) -> Any:
    printed = changes.print_queue(firm.books, firm.seconds())
    return {
        "CostEntries": [cost_json(cheque) for cheque in printed if isinstance(cheque, CostEntry)],
        "TrustCheques": [cheque_json(cheque) for cheque in printed if isinstance(cheque, TrustCheque)],
    }


def _change_entry(firm: SolunoFirm, request: Request, body: dict[str, Any]) -> Any:
    kind, entry_id = request.path_params["kind"], request.path_params["id"]
    office.change_entry(firm, kind, entry_id, **body)
    return {"Id": entry_id, "Status": office.drawers(firm)[kind].there(entry_id).status}


def _move_invoice(firm: SolunoFirm, request: Request, body: dict[str, Any]) -> Any:
    books = firm.books
    invoice = books.invoices.there(request.path_params["id"])
    return invoice_json(books, stages.move(books, invoice, body["stage"], firm.seconds()))
