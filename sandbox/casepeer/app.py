"""CASEpeer: one instance per firm, and what every request passes before a handler sees it.

The address of an instance is ``/casepeer/{slug}``, as if that were its host; the API is below ``/api/v1/`` there. Order
of the checks: firm → login page → key → budget → trailing slash → route → permission → handler.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from sandbox.answers import Answer, Refusal
from sandbox.bodies import Vanished, whole
from sandbox.casepeer import cases, costs, documents, notes, office, outbox, trust
from sandbox.casepeer.answers import HTML_TYPE, forbidden, login_page, not_allowed, not_found, throttled, unauthorized
from sandbox.casepeer.call import Call
from sandbox.casepeer.changes import CasepeerFirm
from sandbox.casepeer.inspection import inspection_routes
from sandbox.casepeer.keys import Key
from sandbox.controls import Controls
from sandbox.instances import Instances
from sandbox.seed import World

API = "api/v1/"
Handler = Callable[[Call], Answer]
_DIGITS = re.compile(r"^\d+$", re.ASCII)
_LOGIN = "login/"
_log = logging.getLogger(__name__)

_HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", "account"): office.account,  # [assumed]
    ("GET", "integrations/case-status"): office.settings,  # [assumed]
    ("GET", "case-statuses"): office.statuses,  # [assumed]
    ("GET", "users"): office.users,  # [assumed]
    ("GET", "document-categories"): office.document_categories,  # [assumed]
    ("GET", "case"): cases.cases,  # [assumed]
    ("GET", "case/*"): cases.one_case,  # [assumed]
    ("GET", "case/my"): cases.own_cases,  # [seen]
    ("GET", "case/case-search"): cases.search,  # [seen]
    ("PUT", "case/*/case-status"): cases.connect,  # [assumed]
    ("DELETE", "case/*/case-status"): cases.disconnect,  # [assumed]
    ("GET", "case/*/notes"): notes.notes_of_case,  # [assumed]
    ("POST", "case/*/notes"): notes.add_note,  # [assumed]
    ("GET", "case/notes"): notes.notes_of_firm,  # [seen]
    ("GET", "case/case-documents/*"): documents.documents_of_case,  # [seen]
    ("PATCH", "case/case-documents/*/*"): documents.change_document,  # [assumed]
    ("GET", "case/case-documents/*/*/download"): documents.download,  # [seen]
    ("GET", "case-status/outbox"): outbox.outbox,  # [assumed]
    ("POST", "case-status/outbox/*/ack"): outbox.acknowledge,  # [assumed]
    ("GET", "costs"): costs.costs,  # [assumed]
    ("GET", "costs/*"): costs.one_cost,  # [assumed]
    ("PATCH", "costs/*"): costs.change_cost,  # [assumed]
    ("GET", "case/*/settlement/charges"): trust.charges_of_case,  # [assumed]
    ("GET", "case/*/trust"): trust.trust_of_case,  # [assumed]
    ("GET", "trust"): trust.trust_of_firm,  # [assumed]
    ("GET", "case/check-deposits"): trust.check_deposits,  # [seen]
    ("GET", "case/fees-in"): trust.fees_in,  # [seen]
}
_SETTINGS = ("PUT", "integrations/case-status")  # [assumed]
_UPLOAD = ("POST", "case/case-documents/*")  # [assumed]
_ROUTES = {*_HANDLERS, _SETTINGS, _UPLOAD}
VIEWS = frozenset(view for _, view in _ROUTES)
_FOR_ADMINISTRATORS = {"integrations/case-status"}


class Casepeer:
    """Every firm's instance in one process; ``firms`` by slug, which tests may change."""

    def __init__(self, controls: Controls, world: World) -> None:
        self.controls = controls
        self.firms = Instances(world, lambda seed: CasepeerFirm(seed, controls.clock.timestamp))
        self.inspection_routes: Sequence[BaseRoute] = inspection_routes(self.firms, VIEWS)
        self._requests = count(1)

    def connect(self, slug: str, base_url: str) -> dict[str, Any]:
        """Both keys of a firm in their places, and what the hub needs. ``base_url`` is the sandbox's address.

        The answer has host (``http://HOST:PORT/casepeer/<slug>``), api_base, key, admin_key and partner_api_key.
        """
        self.firms[slug].set_up_keys()
        return self.firms[slug].connection(base_url)

    def warm(self) -> None:
        """Make every record and index now: fair timing for benches."""
        for firm in self.firms.values():
            firm.warm()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            answer = await self._answer(scope, receive)
        except Refusal as refusal:
            answer = refusal.answer
        except Vanished:
            return
        except Exception:  # noqa: BLE001 - a bug of ours is answered as the vendor answers one of its own [assumed]
            _log.exception("%s %s", scope["method"], scope["path"])
            answer = Answer(500, b"<h1>Server Error (500)</h1>", content_type=HTML_TYPE)
        answer.headers["X-Request-Id"] = f"{next(self._requests):032x}"
        await answer.send(send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        slug, _, path = scope["path"].removeprefix(scope["root_path"]).lstrip("/").partition("/")
        firm = self.firms.get(slug)
        if firm is None:
            raise not_found()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = f"{scope['scheme']}://{headers['host']}{scope['root_path']}/{slug}"
        if path == _LOGIN or firm.switches.login_page == "page":
            return login_page()
        if firm.switches.login_page == "redirect":
            return Answer(302, headers={"Location": f"{host}/{_LOGIN}?next=/{path}"})
        if not path.startswith(API):
            raise not_found()
        key = self._key(firm, headers)
        query = scope["query_string"].decode("latin-1")
        segments = path.removeprefix(API).rstrip("/").split("/")
        view = "/".join("*" if _DIGITS.match(segment) else segment for segment in segments)
        _require_slash(scope["method"], view, f"{host}/{path}", query)
        route = (scope["method"], view)
        _require_right(key, route)
        numbers = [int(segment) for segment in segments if _DIGITS.match(segment)]
        call = Call(firm, key, host, path, numbers, dict(parse_qsl(query, keep_blank_values=True)), headers)
        if route == _UPLOAD:
            return await documents.upload(call, receive)
        call.body = await whole(receive)
        return await office.change_settings(call) if route == _SETTINGS else _HANDLERS[route](call)

    def _key(self, firm: CasepeerFirm, headers: Mapping[str, str]) -> Key:
        """The key that the request brings, its budget spent by one. Raises Refusal (401, 429)."""
        scheme, _, value = headers.get("authorization", "").partition(" ")
        key = firm.keys.good(value.strip()) if scheme.lower() == "token" else None
        if key is None:
            raise unauthorized()
        limit = self.controls.limit("casepeer")
        wait = firm.buckets[key.scope].wait(limit, firm.now()) if limit.on else 0
        if wait:
            raise throttled(wait)
        return key


def _require_slash(method: str, view: str, address: str, query: str) -> None:
    """See that there is such a view, and that its address ends with a slash, as Django wants it.

    Raises Refusal: 404, or 301 for what is only read.
    """
    if view not in VIEWS:
        raise not_found()
    if not address.endswith("/"):
        if method != "GET":
            raise not_found()
        raise Refusal(Answer(301, headers={"Location": f"{address}/{'?' + query if query else ''}"}))


def _require_right(key: Key, route: tuple[str, str]) -> None:
    """See that the view takes the method and is for this key. Raises Refusal (405, 403)."""
    method, view = route
    if route not in _ROUTES:
        raise not_allowed(method)
    if view in key.denied or (view in _FOR_ADMINISTRATORS and key.scope != "admin"):
        raise forbidden()
