"""What a person enters to name a case: its id in the case system, or the address of its page there."""

import re
from urllib.parse import unquote

from domain.errors import BadInput
from domain.systems import CASE_SYSTEMS, CaseSystemRules

_ID = re.compile(r"[1-9][0-9]{0,18}")
"""All known case systems number their cases."""


class UnusableReference(BadInput):
    """The text names no case of this case system."""


def case_id(text: str, system: str) -> str:
    """The integration id that ``text`` names, either as such or as the address of the case's page.

    In an address it stands after ``matters/`` (Clio) or ``case/`` (CASEpeer) [help]; SmartAdvocate's is the case id in
    its address [doc], after ``case/`` or as ``caseid=`` [assumed].

    Args:
        text: What the person entered.
        system: Key of the firm's case system.

    Raises:
        UnusableReference: it is neither, or the address is another system's; the message names both.
    """
    rules = CASE_SYSTEMS[system]
    entered = text.strip()
    if _ID.fullmatch(entered):
        return entered
    if "/" not in entered:
        raise UnusableReference(
            f"“{_short(entered)}” is not a {rules.name} case id. Enter the number in the address of the case's page, "
            "or the whole address."
        )
    others = _other_systems(entered, rules)
    if others:
        raise UnusableReference(
            f"“{_short(entered)}” is an address of {' or '.join(others)}, but this firm's cases are in {rules.name}. "
            f"Enter the address of the case in {rules.name}."
        )
    found = re.search(_place(rules), unquote(entered), re.IGNORECASE)
    if found is None:
        raise UnusableReference(
            f"“{_short(entered)}” is not the address of a {rules.name} case: it has no number after "
            f"“{rules.url_marker}”. Open the case and copy its address."
        )
    return found["id"]


def _place(rules: CaseSystemRules) -> str:
    """Where the id stands in an address of the system."""
    query = r"|[?&#]case_?id=" if rules.key == "smartadvocate" else ""
    return rf"(?:[/#]{rules.url_marker}{query})(?P<id>{_ID.pattern})(?![0-9A-Za-z])"


def _other_systems(address: str, rules: CaseSystemRules) -> list[str]:
    """Names of the other systems an address can belong to: by its host, else by what stands before the id."""
    host = re.sub(r"^[a-z]+://", "", address.lower()).partition("/")[0]
    others = [other for other in CASE_SYSTEMS.values() if other is not rules]
    by_host = [other.name for other in others if other.key in host]
    if by_host or rules.key in host or re.search(_place(rules), unquote(address), re.IGNORECASE):
        return by_host
    return [other.name for other in others if re.search(_place(other), unquote(address), re.IGNORECASE)]


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004
