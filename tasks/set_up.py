"""Telling a firm's people once that all its systems are connected: the end of setting it up."""

import asyncio

from blocks.firm import Firm
from ledger import Ledger
from tasks.alerts import Alert, send_alert

STREAM = "set-up"
"""Under this name the ledger keeps that the firm was told."""


async def tell_of_completion(ledger: Ledger, firm: Firm, sentence: str, more: str = "") -> bool:
    """Mail *set-up complete*, unless the firm was told before; whether it was news."""
    found = await asyncio.to_thread(ledger.incidents.observe, firm.slug, STREAM, {"complete": sentence})
    if not found:
        return False
    await send_alert(
        Alert(
            event="connection.set_up_complete",
            slug=firm.slug,
            name=firm.name,
            subject=f"Set-up complete · {firm.name}",
            text=f"Set-up is complete. {sentence}\n\n{more}".rstrip() + "\n",
            details={"sentence": sentence},
        ),
        firm,
    )
    await asyncio.to_thread(ledger.incidents.told, firm.slug, STREAM, "complete")
    return True


async def is_known_complete(ledger: Ledger, slug: str) -> bool:
    """Whether the firm has been at work already: then nobody waits to hear that its set-up is complete."""
    return bool(await asyncio.to_thread(ledger.runs.recent, slug, 1))
