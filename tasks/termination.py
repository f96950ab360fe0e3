"""Heeding the signal that ends a run, also where Prefect's way of raising it is lost."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from prefect.exceptions import TerminationSignal


@contextlib.contextmanager
def heeding_termination() -> Iterator[None]:
    """Cancel this run when it was told to end in a moment in which the event loop only logs that.

    On SIGTERM Prefect raises ``TerminationSignal`` wherever the interpreter happens to be. Where that is a callback of the
    event loop and no task (one time in ten with a busy relay, measured), asyncio logs it, and the run would go on. Prefect's
    handler is left in place: without it Prefect does not take a *Cancel* in the UI for one.
    """
    loop, run = asyncio.get_running_loop(), asyncio.current_task()
    before = loop.get_exception_handler()

    def heed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if run is not None and isinstance(context.get("exception"), TerminationSignal):
            run.cancel()
        elif before is not None:
            before(loop, context)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(heed)
    try:
        yield
    finally:
        loop.set_exception_handler(before)
