"""The credentials block of the client portal, Case Status."""

from typing import ClassVar

import httpx
from pydantic import Field, HttpUrl, SecretStr

from blocks.forms import Form
from connectors.casestatus import CaseStatusClient
from connectors.ports import SharedState

PRODUCTION = "https://app.casestatus.com"


class CaseStatusCredentials(Form):
    """The key that Case Status staff issued to one firm. One key reaches one firm, and nothing else.

    Example:
        ```python
        from blocks.casestatus import CaseStatusCredentials

        credentials = await CaseStatusCredentials.aload("harrow-pike")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Case Status Credentials"
    _block_type_slug: ClassVar[str | None] = "case-status-credentials"
    _logo_url: ClassVar[HttpUrl | None] = HttpUrl("https://www.casestatus.com/favicon.ico")
    _description: ClassVar[str | None] = (
        "API key of one firm in Case Status, the client portal. Case Status staff issue it on request."
    )
    _code_example: ClassVar[str | None] = (
        "from blocks.casestatus import CaseStatusCredentials\n\n"
        'credentials = await CaseStatusCredentials.aload("harrow-pike")\n'
    )

    api_key: SecretStr = Field(
        title="API key",
        description="The firm's key, without the word ApiKey in front. Case Status staff issue it and can revoke it.",
    )
    host: str = Field(
        default=PRODUCTION,
        title="Host",
        description="Leave as it is. Only a test installation points this at another address.",
    )

    file_hosts: list[str] = Field(
        default_factory=list,
        title="File hosts",
        description=(
            "Where files may be fetched from besides Case Status itself, e.g. *.amazonaws.com. An address that leads "
            "anywhere else is refused, and the refusal names the host."
        ),
    )

    def portal(
        self, shared: SharedState, *, transport: httpx.AsyncBaseTransport | None = None, share: float = 1.0
    ) -> CaseStatusClient:
        """A client of the portal for this firm; close it after use.

        Args:
            shared: the request budget shared with every other process of this key.
            transport: sockets shared with the clients of other firms.
            share: the part of the budget to use at most.
        """
        return CaseStatusClient(
            api_key=self.api_key.get_secret_value(),
            shared=shared,
            host=self.host,
            file_hosts=self.file_hosts,
            transport=transport,
            share=share,
        )
