"""Several firms whose nights run through deployments and workers, and what their portals show afterwards."""

import asyncio
from collections import Counter
from typing import Any

import httpx

from deployments.cluster import Cluster
from sandbox.faults import FaultKind, FaultRule
from sandbox.testing import SandboxServer
from tests.flows.office import raise_limits, save_firm
from tests.scale.backing import eventually

ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
PATIENCE = 400.0


class Nights:
    """All firms of a sandbox; each is called as the sandbox calls it."""

    def __init__(self, cluster: Cluster, sandbox: SandboxServer, auth: str) -> None:
        self.cluster, self.sandbox = cluster, sandbox
        user, _, password = auth.partition(":")
        # The second server: it is the first that gets killed.
        self._client = httpx.Client(base_url=cluster.address(2), auth=(user, password), timeout=30)
        self.slugs = [firm.slug for firm in sandbox.world.firms]

    async def save_firms(self) -> None:
        raise_limits(self.sandbox)
        await asyncio.gather(*(save_firm(slug, self.sandbox, of=slug) for slug in self.slugs))

    # Runs.

    def order(self, slug: str) -> str:
        deployment = self._ask("GET", f"/deployments/name/nightly_case_sync/{slug}")["id"]
        return str(self._ask("POST", f"/deployments/{deployment}/create_flow_run", {})["id"])

    def state_of(self, run: str) -> dict[str, Any]:
        state: dict[str, Any] = self._ask("GET", f"/flow_runs/{run}")["state"]
        return state

    def retry(self, run: str) -> None:
        """Press Retry in the UI."""
        state = {"type": "SCHEDULED", "name": "AwaitingRetry"}
        self._ask("POST", f"/flow_runs/{run}/set_state", {"state": state, "force": True})

    def complete(self, runs: list[str]) -> dict[str, list[str]]:
        """Wait until all are Completed, pressing Retry on those that end otherwise; those ends, by run."""
        ends: dict[str, list[str]] = {run: [] for run in runs}

        def done() -> bool:
            states = {run: self.state_of(run) for run in runs}
            for run, state in states.items():
                if state["type"] in ENDED - {"COMPLETED"}:
                    ends[run].append(f"{state['name']}: {state['message']}")
                    assert len(ends[run]) < 4, ends[run]
                    self.retry(run)
            return all(state["type"] == "COMPLETED" for state in states.values())

        eventually(done, PATIENCE)
        return ends

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return self._client.request(method, path, json=body).raise_for_status().json()

    # What happens in the vendors' systems.

    def move_every_case(self) -> dict[str, Counter[str]]:
        """Every matter of every firm enters another stage; whom the clients of each firm are to be told of, once each."""
        for slug in self.slugs:
            clio, seed = self.sandbox.clio.firms[slug], self.sandbox.world.firm(slug)
            for matter_id in seed.matter_ids:
                matter = clio.matters.get(matter_id)
                area = next(area for area in seed.practice_areas if area.id == matter["_practice_area"])
                now = next(stage for stage in area.stages if stage.id == matter["_matter_stage"])
                new = next(stage for stage in area.stages if stage.portal_name not in (None, now.portal_name))
                clio.update_matter(matter_id, at=self.sandbox.controls.clock.timestamp(), _matter_stage=new.id)
            self.portal(slug).notices.clear()
        return {slug: Counter(map(str, self.sandbox.world.firm(slug).matter_ids)) for slug in self.slugs}

    def activate(self) -> None:
        """From now on clients are told of changes."""
        for slug in self.slugs:
            httpx.post(f"{self.sandbox.url}/__sandbox__/casestatus/firms/{slug}/activate", json={}).raise_for_status()

    def portal(self, slug: str) -> Any:
        return self.sandbox.casestatus.portal.firm_called(slug)

    def told(self) -> dict[str, Counter[str]]:
        """How often clients were told, by firm and case."""
        return {slug: Counter(notice.integration_id for notice in self.portal(slug).notices) for slug in self.slugs}

    def slow_down(self) -> None:
        """Writes take a while, so that there is a middle to be hit."""
        self.sandbox.controls.faults.add(FaultRule("casestatus", FaultKind.DELAY, method="PUT", seconds=6, count=None))

    def half_way(self) -> list[str]:
        """Order every firm's night, and wait until clients of each begin to hear."""
        self.slow_down()
        runs = [self.order(slug) for slug in self.slugs]
        eventually(lambda: all(told for told in self.told().values()), PATIENCE)
        return runs

    def assert_every_case_once(self) -> None:
        for slug in self.slugs:
            kept = [case for case in list(self.portal(slug).cases) if case.integration_id and case.deleted_at is None]
            found = Counter(case.integration_id for case in kept)
            assert found == Counter(map(str, self.sandbox.world.firm(slug).matter_ids)), slug
