"""The Prefect server that the commands work with."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from deployments.command_line.output import Refused

Found = TypeVar("Found")
_REFUSED = (401, 403)


def with_server(work: Callable[[PrefectClient], Awaitable[Found]]) -> Found:
    """Do the work with a client of the server. Raises Refused when no server is named, none answers, or it refuses us."""
    address = PREFECT_API_URL.value()
    if not address:
        raise Refused(
            "No Prefect server is named: set PREFECT_API_URL, as in PREFECT_API_URL=http://127.0.0.1:4200/api (`make up` "
            "prints it)."
        )

    async def connected() -> Found:
        async with get_client() as client:
            with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
                await client.hello()
            return await work(client)

    try:
        return asyncio.run(connected())
    except httpx.TransportError as error:
        raise Refused(
            f"The Prefect server at {address} does not answer ({error}). Start it, or correct PREFECT_API_URL."
        ) from error
    except (httpx.HTTPStatusError, PrefectHTTPStatusError) as error:
        if error.response.status_code in _REFUSED:
            raise Refused(
                f"The Prefect server at {address} refuses us. Set PREFECT_API_AUTH_STRING to its user and password, as in "
                "admin:password."
            ) from error
        raise
