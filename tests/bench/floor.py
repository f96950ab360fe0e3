"""The floor: the requests of a run by asyncio + aiohttp and nothing else. ``python -m tests.bench.floor PLAN.json``."""

import asyncio
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson

AT_ONCE = 16


async def run(plan: dict[str, Any], puts: Iterable[bytes]) -> None:
    """Read both sides at the same time, then send what the lines of ``puts`` say (address, tab, body)."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=20),
        headers={"Accept": "application/json", "X-API-VERSION": "4.0.13"},
    ) as session:
        await asyncio.gather(_read_portal(session, plan), _read_clio(session, plan))
        waiting = iter(puts)
        await asyncio.gather(*(_put(session, plan, waiting) for _ in range(AT_ONCE)))


async def _read_portal(session: aiohttp.ClientSession, plan: dict[str, Any]) -> None:
    await asyncio.gather(*(_get(session, plan["portal"], path) for path in plan["directory"]))
    cursor = ""
    while cursor is not None:
        body = await _get(session, plan["portal"], f"/cases?cursor={cursor}&limit=100")
        cursor = body["page"]["next_cursor"]


async def _read_clio(session: aiohttp.ClientSession, plan: dict[str, Any]) -> None:
    async for matters in _clio_pages(session, plan, plan["matters"]):
        if plan["contacts"]:
            ids = dict.fromkeys(matter["client"]["id"] for matter in matters)
            wanted = "&".join(f"ids[]={contact_id}" for contact_id in ids)
            await _get(session, plan["clio"], f"/contacts.json?{wanted}&{plan['contacts']}")
    if plan["contacts_changed"]:
        async for _ in _clio_pages(session, plan, plan["contacts_changed"]):
            pass


async def _clio_pages(session: aiohttp.ClientSession, plan: dict[str, Any], path: str) -> AsyncIterator[list[Any]]:
    address: str | None = path
    while address:
        body = await _get(session, plan["clio"], address)
        yield body["data"]
        address = body["meta"]["paging"].get("next")


async def _get(session: aiohttp.ClientSession, place: dict[str, str], path: str) -> Any:
    address = path if path.startswith("http") else place["base"] + path
    async with session.get(address, headers={"Authorization": place["authorization"]}) as answer:
        answer.raise_for_status()
        return orjson.loads(await answer.read())


async def _put(session: aiohttp.ClientSession, plan: dict[str, Any], puts: Iterator[bytes]) -> None:
    headers = {"Authorization": plan["portal"]["authorization"], "Content-Type": "application/json"}
    for line in puts:
        path, body = line.rstrip().split(b"\t", 1)
        async with session.put(plan["portal"]["base"] + path.decode(), data=body, headers=headers) as answer:
            answer.raise_for_status()
            orjson.loads(await answer.read())


def main() -> None:
    """Run the plan and print what it took."""
    plan = orjson.loads(Path(sys.argv[1]).read_bytes())
    usage = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    with Path(plan["puts"] or os.devnull).open("rb") as puts:
        asyncio.run(run(plan, puts))
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    sys.stdout.write(orjson.dumps({"wall": wall, "cpu": cpu, "peak_rss_mib": after.ru_maxrss / 1024}).decode() + "\n")


if __name__ == "__main__":
    main()
