"""One step of a relay measurement in a process of its own: ``python -m tests.bench.tick SANDBOX FIRMS STEP``; prints JSON."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
from prefect.blocks.core import Block
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import BlockDocumentCreate
from prefect.exceptions import ObjectAlreadyExists

from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from deployments.reconciliation import reconcile
from deployments.register import ensure_work_pools, register_blocks
from flows.document_relay import document_relay
from flows.message_relay import message_relay
from flows.nightly_case_sync import nightly_case_sync
from tasks.relay import replies
from tests.bench.job import peak_rss, start_engine, used_cpu

AT_ONCE = 1
"""Prefect's SQLite takes one writer."""
TICKS = {"messages": message_relay, "documents": document_relay}


def main() -> None:
    """Take the step and print what it took."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tick", description=__doc__)
    parser.add_argument("sandbox", help="address of a running sandbox")
    parser.add_argument("firms", type=int, help="how many firms")
    parser.add_argument("step", choices=(*STEPS, "first-round", *TICKS))
    wanted = parser.parse_args()
    if wanted.step in STEPS:
        found = asyncio.run(STEPS[wanted.step](wanted.sandbox, wanted.firms)) or {}
    else:
        asyncio.run(start_engine(once=1))
        if wanted.step == "first-round":
            replies.MOST_READ = sys.maxsize
        found = measure("messages" if wanted.step == "first-round" else wanted.step)
    sys.stdout.write(orjson.dumps(found).decode() + "\n")


def measure(stream: str) -> dict[str, Any]:
    """A tick's wall, CPU (user + system, all threads), peak RSS in MiB, and what it did."""
    before, started = used_cpu(), time.perf_counter()
    resting = peak_rss()
    state = asyncio.run(TICKS[stream](return_state=True))
    wall, cpu = time.perf_counter() - started, used_cpu() - before
    assert state.is_completed(), state.message
    counts = state.result()
    return {
        "wall": wall,
        "cpu": cpu,
        "peak_rss_mib": peak_rss(),
        "peak_rss_growth_mib": peak_rss() - resting,
        "counts": counts,
        "message": state.message,
    }


async def slugs(sandbox: str, firms: int) -> list[str]:
    """The first so many firms of the sandbox."""
    async with httpx.AsyncClient(base_url=f"{sandbox}/__sandbox__") as client:
        world = (await client.get("/world")).raise_for_status().json()
    return [firm["slug"] for firm in world["firms"]][:firms]


async def _save_all(sandbox: str, firms: int) -> None:
    """Save every firm's three blocks; a block's own ``asave`` registers its type anew each time, which takes a second."""
    await register_blocks()
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=f"{sandbox}/__sandbox__") as client, get_client() as prefect:

        async def save(slug: str) -> None:
            async with gate:
                granted = (await client.post("/clio/token", json={"firm": slug})).raise_for_status().json()
                clio = {name: granted[name] for name in ("region", "client_id", "client_secret", "refresh_token")}
                clio["host"] = f"{sandbox}/clio/{granted['region']}"
                portal = {"api_key": f"csk-{slug}", "host": f"{sandbox}/casestatus"}
                references = {
                    "case_system": await _create(prefect, ClioCredentials, f"{slug}-clio", clio),
                    "portal": await _create(prefect, CaseStatusCredentials, f"{slug}-case-status", portal),
                }
                nested = {field: {"$ref": {"block_document_id": one}} for field, one in references.items()}
                await _create(prefect, Firm, slug, {"slug": slug, "name": slug, **nested})

        await asyncio.gather(*(save(slug) for slug in await slugs(sandbox, firms)))


async def _create(prefect: PrefectClient, kind: type[Block], name: str, data: dict[str, Any]) -> str:
    document = BlockDocumentCreate(
        name=name, data=data, block_schema_id=kind._block_schema_id, block_type_id=kind._block_type_id
    )
    try:
        return str((await prefect.create_block_document(document)).id)
    except ObjectAlreadyExists:  # the server was too busy to say that it had saved it
        found = await prefect.read_block_document_by_name(name, kind.get_block_type_slug(), include_secrets=False)
        return str(found.id)


async def _reconcile_all(_sandbox: str, _firms: int) -> dict[str, Any]:
    before, started = used_cpu(), time.perf_counter()
    async with get_client() as client:
        await ensure_work_pools(client)
        reconciled = await reconcile(client)
    return {"wall": time.perf_counter() - started, "cpu": used_cpu() - before, "sentence": reconciled.sentence}


async def _change_one(sandbox: str, firms: int) -> None:
    firm = await Firm.aload((await slugs(sandbox, firms))[0])
    firm.nightly_at = "22:22"
    await firm.save_again()


async def _night_of_all(sandbox: str, firms: int) -> None:
    gate = asyncio.Semaphore(4)

    async def night(slug: str) -> None:
        async with gate:
            state = await nightly_case_sync(slug, return_state=True)
            assert state.is_completed(), state.message

    await asyncio.gather(*(night(slug) for slug in await slugs(sandbox, firms)))


STEPS: dict[str, Callable[[str, int], Awaitable[dict[str, Any] | None]]] = {
    "save": _save_all,
    "night": _night_of_all,
    "reconcile": _reconcile_all,
    "change-one": _change_one,
}

if __name__ == "__main__":
    main()
