"""What the tests of every case system's client do with its list."""

from connectors.ports import Scope


async def pages(client, scope=None, **options):
    return [page async for page in client.cases(scope or Scope(), **options)]


async def cases(client, scope=None):
    return {case.integration_id: case for page in await pages(client, scope) for case in page.cases}


def asked(client, route) -> int:
    return sum(count for (_, name, _), count in client.counts.requests.items() if name.endswith(route))
