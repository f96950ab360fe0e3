"""What it means for one posting that the books refuse it: somebody has to mend something, or a person has to look."""

import re
from typing import Any

from connectors.errors import FixData
from domain.books_preflight import Finding
from domain.posting_reasons import POSTING_REASONS
from tasks.relay.courier import Held, Refused

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_FOR_A_PERSON = frozenset({"duplicate_differs"})
"""Something else stands under our own marker: no mending lets it be posted."""


def refusal(error: FixData) -> Held | Refused:
    """The refusal in the engine's terms, under the books' own code; surely nothing was posted."""
    code = _WORDS.sub("_", error.problems[0].code).lower() if error.problems else "vendor_refused"
    return Refused(code, str(error)) if code in _FOR_A_PERSON else Held(code, str(error))


def held(code: str, **facts: Any) -> Held:
    """One of our own reasons to wait; ``facts`` are those that its sentence and its fix name."""
    reason = POSTING_REASONS[code]
    return Held(code, f"{reason.sentence.format_map(facts)} {reason.fix.format_map(facts)}")


def refused(code: str, **facts: Any) -> Refused:
    """One of our own reasons not to post at all."""
    return Refused(code, POSTING_REASONS[code].sentence.format_map(facts))


def held_for(finding: Finding) -> Held:
    """A finding of the preflight that concerns one case."""
    return Held(finding.code, f"{finding.sentence} {finding.fix}")
