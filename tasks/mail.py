"""Mail: a run's report goes to whoever asked for it, or to the firm when a night left exceptions."""

from collections.abc import Sequence
from pathlib import Path

from prefect import get_run_logger, task

from blocks.firm import Firm
from blocks.mail import send_mail
from tasks.patience import PATIENT_STEP
from tasks.report_file import Report
from tasks.sync_run import SyncRun


@task(name="mail_report", **PATIENT_STEP)
async def mail_report(run: SyncRun, report: Report, sentence: str) -> list[str]:
    """Mail the CSV; returns the addresses. A night without exceptions, or a firm without a mail server, sends nothing."""
    kind = "Dry run" if run.record.dry_run else "Sync report"
    subject = f"{kind} · {run.firm.name} · {run.today:%d %b %Y}"
    text = f"{sentence}\n\nThe attached CSV has one row per case, with what happened and why.\n"
    return await mail_file(run.firm, _recipients(run, report), subject, text, report.csv)


async def mail_file(firm: Firm, recipients: Sequence[str], subject: str, text: str, file: Path) -> list[str]:
    """Mail a report through the firm's server; returns the addresses, none when it could not be mailed.

    The work is done and the report is on disk and in the UI: a mail server's trouble is not the run's, and is only logged.
    """
    if not recipients:
        return []
    names = ", ".join(recipients)
    if firm.mail is None:
        message = "The report was not mailed to %s: the Firm block '%s' names no mail server."
        get_run_logger().warning(message, names, firm.slug)
        return []
    try:
        await send_mail(firm.mail, recipients, subject, text, [str(file)])
    except OSError as error:  # smtplib's errors are among them
        get_run_logger().warning("The report was not mailed to %s: the mail server said: %s", names, error)
        return []
    get_run_logger().info("The report was mailed to %s.", names)
    return list(recipients)


def _recipients(run: SyncRun, report: Report) -> list[str]:
    if run.record.requested_by:
        return [run.record.requested_by]
    return list(run.firm.report_recipients) if run.record.trigger == "nightly" and report.troubled else []
