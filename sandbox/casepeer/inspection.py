"""Control routes of CASEpeer, below ``/__sandbox__/casepeer``; JSON in, JSON out.

GET    /firms                      addresses, keys, users, statuses and switches of every firm
GET    /firms/{slug}               of one: {"host", "api_base", "key", "admin_key", "partner_api_key", "enabled", "keys",
                                   "statuses", "users", "document_categories", "switches", "connected"}
POST   /firms/{slug}/connect       {"partner_api_key": "csk-SLUG"}: both keys are in their places and the integration is
                                   enabled, as if the administrator had done it; the same answer
POST   /firms/{slug}/switches      any of sandbox.casepeer.switches.Switches: {"login_page": "redirect"}
POST   /firms/{slug}/keys/{scope}  {"enabled": false, "denied": ["case/*/notes"], "renew": true}; scope: integration, admin
POST   /firms/{slug}/statuses      {"name": "Treatment", "new_name": "In Treatment", "is_open": false}: cases follow
POST   /firms/{slug}/users/{id}    {"email": ..., "active": false}, also first_name, last_name, title
POST   /firms/{slug}/links         {"case id": "external id", ...}: these cases are connected      DELETE ?case_id=
GET    /firms/{slug}/cases/{id}    the case in the API's words
POST   /firms/{slug}/cases         {"like": id}: a new case that is like another one
POST   /firms/{slug}/cases/{id}    any of {"status", "closed": true, "case_type", "file_number", "incident": "2026-01-31",
                                   "language", "description", "team": {"lead_attorney": user id or null}}
POST   /firms/{slug}/companions    {"first": id, "second": id}: these two cases are linked with each other; both
POST   /firms/{slug}/clients/{id}  {"first_name", "last_name", "email", "phones": [{"kind": "cell", "number": ...}]}
GET    /firms/{slug}/notes?case_id=        what is on file, by ascending id
POST   /firms/{slug}/notes         {"case_id": ..., "text": ..., "category": "Client", "author": "", "external_ref": ""}
GET    /firms/{slug}/outbox        every message
POST   /firms/{slug}/outbox        {"case_id": ..., "text": ..., "author_id": null}: staff send a message to Case Status
GET    /firms/{slug}/documents?case_id=    with size, sha256 and the parts of the upload
POST   /firms/{slug}/documents     {"case_id": ..., "name": "x.pdf", "content": "text"}
       /firms/{slug}/costs, /charges, /trust   the firm's money: see money_inspection
GET    /firms/{slug}/pushes        the hints that were made, with the answers' statuses           DELETE forgets them

``at`` (unix seconds) beside the values of any change dates it. Seeded records are listed only with ``case_id``.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.casepeer import categories
from sandbox.casepeer.changes import CasepeerFirm
from sandbox.casepeer.keys import SCOPES
from sandbox.casepeer.money_inspection import MONEY_ROUTES
from sandbox.casepeer.records import Document, Person
from sandbox.casepeer.rendering import case_json, document_json, message_json, note_json, person_json
from sandbox.inspection import PUSHES, Row, case_id_of, firm_routes, nothing_left


def inspection_routes(firms: Mapping[str, CasepeerFirm], views: AbstractSet[str]) -> Sequence[BaseRoute]:
    """The routes for all firms; ``views`` are those that may be denied to a key."""

    def key(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
        return _change_key(firm, request.path_params["scope"], body, views)

    table: tuple[Row[CasepeerFirm], ...] = (
        ("POST", "/connect", _connect),
        ("POST", "/keys/{scope}", key),
        ("POST", "/statuses", _change_status),
        ("POST", "/users/{id:int}", _change_user),
        ("POST", "/links", _link),
        ("DELETE", "/links", _unlink),
        ("GET", "/cases/{id:int}", _case),
        ("POST", "/cases", _add_case),
        ("POST", "/cases/{id:int}", _change_case),
        ("POST", "/companions", _link_cases),
        ("POST", "/clients/{id:int}", _change_client),
        ("GET", "/notes", _notes),
        ("POST", "/notes", _write_note),
        ("GET", "/outbox", _outbox),
        ("POST", "/outbox", _queue_message),
        ("GET", "/documents", _documents),
        ("POST", "/documents", _file_document),
        *MONEY_ROUTES,
    )
    return firm_routes(firms, _firm, (*PUSHES, *table))


def _firm(firm: CasepeerFirm, request: Request, _body: dict[str, Any]) -> Any:
    return {
        "slug": firm.slug,
        "name": firm.seed.name,
        **firm.connection(f"{request.url.scheme}://{request.url.netloc}"),
        "enabled": firm.keys.integration.enabled,
        "keys": [firm.keys.of_scope(scope).as_json() for scope in SCOPES],
        "statuses": firm.statuses.rows(),
        "users": [person_json(person) for person in firm.people.values()],
        "document_categories": categories.rows(firm.document_categories),
        "switches": asdict(firm.switches),
        "connected": sorted(firm.connected),
    }


def _connect(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    firm.set_up_keys(**body)
    return _firm(firm, request, {})


def _change_key(firm: CasepeerFirm, scope: str, body: dict[str, Any], views: AbstractSet[str]) -> Any:
    key = firm.keys.of_scope(scope)
    denied = set(body.pop("denied", key.denied))
    if denied - views:
        message = f"Views that may be denied: {', '.join(sorted(views))}."
        raise ValueError(message)
    key.denied = denied
    key.enabled = body.pop("enabled", key.enabled)
    if body.pop("renew", False):
        firm.keys.renew(scope)
    nothing_left(body)
    return key.as_json()


def _change_status(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    firm.statuses.change(**body)
    return firm.statuses.rows()


def _change_user(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    person = firm.people[request.path_params["id"]]
    for name in set(body) & set(Person.__slots__) - {"id"}:
        setattr(person, name, body.pop(name))
    nothing_left(body)
    return person_json(person)


def _link(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    for case_id, external_id in body.items():
        firm.connect_case(int(case_id), external_id)
    return sorted(firm.connected)


def _unlink(firm: CasepeerFirm, request: Request, _body: dict[str, Any]) -> Any:
    firm.disconnect_case(int(request.query_params["case_id"]))
    return sorted(firm.connected)


def _case(firm: CasepeerFirm, request: Request, _body: dict[str, Any]) -> Any:
    return case_json(firm, firm.case_there(request.path_params["id"]))


def _add_case(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    return case_json(firm, firm.add_case(**body))


def _change_case(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    return case_json(firm, firm.update_case(request.path_params["id"], **body))


def _link_cases(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    firm.link_cases(**body)
    return [case_json(firm, firm.case_there(body[name])) for name in ("first", "second")]


def _change_client(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    return asdict(firm.update_client(request.path_params["id"], **body))


def _notes(firm: CasepeerFirm, request: Request, _body: dict[str, Any]) -> Any:
    case_id = case_id_of(request)
    return [note_json(firm, note) for note in (firm.notes.new() if case_id is None else firm.notes.of_case(case_id))]


def _write_note(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    return note_json(firm, firm.write_note(**body))


def _outbox(firm: CasepeerFirm, _request: Request, _body: dict[str, Any]) -> Any:
    return [message_json(firm, message) for message in firm.outbox.values()]


def _queue_message(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    return message_json(firm, firm.queue_message(**body))


def _documents(firm: CasepeerFirm, request: Request, _body: dict[str, Any]) -> Any:
    case_id = case_id_of(request)
    found = firm.documents.new() if case_id is None else firm.documents.of_case(case_id)
    return [_document(firm, document) for document in found]


def _file_document(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    return _document(firm, firm.file_document(**(body | {"content": body.get("content", "").encode()})))


def _document(firm: CasepeerFirm, document: Document) -> dict[str, Any]:
    return document_json(firm, document) | {"case_id": document.case_id, "parts": document.parts}
