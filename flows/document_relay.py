"""Files that clients and firms put into the portal reach the case's file, once."""

from datetime import datetime
from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.relay.report import publish_ticks
from tasks.relay.tick import open_ticks, serve_all


@flow(name="document_relay", flow_run_name=run_name("documents"), persist_result=False)
@ends_with_a_sentence
async def document_relay(firm: str | None = None, since: datetime | None = None) -> Any:
    """Bring new files of the portal into the case system: of every firm, or of one.

    Bytes are passed on as they come and checked by size and SHA-256; a transfer that breaks is gone on with. One firm's
    trouble stops no other. Runs every twenty minutes by itself; the files of firms with CASEpeer are then asked for once a
    night, after the firm's sync, and at once when the firm is named.

    Args:
        firm: The firm's short name: the name of its Firm block. Empty: all firms.
        since: For one firm: also what was put there since then, before the relay was switched on.
    """
    async with open_ticks(["documents"], firm, since) as ticks:
        await serve_all(ticks)
        return await publish_ticks(ticks)
