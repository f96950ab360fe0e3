"""How a run ends early: every reason becomes a final state with one sentence that names the fix."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.states import Cancelled, Completed, Failed

from connectors.errors import (
    AnswerQuestion,
    ConnectorError,
    LogInAgain,
    Misconfigured,
    NotPermitted,
    Wait,
    WrongReference,
)
from domain.errors import BadInput
from ledger import LeaseHeld, LeaseLost
from tasks.termination import heeding_termination

P = ParamSpec("P")


FINAL_STATES = (
    "Completed",
    "Exceptions",
    "SwitchedOff",
    "Superseded",
    "Failed",
    "PartialFailure",
    "VendorUnavailable",
    "VendorRefused",
    "ReconnectNeeded",
    "ReauthenticationNeeded",
    "SetupNeeded",
    "BadInput",
    "ChangedMeanwhile",
    "Overtaken",
    "Cancelled",
    "AlreadyRunning",
    "Crashed",
    "TimedOut",
)
"""Every name under which a run of ours ends; Prefect's events are called after them."""


class SwitchedOff(Exception):
    """The schedule came for a firm whose switch is off."""


class Superseded(Exception):
    """A scheduled run came so late that another one has done its work already."""


class ChangedMeanwhile(Exception):
    """What a person has confirmed is no longer what would be done."""


class FirmUnknown(BadInput):
    """There is no usable block for the firm."""


def ends_with_a_sentence(flow_function: Callable[P, Awaitable[Any]]) -> Callable[P, Awaitable[Any]]:
    """Turn the errors a person can act on into final states; anything else stays a crash with its traceback."""
    asked = inspect.signature(flow_function)

    @functools.wraps(flow_function)
    async def told(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            with heeding_termination():
                return await flow_function(*args, **kwargs)
        except (BadInput, ChangedMeanwhile, ConnectorError, LeaseHeld, LeaseLost, SwitchedOff, Superseded) as error:
            state = ending_for(error)
            if isinstance(error, LogInAgain) and not isinstance(error, AnswerQuestion):
                _tell_operators(asked.bind(*args, **kwargs).arguments.get("firm"), error)
            get_run_logger().log(30 if state.is_failed() else 20, "%s", state.message)
            return state

    return told


def _tell_operators(firm: Any, error: LogInAgain) -> None:
    """Emit what a relay emits when it is refused: however often it comes, Prefect's automation tells of a firm once."""
    if isinstance(firm, str):
        emit_event(
            event="casebridge.connection.reconnect_needed",
            resource={"prefect.resource.id": f"casebridge.firm.{firm}", "prefect.resource.name": firm},
            payload={"sentence": str(error)},
        )


def ending_for(error: Exception) -> State[Any]:
    """The final state for an error that explains itself."""
    if isinstance(error, SwitchedOff):
        return Completed(name="SwitchedOff", message=str(error))
    if isinstance(error, Superseded):
        return Completed(name="Superseded", message=str(error))
    if isinstance(error, ChangedMeanwhile):
        return Failed(name="ChangedMeanwhile", message=str(error))
    if isinstance(error, LeaseHeld):
        return Cancelled(name="AlreadyRunning", message=_already_running(error))
    if isinstance(error, LeaseLost):
        return Failed(name="Overtaken", message=_OVERTAKEN)
    retry = " Retry continues where it stopped." if isinstance(error, Wait) else ""
    return Failed(name=_failure_name(error), message=f"{error}{retry}")


_OVERTAKEN = (
    "This run was silent for so long that another run may have taken over; it stopped without writing anything more. "
    "Retry continues where it stopped."
)


def _failure_name(error: Exception) -> str:
    match error:
        case BadInput() | WrongReference():
            return "BadInput"
        case AnswerQuestion():
            return "ReauthenticationNeeded"
        case LogInAgain():
            return "ReconnectNeeded"
        case NotPermitted() | Misconfigured():
            return "SetupNeeded"
        case Wait():
            return "VendorUnavailable"
        case _:
            return "VendorRefused"


def _already_running(held: LeaseHeld) -> str:
    since = held.since.strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"Another run works for this firm since {since} ({held.note or held.owner}); this one did nothing. "
        f"Wait for it to end; if it died, its hold frees itself by {held.expires_at.strftime('%H:%M:%S UTC')}."
    )
