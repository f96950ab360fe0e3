"""The way to a consent page, as a person finds it in the run's artifact."""

import asyncio
import re
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from blocks.firm import Firm


async def consent_address(firm: Firm) -> tuple[str, Any]:
    """The address in the run's artifact, and the flow run that waits."""
    async with get_client() as client:
        for _ in range(200):
            found = await client.read_artifacts(
                artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[f"connect-{firm.slug}"]))
            )
            if found and found[0].flow_run_id:
                run = await client.read_flow_run(found[0].flow_run_id)
                if run.state is not None and run.state.is_paused():
                    address = re.search(r"\]\((http[^)]+)\)", str(found[0].data))
                    assert address is not None
                    return address[1], run.id
            await asyncio.sleep(0.1)
    raise AssertionError("the flow did not pause")
