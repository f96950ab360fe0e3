"""Mail: a run's report goes to whoever asked for it, or to the firm when a night left exceptions."""

import asyncio
from collections.abc import Sequence
from html import escape

from prefect import get_run_logger, task
from prefect_email import EmailServerCredentials, email_send_message

from tasks.patience import PATIENT_STEP
from tasks.report_file import Report
from tasks.sync_run import SyncRun


@task(name="mail_report", **PATIENT_STEP)
async def mail_report(run: SyncRun, report: Report, sentence: str) -> list[str]:
    """Mail the CSV; returns the addresses. A night without exceptions, or a firm without a mail server, sends nothing."""
    recipients = _recipients(run, report)
    if not recipients:
        return []
    if run.firm.mail is None:
        get_run_logger().warning(
            "The report was not mailed to %s: the Firm block '%s' names no mail server.",
            ", ".join(recipients),
            run.slug,
        )
        return []
    try:
        await _send(run, run.firm.mail, report, sentence, recipients)
    except OSError as error:  # smtplib's errors are among them
        # The work is done and the report is on disk and in the UI: a mail server's trouble is not the run's.
        get_run_logger().warning(
            "The report was not mailed to %s: the mail server said: %s", ", ".join(recipients), error
        )
        return []
    get_run_logger().info("The report was mailed to %s.", ", ".join(recipients))
    return recipients


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


async def _send(
    run: SyncRun, server: EmailServerCredentials, report: Report, sentence: str, recipients: list[str]
) -> None:
    kind = "Dry run" if run.record.dry_run else "Sync report"
    subject = f"{kind} · {run.firm.name} · {run.today:%d %b %Y}"
    text = f"{sentence}\n\nThe attached CSV has one row per case, with what happened and why.\n"
    await send_mail(server, recipients, subject, text, [str(report.csv)])


def _recipients(run: SyncRun, report: Report) -> list[str]:
    if run.record.requested_by:
        return [run.record.requested_by]
    return list(run.firm.report_recipients) if run.record.trigger == "nightly" and report.troubled else []
