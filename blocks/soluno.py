"""The credentials block of Soluno."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, HttpUrl, SecretStr, model_validator

from blocks.forms import Form
from blocks.hosts import host_of
from connectors.ports import SharedState
from connectors.soluno import REQUESTS_A_MINUTE, Account, Host, SolunoClient
from domain.books_preflight import BooksWishes


class SolunoCredentials(Form):
    """What connects casebridge to one firm's Soluno: where it is, the user to log in as, and what it posts with.

    Sessions are not kept here: they live for hours and are shared between processes by the ledger.

    Example:
        ```python
        from blocks.soluno import SolunoCredentials

        credentials = await SolunoCredentials.aload("harrow-pike")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Soluno Credentials"
    _block_type_slug: ClassVar[str | None] = "soluno-credentials"
    _logo_url: ClassVar[HttpUrl | None] = HttpUrl("https://www.soluno.legal/favicon.ico")
    _description: ClassVar[str | None] = (
        "Connects casebridge to one firm's Soluno, also called Actionstep Legal Accounting. Use a user that nobody else logs in "
        "as: a login in a browser ends the session of casebridge. Log in once as this user, set a security question, and run "
        "reauthenticate_soluno with its answer now and every month."
    )
    _code_example: ClassVar[str | None] = (
        'from blocks.soluno import SolunoCredentials\n\ncredentials = await SolunoCredentials.aload("harrow-pike")\n'
    )

    system: ClassVar[str] = SolunoClient.system

    host: Annotated[str, host_of(Host)] = Field(
        title="Host",
        description="Where the firm opens its Soluno, the name alone, such as app.soluno.legal; an address does, too.",
    )
    username: str = Field(
        title="Username", description="The e-mail that casebridge logs in with (Email/Logon in Soluno).", min_length=1
    )
    password: SecretStr = Field(
        title="Password", description="Its password. When it is changed in Soluno, enter the new one here."
    )
    organization: str = Field(
        default="",
        title="Organization",
        description="Only if this user has the books of several organizations: the one to post in, exactly as in Soluno.",
    )
    # Empty rather than None: where there are two kinds of value, the form asks which before it takes one.
    verification_answer: SecretStr = Field(
        default=SecretStr(""),
        title="Answer to the security question",
        description="Lets casebridge in where Soluno does not know it yet. Empty: run reauthenticate_soluno with the answer instead.",
    )
    cost_posting_reference: str = Field(
        default="",
        title="Cost posting reference",
        description="Code of the reference that costs of cases are posted to, as in Soluno: gear › Cost Posting References.",
    )
    operating_account: str = Field(
        default="",
        title="Operating account",
        description="Bank account that the cheques for costs are written on, as it is called in Soluno: gear › Banking.",
    )
    trust_account: str = Field(
        default="",
        title="Trust account",
        description="Bank account that clients' money is kept in, as it is called in Soluno: gear › Banking. Never the same one.",
    )
    release_mode: Literal["auto", "review"] | None = Field(
        default=None,
        title="Invoices are released",
        description="auto: casebridge releases each invoice. review: somebody of the firm does, in Soluno: Billing › Review Charges.",
    )
    area_of_practice: str = Field(
        default="Personal Injury",
        title="Area of practice",
        description="What new files are opened under: name or description in Soluno: gear › Areas of Practice.",
        min_length=1,
    )
    requests_per_minute: int = Field(
        default=REQUESTS_A_MINUTE,
        title="Requests per minute",
        description="How often casebridge may ask. Soluno publishes no limit; lower this if the firm notices.",
        ge=6,
        le=600_000,
    )

    @model_validator(mode="after")
    def _has_a_password(self) -> Self:
        if not self.password.get_secret_value():
            raise ValueError("Soluno Credentials lack the password.")
        return self

    @model_validator(mode="after")
    def _keeps_trust_apart(self) -> Self:
        operating, trust = (name.strip().casefold() for name in (self.operating_account, self.trust_account))
        if trust and operating == trust:
            raise ValueError(
                "The operating account and the trust account are the same: clients' money is kept in an account of its own."
            )
        return self

    def wishes(self) -> BooksWishes:
        """What postings are made with, as the preflight looks for it in the books."""
        return BooksWishes(
            posting_reference=self.cost_posting_reference,
            operating_account=self.operating_account,
            trust_account=self.trust_account,
            area_of_practice=self.area_of_practice,
            release_mode=self.release_mode,
        )

    def accounting(self, shared: SharedState, share: float = 1.0) -> SolunoClient:
        """A client of this firm's Soluno; close it after use.

        Args:
            shared: budget and session shared with every other process of this user.
            share: the part of the request budget to use at most; the rest is left to others.
        """
        return SolunoClient(
            host=Host.of(self.host),
            account=Account(
                self.username.strip(),
                self.password.get_secret_value(),
                self.organization.strip(),
                self.verification_answer.get_secret_value().strip(),
            ),
            shared=shared,
            requests_a_minute=self.requests_per_minute,
            share=share,
        )
