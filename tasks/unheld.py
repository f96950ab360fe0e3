"""A firm's systems outside of a run: asked without a hold on the firm, so nothing of its cases may be written."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from blocks.firm import Firm
from connectors.casestatus import CaseStatusClient
from connectors.ports import CaseSystem, SharedState
from ledger import Ledger
from tasks.usage import close_ledger


@contextlib.asynccontextmanager
async def open_systems(firm: Firm) -> AsyncIterator[tuple[CaseSystem, CaseStatusClient]]:
    """Its case system and its portal; neither is asked anything by this."""
    rules = firm.rules()
    async with contextlib.AsyncExitStack() as cleanup:
        ledger = await asyncio.to_thread(Ledger.open)
        cleanup.push_async_callback(close_ledger, ledger)
        portal = firm.portal.portal(SharedState(f"case_status:{firm.slug}", ledger.limits, ledger.tokens))
        cleanup.push_async_callback(portal.close)
        shared = SharedState(f"{rules.case_system}:{firm.slug}", ledger.limits, ledger.tokens)
        case_system = firm.case_system.case_system(shared, rules)
        cleanup.push_async_callback(case_system.close)
        yield case_system, portal
