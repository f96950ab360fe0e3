"""A run that is told to end, ends: also when the signal came in a callback of the event loop."""

import asyncio
import signal
from typing import Any

import pytest
from prefect.exceptions import TerminationSignal

from tasks.termination import heeding_termination


def _told_to_end() -> None:
    raise TerminationSignal(signal=signal.SIGTERM)


async def _run() -> None:
    with heeding_termination():
        asyncio.get_running_loop().call_soon(_told_to_end)
        await asyncio.sleep(5)


async def test_a_signal_that_the_event_loop_would_only_log_ends_the_run() -> None:
    run = asyncio.create_task(_run())
    await asyncio.wait([run], timeout=2)
    assert run.cancelled()


async def test_whatever_else_goes_wrong_in_a_callback_is_told_as_before() -> None:
    told: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: told.append(context))
    with heeding_termination():
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.01)
    loop.call_soon(_told_to_end)
    await asyncio.sleep(0.01)
    loop.set_exception_handler(None)
    assert [type(context["exception"]) for context in told] == [ZeroDivisionError, TerminationSignal]


@pytest.mark.parametrize("ends_by_itself", [True, False])
async def test_the_loop_is_left_as_it_was(*, ends_by_itself: bool) -> None:
    before = asyncio.get_running_loop().get_exception_handler()
    if ends_by_itself:
        with heeding_termination():
            await asyncio.sleep(0)
    else:
        with pytest.raises(ZeroDivisionError), heeding_termination():
            _ = 1 / 0
    assert asyncio.get_running_loop().get_exception_handler() is before
