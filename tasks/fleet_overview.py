"""The page on which all firms are seen at once, those that need somebody first."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.utilities.urls import url_for

from blocks.firm import Firm
from domain.switches import all_off
from ledger import FirmStanding, Ledger
from tasks import set_up
from tasks.fleet import Fleet, load_fleet
from tasks.markdown import needs_attention, plain
from tasks.patience import STEP

NIGHT_IS_LATE = timedelta(hours=26)
"""A night a day, and some time for it."""
RELAY_IS_LATE = {"messages": timedelta(minutes=10), "replies": timedelta(minutes=10), "documents": timedelta(hours=1)}
NIGHTLY_DOCUMENTS = timedelta(hours=26)
SENTENCES_SHOWN = 100
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """One firm on the page. ``worries`` are what somebody should look at, in a few words each."""

    slug: str
    firm: Firm
    standing: FirmStanding
    worries: tuple[str, ...]


@task(name="read_fleet", **STEP)
async def read_fleet() -> tuple[Fleet, list[Seen]]:
    """All firms as the blocks and the ledger have them, those with worries first."""
    fleet = await load_fleet()
    ledger = await asyncio.to_thread(Ledger.open)
    try:
        standings = await asyncio.to_thread(ledger.overview.firms, besides=(set_up.STREAM,))
    finally:
        ledger.close()
    now = datetime.now(UTC)
    seen = [_seen(firm, standings.get(slug, FirmStanding()), now) for slug, firm in fleet.firms.items()]
    return fleet, sorted(seen, key=lambda one: (-len(one.worries), one.slug))


def _seen(firm: Firm, standing: FirmStanding, now: datetime) -> Seen:
    return Seen(firm.slug, firm, standing, tuple(_worries(firm, standing, now)))


def _worries(firm: Firm, standing: FirmStanding, now: datetime) -> Iterable[str]:
    if firm.switch("nightly_sync").on:
        if standing.synced_at is None:
            yield "never synced"
        elif now - standing.synced_at > NIGHT_IS_LATE:
            yield "night missed"
    for stream, at in standing.asked_at.items():
        nightly = stream == "documents" and firm.rules().system.documents_every_minutes is None
        late = NIGHTLY_DOCUMENTS if nightly else RELAY_IS_LATE.get(stream)
        if late and firm.switch(f"relay_{stream}").on and now - at > late:
            yield f"{stream} not asked for"
    yield from standing.incidents


@task(name="show_fleet", **STEP)
async def show_fleet(fleet: Fleet, seen: list[Seen]) -> str:
    """Publish the page; its first sentence."""
    pages = await _deployment_pages()
    worried = [one for one in seen if one.worries]
    total = len(seen) + len(fleet.unreadable)
    well = len(seen) - len(worried)
    sentence = f"{well:,} of {total:,} firm{'' if total == 1 else 's'} well."
    now = datetime.now(UTC)
    lines = [
        "# All firms",
        "",
        f"{sentence} As of {now:%-d %b %Y, %H:%M} UTC.",
        "",
        "| firm | system | cases | last good sync | refused | for up to | waiting | for up to | look at |",
        "| --- | --- | ---: | --- | ---: | --- | ---: | --- | --- |",
        *(_row(one, pages.get(one.slug), now) for one in seen),
    ]
    sentences = [
        *((slug, said) for slug, said in sorted(fleet.unreadable.items())),
        *((one.firm.name, said) for one in worried for said in one.standing.incidents.values()),
    ]
    lines += needs_attention(sentences[:SENTENCES_SHOWN])
    off = [(one.firm.name, said) for one in seen if (said := all_off(one.firm.switches))]
    lines += ["", "## Switched off", "", *(f"- **{plain(name)}**: {plain(said)}" for name, said in off)] if off else []
    await acreate_markdown_artifact(key="fleet", markdown="\n".join(lines), description="All firms at a glance")
    return sentence


def _row(one: Seen, page: str | None, now: datetime) -> str:
    standing = one.standing
    cells = (
        f"[{plain(one.firm.name)}]({page})" if page else plain(one.firm.name),
        one.firm.rules().system.name,
        f"{standing.linked:,}",
        _ago(standing.synced_at, now),
        f"{standing.refused:,}",
        _ago(standing.refused_since, now),
        f"{standing.waiting:,}",
        _ago(standing.waiting_since, now),
        f"**{plain(', '.join(one.worries))}**" if one.worries else "",
    )
    return f"| {' | '.join(cells)} |"


def _ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that says enough."""
    if moment is None:
        return "–"
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


async def _deployment_pages() -> dict[str, str]:
    """The page of each firm's nightly deployment in the Prefect UI, by slug."""
    pages: dict[str, str] = {}
    nightly = FlowFilter(name=FlowFilterName(any_=["nightly_case_sync"]))
    async with get_client() as client:
        while found := await client.read_deployments(flow_filter=nightly, limit=_PAGE, offset=len(pages)):
            pages |= {one.name: url_for("deployment", obj_id=one.id) or "" for one in found}
    return pages
