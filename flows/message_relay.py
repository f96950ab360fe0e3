"""What clients and firms write to each other in the portal reaches the case's file, once."""

from datetime import datetime
from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.relay.report import publish_tick
from tasks.relay.tick import open_tick, serve_all


@flow(name="message_relay", flow_run_name=run_name("messages"), persist_result=False)
@ends_with_a_sentence
async def message_relay(firm: str | None = None, since: datetime | None = None) -> Any:
    """Bring new messages of the portal into the case system: of every firm, or of one.

    Every firm is asked for what is new; what is new is filed with its case, in order, each message once, whatever breaks
    in between. One firm's trouble stops no other. Runs every two minutes by itself.

    Args:
        firm: The firm's short name: the name of its Firm block. Empty: all firms.
        since: For one firm: also what was written since then, before the relay was switched on.
    """
    async with open_tick("messages", firm, since) as tick:
        await serve_all(tick)
        return await publish_tick(tick)
