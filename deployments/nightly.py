"""One deployment per firm for its nightly sync, made from the Firm block."""

from datetime import timedelta

from blocks.firm import Firm
from deployments.per_firm import Planned
from domain.nights import spread
from domain.systems import CASE_SYSTEMS
from flows.nightly_case_sync import nightly_case_sync


def _begins(firm: Firm) -> str:
    """When the firm's night begins, and why then."""
    when = f"Begins at {firm.night.at:%H:%M} {firm.night.zone.key}"
    if firm.nightly_at:
        return f"{when}, as its Firm block says."
    after = spread(firm.slug) // timedelta(minutes=1)
    return f"{when}: {after} minutes after the usual time, since the nights of all firms are spread."


def plan_nightly(firm: Firm) -> Planned:
    """The firm's nightly deployment. A firm switched off keeps it, with its schedule inactive."""
    return Planned(
        firm=firm,
        flow=nightly_case_sync,
        entrypoint="flows.nightly_case_sync.nightly_case_sync",
        tag="nightly",
        description=(
            f"Nightly case sync of {firm.name} from {CASE_SYSTEMS[firm.case_system.system].name} to Case Status. "
            f"{_begins(firm)} Made from the Firm block; change it there. *Quick run* syncs now, *Custom run* offers the "
            "window, single cases and a dry run."
        ),
        at=firm.night,
        switch=firm.switch("nightly_sync"),
    )
