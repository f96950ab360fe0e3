"""The credentials block of Clio Manage."""

from typing import ClassVar, Literal

from pydantic import Field, HttpUrl, SecretStr

from blocks.grants import HoldsGrant
from connectors.clio import STORAGE_HOSTS, ClioClient, ClioFiles, Region, oauth_app
from connectors.oauth import OAuthApp
from connectors.ports import SharedState
from domain.firm import FirmRules


class ClioCredentials(HoldsGrant):
    """What connects casebridge to one firm's Clio: the app's key and secret, and the grant a person gave.

    Access tokens are not kept here: they are short-lived and shared between processes by the ledger.

    Example:
        ```python
        from blocks.clio import ClioCredentials

        credentials = await ClioCredentials.aload("harrow-pike")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Clio Credentials"
    _block_type_slug: ClassVar[str | None] = "clio-credentials"
    _logo_url: ClassVar[HttpUrl | None] = HttpUrl("https://www.clio.com/favicon.ico")
    _description: ClassVar[str | None] = (
        "Connects casebridge to one firm's Clio Manage. Clio's regions are separate worlds: the app must have been "
        "created in the region chosen here. Connect with an administrator's login: casebridge sees what that user sees."
    )
    _code_example: ClassVar[str | None] = (
        'from blocks.clio import ClioCredentials\n\ncredentials = await ClioCredentials.aload("harrow-pike")\n'
    )

    system: ClassVar[str] = "clio"

    region: Literal["us", "ca", "eu", "au"] = Field(
        default="us",
        title="Region",
        description="Where the firm's Clio lives: the part before app.clio.com in its address (none means us).",
    )
    client_id: str = Field(title="App key", description="The app's key from the region's Clio developer portal.")
    client_secret: SecretStr = Field(
        title="App secret", description="The app's secret from the region's Clio developer portal."
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        title="Refresh token",
        description="The firm's grant. Run connect_case_system to obtain it; it does not expire, but the firm can revoke it.",
    )
    host: str | None = Field(
        default=None,
        title="Host",
        description="Leave empty. Only a test installation points this at another address.",
    )

    storage_hosts: list[str] = Field(
        default_factory=lambda: list(STORAGE_HOSTS),
        title="Storage hosts",
        description=(
            "Where documents may be uploaded to when Clio says so. An address that leads anywhere else is refused, and "
            "the refusal names the host."
        ),
    )

    def case_system(
        self,
        shared: SharedState,
        rules: FirmRules,  # noqa: ARG002  (asked for because other systems need it: their roles are the firm's own)
        share: float = 1.0,
    ) -> ClioClient:
        """A client of this firm's Clio; close it after use. A refresh token that Clio replaces is saved in this block.

        Args:
            shared: budgets and tokens shared with every other process of this connection.
            rules: the firm's settings.
            share: the part of the request budget to use at most; the rest is left to others.
        """
        return ClioClient(
            region=self.region,
            host=self.host,
            client_id=self.client_id,
            client_secret=self.client_secret.get_secret_value(),
            refresh_token=self.refresh_token.get_secret_value() if self.refresh_token else "",
            shared=shared,
            on_rotate=self.keep_refresh_token,
            share=share,
        )

    def case_files(self, shared: SharedState, rules: FirmRules, share: float = 1.0) -> ClioFiles:
        """This firm's Clio as the relays use it, with the arguments of :meth:`case_system`; close it after use."""
        return ClioFiles(self.case_system(shared, rules, share), self.storage_hosts)

    def case_id(self, reference: str) -> str:
        """The id of the matter that a number or an address in this region names. Raises WrongReference."""
        return Region(self.region, self.host).matter_id(reference)

    def app(self) -> OAuthApp:
        """Our app in this region, for connecting a firm by a person's consent; close it after use."""
        region = Region(self.region, self.host)
        return oauth_app(region, self.client_id, self.client_secret.get_secret_value())
