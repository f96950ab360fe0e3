"""The same firm's night, started twice at the same moment by two processes, again and again: one of them works."""

from collections import Counter
from pathlib import Path

import pytest

from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger
from sandbox.seed import Shares, WorldOptions
from tests.chaos.tries import PATIENCE, Place, processes, start_together
from tests.flows.office import Office
from tests.flows.processes import PrefectServer


@pytest.fixture
def world() -> WorldOptions:
    return WorldOptions(matters=20, shares=Shares.trouble_free())


@pytest.mark.parametrize("rounds", [5, pytest.param(20, marks=pytest.mark.chaos)])
async def test_of_two_nights_started_at_once_one_works_and_the_other_asks_nothing(
    rounds: int, office: Office, prefect_server: PrefectServer, home: Path, ledger: Ledger
) -> None:
    await office.run(nightly_case_sync)
    office.forget_requests()
    await office.run(nightly_case_sync)
    alone = office.sandbox.controls.requests.counts.copy()
    gate, ended = processes.Barrier(3), processes.Queue()
    work = (Place.of(prefect_server, home), office.slug, rounds, gate, ended)
    rivals = [processes.Process(target=start_together, args=(*work, later), daemon=True) for later in (0.0, 0.3)]
    for rival in rivals:
        rival.start()
    for _ in range(rounds):
        office.forget_requests()
        gate.wait(PATIENCE)
        names = Counter(ended.get(timeout=PATIENCE) for _ in rivals)
        assert names == {"Completed": 1, "AlreadyRunning": 1}
        assert office.sandbox.controls.requests.counts == alone
        gate.wait(PATIENCE)
    for rival in rivals:
        rival.join(PATIENCE)
    assert len(ledger.runs.recent(office.slug, 100)) == 2 + rounds
