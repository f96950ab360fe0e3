"""The table of reason codes as Markdown, for the page of reason codes."""

import re

from domain.reason_codes import NUMBER_FAULTS, REASONS
from domain.systems import CASE_SYSTEMS, CaseSystemRules


def reason_table(system: str = "clio") -> str:
    """One row per wording: code, what the report says, where to fix it; in the screens of ``system``."""
    rules = CASE_SYSTEMS[system]
    rows = ["| code | what the report says | where to fix it |", "|---|---|---|"]
    for key, reason in REASONS.items():
        code = key.partition(".")[0]
        rows.append(f"| `{code}` | {_shown(reason.sentence, rules)} | {_shown(reason.fix, rules)} |")
    return "\n".join(rows)


def _shown(template: str, rules: CaseSystemRules) -> str:
    """The template with the system's names filled in and the other facts as *words*."""
    names = {"system": rules.name, **{f"at_{place}": where for place, where in rules.places.items()}}
    text = re.sub(r"{(\w+)}", lambda fact: names.get(fact[1], _PARTS.get(fact[1], f"*{fact[1]}*")), template)
    return text.replace("*known_stages*", "*its stages*").replace("_", " ").strip()


_PARTS = {"mapped": "", "did_you_mean": "", "why": " *or* ".join(NUMBER_FAULTS.values())}
"""Parts of a sentence that are no plain fact; the first two are mostly absent."""
