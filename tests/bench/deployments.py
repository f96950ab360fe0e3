"""How long the deployments of a whole fleet take to be made, and to be found as they should be."""

from pathlib import Path
from typing import Any

from tests.bench.processes import measured, prefect_server, sandbox

PASSES = ("reconcile", "reconcile", "change-one", "reconcile")
"""All are made; nothing differs; one block was saved anew; one deployment differs."""


def measure_deployments(firms: int, directory: Path, say: Any) -> dict[str, Any]:
    """The passes over so many firms, each in a process of its own: wall, CPU, and what was done."""
    found = []
    with prefect_server(directory) as prefect, sandbox(1, directory, firms=firms) as world:
        variables = {
            "CASEBRIDGE_HOME": str(directory),
            "CASEBRIDGE_DATABASE_URL": "",
            "PREFECT_HOME": str(directory / "prefect"),
            "PYTHONTZPATH": "",
            "PREFECT_API_URL": f"{prefect.url}/api",
        }

        def step(name: str) -> dict[str, Any]:
            before = prefect.cpu()
            done = measured("tests.bench.tick", [world.url, str(firms), name], variables, directory / "tick.log")
            return done | {"cpu_of_server": prefect.cpu() - before}

        say(f"saving the blocks of {firms} firms")
        step("save")
        for name in PASSES:
            done = step(name)
            if name == "reconcile":
                say(f"  {done['wall']:.1f} s: {done['sentence']}")
                found.append(done)
    first, quiet, changed = found
    return {"firms": firms, "first": first, "quiet": quiet, "one_changed": changed, "target": "first pass < 60 s"}
