"""Sending mail through the server of a block."""

import asyncio
from collections.abc import Sequence
from html import escape

from prefect_email import EmailServerCredentials, email_send_message


async def send_mail(
    server: EmailServerCredentials, recipients: Sequence[str], subject: str, text: str, attachments: Sequence[str] = ()
) -> None:
    """Mail ``text`` (paragraphs apart by an empty line) as text and as HTML. Raises OSError, smtplib's errors among them."""
    message = email_send_message.fn(
        email_server_credentials=server,
        subject=subject,
        msg="".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.strip().split("\n\n")),
        msg_plain=text,
        email_from=server.username or "casebridge@localhost",
        email_to=list(recipients),
        attachments=list(attachments),
    )
    # It connects without a time-out and without giving way: in a thread of its own it cannot hold up a lease.
    await asyncio.to_thread(asyncio.run, message)
