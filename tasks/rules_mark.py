"""A mark of everything but the two sides that decides about a case: while it stays, what was in step stays in step."""

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import domain
from domain.firm import FirmRules
from domain.portal import Directory


def rules_mark(rules: FirmRules, directory: Directory) -> str:
    """A digest of the firm's settings, the portal's directory and the rules' own code.

    Known landlines are left out: a number the portal has once taken stays on its case until the client's data change.
    So is what the key may do, which decides about no case: a set is in another order in every process.
    """
    judged_by = replace(directory, firm=replace(directory.firm, scopes=frozenset()))
    parts = (rules.model_dump_json(), repr(judged_by), _code())
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


@cache
def _code() -> str:
    """The rules themselves: with a new version of them, every case is looked at anew."""
    folder = Path(domain.__file__).parent
    digest = hashlib.blake2b(digest_size=16)
    for module in sorted(folder.glob("*.py")):
        digest.update(module.read_bytes())
    return digest.hexdigest()
