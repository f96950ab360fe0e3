"""What a SmartAdvocate firm's nights and ticks ask of it: the vendor publishes no limit, so each request may be one too many."""

from pathlib import Path
from typing import Any

from tests.bench.nights import place
from tests.bench.processes import FIRM, prefect_server

CHANGED_EVERY = 100
_VENDOR = "smartadvocate"


def measure_smartadvocate(cases: int, directory: Path, say: Any) -> dict[str, Any]:
    """Requests of SmartAdvocate for each thousand cases: first sync, quiet night, a night with 1 % changed; and of ticks.

    The first round of the replies is made in one tick here, which takes many in production: 40 cases in each.
    """
    found = {}
    with (
        prefect_server(directory) as prefect,
        place(cases, prefect, directory / "nights", _VENDOR) as ours,
    ):
        for night in ("first_sync", "quiet_night", "changed_night"):
            if night == "changed_night":
                _change(ours.world, cases)
            job = ours.run_job()
            asked = {route: count for route, count in job["requests"].items() if route.startswith(_VENDOR)}
            found[night] = {
                "requests_per_thousand_cases": 1000 * sum(asked.values()) / cases,
                "requests": asked,
                "minutes_at_three_a_second": sum(asked.values()) / 180,
                "counts": job["counts"],
                "wall": job["wall"],
            }
            say(f"{night}: {sum(asked.values())} requests, wall {job['wall']:.1f} s")
        for tick, step in (("first_round", "first-round"), ("second_tick", "messages"), ("quiet_tick", "messages")):
            asked = ours.run("tests.bench.tick", "1", step)["requests"]
            found[tick] = {route: count for route, count in asked.items() if route.startswith(_VENDOR)}
            say(f"{tick}: {sum(found[tick].values())} requests")
    return found | {
        "target": "at most 60 requests per thousand cases on any night, at most 2 in a quiet tick",
    }


def _change(world: Any, cases: int) -> None:
    """Give every so-maniest case another description, as a person in SmartAdvocate would."""
    first = world.ask("GET", "/world")["firms"][0]["first_matter_id"]
    for case_id in range(first, first + cases, CHANGED_EVERY):
        world.ask("POST", f"/smartadvocate/firms/{FIRM}/cases/{case_id}", {"description": f"Reviewed, {case_id}"})
