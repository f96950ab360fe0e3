"""The block through which Prefect's automations mail the operators."""

from typing import Annotated, ClassVar

from prefect.blocks.abstract import NotificationBlock, NotificationError
from prefect_email import EmailServerCredentials
from pydantic import Field, HttpUrl

from blocks.firm import Email
from blocks.forms import Form
from blocks.mail import send_mail


class OperatorsMail(Form, NotificationBlock):
    """Mail for those who run the installation. The Prefect server itself sends it, when an automation of ours fires.

    Example:
        ```python
        from blocks.operators_mail import OperatorsMail

        mail = await OperatorsMail.aload("operators")
        await mail.notify("All is well.", subject="A test")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Operators Mail"
    _block_type_slug: ClassVar[str | None] = "operators-mail"
    _logo_url: ClassVar[HttpUrl | None] = HttpUrl("https://www.casestatus.com/favicon.ico")
    _description: ClassVar[str | None] = "Whom casebridge's alerts are mailed to, and through which mail server."
    _code_example: ClassVar[str | None] = (
        'from blocks.operators_mail import OperatorsMail\n\nmail = await OperatorsMail.aload("operators")\n'
    )

    server: EmailServerCredentials = Field(title="Mail server", description="The server alerts are sent through.")
    recipients: Annotated[list[Email], Field(min_length=1)] = Field(
        title="Recipients", description="Who is told when something fails, comes late or needs a person."
    )

    async def notify(self, body: str, subject: str | None = None) -> None:
        """Mail it. Raises NotificationError when the mail server does not take it."""
        try:
            await send_mail(self.server, self.recipients, subject or "casebridge", body)
        except OSError as error:  # smtplib's errors are among them
            raise NotificationError(f"The mail server did not take it: {error}") from error
