"""A sandbox on a real socket inside the test process: its own thread, its own event loop, a free port.

For tests of every room::

    with SandboxServer(WorldOptions(matters=50)) as server:
        httpx.get(server.url + "/__sandbox__/health")
        server.controls.faults.add(...)
        server.clio, server.smartadvocate, server.casepeer, server.casestatus, server.soluno, server.world    # the state behind the APIs
"""

import socket
import threading
from types import TracebackType
from typing import Any, Self

import uvicorn

from sandbox.casepeer.app import Casepeer
from sandbox.clio.app import Clio
from sandbox.controls import Controls
from sandbox.seed import World, WorldOptions
from sandbox.server import Sandbox, uvicorn_config
from sandbox.smartadvocate.app import SmartAdvocate
from sandbox.soluno.app import Soluno

_START_SECONDS = 10.0


class SandboxServer:
    """A running sandbox; a context manager. Rate limits are on unless ``limits_on=False``."""

    def __init__(
        self, options: WorldOptions | None = None, *, limits_on: bool = True, check_openapi: bool = False
    ) -> None:
        self.sandbox = Sandbox(
            options or WorldOptions(matters=40), controls=Controls(limits_on=limits_on), check_openapi=check_openapi
        )
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server = uvicorn.Server(uvicorn_config(self.sandbox))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(_START_SECONDS / 0.005)):
            if self._server.started:
                return self
            waited.wait(0.005)
        raise TimeoutError("The sandbox did not start.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_START_SECONDS)
        self._socket.close()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``; vendor prefixes follow (``/clio/us``, ``/smartadvocate/{slug}``, ``/casepeer/{slug}``)."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def controls(self) -> Controls:
        """Clock, faults, request log and limits."""
        return self.sandbox.controls

    @property
    def world(self) -> World:
        """The seeded world as it is now."""
        return self.sandbox.world

    @property
    def clio(self) -> Clio:
        """Clio's state: firms, tokens, switches."""
        return self.sandbox.clio

    @property
    def smartadvocate(self) -> SmartAdvocate:
        """SmartAdvocate's state: firms with their records, users and switches."""
        return self.sandbox.smartadvocate

    @property
    def casepeer(self) -> Casepeer:
        """CASEpeer's state: firms with their records, keys and switches."""
        return self.sandbox.casepeer

    @property
    def casestatus(self) -> Any:
        """What ``sandbox.casestatus.app.create_app`` returned for the world as it is now."""
        return self.sandbox.casestatus

    @property
    def soluno(self) -> Soluno:
        """Soluno's state: firms with their books, logins and switches."""
        return self.sandbox.soluno

    def seed(self, options: WorldOptions) -> None:
        """Make world and vendor states anew."""
        self.sandbox.seed(options)

    def reset(self) -> None:
        """Controls as at start, the same world from its beginning."""
        self.sandbox.reset()
