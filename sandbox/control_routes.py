"""The sandbox's own routes, below ``/__sandbox__``; JSON in, JSON out; no key needed.

    GET    /health                                       {"ok": true, "now": ...}
    POST   /reset                                        controls as at start, the same world from its beginning
    GET    /world                                        options and the firms with their ids
    GET    /troubles?firm=SLUG                           matter ids by trouble
    POST   /seed      {"matters": 1200, "firms": 1, "seed": 7, "with_money": 12, "trouble_free": false,
                       "shares": {"no_phone": 0.01}}
    GET    /clock     POST {"freeze": true | INSTANT | false, "advance": SECONDS, "offset": SECONDS}     DELETE
    GET    /faults    POST one rule (sandbox.faults.FaultRule) or a list of them                         DELETE ?id=
                      {"vendor": "storage", "kind": "cut_upload", "method": "PUT", "after_bytes": 1000000}
    GET    /requests?vendor=clio&last=100                counts by route and the last requests           DELETE
                      vendors: clio (all regions), clio/us ..., storage (Clio's), smartadvocate, casepeer,
                      casestatus, soluno
    GET    /limits    POST {"on": false} for all, or {"clio": {"requests": 10, "on": true, ...}}

``/clio/...``, ``/smartadvocate/...``, ``/casepeer/...``, ``/casestatus/...`` and ``/soluno/...`` below it belong to the vendor
packages, of which each lists its routes in a module ``inspection``.
A firm of the world is run as one of Clio, SmartAdvocate or CASEpeer; the portal is told by
``PATCH /casestatus/firms/{slug} {"integration_source": "smartadvocate"}``. Every firm has its books in Soluno, too.
"""

from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.controls import RateLimit
from sandbox.faults import FaultRule
from sandbox.seed import Shares, WorldOptions

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def answer(data: Any, status: int = 200) -> Response:
    """A JSON answer of the control routes."""
    return Response(orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS), status, media_type="application/json")


async def body_of(request: Request) -> Any:
    """The JSON body, ``{}`` when there is none. Raises HTTPException 400 when it is not JSON."""
    raw = await request.body()
    try:
        return orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"The body is not JSON: {error}") from error


async def _refuse(_request: Request, error: Exception) -> Response:
    """Answer with what was wrong with the call."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    return answer({"error": error.detail if isinstance(error, HTTPException) else str(error)}, status)


EXCEPTION_HANDLERS: Any = {HTTPException: _refuse, TypeError: _refuse, ValueError: _refuse, KeyError: _refuse}


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer for a path below no known prefix."""
    clio = "/clio/us/api/v4, /clio/us/oauth (us, eu, ca, au), /storage"
    hosts = "/smartadvocate/SLUG/CaseSyncAPI, /casepeer/SLUG/api/v1, /soluno/SLUG/api/rest"
    known = f"{clio}, {hosts}, /casestatus/v1/api, /__sandbox__"
    await answer({"error": f"Nothing here. Known: {known}."}, 404)(scope, receive, send)


def options_from(data: dict[str, Any], current: WorldOptions) -> WorldOptions:
    """World options from a JSON object; what is not given stays. Raises TypeError for unknown names."""
    data = dict(data)
    trouble_free = data.pop("trouble_free", False)
    base = Shares.trouble_free() if trouble_free else Shares()
    shares = Shares(**(asdict(base) | data.pop("shares", {})))
    kept = {item.name: getattr(current, item.name) for item in fields(current)}
    return WorldOptions(**(kept | {"shares": shares} | data))


class ControlRoutes:
    """The control routes of one sandbox."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self._controls = sandbox.controls

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        all_three = ["GET", "POST", "DELETE"]
        return [
            Route("/health", self.health),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/world", self.world),
            Route("/troubles", self.troubles),
            Route("/seed", self.seed, methods=["POST"]),
            Route("/clock", self.clock, methods=all_three),
            Route("/faults", self.faults, methods=all_three),
            Route("/requests", self.requests, methods=["GET", "DELETE"]),
            Route("/limits", self.limits, methods=["GET", "POST"]),
        ]

    async def health(self, _request: Request) -> Response:
        """Up and serving."""
        return answer({"ok": True, "now": self._controls.clock.now()})

    async def reset(self, _request: Request) -> Response:
        """Start over."""
        self._sandbox.reset()
        return answer(_world(self._sandbox))

    async def world(self, _request: Request) -> Response:
        """What is seeded."""
        return answer(_world(self._sandbox))

    async def troubles(self, request: Request) -> Response:
        """Matter ids by trouble, of one firm or all."""
        slug = request.query_params.get("firm")
        world = self._sandbox.world
        return answer(world.firm(slug).troubles if slug else world.troubles)

    async def seed(self, request: Request) -> Response:
        """Another world."""
        self._sandbox.seed(options_from(await body_of(request), self._sandbox.world.options))
        return answer(_world(self._sandbox))

    async def clock(self, request: Request) -> Response:
        """Read, move, stop or reset the clock."""
        clock = self._controls.clock
        if request.method == "DELETE":
            clock.reset()
        elif request.method == "POST":
            _turn_clock(clock, await body_of(request))
        return answer({"now": clock.now(), "frozen": clock.frozen})

    async def faults(self, request: Request) -> Response:
        """Read, add, or withdraw fault rules."""
        faults = self._controls.faults
        rule_id = request.query_params.get("id")
        if request.method == "DELETE" and rule_id:
            faults.remove(int(rule_id))
        elif request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            wanted = await body_of(request)
            for rule in wanted if isinstance(wanted, list) else [wanted]:
                faults.add(FaultRule(**rule))
        return answer([rule.as_json() for rule in faults.rules])

    async def requests(self, request: Request) -> Response:
        """Read or clear the request log."""
        if request.method == "DELETE":
            self._controls.requests.clear()
        last = int(request.query_params.get("last", "100"))
        return answer(self._controls.requests.as_json(request.query_params.get("vendor"), last))

    async def limits(self, request: Request) -> Response:
        """Read or change the vendors' request budgets."""
        if request.method == "POST":
            _turn_limits(self._controls.limits, await body_of(request))
        return answer({name: asdict(limit) for name, limit in self._controls.limits.items()})


def _world(sandbox: "Sandbox") -> dict[str, Any]:
    firms = [
        {
            "slug": firm.slug,
            "name": firm.name,
            "region": firm.region,
            "time_zone": firm.time_zone,
            "account_id": firm.account_id,
            "matters": firm.size,
            "first_matter_id": firm.first_matter_id,
        }
        for firm in sandbox.world.firms
    ]
    return {"options": asdict(sandbox.world.options), "base": sandbox.world.base, "firms": firms}


def _turn_clock(clock: Clock, wanted: dict[str, Any]) -> None:
    if "freeze" in wanted:
        at = wanted["freeze"]
        if at is False:
            clock.unfreeze()
        else:
            clock.freeze(datetime.fromisoformat(at) if isinstance(at, str) else None)
    if "offset" in wanted:
        clock.offset = float(wanted["offset"])
    clock.advance(float(wanted.get("advance", 0)))


def _turn_limits(limits: dict[str, RateLimit], wanted: dict[str, Any]) -> None:
    """Change budgets. Raises ValueError for a setting that limits do not have."""
    for name, limit in limits.items():
        changes = wanted.get(name, {}) | ({"on": wanted["on"]} if "on" in wanted else {})
        for setting, value in changes.items():
            if not hasattr(limit, setting):
                message = f"A limit has no setting {setting!r}."
                raise ValueError(message)
            setattr(limit, setting, value)
