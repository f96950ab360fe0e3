"""The Prefect server that the tests of several rooms share, and how examples are made."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from tests.flows.processes import PrefectServer, running_prefect

# A machine that is busy with something else makes no example wrong.
settings.register_profile("casebridge", deadline=None)
settings.load_profile("casebridge")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    home = tmp_path_factory.mktemp("prefect")
    with (
        running_prefect(home) as server,
        temporary_settings({PREFECT_API_URL: f"{server.url}/api", PREFECT_HOME: home}),
    ):
        yield server
        # What is still queued must be delivered before the server goes, or the process waits for it in vain at exit.
        APILogWorker.drain_all(timeout=10)
        EventsWorker.drain_all(timeout=10)
