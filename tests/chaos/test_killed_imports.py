"""An import killed at any point, any number of times: Retry finishes it, and the report tells the whole."""

import random
from pathlib import Path
from uuid import UUID

import pandas as pd
import pytest

from flows.initial_bulk_import import initial_bulk_import
from ledger import Ledger
from sandbox.casestatus.writing import Writer
from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.chaos.agreement import assert_in_step
from tests.chaos.tries import Place, Try, ended_as, flow_run_of, let_holds_expire, order, press_retry, requests_made
from tests.flows.office import Office, raise_limits, save_firm
from tests.flows.processes import PrefectServer

CLIO_PAGE, PORTAL_PAGE = 200, 100
BY_HAND = 450
"""Cases that stand in the portal already: made there by hand, none of ours, but they must be paged through."""


@pytest.mark.parametrize(
    ("database", "matters", "kills"),
    [
        ("sqlite", 1_000, 4),
        ("postgresql", 600, 3),
        pytest.param("sqlite", 20_000, 20, marks=[pytest.mark.chaos, pytest.mark.timeout(1800)]),
        pytest.param("postgresql", 20_000, 20, marks=[pytest.mark.chaos, pytest.mark.timeout(1800)]),
    ],
)
async def test_an_import_killed_at_random_points_is_finished_by_retry(
    database: str,
    matters: int,
    kills: int,
    seed: int,
    prefect_server: PrefectServer,
    home: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = request.getfixturevalue("postgresql_url") if database == "postgresql" else None
    if url:
        monkeypatch.setenv("CASEBRIDGE_DATABASE_URL", url)
    slug = f"killed-{database}-{matters}"
    with SandboxServer(WorldOptions(matters=matters, shares=Shares.trouble_free())) as sandbox, Ledger.open() as ledger:
        raise_limits(sandbox)
        _make_cases_by_hand(sandbox, BY_HAND)
        await save_firm(slug, sandbox)
        office = Office(slug, sandbox, ledger, home)
        flow_run = await order(initial_bulk_import, firm=slug)
        place = Place.of(prefect_server, home, url)
        killed = await _kill_again_and_again(place, flow_run, office, random.Random(seed), matters, kills)
        Try(place, flow_run).end()

        run = await flow_run_of(flow_run)
        assert ended_as(run).name == "Completed", ended_as(run).message
        assert run.run_count == killed + 1
        _is_complete(office, matters)
        _reads_little_twice(sandbox, matters, killed)
        assert office.told == []


async def _kill_again_and_again(
    place: Place, flow_run: UUID, office: Office, dice: random.Random, matters: int, kills: int
) -> int:
    """Kill try after try, each at a request drawn from what is left to do: half of them while both sides are read."""
    killed = 0
    for number in range(kills):
        trial = Try(place, flow_run)
        made = requests_made(office.sandbox)
        reading = (matters // CLIO_PAGE * 2 + BY_HAND // PORTAL_PAGE) // (kills // 2)
        writing = (matters - _created(office)) // (kills - number)
        point = made + dice.randint(1, reading if number < kills // 2 else writing)
        if not trial.kill_at(office.sandbox, point):
            break
        killed += 1
        print(f"kill {killed} at request {point}: {_created(office)} cases are in the portal")  # noqa: T201
        let_holds_expire(office.ledger)
        await press_retry(flow_run)
    assert killed == kills
    return killed


def _created(office: Office) -> int:
    return len(office.portal.cases) - BY_HAND


def _make_cases_by_hand(sandbox: SandboxServer, count: int) -> None:
    portal = sandbox.casestatus.portal
    firm = portal.firm_called("harrow-pike")
    area = next(iter(firm.practice_areas))
    for number in range(count):
        fields = {
            "readable_id": f"HAND-{number}",
            "practice_area": area.display_name,
            "stage": area.stages[0].display_name,
            "attorney_email": next(user.email for user in firm.users if user.role == "attorney"),
            "clients": [{"first_name": "Ann", "last_name": "Hand", "cell_phone": "+19165550133"}],
        }
        Writer(firm, portal.now(), portal.next_id).create("clio", None, fields)


def _is_complete(office: Office, matters: int) -> None:
    """Every matter is in the portal exactly once and as Clio has it; the report says of each that it was created."""
    assert_in_step(office, office.seed.matter_ids)
    [run] = office.ledger.runs.recent(office.slug)
    report = pd.read_csv(office.home / "reports" / office.slug / f"{run.id}.csv", dtype=str)
    assert len(report) == matters
    assert set(report["integration_id"]) == set(map(str, office.seed.matter_ids))
    assert report["result"].value_counts().to_dict() == {"created": matters}


def _reads_little_twice(sandbox: SandboxServer, matters: int, kills: int) -> None:
    """Of each list, a kill costs at most one page: the one that was asked for, or had come, and was not written down yet."""
    clio, portal = sandbox.controls.requests.by_route("clio"), sandbox.controls.requests.by_route("casestatus")
    pages = {"matters": -(-matters // CLIO_PAGE), "contacts": -(-matters // CLIO_PAGE)}
    extra = {name: clio[f"GET /api/v4/{name}"] - wanted for name, wanted in pages.items()}
    extra["cases"] = portal["GET /v1/api/cases"] - -(-BY_HAND // PORTAL_PAGE)
    print(f"pages read again: {extra}, kills: {kills}")  # noqa: T201
    while_reading = kills // 2
    assert all(0 <= count <= while_reading for count in extra.values()), extra
