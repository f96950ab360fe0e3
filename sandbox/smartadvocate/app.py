"""SmartAdvocate: one instance per firm, and what every request passes before a handler sees it.

The address of an instance is ``/smartadvocate/{slug}``, as if that were its host, and the API is below
``/CaseSyncAPI`` there. Paths, names of queries and names in bodies match in any letter case [assumed].
Order of the checks: firm → token → user → budget → handler.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any
from urllib.parse import parse_qsl

from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from sandbox.answers import Answer, Refusal
from sandbox.controls import Controls
from sandbox.instances import Instances
from sandbox.seed import World
from sandbox.smartadvocate import cases, documents, notes
from sandbox.smartadvocate.accounts import User
from sandbox.smartadvocate.answers import json_answer, not_found, said, too_many, unauthorized
from sandbox.smartadvocate.call import Call, fields_of
from sandbox.smartadvocate.changes import SmartAdvocateFirm
from sandbox.smartadvocate.inspection import inspection_routes
from sandbox.smartadvocate.oauth import OAuth, form_of

API = "CaseSyncAPI"
Handler = Callable[[Call], Answer]
_DIGITS = re.compile(r"^\d+$")
_log = logging.getLogger(__name__)

_HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", "case/caseinfo"): cases.case_info,  # [doc]
    ("GET", "case/*"): cases.one_case,  # [seen]
    ("POST", "case/bydatepaged"): cases.by_date,  # [assumed]
    ("GET", "case/activecases"): cases.active_cases,  # [assumed]
    ("GET", "case/casegroup"): cases.case_groups,  # [seen]
    ("GET", "case/casetypes"): cases.case_types,  # [assumed]
    ("GET", "case/statuses"): cases.statuses,  # [assumed]
    ("GET", "case/staff/bycasenumber"): cases.staff_by_number,  # [seen]
    ("GET", "case/*/staff"): cases.staff_of_case,  # [assumed]
    ("GET", "case/*/contacts"): cases.contacts_of_case,  # [seen]
    ("GET", "contact/*"): cases.contact,  # [assumed]
    ("GET", "contact/contactinfo"): cases.contact_info,  # [assumed]
    ("GET", "contact/contacttypes"): cases.contact_types,  # [seen]
    ("GET", "case/notes/bycasenumber"): notes.notes_by_number,  # [doc]
    ("GET", "case/*/notes"): notes.notes_of_case,  # [doc]
    ("GET", "case/note/*"): notes.one_note,  # [assumed]
    ("POST", "case/*/notes"): notes.insert_note,  # [seen, weak]
    ("POST", "case/notes/bydatepaged"): notes.notes_by_date,  # [assumed]
    ("GET", "case/notes/types"): cases.note_types,  # [assumed]
    ("GET", "case/*/documents"): documents.documents_of_case,  # [seen]
    ("POST", "case/documents/bydatepaged"): documents.documents_by_date,  # [seen]
    ("GET", "case/document/*/content"): documents.content,  # [seen]
    ("GET", "case/documents/categories"): cases.document_categories,  # [assumed]
}
_LOGIN = ("POST", "users/authenticate")  # [doc]
_UPLOAD = ("POST", "case/*/documents")  # [assumed]
_SHAPES = {shape for _, shape in (*_HANDLERS, _LOGIN, _UPLOAD)}


class SmartAdvocate:
    """Every firm's instance in one process; ``firms`` by slug, which tests may change."""

    def __init__(self, controls: Controls, world: World) -> None:
        self.controls = controls
        self.firms = Instances(world, lambda seed: SmartAdvocateFirm(seed, controls.clock.timestamp))
        self.inspection_routes: Sequence[BaseRoute] = inspection_routes(self.firms)
        self._oauth: dict[str, OAuth] = {}
        self._used: dict[tuple[str, int], tuple[int, int]] = {}

    def connect(self, slug: str, base_url: str, username: str = "hub_admin") -> dict[str, Any]:
        """What a firm enters to connect, and a ready token. ``base_url`` is the sandbox's address.

        The answer has host (``http://HOST:PORT/smartadvocate/<slug>``), api_base, username, password, user_id, token.
        """
        firm = self.firms[slug]
        user = firm.users[username]
        host = f"{base_url.rstrip('/')}/smartadvocate/{slug}"
        names = {"host": host, "api_base": f"{host}/{API}", "username": username, "password": user.password}
        token = firm.tokens.issue(user, firm.now(), firm.switches.token_seconds)
        return names | {"user_id": user.id, "token": token}

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
        except documents.Vanished:
            return
        except Exception:  # noqa: BLE001 - a bug of ours is answered as the vendor answers one of its own [assumed]
            _log.exception("%s %s", scope["method"], scope["path"])
            answer = Answer(500, b"An unexpected error occurred.", content_type="text/plain; charset=utf-8")
        await answer.send(send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path = scope["path"].removeprefix(scope["root_path"]).strip("/")
        slug, _, rest = path.partition("/")
        firm = self.firms.get(slug.lower())
        prefix, _, inner = rest.partition("/")
        if firm is not None and prefix.lower() == "oauth":
            form = form_of(await _body(receive))
            front = self._oauth.setdefault(firm.slug, OAuth(firm))
            return front.answer(scope["method"], inner, form_of(scope["query_string"]), form)
        if firm is None or prefix.lower() != API.lower():
            raise not_found()
        segments = inner.rstrip("/").split("/")
        numbers = [int(segment) for segment in segments if _DIGITS.match(segment)]
        shape = "/".join("*" if _DIGITS.match(segment) else segment.lower() for segment in segments)
        route = (scope["method"], shape)
        if route == _LOGIN:
            return _login(firm, await _body(receive))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        user = self._user(firm, headers)
        if shape not in _SHAPES:
            raise not_found()
        if route != _UPLOAD and route not in _HANDLERS:
            raise Refusal(Answer(405))
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        call = Call(firm, user, numbers, {name.lower(): value for name, value in pairs}, headers)
        if route == _UPLOAD:
            return await documents.upload(call, receive)
        call.body = await _body(receive)
        return _HANDLERS[route](call)

    def _user(self, firm: SmartAdvocateFirm, headers: Mapping[str, str]) -> User:
        """Whose token the request brings. Raises Refusal (401, 429)."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        now = firm.now()
        user_id = firm.tokens.user_id(token.strip(), now) if scheme.lower() == "bearer" else None
        user = None if user_id is None else firm.user_by_id(user_id)
        if user is None or user.locked:
            raise unauthorized()
        self._spend(firm, user, now)
        most = firm.switches.requests_per_token
        if most is not None and firm.tokens.spend(token.strip()) > most:
            raise unauthorized()
        return user

    def _spend(self, firm: SmartAdvocateFirm, user: User, now: float) -> None:
        """Count one request of a user in fixed windows; off unless a test wants it, for none is documented."""
        limit = self.controls.limit("smartadvocate")
        if not limit.on:
            return
        window = int((now - limit.window_offset) // limit.window_seconds)
        counted, used = self._used.get((firm.slug, user.id), (window, 0))
        used = used if counted == window else 0
        if used >= limit.requests:
            end = (window + 1) * limit.window_seconds + limit.window_offset
            raise too_many(max(1, ceil(end - now)))
        self._used[firm.slug, user.id] = (window, used + 1)


def _login(firm: SmartAdvocateFirm, body: bytes) -> Answer:
    """POST Users/authenticate [doc]; a wrong, locked or unknown login is told the same [assumed]. Raises Refusal."""
    fields, switches = fields_of(body), firm.switches
    user = firm.users.get(str(fields.get("username", "")).lower())
    if user is not None and not user.locked and fields.get("password") == user.password:
        user.wrong_passwords = 0
        token = firm.tokens.issue(user, firm.now(), switches.token_seconds)
        return json_answer({"username": user.username, "userID": user.id, "token": token})
    if user is not None:
        user.wrong_passwords += 1
        user.locked = user.locked or (switches.lock_after is not None and user.wrong_passwords >= switches.lock_after)
    raise said(switches.bad_login_status, "Username or password is incorrect")


async def _body(receive: Receive) -> bytes:
    """The whole body. Raises Vanished when the sender went away."""
    pieces, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise documents.Vanished
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)
