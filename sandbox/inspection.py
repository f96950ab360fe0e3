"""Control routes of a vendor of which each firm has an instance of its own: a table of acts on one firm, JSON in and out."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.pushes import Pusher
from sandbox.switches import Turnable


class Instance(Protocol):
    """What every vendor's firm has."""

    switches: Any


class Calling(Instance, Protocol):
    """A firm of a vendor that calls out."""

    pusher: Pusher


FirmT = TypeVar("FirmT", bound=Instance)
Act = Callable[[FirmT, Request, dict[str, Any]], Any]
"""Takes the firm, the request and the body, returns what is answered as JSON."""
Row = tuple[str, str, Act[FirmT]]
"""Method, what stands behind the firm's slug, and the act."""


def firm_routes(firms: Mapping[str, FirmT], show: Act[FirmT], table: Iterable[Row[FirmT]]) -> Sequence[BaseRoute]:
    """Routes for all firms: each shown alone or with the others, the vendor's own, and what is the same for all vendors."""

    async def every(request: Request) -> Response:
        return _answer([show(firm, request, {}) for firm in firms.values()])

    same: tuple[Row[FirmT], ...] = (
        ("GET", "", show),
        ("POST", "/switches", _switches),
    )
    routes: list[BaseRoute] = [Route("/firms", every)]
    for method, path, act in (*same, *table):
        routes.append(Route("/firms/{slug}" + path, _endpoint(firms, act), methods=[method]))
    return routes


def case_id_of(request: Request) -> int | None:
    """The case that a list is asked for; None: what was not seeded, of all cases."""
    wanted = request.query_params.get("case_id")
    return int(wanted) if wanted else None


def nothing_left(body: dict[str, Any]) -> None:
    """See that everything in a body was understood. Raises ValueError."""
    if body:
        message = f"There is nothing called {', '.join(body)} here."
        raise ValueError(message)


def _endpoint(firms: Mapping[str, FirmT], act: Act[FirmT]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        return _answer(act(firms[request.path_params["slug"]], request, orjson.loads(raw) if raw else {}))

    return endpoint


def _answer(data: Any) -> Response:
    return Response(orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS), media_type="application/json")


def _switches(firm: Instance, _request: Request, body: dict[str, Any]) -> Any:
    switches: Turnable = firm.switches
    switches.turn(body)
    return asdict(switches)


def _pushes(firm: Calling, _request: Request, _body: dict[str, Any]) -> Any:
    return [asdict(push) for push in firm.pusher.sent]


def _forget_pushes(firm: Calling, _request: Request, _body: dict[str, Any]) -> Any:
    firm.pusher.sent.clear()
    return []


PUSHES: Sequence[Row[Calling]] = (("GET", "/pushes", _pushes), ("DELETE", "/pushes", _forget_pushes))
"""The rows of a vendor that calls out."""
