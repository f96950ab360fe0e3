"""What clients and firms write to each other reaches the other side, once: the case's file, and the portal."""

from datetime import datetime
from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.relay.report import publish_ticks
from tasks.relay.tick import open_ticks, serve_all


@flow(name="message_relay", flow_run_name=run_name("messages"), persist_result=False)
@ends_with_a_sentence
async def message_relay(firm: str | None = None, since: datetime | None = None, case: str | None = None) -> Any:
    """Bring new messages of the portal into the case system, and what is written there for clients into the portal.

    Every firm is asked for what is new; what is new is delivered to its case, in order, each message once, whatever breaks
    in between. One firm's trouble stops no other. Runs every two minutes by itself.

    Args:
        firm: The firm's short name: the name of its Firm block. Empty: all firms.
        since: For one firm: also what was written since then, before the relay was switched on.
        case: For one firm: look at this case at once (its id, or the address of its page in the case system).
    """
    async with open_ticks(["messages", "replies"], firm, since, case) as ticks:
        await serve_all(ticks)
        return await publish_ticks(ticks)
