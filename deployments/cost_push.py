"""One deployment per firm that keeps books in Soluno, for its cost push; made from the Firm block."""

from blocks.firm import Firm
from deployments.per_firm import Planned
from flows.soluno_cost_push import soluno_cost_push


def plan_cost_push(firm: Firm) -> Planned:
    """The push deployment of a firm with accounting. One whose push is switched off keeps it, with its schedule inactive."""
    return Planned(
        firm=firm,
        flow=soluno_cost_push,
        entrypoint="flows.soluno_cost_push.soluno_cost_push",
        tag="costs",
        description=(
            f"Costs, charges and trust of {firm.name} from CASEpeer into Soluno, and statuses back. Made from the Firm "
            "block; change it there. *Quick run* pushes now, *Custom run* offers single costs and a dry run."
        ),
        at=firm.push_time,
        switch=firm.switch("cost_push"),
    )
