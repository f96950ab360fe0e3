"""`python -m deployments.hints`: hears what CASEpeer calls out, and has the changed cases synced at once.

Nothing depends on it: a hint that is lost is made good by the firm's next night.
"""

import argparse
import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

import uvicorn
from prefect.deployments import arun_deployment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from blocks.casepeer import CasePeerCredentials
from blocks.firm import Firm

log = logging.getLogger("casebridge.hints")

AT_FIRST = 2.0
"""Seconds that a firm's first hint waits for others: one change is often several."""
AFTERWARDS = 60.0
"""Seconds between two runs for one firm: a run costs a process, and a firm may change a thousand cases in a row."""
MOST_AT_ONCE = 500
"""Cases that one run is given."""
_REMEMBERED = 60.0
"""Seconds for which a firm's block is not loaded again."""
_LONGEST = 65_536

Start = Callable[[str, list[str]], Awaitable[object]]
"""Has these cases of a firm synced."""


async def start_run(slug: str, cases: list[str]) -> None:
    """Start the firm's nightly deployment for these cases alone; behind one that is under way, it waits for its turn."""
    count = f"{len(cases)} case{'' if len(cases) == 1 else 's'}"
    await arun_deployment(
        f"nightly_case_sync/{slug}",
        parameters={"firm": slug, "case_ids": cases},
        flow_run_name=f"hint · {slug} · {count}",
        tags=["hint"],
        timeout=0,
        as_subflow=False,
    )


class Gathering:
    """The cases of each firm that are to be synced, until a run is started for them."""

    def __init__(self, start: Start, *, at_first: float = AT_FIRST, afterwards: float = AFTERWARDS) -> None:
        self._start, self._at_first, self._afterwards = start, at_first, afterwards
        self._cases: dict[str, dict[str, None]] = {}
        self._working: dict[str, asyncio.Task[None]] = {}

    def add(self, slug: str, case_id: str) -> None:
        """Have a case synced soon."""
        self._cases.setdefault(slug, {})[case_id] = None
        if slug not in self._working:
            self._working[slug] = asyncio.create_task(self._work(slug))

    async def _work(self, slug: str) -> None:
        await asyncio.sleep(self._at_first)
        while cases := list(self._cases[slug])[:MOST_AT_ONCE]:
            try:
                await self._start(slug, cases)
            except Exception:
                log.exception("No run could be started for %s; it is tried again.", slug)
            else:
                for case_id in cases:
                    del self._cases[slug][case_id]
            await asyncio.sleep(self._afterwards)
        del self._working[slug]


class Firms:
    """The firms' blocks, as they were a minute ago at most."""

    def __init__(self) -> None:
        self._loaded: dict[str, tuple[float, Firm]] = {}

    async def get(self, slug: str) -> Firm | None:
        """The firm; None where no block can be read."""
        at, firm = self._loaded.get(slug, (0.0, None))
        if firm is not None and time.monotonic() - at < _REMEMBERED:
            return firm
        try:
            firm = cast("Firm", await Firm.aload(slug))
        except (ValueError, RuntimeError):
            return None
        self._loaded[slug] = (time.monotonic(), firm)
        return firm


async def hear(request: Request, firms: Firms, gathering: Gathering) -> Response:
    """One hint. Whoever does not know the firm's secret learns nothing, not even whether there is such a firm."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST:
            return PlainTextResponse("A hint is short.", 413)
    slug = request.path_params["slug"]
    firm = await firms.get(slug)
    if firm is None or not isinstance(firm.case_system, CasePeerCredentials):
        return _not_accepted()
    try:
        case_id = firm.case_system.hinted_case(request.headers, body)
    except PermissionError:
        return _not_accepted()
    if case_id is not None and firm.nightly_sync:
        gathering.add(slug, case_id)
    return Response(status_code=202)


def _not_accepted() -> Response:
    return PlainTextResponse("Not accepted: send the firm's secret.", 403)


def listener(gathering: Gathering) -> Starlette:
    """The web service: ``POST /casepeer/<firm>``."""
    heard = partial(hear, firms=Firms(), gathering=gathering)
    return Starlette(routes=[Route("/casepeer/{slug}", heard, methods=["POST"])])


def main() -> None:
    """Listen until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m deployments.hints", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; behind a proxy that speaks https")
    parser.add_argument("--port", type=int, default=8398)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    uvicorn.run(
        listener(Gathering(start_run)), host=arguments.host, port=arguments.port, log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()
