"""A firm's whole world in a test of the flows: its Clio, its portal, its blocks, its ledger, and words for what happens there."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import httpx
import pandas as pd
import pytest
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_engine import run_flow
from prefect.states import Pending, Scheduled
from pydantic import SecretStr

from blocks.casepeer import CasePeerCredentials
from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from blocks.smartadvocate import SmartAdvocateCredentials
from flows.nightly_case_sync import nightly_case_sync
from ledger import Ledger, Run
from sandbox.casestatus.rendering import case_json
from sandbox.controls import RateLimit
from sandbox.faults import FaultRule
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tasks.reading import read_case_system
from tests.flows.processes import PrefectServer

SEEDED = "harrow-pike"
"""The sandbox's first firm."""
PORTAL_KEY = f"csk-{SEEDED}"
Credentials = ClioCredentials | SmartAdvocateCredentials | CasePeerCredentials


@dataclass(frozen=True)
class Ended:
    """How a flow run ended: its state, its ledger record, and its report."""

    state: State[Any]
    run: Run
    csv: Path

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The report by integration id, every cell as text."""
        return pd.read_csv(self.csv, dtype=str, keep_default_na=False).set_index("integration_id", drop=False)

    def row(self, integration_id: str) -> Any:
        return self.rows.loc[integration_id]

    def result(self, integration_id: str) -> str:
        return str(self.row(integration_id)["result"]) if integration_id in self.rows.index else "not attempted"

    @property
    def counts(self) -> dict[str, int]:
        return {str(result): int(count) for result, count in self.rows["result"].value_counts().items()}


@dataclass
class Office:
    """One firm: ``slug`` in casebridge, ``SEEDED`` in the sandbox."""

    system: ClassVar[str] = "clio"

    slug: str
    sandbox: SandboxServer
    ledger: Ledger
    home: Path

    # What happens in Clio.

    @property
    def clio(self) -> Any:
        return self.sandbox.clio.firms[SEEDED]

    @property
    def seed(self) -> Any:
        return self.sandbox.world.firm(SEEDED)

    def matter(self, index: int) -> str:
        return str(self.seed.first_matter_id + index)

    @cached_property
    def resting(self) -> Iterator[str]:
        """Matters that are open, complete, in the portal after a first night, and outside the 30 days; each once."""
        assignment = self.seed.assignment
        troubled = frozenset().union(*assignment.by_trouble.values(), assignment.partner_of.values())
        return iter([self.matter(index) for index in range(self.seed.size) if index not in troubled])

    def change_matter(self, integration_id: str, **values: Any) -> None:
        """Somebody edits the matter in Clio: it has now changed."""
        self.clio.update_matter(int(integration_id), at=self.sandbox.controls.clock.timestamp(), **values)

    def change_contact(self, integration_id: str, **values: Any) -> None:
        """Somebody edits the matter's client in Clio: the matter itself does not move."""
        contact = self.clio.matters.get(int(integration_id))["client_id"]
        self.clio.update_contact(contact, at=self.sandbox.controls.clock.timestamp(), **values)

    def give_phones(self, integration_id: str, *phones: tuple[str, str]) -> None:
        """The client's numbers become these (label, number); the first is the primary one."""
        contact = self.clio.matters.get(int(integration_id))["client_id"]
        numbers = [
            {"id": contact * 100 + rank, "name": label, "number": number, "primary": rank == 0}
            for rank, (label, number) in enumerate(phones)
        ]
        self.change_contact(
            integration_id, _phone_numbers=numbers, primary_phone_number=numbers[0]["number"] if numbers else None
        )

    def next_stage(self, integration_id: str) -> tuple[int, str, str]:
        """Another mapped stage of the matter's practice area: its id, and the portal's names of the present and the new."""
        matter = self.clio.matters.get(int(integration_id))
        area = next(area for area in self.seed.practice_areas if area.id == matter["_practice_area"])
        now = next(stage for stage in area.stages if stage.id == matter["_matter_stage"])
        new = next(stage for stage in area.stages if stage.portal_name not in (None, now.portal_name))
        return new.id, str(now.portal_name), str(new.portal_name)

    # What happens in the portal.

    @property
    def portal(self) -> Any:
        return self.sandbox.casestatus.portal.firm_called(SEEDED)

    def case(self, integration_id: str) -> dict[str, Any] | None:
        """The case as the portal shows it, None when it has none."""
        found = self.portal.case_with_integration_id(self.system, integration_id)
        return None if found is None else case_json(found)

    def portal_call(self, method: str, path: str, body: Any = None) -> Any:
        """Somebody of the firm does something in the portal."""
        address = f"{self.sandbox.url}/casestatus/v1/api{path}"
        headers = {"Authorization": f"ApiKey {PORTAL_KEY}"}
        return httpx.request(method, address, json=body, headers=headers).raise_for_status().json()

    def edit_in_portal(self, integration_id: str, **fields: Any) -> None:
        case = self.case(integration_id)
        assert case is not None
        self.portal_call("PATCH", f"/cases/{case['id']}", fields)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Turn one of the sandbox's switches."""
        return httpx.request(method, f"{self.sandbox.url}/__sandbox__{path}", json=body).raise_for_status().json()

    def activate_all(self) -> None:
        """The firm sends every welcome message: from now on clients are told of changes. What they were told is forgotten."""
        self.control("POST", f"/casestatus/firms/{SEEDED}/activate", {})
        self.portal.notices.clear()

    @property
    def told(self) -> list[tuple[str, str]]:
        """What clients were told: (kind, integration id)."""
        return [(notice.kind, notice.integration_id) for notice in self.portal.notices]

    # What was asked of both.

    def forget_requests(self) -> None:
        self.sandbox.controls.requests.clear()

    def asked(self, vendor: str, method: str = "*", path: str = "*") -> list[str]:
        """Paths (with their query) of the requests made of a vendor, in order."""
        return [
            f"{entry.path}?{entry.query}"
            for entry in self.sandbox.controls.requests.recent
            if entry.vendor.startswith(vendor) and fnmatchcase(entry.method, method) and fnmatchcase(entry.path, path)
        ]

    @property
    def written(self) -> list[str]:
        """Integration ids of the cases written to the portal, in order, repetitions included."""
        writes = [
            entry
            for entry in self.sandbox.controls.requests.recent
            if entry.vendor == "casestatus" and entry.method not in ("GET", "HEAD")
        ]
        assert all("/by_integration_id/" in entry.path for entry in writes)
        return [entry.path.rpartition("/")[2] for entry in writes]

    # Runs.

    async def run(self, flow: Flow[..., Any], **parameters: Any) -> Ended:
        """Run a flow for the firm, and read what it left."""
        if flow.name != "retry_failed_cases":
            parameters.setdefault("firm", self.slug)
        state = await flow(**parameters, return_state=True)
        return self.ended(state)

    async def retry(self, flow: Flow[..., Any], flow_run_id: str) -> Ended:
        """Press Retry in the UI on a flow run that has ended, and be the worker that picks it up."""
        async with get_client() as client:
            identity = UUID(flow_run_id)
            await client.set_flow_run_state(identity, Scheduled(name="AwaitingRetry"), force=True)
            await client.set_flow_run_state(identity, Pending())
            flow_run = await client.read_flow_run(identity)
        state = await run_flow(flow, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
        return self.ended(state)

    async def retry_a_night_that_broke_off(self, patch: pytest.MonkeyPatch, fault: FaultRule) -> Ended:
        """A night that ends at a fault of the case system, and its Retry once that is over; only then requests count."""
        patch.setattr("connectors.http.patience.Patience.exhausted", lambda *_: True)
        patch.setattr(read_case_system, "retry_delay_seconds", [0.0, 0.0])
        self.sandbox.controls.faults.add(fault)
        broken = await self.run(nightly_case_sync)
        assert broken.state.name == "VendorUnavailable"
        self.sandbox.controls.faults.clear()
        self.forget_requests()
        whole = await self.retry(nightly_case_sync, str(broken.run.flow_run_id))
        assert whole.state.name == "Completed"
        return whole

    def left_behind(self, server: PrefectServer, *secrets: str) -> list[str]:
        """Where one of these is found of all that the firm's runs left: files of ours, and what the server shows."""
        traces = {str(path): path.read_bytes() for path in self.home.rglob("*") if path.is_file()}
        for kind in ("logs", "artifacts", "flow_runs"):
            traces[kind] = server.ask(f"{kind}/filter", {"limit": 200}).content
        assert len(traces) > 5
        return [name for name, trace in traces.items() for secret in secrets if secret.encode() in trace]

    def ended(self, state: State[Any]) -> Ended:
        """The newest run of the firm, which ended in ``state``."""
        run = self.ledger.runs.recent(self.slug, 1)[0]
        return Ended(state, run, self.home / "reports" / self.slug / f"{run.id}.csv")

    def run_now(self, flow: Flow[..., Any], **parameters: Any) -> Ended:
        """As :meth:`run`, for fixtures that outlive an event loop."""
        return asyncio.run(self.run(flow, **parameters))


def clio_credentials(sandbox: SandboxServer, of: str = SEEDED) -> ClioCredentials:
    """What connects a firm of the sandbox to its Clio."""
    granted = sandbox.clio.connect(of, sandbox.url)
    return ClioCredentials(
        region=granted["region"],
        client_id=granted["client_id"],
        client_secret=SecretStr(granted["client_secret"]),
        refresh_token=SecretStr(granted["refresh_token"]),
        host=f"{sandbox.url}/clio/{granted['region']}",
    )


@contextlib.contextmanager
def open_office(
    slug: str,
    home: Path,
    world: WorldOptions,
    *,
    kind: type[Office] = Office,
    credentials: Callable[[SandboxServer], Credentials] = clio_credentials,
    **settings: Any,
) -> Iterator[Office]:
    """A firm over a new sandbox and an empty ledger; its blocks are saved, nothing has been synced."""
    with pytest.MonkeyPatch.context() as patch, SandboxServer(world) as sandbox:
        patch.setenv("CASEBRIDGE_HOME", str(home))
        patch.delenv("CASEBRIDGE_DATABASE_URL", raising=False)
        raise_limits(sandbox)
        with Ledger.open() as ledger:
            asyncio.run(save_firm(slug, sandbox, case_system=credentials(sandbox), **settings))
            yield kind(slug, sandbox, ledger, home)


def raise_limits(sandbox: SandboxServer) -> None:
    """Headers and all stay as documented; only nobody needs to wait."""
    sandbox.controls.limits["clio"] = RateLimit(requests=600_000)
    for system in ("casepeer", "casestatus"):
        sandbox.controls.limits[system] = RateLimit(requests=600_000, burst=10_000)
    sandbox.controls.limits["soluno"] = RateLimit(requests=600_000, parallel=5)


async def save_firm(
    slug: str,
    sandbox: SandboxServer,
    of: str = SEEDED,
    case_system: Credentials | None = None,
    **settings: Any,
) -> Firm:
    """Save the blocks of a firm that is ``of`` in the sandbox; ``settings`` are fields of the Firm block."""
    case_system = case_system or clio_credentials(sandbox, of)
    await case_system.asave(f"{slug}-{case_system.system}", overwrite=True)
    portal = CaseStatusCredentials(api_key=SecretStr(f"csk-{of}"), host=f"{sandbox.url}/casestatus")
    await portal.asave(f"{slug}-case-status", overwrite=True)
    firm = Firm(slug=slug, name="Harrow Pike LLP", case_system=case_system, portal=portal, **settings)
    await firm.asave(slug, overwrite=True)
    return firm
