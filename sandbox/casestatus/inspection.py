"""The sandbox's own routes for the portal, below ``/__sandbox__/casestatus``; JSON in, JSON out, no key.

    GET    /firms                              firms with settings, keys and counts
    POST   /firms                {"slug": …, "name": …, "integration_source": …, "require_stage": …}
    PATCH  /firms/{firm}         any of those settings, and {"api_enabled": false}
    POST   /firms/{firm}/keys    {"key": …, "label": …, "scopes": ["read"]}
    DELETE /keys/{key}                         revoke
    GET    /notices?firm=&kind=                what clients would have been told            DELETE forgets them
    GET    /firms/{firm}/cases?integration_id= all cases, deleted ones too
    POST   /firms/{firm}/cases   an upsert body with integration_id (and source); "activate": true activates it
    POST   /firms/{firm}/activate {"integration_ids": […]} or {} for all onboarding cases
    DELETE /firms/{firm}/cases/{id}            deleted in the portal
    POST   /firms/{firm}/users   a user with any role and status
    POST   /firms/{firm}/practice_areas        unchecked: ambiguous mappings and any number of stages are possible
    PATCH  /firms/{firm}/clients/{id} {"sms_opted_out": true}
    GET    /firms/{firm}/messages, /firms/{firm}/files
    POST   /firms/{firm}/inbound_message, /firms/{firm}/inbound_file      see sandbox.casestatus.arrivals
                                 one body or a list of them, which is answered by a list
    PATCH  /firms/{firm}/messages/{id} {"content": …}                     an edited message
    POST   /processing           {"seconds": 0.5}: how long a write under an idempotency key takes
    POST   /overlap              {"rows": 3}: each page of a cursor list repeats the last rows of the page before

``{firm}`` is a slug or a number.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields, replace
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.casestatus import arrivals, lifecycle
from sandbox.casestatus.filing import file_json
from sandbox.casestatus.firm import Firm, FirmSettings
from sandbox.casestatus.planting import api_key
from sandbox.casestatus.records import Case, PracticeArea, Stage, State, User
from sandbox.casestatus.refusals import Refusal
from sandbox.casestatus.rendering import case_json, message_json, practice_area_json, user_json
from sandbox.casestatus.schema import case_fields
from sandbox.casestatus.state import DEFAULT_SCOPES, Portal
from sandbox.casestatus.writing import Writer

Act = Callable[[Any, Request], Any]
"""Takes the JSON body and the request, returns what is answered as JSON."""


def inspection_routes(portal: Portal) -> list[BaseRoute]:
    """The routes, to be mounted below ``/__sandbox__/casestatus``."""
    inspection = _Inspection(portal)
    table: tuple[tuple[str, str, Act], ...] = (
        ("GET", "/firms", inspection.firms),
        ("POST", "/firms", inspection.add_firm),
        ("PATCH", "/firms/{firm}", inspection.change_firm),
        ("POST", "/firms/{firm}/keys", inspection.add_key),
        ("DELETE", "/keys/{key}", inspection.revoke_key),
        ("GET", "/notices", inspection.notices),
        ("DELETE", "/notices", inspection.forget_notices),
        ("GET", "/firms/{firm}/cases", inspection.cases),
        ("POST", "/firms/{firm}/cases", inspection.add_case),
        ("POST", "/firms/{firm}/activate", inspection.activate),
        ("DELETE", "/firms/{firm}/cases/{case_id:int}", inspection.delete_case),
        ("POST", "/firms/{firm}/users", inspection.add_user),
        ("POST", "/firms/{firm}/practice_areas", inspection.add_practice_area),
        ("PATCH", "/firms/{firm}/clients/{client_id:int}", inspection.change_client),
        ("GET", "/firms/{firm}/messages", inspection.messages),
        ("PATCH", "/firms/{firm}/messages/{message_id:int}", inspection.edit_message),
        ("GET", "/firms/{firm}/files", inspection.files),
        ("POST", "/firms/{firm}/inbound_message", inspection.inbound_message),
        ("POST", "/firms/{firm}/inbound_file", inspection.inbound_file),
        ("POST", "/processing", inspection.processing),
        ("POST", "/overlap", inspection.overlap),
    )
    return [Route(path, _endpoint(portal, act), methods=[method]) for method, path, act in table]


def _endpoint(portal: Portal, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        portal.catch_up()
        try:
            status, payload = 200, act(orjson.loads(raw) if raw else {}, request)
        except Refusal as refusal:
            status, payload = refusal.status, {"errors": [entry.as_json() for entry in refusal.entries]}
        except KeyError as missing:
            status, payload = 404, {"error": f"There is no {missing}."}
        return Response(orjson.dumps(payload, default=list), status, media_type="application/json")

    return endpoint


class _Inspection:
    """The acts behind the routes."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def firms(self, _body: Any, _request: Request) -> Any:
        return [self._firm_json(firm) for firm in self.portal.firms.values()]

    def add_firm(self, body: Any, _request: Request) -> Any:
        names = {item.name for item in fields(FirmSettings)}
        given = {"id": self.portal.next_id(), **body}
        settings = FirmSettings(**{name: value for name, value in given.items() if name in names})
        firm = self.portal.add_firm(settings)
        self.portal.add_key(firm, body.get("key") or api_key(settings.slug or str(firm.id)))
        return self._firm_json(firm)

    def change_firm(self, body: Any, request: Request) -> Any:
        firm = self._firm(request)
        firm.api_enabled = body.pop("api_enabled", firm.api_enabled)
        firm.settings = replace(firm.settings, **body)
        return self._firm_json(firm)

    def add_key(self, body: Any, request: Request) -> Any:
        firm = self._firm(request)
        scopes = frozenset(body.get("scopes", DEFAULT_SCOPES))
        self.portal.add_key(firm, body["key"], body.get("label", "hub"), scopes)
        return self._firm_json(firm)

    def revoke_key(self, _body: Any, request: Request) -> Any:
        access = self.portal.access[request.path_params["key"]]
        access.key.revoked = True
        return self._firm_json(access.firm)

    def notices(self, _body: Any, request: Request) -> Any:
        kind, name = request.query_params.get("kind"), request.query_params.get("firm")
        firms = [self.portal.firm_called(name)] if name else self.portal.firms.values()
        every = (notice for firm in firms for notice in firm.notices)
        return [asdict(notice) for notice in every if kind is None or notice.kind == kind]

    def forget_notices(self, _body: Any, _request: Request) -> Any:
        for firm in self.portal.firms.values():
            firm.notices.clear()
        return {}

    def cases(self, _body: Any, request: Request) -> Any:
        wanted = request.query_params.get("integration_id")
        every = self._firm(request).cases
        return [_case_json(case) for case in every if wanted is None or case.integration_id == wanted]

    def add_case(self, body: Any, request: Request) -> Any:
        firm, portal = self._firm(request), self.portal
        source = body.get("integration_source") or firm.settings.integration_source
        written = Writer(firm, portal.now(), portal.next_id).upsert(source, body["integration_id"], case_fields(body))
        if body.get("activate") and lifecycle.activate(firm, written.case, portal.now(), None):
            firm.touch(written.case)
        return _case_json(written.case)

    def activate(self, body: Any, request: Request) -> Any:
        firm, wanted = self._firm(request), body.get("integration_ids")
        chosen = [
            case
            for case in firm.cases
            if case.state is State.ONBOARDING and (wanted is None or case.integration_id in wanted)
        ]
        for case in chosen:
            lifecycle.activate(firm, case, self.portal.now(), None)
            firm.touch(case)
        return {"activated": len(chosen)}

    def delete_case(self, _body: Any, request: Request) -> Any:
        firm = self._firm(request)
        case = firm.case(request.path_params["case_id"])
        firm.delete_case(case)
        return _case_json(case)

    def add_user(self, body: Any, request: Request) -> Any:
        return user_json(self._firm(request).keep_user(User(self.portal.next_id(), **body)))

    def add_practice_area(self, body: Any, request: Request) -> Any:
        stages = [
            Stage(
                self.portal.next_id(),
                position,
                stage["display_name"],
                stage.get("description"),
                tuple(stage.get("integration_mappings", ())),
            )
            for position, stage in enumerate(body.get("stages", ()), start=1)
        ]
        mappings = tuple(body.get("integration_mappings", ()))
        area = PracticeArea(self.portal.next_id(), body["display_name"], stages, mappings)
        return practice_area_json(self._firm(request).keep_practice_area(area))

    def change_client(self, body: Any, request: Request) -> Any:
        firm = self._firm(request)
        client = firm.client(request.path_params["client_id"])
        arrivals.texts_stopped(firm, client, stopped=body["sms_opted_out"])
        return {"id": client.id, "sms_opted_out": client.sms_opted_out}

    def messages(self, _body: Any, request: Request) -> Any:
        return [message_json(message) for message in self._firm(request).messages]

    def edit_message(self, body: Any, request: Request) -> Any:
        message = arrivals.message_edited(self._firm(request), request.path_params["message_id"], body["content"])
        return message_json(message)

    def files(self, _body: Any, request: Request) -> Any:
        now, base = self.portal.now(), _vendor_base(request)
        return [file_json(self.portal, base, file, now) for file in self._firm(request).files]

    def inbound_message(self, body: Any, request: Request) -> Any:
        bodies = body if isinstance(body, list) else [body]
        shown = [
            message_json(message) for message in arrivals.messages_arrive(self.portal, self._firm(request), bodies)
        ]
        return shown if isinstance(body, list) else shown[0]

    def inbound_file(self, body: Any, request: Request) -> Any:
        bodies, now, base = body if isinstance(body, list) else [body], self.portal.now(), _vendor_base(request)
        files = arrivals.files_arrive(self.portal, self._firm(request), bodies)
        shown = [file_json(self.portal, base, file, now) for file in files]
        return shown if isinstance(body, list) else shown[0]

    def processing(self, body: Any, _request: Request) -> Any:
        self.portal.processing_seconds = float(body["seconds"])
        return {"seconds": self.portal.processing_seconds}

    def overlap(self, body: Any, _request: Request) -> Any:
        self.portal.page_overlap = int(body["rows"])
        return {"rows": self.portal.page_overlap}

    def _firm(self, request: Request) -> Firm:
        return self.portal.firm_called(request.path_params["firm"])

    def _firm_json(self, firm: Firm) -> dict[str, Any]:
        keys = [access.key for access in self.portal.access.values() if access.firm is firm]
        return {
            **asdict(firm.settings),
            "api_enabled": firm.api_enabled,
            "keys": [asdict(key) for key in keys],
            "cases": len(firm.cases),
            "users": len(firm.users),
            "messages": len(firm.messages),
            "files": len(firm.files),
            "notices": len(firm.notices),
        }


def _case_json(case: Case) -> dict[str, Any]:
    return {**case_json(case), "deleted": case.deleted_at is not None}


def _vendor_base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/casestatus"
