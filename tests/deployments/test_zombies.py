"""What ends the runs of dead workers, on a real Prefect server."""

from prefect.client.orchestration import get_client

from deployments.zombies import automations, end_dead_runs
from tests.flows.processes import PrefectServer


async def test_making_them_again_keeps_them_and_a_persons_pause(prefect_server: PrefectServer) -> None:
    async with get_client() as client:
        await end_dead_runs(client)
        names = [automation.name for automation in automations()]
        first = [await client.read_automations_by_name(name) for name in names]
        await client.pause_automation(first[0][0].id)
        await end_dead_runs(client)
        second = [await client.read_automations_by_name(name) for name in names]
    assert [[one.id for one in found] for found in first] == [[one.id for one in found] for found in second]
    assert [len(found) for found in second] == [1, 1]
    assert [found[0].enabled for found in second] == [False, True]
