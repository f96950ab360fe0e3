"""Telling somebody what is wrong with a firm's relay: one alert for each incident, by mail and as a Prefect event."""

import asyncio
from html import escape

from prefect import get_run_logger
from prefect.events import emit_event
from prefect_email import EmailServerCredentials, email_send_message

from domain.relay_reasons import RELAY_REASONS
from ledger import Incident
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
    try:
        await _mail(firm.mail, list(recipients), f"The {tick.stream.word} relay of {firm.name}", incident, fix)
    except OSError as error:  # smtplib's errors are among them
        get_run_logger().warning("The alert was not mailed to %s: the mail server said: %s", recipients, error)


async def _mail(
    server: EmailServerCredentials, recipients: list[str], subject: str, incident: Incident, fix: str
) -> None:
    text = f"{incident.sentence}\n\n{fix}\n\nYou are told once; the next mail comes when it happens again.\n"
    message = email_send_message.fn(
        email_server_credentials=server,
        subject=f"Needs attention · {subject}",
        msg="".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n")),
        msg_plain=text,
        email_from=server.username or "casebridge@localhost",
        email_to=recipients,
    )
    await asyncio.to_thread(asyncio.run, message)
