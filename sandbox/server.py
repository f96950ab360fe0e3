"""One process that serves every vendor, seeded from one world, with the control routes beside them.

The prefixes::

    /clio/{region}/...     Clio Manage, region us, eu, ca or au     (sandbox.clio)
    /storage/...           the storage host of Clio's documents     (sandbox.clio.storage)
    /smartadvocate/{slug}/CaseSyncAPI/...   SmartAdvocate, an instance per firm     (sandbox.smartadvocate)
    /casepeer/{slug}/api/v1/...   CASEpeer, an instance per firm     (sandbox.casepeer)
    /casestatus/...        Case Status                              (sandbox.casestatus)
    /soluno/{slug}/api/rest/...   Soluno, an instance per firm      (sandbox.soluno)
    /__sandbox__/...       controls and inspection                  (sandbox.control_routes)
"""

import logging
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import control_routes
from sandbox.casepeer.app import Casepeer
from sandbox.casestatus.app import create_app as create_casestatus
from sandbox.clio.app import REGIONS, Clio, published_contract
from sandbox.clio.storage import PREFIX as STORAGE_PREFIX
from sandbox.controls import Controls
from sandbox.faults import Wrapper
from sandbox.seed import World, WorldOptions
from sandbox.smartadvocate.app import SmartAdvocate
from sandbox.soluno.app import Soluno
from sandbox.vendor import Inspectable

CONTROL_PREFIX = "/__sandbox__"


class Sandbox:
    """All vendor apps over one world, as one ASGI app; seeding anew replaces world and apps, never the controls."""

    world: World
    clio: Clio
    smartadvocate: SmartAdvocate
    casepeer: Casepeer
    casestatus: Any
    """What ``sandbox.casestatus.app.create_app`` returned."""
    soluno: Soluno

    def __init__(
        self,
        options: WorldOptions | None = None,
        *,
        controls: Controls | None = None,
        check_openapi: bool = False,
    ) -> None:
        self.controls = controls or Controls()
        self._contract = published_contract() if check_openapi else None
        self._apps: dict[str, ASGIApp] = {}
        self.seed(options or WorldOptions())

    def seed(self, options: WorldOptions) -> None:
        """Make the world and every vendor's state anew. Tokens, keys and cases of before are gone."""
        self.world = World(options, now=self.controls.clock.now())
        if self._contract is not None:
            self._contract.violations.clear()
        self.clio = Clio(self.controls, self.world, self._contract)
        self.smartadvocate = SmartAdvocate(self.controls, self.world)
        self.casepeer = Casepeer(self.controls, self.world)
        self.casestatus = create_casestatus(self.controls, self.world)
        self.soluno = Soluno(self.controls, self.world)
        self._apps = {
            f"/clio/{region}": Wrapper(self.clio.region(region), f"clio/{region}", self.controls) for region in REGIONS
        }
        self._apps[STORAGE_PREFIX] = Wrapper(self.clio.storage, "storage", self.controls)
        self._apps["/smartadvocate"] = Wrapper(self.smartadvocate, "smartadvocate", self.controls)
        self._apps["/casepeer"] = Wrapper(self.casepeer, "casepeer", self.controls)
        self._apps["/casestatus"] = Wrapper(self.casestatus, "casestatus", self.controls)
        self._apps["/soluno"] = Wrapper(self.soluno, "soluno", self.controls)
        self._apps[CONTROL_PREFIX] = self._control_app()

    def reset(self) -> None:
        """Controls as at start and the same world from its beginning."""
        self.controls.reset()
        self.seed(self.world.options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the app whose prefix the path starts with."""
        path: str = scope["path"]
        for prefix, app in self._apps.items():
            if path.startswith(prefix) and (len(path) == len(prefix) or path[len(prefix)] == "/"):
                scope["root_path"] = prefix
                await app(scope, receive, send)
                return
        await control_routes.not_found(scope, receive, send)

    def _control_app(self) -> Starlette:
        routes: list[BaseRoute] = control_routes.ControlRoutes(self).routes()
        vendors = {
            "clio": self.clio,
            "smartadvocate": self.smartadvocate,
            "casepeer": self.casepeer,
            "casestatus": self.casestatus,
            "soluno": self.soluno,
        }
        for name, app in vendors.items():
            if isinstance(app, Inspectable):
                routes.append(Mount(f"/{name}", routes=app.inspection_routes))
        return Starlette(routes=routes, exception_handlers=control_routes.EXCEPTION_HANDLERS)


def uvicorn_config(app: ASGIApp, **settings: Any) -> uvicorn.Config:
    """How the sandbox is served, on a port of its own or inside a test process."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level=logging.WARNING,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        **settings,
    )
