"""Telling somebody what is wrong with a firm's relay: one alert for each incident, by mail and as a Prefect event."""

import asyncio

from prefect import get_run_logger
from prefect.events import emit_event

from domain.relay_reasons import RELAY_REASONS
from ledger import Incident
from tasks.mail import send_mail
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
            await _tell(tick, row, incident)
            await asyncio.to_thread(tick.ledger.incidents.told, row.slug, tick.stream.name, incident.code)
            told += 1
    return told


async def _tell(tick: Tick, row: Row, incident: Incident) -> None:
    """Say it in the log, as an event that automations can act on, and by mail where the firm has a mail server."""
    fix = RELAY_REASONS[incident.code].fix if incident.code in RELAY_REASONS else ""
    get_run_logger().warning("%s: %s %s", row.slug, incident.sentence, fix)
    emit_event(
        event=f"casebridge.{tick.stream.word}-relay.{incident.code}",
        resource={"prefect.resource.id": f"casebridge.firm.{row.slug}", "prefect.resource.name": row.name},
        payload={"stream": tick.stream.name, "sentence": incident.sentence, "fix": fix},
    )
    firm = row.served.firm if row.served else None
    if firm is None or firm.mail is None or not (recipients := firm.alert_recipients or firm.report_recipients):
        return
    text = f"{incident.sentence}\n\n{fix}\n\nYou are told once; the next mail comes when it happens again.\n"
    try:
        await send_mail(firm.mail, recipients, f"Needs attention · The {tick.stream.word} relay of {firm.name}", text)
    except OSError as error:  # smtplib's errors are among them
        get_run_logger().warning("The alert was not mailed to %s: the mail server said: %s", recipients, error)
