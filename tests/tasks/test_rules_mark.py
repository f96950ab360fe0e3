"""The mark of the rules: the same on every machine and every night, another one as soon as anything decides otherwise."""

import os
import subprocess
import sys

from tasks.rules_mark import rules_mark
from tests.domain.builders import directory, firm_rules

MARK = """
from tasks.rules_mark import rules_mark
from tests.domain.builders import directory, firm_rules
print(rules_mark(firm_rules(), directory(scopes=frozenset({"read", "write", "webhooks"}))))
"""


def mark_of_another_process(seed: int) -> str:
    """Texts hash otherwise in every process, so that sets come in another order."""
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}
    done = subprocess.run([sys.executable, "-c", MARK], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_it_is_the_same_in_every_process() -> None:
    assert len({mark_of_another_process(seed) for seed in (1, 2, 3, 4)}) == 1


def test_what_decides_about_cases_changes_it() -> None:
    marks = {
        rules_mark(firm_rules(), directory()),
        rules_mark(firm_rules(reopen_closed=False), directory()),
        rules_mark(firm_rules(), directory(require_stage=False)),
    }
    assert len(marks) == 3


def test_what_the_key_may_do_does_not() -> None:
    with_rights = directory(scopes=frozenset({"read", "write"}))
    assert rules_mark(firm_rules(), with_rights) == rules_mark(firm_rules(), directory())
