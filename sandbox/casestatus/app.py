"""The portal as an ASGI app: every request goes through the same gate, in the contract's check order.

Key → rate limit → JSON → idempotency; the handlers do the rest. A plain ASGI callable, because a nightly sync of
50,000 cases asks it 50,000 times.
"""

import asyncio
import logging
from collections.abc import Sequence
from itertools import count
from typing import Final
from urllib.parse import parse_qsl

from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from sandbox.casestatus import inspection, planting
from sandbox.casestatus.answers import Answer, json_answer
from sandbox.casestatus.api import download
from sandbox.casestatus.bodies import fingerprint, read_body
from sandbox.casestatus.call import Call
from sandbox.casestatus.limits import Standing
from sandbox.casestatus.refusals import Refusal, invalid_parameter, not_found, refuse, unknown_parameter
from sandbox.casestatus.routing import Body, Route
from sandbox.casestatus.state import Access, Portal
from sandbox.casestatus.table import ROUTES
from sandbox.controls import Controls
from sandbox.seed import World

_MAX_KEY_LENGTH: Final = 255
_SCHEME: Final = b"ApiKey "
_log = logging.getLogger(__name__)


def create_app(controls: Controls, world: World) -> "CaseStatus":
    """A portal with the world's firms in it."""
    portal = Portal(controls.clock)
    planting.plant_world(portal, world)
    planting.plant_fixtures(portal)
    return CaseStatus(portal, controls)


class CaseStatus:
    """Answers the portal's API; ``portal`` is open to tests in the same process."""

    def __init__(self, portal: Portal, controls: Controls) -> None:
        self.portal = portal
        self.controls = controls
        self.inspection_routes: Sequence[BaseRoute] = inspection.inspection_routes(portal)
        self._request_numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        request_id = f"req_{next(self._request_numbers):08X}"
        extra: dict[str, str] = {"x-request-id": request_id}
        try:
            self.portal.catch_up()
            answer = await self._answer(scope, receive, extra)
        except Refusal as refusal:
            answer = _refused(refusal, request_id)
        except Exception:  # noqa: BLE001 - a bug of ours is answered in the contract's shape, too
            _log.exception("%s %s", scope["method"], scope["path"])
            trouble = refuse(500, "internal_error", "Something went wrong on our side.")
            answer = _refused(trouble, request_id)
        await _send(answer, extra, send)

    async def _answer(self, scope: Scope, receive: Receive, extra: dict[str, str]) -> Answer:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        headers = dict(scope["headers"])
        if path.startswith("/blob/"):
            return download.blob(self.portal, path, scope["query_string"], headers)
        access = self._access(headers)
        extra.update(self._standing(access).headers())
        found = ROUTES.find(scope["method"], path)
        self._check_rights(access, found[0].scope if found else "read")
        extra.update(self._spend(access, uploads=found is not None and found[0].body is Body.UPLOAD))
        if found is None:
            raise not_found("route", f"{scope['method']} {path}")
        route, arguments = found
        base = _base(scope, headers)
        query = _query(scope["query_string"], route.query)
        call = Call(self.portal, access.firm, access.key, route.method, path, arguments, query, headers, base)
        await read_body(call, route, receive)
        return await self._once(call, route)

    def _access(self, headers: dict[bytes, bytes]) -> Access:
        given = headers.get(b"authorization", b"")
        access = self.portal.access.get(given[len(_SCHEME) :].decode("latin-1")) if given.startswith(_SCHEME) else None
        if access is None or access.key.revoked:
            raise refuse(401, "unauthorized", "Send a valid key as: Authorization: ApiKey <key>.")
        return access

    def _check_rights(self, access: Access, scope: str) -> None:
        if not access.firm.api_enabled:
            raise refuse(403, "api_access_disabled", "The firm's plan does not include the API.")
        if scope not in access.key.scopes:
            raise refuse(403, "scope_missing", f"The key may not {scope}.", scope=scope)

    def _standing(self, access: Access) -> Standing:
        budget = self.controls.limit("casestatus")
        if not budget.on:
            return Standing(budget.burst, budget.burst, 0)
        return access.bucket.standing(budget, self.controls.clock.timestamp())

    def _spend(self, access: Access, *, uploads: bool) -> dict[str, str]:
        """Take the request out of its budgets. Raises Refusal (429), which spends nothing."""
        now, budget, upload_budget = (
            self.controls.clock.timestamp(),
            self.controls.limit("casestatus"),
            self.controls.limit("casestatus.uploads"),
        )
        if budget.on:
            access.bucket.require(budget, now)
        if uploads and upload_budget.on:
            access.uploads.spend(upload_budget, now)
        if budget.on:
            access.bucket.spend(budget, now)
        return self._standing(access).headers()

    async def _once(self, call: Call, route: Route) -> Answer:
        """Let the handler answer, under the request's idempotency key when it is a POST that brings one."""
        key = call.headers.get(b"idempotency-key", b"").decode("latin-1")
        if route.method != "POST" or not key:
            if route.needs_idempotency_key:
                raise refuse(400, "idempotency_key_required", "Send an Idempotency-Key with this request.")
            return route.handler(call)
        if len(key) > _MAX_KEY_LENGTH:
            raise invalid_parameter("Idempotency-Key", f"at most {_MAX_KEY_LENGTH} characters")
        store, place = call.firm.idempotency, (call.firm.id, key, call.method, call.route)
        kept = store.begin(place, fingerprint(call), call.now)
        if kept is not None:
            return kept
        answer = None
        try:
            if self.portal.processing_seconds:
                await asyncio.sleep(self.portal.processing_seconds)
            answer = route.handler(call)
        finally:
            store.settle(place, answer)
        return answer


def _base(scope: Scope, headers: dict[bytes, bytes]) -> str:
    host = headers.get(b"host", b"localhost").decode("latin-1")
    return f"{scope.get('scheme', 'http')}://{host}{scope.get('root_path', '')}"


def _query(raw: bytes, known: frozenset[str]) -> dict[str, str]:
    if not raw:
        return {}
    query = dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True))
    for name in query:
        if name not in known:
            raise unknown_parameter(name)
    return query


def _refused(refusal: Refusal, request_id: str) -> Answer:
    payload = {"errors": [entry.as_json() for entry in refusal.entries], "request_id": request_id}
    return json_answer(payload, refusal.status, refusal.headers)


async def _send(answer: Answer, extra: dict[str, str], send: Send) -> None:
    headers = {"content-type": answer.content_type, "content-length": str(answer.length), **extra, **answer.headers}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    for piece in answer.stream or ():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": answer.body})
