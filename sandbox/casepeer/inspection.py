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
POST   /firms/{slug}/clients/{id}  {"first_name", "last_name", "email", "phones": [{"kind": "cell", "number": ...}]}
GET    /firms/{slug}/notes?case_id=        what is on file, by ascending id
POST   /firms/{slug}/notes         {"case_id": ..., "text": ..., "category": "Client", "author": "", "external_ref": ""}
GET    /firms/{slug}/outbox        every message
POST   /firms/{slug}/outbox        {"case_id": ..., "text": ..., "author_id": null}: staff send a message to Case Status
GET    /firms/{slug}/documents?case_id=    with size, sha256 and the parts of the upload
POST   /firms/{slug}/documents     {"case_id": ..., "name": "x.pdf", "content": "text"}
GET    /firms/{slug}/pushes        the hints that were made, with the answers' statuses           DELETE forgets them

``at`` (unix seconds) beside the values of any change dates it. Seeded records are listed only with ``case_id``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.casepeer import categories
from sandbox.casepeer.changes import CasepeerFirm
from sandbox.casepeer.keys import SCOPES
from sandbox.casepeer.records import Document, Person
from sandbox.casepeer.rendering import case_json, document_json, message_json, note_json, person_json

Act = Callable[[CasepeerFirm, Request, dict[str, Any]], Any]
"""Takes the firm, the request and the body, returns what is answered as JSON."""


def inspection_routes(firms: Mapping[str, CasepeerFirm], views: AbstractSet[str]) -> Sequence[BaseRoute]:
    """The routes for all firms; ``views`` are those that may be denied to a key."""

    def key(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
        return _change_key(firm, request.path_params["scope"], body, views)

    table: tuple[tuple[str, str, Act], ...] = (
        ("GET", "", _firm),
        ("POST", "/connect", _connect),
        ("POST", "/switches", _switches),
        ("POST", "/keys/{scope}", key),
        ("POST", "/statuses", _change_status),
        ("POST", "/users/{id:int}", _change_user),
        ("POST", "/links", _link),
        ("DELETE", "/links", _unlink),
        ("GET", "/cases/{id:int}", _case),
        ("POST", "/cases", _add_case),
        ("POST", "/cases/{id:int}", _change_case),
        ("POST", "/clients/{id:int}", _change_client),
        ("GET", "/notes", _notes),
        ("POST", "/notes", _write_note),
        ("GET", "/outbox", _outbox),
        ("POST", "/outbox", _queue_message),
        ("GET", "/documents", _documents),
        ("POST", "/documents", _file_document),
        ("GET", "/pushes", _pushes),
        ("DELETE", "/pushes", _forget_pushes),
    )

    async def every(request: Request) -> Response:
        return _answer([_firm(firm, request, {}) for firm in firms.values()])

    routes: list[BaseRoute] = [Route("/firms", every)]
    for method, path, act in table:
        routes.append(Route("/firms/{slug}" + path, _endpoint(firms, act), methods=[method]))
    return routes


def _endpoint(firms: Mapping[str, CasepeerFirm], act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        return _answer(act(firms[request.path_params["slug"]], request, orjson.loads(raw) if raw else {}))

    return endpoint


def _answer(data: Any) -> Response:
    return Response(orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS), media_type="application/json")


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


def _switches(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    firm.switches.turn(body)
    return asdict(firm.switches)


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
    _nothing_left(body)
    return key.as_json()


def _change_status(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    firm.statuses.change(**body)
    return firm.statuses.rows()


def _change_user(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    person = firm.people[request.path_params["id"]]
    for name in set(body) & set(Person.__slots__) - {"id"}:
        setattr(person, name, body.pop(name))
    _nothing_left(body)
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


def _change_client(firm: CasepeerFirm, request: Request, body: dict[str, Any]) -> Any:
    return asdict(firm.update_client(request.path_params["id"], **body))


def _notes(firm: CasepeerFirm, request: Request, _body: dict[str, Any]) -> Any:
    case_id = _case_id(request)
    return [note_json(firm, note) for note in (firm.new_notes() if case_id is None else firm.notes_of(case_id))]


def _write_note(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    return note_json(firm, firm.write_note(**body))


def _outbox(firm: CasepeerFirm, _request: Request, _body: dict[str, Any]) -> Any:
    return [message_json(firm, message) for message in firm.outbox.values()]


def _queue_message(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    return message_json(firm, firm.queue_message(**body))


def _documents(firm: CasepeerFirm, request: Request, _body: dict[str, Any]) -> Any:
    case_id = _case_id(request)
    found = firm.new_documents() if case_id is None else firm.documents_of(case_id)
    return [_document(firm, document) for document in found]


def _file_document(firm: CasepeerFirm, _request: Request, body: dict[str, Any]) -> Any:
    return _document(firm, firm.file_document(**(body | {"content": body.get("content", "").encode()})))


def _document(firm: CasepeerFirm, document: Document) -> dict[str, Any]:
    return document_json(firm, document) | {"case_id": document.case_id, "parts": document.parts}


def _pushes(firm: CasepeerFirm, _request: Request, _body: dict[str, Any]) -> Any:
    return [asdict(push) for push in firm.pusher.sent]


def _forget_pushes(firm: CasepeerFirm, _request: Request, _body: dict[str, Any]) -> Any:
    firm.pusher.sent.clear()
    return []


def _case_id(request: Request) -> int | None:
    wanted = request.query_params.get("case_id")
    return int(wanted) if wanted else None


def _nothing_left(body: dict[str, Any]) -> None:
    if body:
        message = f"There is nothing called {', '.join(body)} here."
        raise ValueError(message)
