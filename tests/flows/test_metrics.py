"""The exporter as Prometheus meets it: a process of its own, scraped after a real night; dashboard and page name what it serves."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from blocks.firm import Firm
from connectors.http import usage
from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger, Reservation
from sandbox.testing import SandboxServer
from tests.flows.processes import child, free_port

ROOT = Path(__file__).parents[2]
VENDORS = {"Clio": "clio", "Case Status": "casestatus"}
Samples = dict[str, dict[tuple[str, ...], float]]
"""By name of the sample, by values of its labels in the order of their names."""


@contextmanager
def exporter(home: Path) -> Iterator[str]:
    """A started exporter's address."""
    port, log = free_port(), home / "exporter.log"
    url = f"http://127.0.0.1:{port}/metrics"
    with child(["-m", "deployments.metrics", "--port", str(port)], {"CASEBRIDGE_HOME": str(home)}, log) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert process.poll() is None, log.read_text()
            with suppress(httpx.TransportError):
                httpx.get(url)
                break
            time.sleep(0.1)
        yield url


def scraped(url: str) -> tuple[Samples, dict[str, str]]:
    """What the exporter serves, and the type of each metric by the name that people query."""
    samples: Samples = {}
    kinds: dict[str, str] = {}
    for family in text_string_to_metric_families(httpx.get(url).raise_for_status().text):
        kinds[f"{family.name}_total" if family.type == "counter" else family.name] = family.type
        for sample in family.samples:
            key = tuple(value for _, value in sorted(sample.labels.items()))
            samples.setdefault(sample.name, {})[key] = sample.value
    return samples, kinds


def asked_for(sandbox: SandboxServer) -> dict[str, int]:
    """Requests that reached the sandbox, by the name of the system."""
    told = httpx.get(f"{sandbox.url}/__sandbox__/requests").json()["routes"]
    return {
        system: sum(sum(routes.values()) for name, routes in told.items() if name.split("/")[0] == vendor)
        for system, vendor in VENDORS.items()
    }


def served_for(samples: Samples) -> dict[str, float]:
    """Requests that the exporter tells of, by the name of the system."""
    told = samples["casebridge_vendor_requests_total"]
    return {name: sum(count for (_, system), count in told.items() if system == name) for name in VENDORS}


@pytest.fixture(autouse=True)
def nothing_counted_before() -> None:
    usage.take()


async def test_a_scrape_after_a_night_tells_what_the_vendors_saw(
    firm: Firm, sandbox: SandboxServer, ledger: Ledger, home: Path
) -> None:
    httpx.delete(f"{sandbox.url}/__sandbox__/requests")
    report = await nightly_case_sync(firm.slug)
    await nightly_case_sync(firm.slug, dry_run=True)
    now = ledger.deliveries.now()
    ledger.deliveries.reserve(firm.slug, "messages", [Reservation("message:1", "1000000001", now)])
    ledger.incidents.observe(firm.slug, "messages", {"reconnect_needed": "Connect again."})
    ledger.usage.add({("Clio", usage.THROTTLED): 1.5})
    with exporter(home) as url:
        samples, kinds = scraped(url)
    assert served_for(samples) == asked_for(sandbox)
    assert min(served_for(samples).values()) > 0
    created = report["counts"]["created"]
    assert samples["casebridge_cases_total"]["created",] == created > 30, "a dry run counts none"
    assert samples["casebridge_last_run_cases"][firm.slug, "created"] == created
    assert 0 <= samples["casebridge_firm_freshness_seconds"][firm.slug,] < 600
    assert samples["casebridge_deliveries_waiting"]["messages",] == 1
    assert samples["casebridge_incidents_open"] == {("reconnect_needed",): 1}
    assert samples["casebridge_vendor_throttled_seconds_total"]["Clio",] >= 1.5
    assert samples["casebridge_ledger_up"] == {(): 1}

    page = (ROOT / "docs" / "observability.md").read_text()
    assert dict(re.findall(r"^\| `(casebridge_\w+)` \| (\w+) \|", page, re.MULTILINE)) == kinds
    dashboard = json.loads((ROOT / "deployments" / "grafana" / "casebridge.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queried = {name for query in queries for name in re.findall(r"casebridge_\w+", query)}
    assert queried == set(kinds), "every metric has its panel, and no panel asks for what is not served"
    assert set(re.findall(r"casebridge_\w+", page)) <= set(kinds)
