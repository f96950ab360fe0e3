"""The credentials block of SmartAdvocate."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, HttpUrl, SecretStr, model_validator

from blocks.grants import HoldsGrant
from blocks.hosts import host_of
from connectors.oauth import OAuthApp
from connectors.ports import SharedState
from connectors.smartadvocate import (
    HOSTED,
    NOTE_TYPE,
    REQUESTS_A_MINUTE,
    USUAL_NAMES,
    Consent,
    FilingNames,
    Host,
    Reading,
    SmartAdvocateClient,
    SmartAdvocateFiles,
    SmartAdvocateReplies,
    consent_app,
)
from domain.firm import FirmRules
from domain.roles import RoleMap


class SmartAdvocateCredentials(HoldsGrant):
    """What connects casebridge to one firm's SmartAdvocate: where it is, and the account to log in as.

    Access tokens are not kept here: they live for two hours and are shared between processes by the ledger.

    Example:
        ```python
        from blocks.smartadvocate import SmartAdvocateCredentials

        credentials = await SmartAdvocateCredentials.aload("harrow-pike")
        ```
    """

    _block_type_name: ClassVar[str | None] = "SmartAdvocate Credentials"
    _block_type_slug: ClassVar[str | None] = "smartadvocate-credentials"
    _logo_url: ClassVar[HttpUrl | None] = HttpUrl("https://www.smartadvocate.com/favicon.ico")
    _description: ClassVar[str | None] = (
        "Connects casebridge to one firm's SmartAdvocate. Use an account of its own that always stays active, with an "
        "administrator's rights: casebridge sees the cases that this account sees."
    )
    _code_example: ClassVar[str | None] = (
        "from blocks.smartadvocate import SmartAdvocateCredentials\n\n"
        'credentials = await SmartAdvocateCredentials.aload("harrow-pike")\n'
    )

    system: ClassVar[str] = "smartadvocate"

    host: Annotated[str, host_of(Host)] = Field(
        default=HOSTED,
        title="Host",
        description="Where the firm's SmartAdvocate is, such as app.smartadvocate.com or sa.firm.com; an address does, too.",
    )
    username: str = Field(title="Username", description="The account that casebridge logs in as.", min_length=1)
    # Empty rather than None: where there are two kinds of value, the form asks which before it takes one.
    password: SecretStr = Field(
        default=SecretStr(""),
        title="Password",
        description="Its password. When it is changed, enter the new one here.",
    )
    stage_from: str = Field(
        default="",
        title="Stage comes from",
        description="Type of the sub-status that shows the stage, such as Treatment Status. Empty: the case's own status.",
    )
    closed_statuses: list[str] = Field(
        default_factory=lambda: ["Closed Case"],
        title="Statuses of closed cases",
        description="A case with one of these statuses, exactly as written, or with a closing date is closed.",
    )
    inbound_note_type: str = Field(
        default=USUAL_NAMES.inbound,
        title="Note type of incoming messages",
        description="Type of the notes that clients' messages become, exactly as in SmartAdvocate. It is never created.",
    )
    outbound_note_type: str = Field(
        default=USUAL_NAMES.outbound,
        title="Note type of outgoing messages",
        description="Type of the notes that the firm's messages become. It is never created.",
    )
    document_category: str = Field(
        default=USUAL_NAMES.category,
        title="Document category",
        description="Category that files of the portal are put into, exactly as in SmartAdvocate. It is never created.",
    )
    client_note_type: str = Field(
        default=NOTE_TYPE,
        title="Note type for clients",
        description="Notes of this type that are shared in the client portal are sent to the case's clients in Case Status.",
        min_length=1,
    )
    requests_per_minute: int = Field(
        default=REQUESTS_A_MINUTE,
        title="Requests per minute",
        description="How often casebridge may ask. SmartAdvocate publishes no limit; lower this if the firm notices.",
        ge=6,
        le=600_000,
    )

    use_oauth: bool = Field(
        default=False,
        title="Connect by OAuth",
        description="Leave off, unless the firm's SmartAdvocate offers it: then a person allows the access, without a password.",
    )
    oauth_client_id: str = Field(default="", title="OAuth app key", description="The app's key. Only for OAuth.")
    oauth_client_secret: SecretStr = Field(
        default=SecretStr(""), title="OAuth app secret", description="The app's secret. Only for OAuth."
    )
    refresh_token: SecretStr | None = Field(
        default=None, title="OAuth grant", description="Only for OAuth: run connect_case_system to obtain it."
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        missing = "password"
        if self.use_oauth:
            missing = "" if self.oauth_client_id and self.oauth_client_secret else "OAuth app key and secret"
        elif self.password:
            missing = ""
        if missing:
            raise ValueError(f"SmartAdvocate Credentials lack the {missing}.")
        return self

    def case_system(self, shared: SharedState, rules: FirmRules, share: float = 1.0) -> SmartAdvocateClient:
        """A client of this firm's SmartAdvocate; close it after use.

        Args:
            shared: budgets and tokens shared with every other process of this connection.
            rules: the firm's settings, its role map among them.
            share: the part of the request budget to use at most; the rest is left to others.
        """
        grant = self.refresh_token.get_secret_value() if self.refresh_token else ""
        return SmartAdvocateClient(
            host=Host.of(self.host),
            username=self.username,
            password=self.password.get_secret_value(),
            consent=Consent(self.app(), grant, self.keep_refresh_token) if self.use_oauth else None,
            shared=shared,
            reading=Reading(RoleMap.of(rules.role_map), self.stage_from, frozenset(self.closed_statuses)),
            requests_a_minute=self.requests_per_minute,
            share=share,
        )

    def case_files(self, shared: SharedState, rules: FirmRules, share: float = 1.0) -> SmartAdvocateFiles:
        """This firm's SmartAdvocate as the relays use it, with the arguments of :meth:`case_system`; close it after use."""
        names = FilingNames(self.inbound_note_type, self.outbound_note_type, self.document_category)
        return SmartAdvocateFiles(self.case_system(shared, rules, share), names)

    def replies(self, shared: SharedState, rules: FirmRules, share: float = 1.0) -> SmartAdvocateReplies:
        """This firm's notes for clients, with the arguments of :meth:`case_system`; close it after use."""
        return SmartAdvocateReplies(self.case_system(shared, rules, share), self.client_note_type)

    def app(self) -> OAuthApp:
        """Our app at this SmartAdvocate, for connecting a firm by a person's consent; close it after use."""
        secret = self.oauth_client_secret.get_secret_value()
        return consent_app(Host.of(self.host), self.oauth_client_id, secret)

    def case_id(self, reference: str) -> str:
        """The id of the case that an id or an address on this host names. Raises WrongReference."""
        return Host.of(self.host).case_id(reference)
