"""First sync, quiet night and a night with 1 % changed, each beside the floor."""

import contextlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.bench.plan import floor_plan, write_puts
from tests.bench.processes import Sandbox, Server, measured, prefect_server, sandbox

CHANGED_EVERY = 100
QUIET_ROUNDS = 3
FEW = 50
"""Matters of a firm whose night costs what every night costs: flow run, task runs, artifacts, blocks, connections."""
SETTLING = 2.0
"""Seconds after a run in which the Prefect server still works for it."""


@dataclass
class Place:
    """A sandbox and a Prefect server for the job, a home for its ledger."""

    world: Sandbox
    prefect: Server
    home: Path
    system: str = "clio"

    def run_job(self) -> dict[str, Any]:
        """Run the job once: its own measurement, the servers' CPU, the requests by route."""
        return self.run("tests.bench.job", self.system)

    def run(self, module: str, *arguments: str) -> dict[str, Any]:
        """Run a module of ours over this sandbox, as :meth:`run_job` does."""
        self.world.take_requests()
        before = self.world.cpu(), self.prefect.cpu()
        variables = {
            "CASEBRIDGE_HOME": str(self.home),
            "CASEBRIDGE_DATABASE_URL": "",
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_API_URL": f"{self.prefect.url}/api",
        }
        found = measured(module, [self.world.url, *arguments], variables, self.home / "job.log")
        time.sleep(SETTLING)
        cpu = {"sandbox": self.world.cpu() - before[0], "prefect_server": self.prefect.cpu() - before[1]}
        requests = self.world.take_requests()
        requests.pop("clio/us POST /oauth/token", None)  # the floor is given its token
        return found | {"cpu_of_servers": cpu, "requests": requests}


@contextlib.contextmanager
def place(matters: int, prefect: Server, home: Path, system: str = "clio") -> Iterator[Place]:
    """A fresh sandbox and an empty ledger."""
    home.mkdir(parents=True)
    with sandbox(matters, home) as world:
        yield Place(world, prefect, home, system)


def measure_nights(matters: int, directory: Path, say: Any) -> dict[str, Any]:
    """The three nights of a firm with ``matters`` matters."""
    with prefect_server(directory) as prefect:
        with (
            place(matters, prefect, directory / "nights") as ours,
            sandbox(matters, directory) as floor,
        ):
            found = _Nights(matters, ours, floor, directory, say).all()
        say("a quiet night of hardly any cases")
        with place(FEW, prefect, directory / "few") as ours:
            ours.run_job()
            few = ours.run_job()
    fixed = {name: few[name] for name in ("wall", "cpu", "task_runs", "cpu_of_servers")}
    quiet = found["quiet_night"]
    quiet["wall_ratio_without_fixed"] = (quiet["job"]["wall"] - fixed["wall"]) / quiet["floor"]["wall"]
    return found | {"fixed": fixed | {"matters": FEW}}


class _Nights:
    """The three nights, in order; each finds what the one before has left."""

    def __init__(self, matters: int, ours: Place, floor: Sandbox, directory: Path, say: Any) -> None:
        self._matters, self._ours, self._floor, self._directory, self._say = matters, ours, floor, directory, say
        self._before: str | None = None

    def all(self) -> dict[str, Any]:
        first = self._first()
        quiet_rounds = [self._quiet() for _ in range(QUIET_ROUNDS)]
        quiet = sorted(quiet_rounds, key=lambda one: one["ratio"]["wall"])[QUIET_ROUNDS // 2]
        quiet["wall_ratios"] = [one["ratio"]["wall"] for one in quiet_rounds]
        return {"first_sync": first, "quiet_night": quiet, "changed_night": self._changed(quiet)}

    def _first(self) -> dict[str, Any]:
        self._say("first sync")
        job = self._ours.run_job()
        puts = write_puts(self._directory / "first.puts", self._ours.world.portal_cases())
        return self._beside(job, puts) | {"target": "wall ratio <= 2.5"}

    def _quiet(self) -> dict[str, Any]:
        self._say("a night in which nothing changed")
        found = self._beside(self._ours.run_job(), None)
        requests = found["job"]["requests"]
        pages = sum(count for route, count in requests.items() if route.endswith(("/cases", "/matters")))
        all_pages = math.ceil(self._matters / 100) + math.ceil(self._matters / 200)
        writes = sum(count for route, count in requests.items() if " GET " not in route)
        return found | {
            "writes": writes,
            "requests_per_page_read": sum(requests.values()) / pages,
            "requests_per_page_of_both_sides": sum(requests.values()) / all_pages,
            "target": "no writes, requests per page <= 1.1, wall ratio <= 2.5",
        }

    def _changed(self, quiet: dict[str, Any]) -> dict[str, Any]:
        self._say("a night with 1 % changed")
        changed = self._ours.world.change_matters(CHANGED_EVERY)
        self._floor.change_matters(CHANGED_EVERY)
        job = self._ours.run_job()
        cases = [case for case in self._ours.world.portal_cases() if case["description"].startswith("Reviewed, ")]
        puts = write_puts(self._directory / "changed.puts", cases, only=("description", "source_updated_at"))
        found = self._beside(job, puts)
        allowed = sum(quiet["job"]["requests"].values()) + changed * 1.1
        return found | {
            "changed": changed,
            "requests_allowed": allowed,
            "target": f"requests <= {allowed:.0f}: those of the quiet night + 1.1 x changed",
        }

    def _beside(self, job: dict[str, Any], puts: Path | None) -> dict[str, Any]:
        """The job's measurement, the floor's, and what the one is in terms of the other."""
        plan = self._directory / "plan.json"
        plan.write_bytes(orjson.dumps(floor_plan(self._floor, job, puts, known_clients_since=self._before)))
        self._before = job["started_at"]
        self._floor.take_requests()
        cpu = self._floor.cpu()
        floor = measured("tests.bench.floor", [str(plan)], {}, self._directory / "floor.log")
        floor |= {"cpu_of_servers": {"sandbox": self._floor.cpu() - cpu}, "requests": self._floor.take_requests()}
        asked = sum(job["requests"].values())
        self._say(
            f"  wall {job['wall']:.1f} s, floor {floor['wall']:.1f} s; CPU {job['cpu']:.1f} s, {floor['cpu']:.1f} s"
        )
        return {
            "requests_per_thousand_cases": 1000 * asked / self._matters,
            "same_requests": job["requests"] == floor["requests"],
            "ratio": {name: job[name] / floor[name] for name in ("wall", "cpu")},
            "cpu_ms_per_request": {"job": 1000 * job["cpu"] / asked, "floor": 1000 * floor["cpu"] / asked},
            "job": job,
            "floor": floor,
        }
