"""Control routes of SmartAdvocate, below ``/__sandbox__/smartadvocate``; JSON in, JSON out.

GET    /firms                      hosts, users with passwords, picklists and switches of every firm
GET    /firms/{slug}               of one: {"host", "api_base", "users", "staff", "note_types", "document_categories",
                                   "switches", "hidden_cases", "staff_labels"}
POST   /firms/{slug}               {"hidden_cases": [id], "staff_labels": {"Primary Attorney": "1. Attorney, Assigned"}}
POST   /firms/{slug}/switches      any of sandbox.smartadvocate.switches.Switches: {"none_is_404": true}
POST   /firms/{slug}/users/{name}  {"password": ..., "locked": true, "sees_half": true, "denied": ["insert_note"]}
POST   /firms/{slug}/expire        every token given so far answers 401
POST   /firms/{slug}/token         {"username": "hub_admin"}: host, api_base, username, password, user_id and a token
GET    /firms/{slug}/notes?case_id=        what is on file, in the API's words, by ascending id
POST   /firms/{slug}/notes         {"case_id": ..., "text": ..., "kind": "Plaintiff", "shared": true, "user_id": null,
                                   "subject": ""}: somebody of the firm writes a note
POST   /firms/{slug}/notes/{id}    {"shared": true} ticked (or unticked) later; also text, subject, kind
GET    /firms/{slug}/documents?case_id=    in the API's words, with size, sha256 and the parts of the upload
POST   /firms/{slug}/documents     {"case_id": ..., "name": "x.pdf", "content": "text", "category": "Case Documents"}
POST   /firms/{slug}/documents/{id}        {"deleted": true}, also name, description, shared
GET    /firms/{slug}/cases/{id}    the whole case in the API's words, with contacts
POST   /firms/{slug}/cases         {"like": id, "number": null}: a new case that is like another one
POST   /firms/{slug}/cases/{id}    any of {"status", "closed": true, "type", "number", "name", "description",
                                   "incident_date", "opened", "staff": [{"user_id": ..., "role": "Primary Attorney"}],
                                   "sub_statuses": {"Records Status": "Requested"}}
POST   /firms/{slug}/contacts/{id} {"first_name", "last_name", "name", "phones": [{"label": "Cell", "number": ...,
                                   "primary": true, "texting": true}], "emails": [...]}; id: either of a contact's ids
GET    /firms/{slug}/pushes        what was pushed, with the answers' statuses                  DELETE forgets them

``at`` (unix seconds) beside the values of any change dates it. Seeded records are listed only with ``case_id``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from sandbox.inspection import PUSHES, Row, case_id_of, firm_routes, nothing_left
from sandbox.smartadvocate.accounts import OPERATIONS
from sandbox.smartadvocate.changes import SmartAdvocateFirm
from sandbox.smartadvocate.records import Document
from sandbox.smartadvocate.rendering import case_json, contact_json, document_json, note_json


def inspection_routes(firms: Mapping[str, SmartAdvocateFirm]) -> Sequence[BaseRoute]:
    """The routes for all firms."""
    table: tuple[Row[SmartAdvocateFirm], ...] = (
        ("POST", "", _change_firm),
        ("POST", "/users/{name}", _user),
        ("POST", "/expire", _expire),
        ("POST", "/token", _token),
        ("GET", "/notes", _notes),
        ("POST", "/notes", _write_note),
        ("POST", "/notes/{id:int}", _edit_note),
        ("GET", "/documents", _documents),
        ("POST", "/documents", _file_document),
        ("POST", "/documents/{id:int}", _change_document),
        ("GET", "/cases/{id:int}", _case),
        ("POST", "/cases", _add_case),
        ("POST", "/cases/{id:int}", _change_case),
        ("POST", "/contacts/{id:int}", _change_contact),
    )
    return firm_routes(firms, _firm, (*PUSHES, *table))


def _host(firm: SmartAdvocateFirm, request: Request) -> dict[str, str]:
    host = f"{request.url.scheme}://{request.url.netloc}/smartadvocate/{firm.slug}"
    return {"host": host, "api_base": f"{host}/CaseSyncAPI"}


def _firm(firm: SmartAdvocateFirm, request: Request, _body: dict[str, Any]) -> Any:
    return {
        "slug": firm.slug,
        "name": firm.seed.name,
        **_host(firm, request),
        "users": [user.as_json() for user in firm.users.values()],
        "staff": [asdict(firm.seeds.staff_row(user.id, user.job_title)) for user in firm.seed.users],
        "note_types": {name: identity for identity, name in firm.note_types.names.items()},
        "document_categories": {name: identity for identity, name in firm.document_categories.names.items()},
        "switches": asdict(firm.switches),
        "hidden_cases": sorted(firm.hidden_cases),
        "staff_labels": firm.staff_labels,
    }


def _change_firm(firm: SmartAdvocateFirm, request: Request, body: dict[str, Any]) -> Any:
    firm.hidden_cases = set(body.pop("hidden_cases", firm.hidden_cases))
    firm.staff_labels = dict(body.pop("staff_labels", firm.staff_labels))
    nothing_left(body)
    return _firm(firm, request, {})


def _user(firm: SmartAdvocateFirm, request: Request, body: dict[str, Any]) -> Any:
    user = firm.users[request.path_params["name"]]
    user.password = body.pop("password", user.password)
    user.locked = body.pop("locked", user.locked)
    user.sees_half = body.pop("sees_half", user.sees_half)
    denied = set(body.pop("denied", user.denied))
    if denied - set(OPERATIONS):
        message = f"What may be denied: {', '.join(OPERATIONS)}."
        raise ValueError(message)
    user.denied = denied
    nothing_left(body)
    return user.as_json()


def _expire(firm: SmartAdvocateFirm, _request: Request, _body: dict[str, Any]) -> Any:
    firm.tokens.end_all()
    return {"ok": True}


def _token(firm: SmartAdvocateFirm, request: Request, body: dict[str, Any]) -> Any:
    user = firm.users[body.get("username", "hub_admin")]
    token = firm.tokens.issue(user, firm.now(), firm.switches.token_seconds)
    named = {"username": user.username, "password": user.password, "user_id": user.id}
    return _host(firm, request) | named | {"token": token}


def _notes(firm: SmartAdvocateFirm, request: Request, _body: dict[str, Any]) -> Any:
    case_id = case_id_of(request)
    found = firm.notes.new() if case_id is None else firm.notes.of_case(case_id)
    return [note_json(firm, note) for note in found]


def _write_note(firm: SmartAdvocateFirm, _request: Request, body: dict[str, Any]) -> Any:
    return note_json(firm, firm.write_note(**body))


def _edit_note(firm: SmartAdvocateFirm, request: Request, body: dict[str, Any]) -> Any:
    return note_json(firm, firm.edit_note(request.path_params["id"], **body))


def _documents(firm: SmartAdvocateFirm, request: Request, _body: dict[str, Any]) -> Any:
    case_id = case_id_of(request)
    found = firm.documents.new() if case_id is None else firm.documents.of_case(case_id)
    return [_document(firm, document) for document in found]


def _file_document(firm: SmartAdvocateFirm, _request: Request, body: dict[str, Any]) -> Any:
    return _document(firm, firm.file_document(**(body | {"content": body.get("content", "").encode()})))


def _change_document(firm: SmartAdvocateFirm, request: Request, body: dict[str, Any]) -> Any:
    return _document(firm, firm.update_document(request.path_params["id"], **body))


def _case(firm: SmartAdvocateFirm, request: Request, _body: dict[str, Any]) -> Any:
    case = firm.cases.get(request.path_params["id"])
    if case is None:
        raise KeyError(request.path_params["id"])
    return case_json(firm, case, contacts=True)


def _add_case(firm: SmartAdvocateFirm, _request: Request, body: dict[str, Any]) -> Any:
    return case_json(firm, firm.add_case(**body), contacts=True)


def _change_case(firm: SmartAdvocateFirm, request: Request, body: dict[str, Any]) -> Any:
    return case_json(firm, firm.update_case(request.path_params["id"], **body), contacts=True)


def _change_contact(firm: SmartAdvocateFirm, request: Request, body: dict[str, Any]) -> Any:
    return contact_json(firm, firm.update_contact(request.path_params["id"], **body))


def _document(firm: SmartAdvocateFirm, document: Document) -> dict[str, Any]:
    beside = {"size": document.size, "sha256": document.sha256, "parts": document.parts}
    return document_json(firm, document) | beside
