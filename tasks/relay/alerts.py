"""Telling somebody what is wrong with a firm's relay: one alert for each incident, by mail and as a Prefect event."""

import asyncio

from domain.relay_reasons import RELAY_REASONS
from ledger import Incident
from tasks.alerts import Alert, tell_once
from tasks.relay.standing import Row
from tasks.relay.tick import Tick


async def tell_of_incidents(tick: Tick, rows: list[Row]) -> int:
    """Note what is wrong and what is over; alert where nobody has been told yet. How many alerts went out."""
    known: dict[str, set[str]] = {}
    for incident in await asyncio.to_thread(tick.ledger.incidents.of, tick.stream.name, tick.only):
        known.setdefault(incident.firm, set()).add(incident.code if incident.told_at else "")
    told = 0
    for row in rows:
        if set(row.wrong) == known.get(row.slug, set()):
            continue
        fresh = await asyncio.to_thread(tick.ledger.incidents.observe, row.slug, tick.stream.name, row.wrong)
        for incident in fresh:
            firm = row.served.firm if row.served else None
            told += await tell_once(tick.ledger, tick.stream.name, incident, _alert(tick, row, incident), firm)
    return told


def _alert(tick: Tick, row: Row, incident: Incident) -> Alert:
    fix = RELAY_REASONS[incident.code].fix if incident.code in RELAY_REASONS else ""
    return Alert(
        event=f"{tick.stream.word}-relay.{incident.code}",
        slug=row.slug,
        name=row.name,
        subject=f"Needs attention · The {tick.stream.word} relay of {row.name}",
        text=f"{incident.sentence}\n\n{fix}\n\nYou are told once; the next mail comes when it happens again.\n",
        details={"stream": tick.stream.name, "sentence": incident.sentence, "fix": fix},
    )
