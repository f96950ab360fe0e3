"""Every firm at once: one request, and one bad block keeps no other firm from work."""

from typing import Any

import pytest
from prefect.client.orchestration import PrefectClient

from tasks.endings import FirmUnknown
from tasks.fleet import load_fleet, load_one
from tests.blocks import samples
from tests.flows.processes import PrefectServer


async def save_as(block: str, **changes: Any) -> None:
    """A block with values that its form would never take, or under another name than its own."""
    firm = samples.firm(block)
    await firm.case_system.asave(f"{block}-clio", overwrite=True)
    await firm.portal.asave(f"{block}-case-status", overwrite=True)
    for name, value in changes.items():
        setattr(firm, name, value)
    await firm.asave(block, overwrite=True)


async def test_every_firm_is_loaded_whole(prefect_server: PrefectServer) -> None:
    saved = [await samples.save(f"fleet-{number}", largest_document_mb=number) for number in (1, 2)]
    fleet = await load_fleet()
    for one in saved:
        loaded = fleet.firms[one.slug]
        assert loaded.rules() == one.rules()
        assert loaded.largest_document_mb == one.largest_document_mb
        assert loaded.case_system.refresh_token.get_secret_value() == samples.SECRETS[1]
        assert loaded.portal.api_key.get_secret_value() == samples.SECRETS[2]
        assert one.slug not in fleet.unreadable


async def test_a_server_that_never_heard_of_firms_has_none(
    prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocks.firm.Firm._block_type_slug", "never-heard-of")
    assert (await load_fleet()).firms == {}


async def test_one_bad_block_keeps_no_other_from_work(prefect_server: PrefectServer) -> None:
    await save_as("fleet-good")
    await save_as("fleet-no-zone", time_zone="Mars/Olympus")
    await save_as("fleet-no-name", name="")
    await save_as("fleet-renamed", slug="somebody-else")
    fleet = await load_fleet()
    assert "fleet-good" in fleet.firms
    bad = {slug: sentence for slug, sentence in fleet.unreadable.items() if slug.startswith("fleet-")}
    assert set(bad) == {"fleet-no-zone", "fleet-no-name", "fleet-renamed"}
    assert not {*bad, "somebody-else"} & set(fleet.firms)
    assert "time_zone: " in bad["fleet-no-zone"]
    assert "Blocks › fleet-no-zone" in bad["fleet-no-zone"]
    assert "name: " in bad["fleet-no-name"]
    assert "its short name is 'somebody-else'" in bad["fleet-renamed"]
    assert not [sentence for sentence in bad.values() for secret in samples.SECRETS if secret in sentence]


async def test_it_takes_one_request_however_many_firms_there_are(
    prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await samples.save("fleet-one")
    await samples.save("fleet-two")
    asked: list[str] = []
    reads = PrefectClient.read_block_documents_by_type

    async def counted(self: PrefectClient, *args: Any, **more: Any) -> Any:
        asked.append("documents")
        return await reads(self, *args, **more)

    async def refused(self: PrefectClient, *args: Any, **more: Any) -> Any:
        raise AssertionError("Each block by itself costs a request.")

    monkeypatch.setattr(PrefectClient, "read_block_documents_by_type", counted)
    monkeypatch.setattr(PrefectClient, "read_block_document_by_name", refused)
    assert len((await load_fleet()).firms) >= 2
    assert asked == ["documents"]


async def test_one_firm_is_a_fleet_of_its_own(prefect_server: PrefectServer) -> None:
    await samples.save("fleet-alone")
    fleet = await load_one("fleet-alone")
    assert (list(fleet.firms), fleet.unreadable) == (["fleet-alone"], {})
    with pytest.raises(FirmUnknown, match="There is no firm 'fleet-nowhere'"):
        await load_one("fleet-nowhere")
