"""What the sandbox server asks of a vendor package: an ASGI app, and optionally its own inspection routes.

``sandbox/<vendor>/app.py`` offers ``create_app(controls, world)``. The server puts :class:`sandbox.faults.Wrapper`
around it (request log, faults, ``Date`` header) and mounts it; the app sees ``scope["root_path"]`` as its prefix and
answers below it. Routes listed in ``inspection_routes`` are mounted below ``/__sandbox__/<vendor>``, outside log,
limits and faults. Seeding anew means calling ``create_app`` again: an app never outlives its world.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from starlette.routing import BaseRoute


@runtime_checkable
class Inspectable(Protocol):
    """A vendor with routes for inspecting what lies behind its API."""

    inspection_routes: Sequence[BaseRoute]
