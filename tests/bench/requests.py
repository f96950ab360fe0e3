"""What a firm's nights and ticks ask of a case system that publishes no limit: each request may be one too many."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.nights import place
from tests.bench.processes import FIRM, prefect_server

CHANGED_EVERY = 100


@dataclass(frozen=True)
class Vendor:
    """A case system. ``ticks`` are the steps of :mod:`tests.bench.tick` with the names they are shown under."""

    name: str
    requests_a_minute: int
    ticks: tuple[tuple[str, str], ...]
    target: str


SMARTADVOCATE = Vendor(
    "smartadvocate",
    180,
    (("first_round", "first-round"), ("second_tick", "messages"), ("quiet_tick", "messages")),
    "at most 60 requests per thousand cases on any night, at most 2 in a quiet tick",
)
"""The first round of the replies is made in one tick here, which takes many in production: 40 cases in each."""
CASEPEER = Vendor(
    "casepeer",
    120,
    (("first_tick", "messages"), ("quiet_tick", "messages")),
    "10 requests per thousand linked cases, whatever the run, and at most 1 in a quiet tick",
)


def measure_requests(vendor: Vendor, cases: int, directory: Path, say: Any) -> dict[str, Any]:
    """Requests for each thousand cases: first sync or import, quiet night, a night with 1 % changed; and of ticks."""
    found = {}
    with (
        prefect_server(directory) as prefect,
        place(cases, prefect, directory / "nights", vendor.name) as ours,
    ):
        for night in ("first_sync", "quiet_night", "changed_night"):
            if night == "changed_night":
                _change(ours.world, vendor, cases)
            job = ours.run_job()
            asked = _of(vendor, job["requests"])
            found[night] = {
                "requests_per_thousand_cases": 1000 * sum(asked.values()) / cases,
                "requests": asked,
                "minutes_at_its_rate": sum(asked.values()) / vendor.requests_a_minute,
                "counts": job["counts"],
                "wall": job["wall"],
            }
            say(f"{night}: {sum(asked.values())} requests, wall {job['wall']:.1f} s")
        for tick, step in vendor.ticks:
            found[tick] = _of(vendor, ours.run("tests.bench.tick", "1", step)["requests"])
            say(f"{tick}: {sum(found[tick].values())} requests")
    return found | {"target": vendor.target}


def _of(vendor: Vendor, requests: dict[str, int]) -> dict[str, int]:
    return {route: count for route, count in requests.items() if route.startswith(vendor.name)}


def _change(world: Any, vendor: Vendor, cases: int) -> None:
    """Give every so-maniest case another description, as a person of the firm would."""
    first = world.ask("GET", "/world")["firms"][0]["first_matter_id"]
    for case_id in range(first, first + cases, CHANGED_EVERY):
        world.ask("POST", f"/{vendor.name}/firms/{FIRM}/cases/{case_id}", {"description": f"Reviewed, {case_id}"})
