"""Telling a firm's people something: in the log, as a Prefect event that automations can act on, and by mail."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from prefect import get_run_logger
from prefect.events import emit_event

from blocks.firm import Firm
from blocks.mail import send_mail
from ledger import Incident, Ledger


@dataclass(frozen=True, slots=True)
class Alert:
    """What is to be told. ``event`` follows ``casebridge.``, ``details`` go with it; ``text`` is in paragraphs."""

    event: str
    slug: str
    name: str
    subject: str
    text: str
    details: Mapping[str, str]


async def send_alert(alert: Alert, firm: Firm | None) -> None:
    """Tell it. A firm that cannot be read or names no mail server is told of in the log and by the event only."""
    get_run_logger().warning("%s: %s", alert.slug, " ".join(alert.text.split("\n\n")[0].split()))
    emit_event(
        event=f"casebridge.{alert.event}",
        resource={"prefect.resource.id": f"casebridge.firm.{alert.slug}", "prefect.resource.name": alert.name},
        payload=dict(alert.details),
    )
    if firm is None or firm.mail is None or not (recipients := firm.alert_recipients or firm.report_recipients):
        return
    try:
        await send_mail(firm.mail, recipients, alert.subject, alert.text)
    except OSError as error:  # smtplib's errors are among them
        get_run_logger().warning("The alert was not mailed to %s: the mail server said: %s", recipients, error)


async def tell_once(ledger: Ledger, stream: str, incident: Incident, alert: Alert, firm: Firm | None) -> bool:
    """Tell of an incident, unless the firm was told this very sentence by another stream; whether it was."""
    news = not await asyncio.to_thread(ledger.incidents.is_told, incident.firm, incident.sentence)
    if news:
        await send_alert(alert, firm)
    await asyncio.to_thread(ledger.incidents.told, incident.firm, stream, incident.code)
    return news
