"""The states of a case and what may follow what; clients hear of a closing once, of anything else here never."""

from sandbox.casestatus.firm import Firm
from sandbox.casestatus.instants import optional_text
from sandbox.casestatus.records import Case, State
from sandbox.casestatus.refusals import Refusal, refuse


def case_closed(case: Case) -> Refusal:
    """409 for touching a closed case."""
    return refuse(409, "case_closed", "The case is closed.", closed_at=optional_text(case.closed_at))


def not_activated() -> Refusal:
    """409 for what needs an activated case."""
    return refuse(409, "case_not_activated", "The case has not been activated.")


def close(firm: Firm, case: Case, closed_at: int, *, notify: bool) -> bool:
    """Close an open case; False when it was closed already."""
    if case.state is State.CLOSED:
        return False
    if notify and case.state is State.ACTIVE:
        firm.tell_clients(case, "case_closed", "Your case has been closed.", closed_at)
    case.state = State.CLOSED
    case.closed_at = closed_at
    return True


def reopen(case: Case) -> bool:
    """Bring a closed case back: active if it ever was, else onboarding. False when it is open."""
    if case.state is not State.CLOSED:
        return False
    case.state = State.ONBOARDING if case.activated_at is None else State.ACTIVE
    case.closed_at = None
    return True


def hold(case: Case) -> bool:
    """Place an active case on hold; False when it is. Raises Refusal (409)."""
    _require_activated(case)
    changed = case.state is State.ACTIVE
    case.state = State.ON_HOLD
    return changed


def resume(case: Case) -> bool:
    """Take a case off hold; False when it is active. Raises Refusal (409)."""
    _require_activated(case)
    changed = case.state is State.ON_HOLD
    case.state = State.ACTIVE
    return changed


def activate(firm: Firm, case: Case, now: int, welcome: str | None) -> bool:
    """Let clients in, with a welcome if there is one; False when they were let in before. Raises Refusal (409)."""
    if case.state is State.CLOSED:
        raise case_closed(case)
    if case.state is not State.ONBOARDING:
        return False
    case.state = State.ACTIVE
    case.activated_at = now
    firm.tell_clients(case, "welcome", welcome or "", now)
    return True


def _require_activated(case: Case) -> None:
    if case.state is State.CLOSED:
        raise case_closed(case)
    if case.state is State.ONBOARDING:
        raise not_activated()
