"""Hints: a case that changes in CASEpeer is synced at once, as CASEpeer calls out; the calls and the server are real."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import uvicorn
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from pydantic import SecretStr

from blocks.casepeer import CasePeerCredentials
from blocks.firm import Firm
from deployments import hints
from deployments.hints import Gathering, listener, start_run
from deployments.nightly import plan_nightly
from deployments.per_firm import deploy
from deployments.register import ensure_work_pool
from flows.initial_bulk_import import initial_bulk_import
from flows.nightly_case_sync import nightly_case_sync
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.flows.peers import Peers, casepeer_credentials, open_peers
from tests.flows.processes import PrefectServer, free_port

WORLD = WorldOptions(matters=6, shares=Shares.trouble_free())
SECRET = "sandbox-hint"


@contextlib.asynccontextmanager
async def listening(start: hints.Start, **times: float) -> AsyncIterator[str]:
    """The address of a listener that is up."""
    port = free_port()
    app = listener(Gathering(start, **times))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def _hinted_runs() -> list[Any]:
    tags = FlowRunFilter(tags=FlowRunFilterTags(all_=["hint"]))
    async with get_client() as client:
        for _ in range(100):
            if runs := await client.read_flow_runs(flow_run_filter=tags):
                return runs
            await asyncio.sleep(0.1)
    return []


def _credentials(sandbox: SandboxServer) -> CasePeerCredentials:
    return casepeer_credentials(sandbox).model_copy(update={"hint_secret": SecretStr(SECRET)})


@pytest.fixture(scope="module")
def office(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    """A firm with three cases in the portal."""
    home = tmp_path_factory.mktemp("peers") / "casebridge"
    with open_peers("hinting-peers", home, WORLD, credentials=_credentials) as office:
        office.run_now(initial_bulk_import, cases="\n".join(map(office.matter, range(3))))
        yield office


async def test_a_change_of_stage_is_in_the_portal_without_a_night(office: Peers) -> None:
    async with get_client() as client:
        await ensure_work_pool(client, "hinted")
        await deploy(client, replace(plan_nightly(await Firm.aload(office.slug)), work_pool="hinted"))
    changed, stranger = office.matter(1), office.matter(5)
    for case in (changed, stranger):
        office.records.connect_case(int(case), f"cs_{case}")
    _, stage = office.next_status(changed)
    async with listening(start_run, at_first=0.5) as url:
        office.records.switches.turn({"push_url": f"{url}/casepeer/{office.slug}", "push_duplicate": True})
        for case in (changed, stranger):
            office.change_case(case, status=office.next_status(case)[0])
        [run] = await _hinted_runs()
    assert run.parameters == {"firm": office.slug, "case_ids": [changed, stranger]}
    assert run.name == "hint · hinting-peers · 2 cases"
    ended = await office.run(nightly_case_sync, **run.parameters)
    assert (office.case(changed) or {})["stage"]["display_name"] == stage
    assert ended.result(stranger) == "skipped"  # a hint imports nothing


async def test_only_the_firms_own_hints_of_changed_cases_are_heeded(office: Peers) -> None:
    started: list[tuple[str, list[str]]] = []

    async def start(slug: str, cases: list[str]) -> None:
        started.append((slug, cases))

    good = b'{"event": "case.updated", "case_id": 41873, "version": 4}'
    right = {"X-CASEpeer-Sandbox-Secret": SECRET}
    async with listening(start, at_first=0.2, afterwards=0.1) as url, httpx.AsyncClient(base_url=url) as client:

        async def answered(body: bytes, headers: dict[str, str], slug: str = office.slug) -> int:
            return (await client.post(f"/casepeer/{slug}", content=body, headers=headers)).status_code

        assert await answered(good, {}) == 403
        assert await answered(good, {"X-CASEpeer-Sandbox-Secret": "another"}) == 403
        assert await answered(good, right, "nobody") == 403
        assert await answered(b"x" * 70_000, right) == 413
        for body in (
            b'{"event": "message.queued", "case_id": 41873}',
            b"<html>",
            b"[]",
            b'{"event": "case.updated"}',
        ):
            assert await answered(body, right) == 202
        await asyncio.sleep(0.5)
        assert started == []
        assert await answered(good, right) == await answered(good, right) == 202
        await asyncio.sleep(0.6)
    assert started == [(office.slug, ["41873"])]


async def test_what_could_not_be_started_is_started_later_and_no_run_gets_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hints, "MOST_AT_ONCE", 2)
    started: list[list[str]] = []
    away = iter([True])

    async def start(_: str, cases: list[str]) -> None:
        if next(away, False):
            raise OSError("Prefect is away")
        started.append(cases)

    gathering = Gathering(start, at_first=0.0, afterwards=0.01)
    for case in ("1", "2", "3", "2"):
        gathering.add("peers", case)
    await asyncio.sleep(0.2)
    gathering.add("peers", "4")
    await asyncio.sleep(0.1)
    assert started == [["1", "2"], ["3"], ["4"]]
