"""A real SMTP server in the test process, and what it was sent."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from prefect_email import EmailServerCredentials
from prefect_email.credentials import SMTPType
from pydantic import SecretStr

from tests.flows.processes import free_port


@dataclass
class Mailbox:
    """Everything that was mailed: who got it, and what."""

    username: str
    password: str
    port: int
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        self.mails.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"

    def admits(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return AuthResult(success=given.password == self.password.encode() and given.login == self.username.encode())

    @property
    def credentials(self) -> EmailServerCredentials:
        """The block that sends through this server."""
        return EmailServerCredentials(
            username=self.username,
            password=SecretStr(self.password),
            smtp_server="127.0.0.1",
            smtp_port=self.port,
            smtp_type=SMTPType.INSECURE,
        )


@contextlib.contextmanager
def open_mailbox(username: str = "reports@casebridge.example", password: str = "let-me-send") -> Iterator[Mailbox]:
    mailbox = Mailbox(username, password, free_port())
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=mailbox.port,
        authenticator=mailbox.admits,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
