"""How a run ends on the findings of its preflight."""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.books.preflight import LOGIN_REFUSED, REAUTHENTICATION_DUE, as_dicts, blocking, verdict
from tasks.books.push import Push


def stopped_by(push: Push) -> State[Any] | None:
    """The state of a push whose firm cannot post anything yet; None when it can."""
    stops = blocking(push.findings)
    if not stops:
        return None
    name = _NAMES.get(stops[0].code, "SetupNeeded")
    return Failed(name=name, message=f"{verdict(push.findings)} What is to be posted waits.")


_NAMES = {REAUTHENTICATION_DUE: "ReauthenticationNeeded", LOGIN_REFUSED: "ReconnectNeeded"}


def preflight_state(push: Push) -> State[Any]:
    """*Completed* when all is well, *Exceptions* else; the findings are its data."""
    sentence, findings = verdict(push.findings), as_dicts(push.findings)
    name = "Exceptions" if any(not one.warning for one in push.findings) else None
    return Completed(name=name, message=sentence, data=findings) if name else Completed(message=sentence, data=findings)
