"""Every name under which a run may end is known to the automations that watch for a run's end."""

import re
from pathlib import Path

from tasks.endings import FINAL_STATES

ROOT = Path(__file__).parents[2]


def test_every_name_in_the_code_is_among_the_final_states() -> None:
    sources = [path for room in ("tasks", "flows", "deployments") for path in (ROOT / room).rglob("*.py")]
    named = {
        name
        for path in sources
        for name in re.findall(r'(?:Completed|Failed|Cancelled|Crashed)\(\s*name="(\w+)"', path.read_text())
    }
    returned = set(re.findall(r'return "([A-Z]\w+)"', (ROOT / "tasks" / "endings.py").read_text()))
    assert {"Exceptions", "PartialFailure", "AlreadyRunning"} <= named, "the expression finds them"
    assert "ReconnectNeeded" in returned
    assert named | returned <= set(FINAL_STATES)
