"""Whether every firm's systems still let us in, asked before a night finds out."""

from typing import Any

from prefect import flow

from domain.run_names import run_name
from tasks.connections import open_check, probe_systems, publish_check
from tasks.endings import ends_with_a_sentence


@flow(name="check_connection", flow_run_name=run_name("connections"), persist_result=False)
@ends_with_a_sentence
async def check_connection(firm: str | None = None) -> Any:
    """Ask every system of every firm, or of one, whether it still accepts us; nothing is read or written.

    A firm is told once that its set-up is complete. One whose account is locked, whose password was changed or whose key
    was revoked is told once, and once more when all is well again. Runs daily by itself. Run it after saving credentials: a password that was refused is tried at once.

    Args:
        firm: The firm's short name: the name of its Firm block. Empty: all firms.
    """
    async with open_check(firm) as check:
        await probe_systems(check)
        return await publish_check(check)
