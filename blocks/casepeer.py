"""The credentials block of CASEpeer."""

import hmac
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator

from blocks.forms import Form
from blocks.hosts import host_of
from connectors.casepeer import (
    REQUESTS_A_MINUTE,
    SECRET_HEADER,
    CasePeerBooks,
    CasePeerClient,
    CasePeerFiles,
    CasePeerOutbox,
    Host,
    changed_case,
)
from connectors.ports import SharedState
from domain.firm import FirmRules

_KEY = re.compile(r"[!-~]+")
"""What can stand in a header: a key pasted with a word before it or a line break in it cannot be right."""


class CasePeerCredentials(Form):
    """What connects casebridge to one firm's CASEpeer: where it is, and the key of its integration with Case Status.

    Example:
        ```python
        from blocks.casepeer import CasePeerCredentials

        credentials = await CasePeerCredentials.aload("harrow-pike")
        ```
    """

    _block_type_name: ClassVar[str | None] = "CASEpeer Credentials"
    _block_type_slug: ClassVar[str | None] = "casepeer-credentials"
    _logo_url: ClassVar[HttpUrl | None] = HttpUrl("https://www.casepeer.com/favicon.ico")
    _description: ClassVar[str | None] = (
        "Connects casebridge to one firm's CASEpeer. There are two keys: enter the one that Case Status issued in CASEpeer "
        "(Account Settings › Integrations › Case Status › Manage, then Enable and Save), and the one that CASEpeer shows "
        "there in this form. Both need an administrator of the firm. Or enter an administrator's key, and run exchange_keys."
    )
    _code_example: ClassVar[str | None] = (
        "from blocks.casepeer import CasePeerCredentials\n\n"
        'credentials = await CasePeerCredentials.aload("harrow-pike")\n'
    )

    system: ClassVar[str] = "casepeer"

    host: Annotated[str, host_of(Host)] = Field(
        title="Host",
        description="Where the firm opens its CASEpeer, such as my.casepeer.com or firm.casepeer.com; an address does, too.",
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        title="CASEpeer key",
        description="The key that CASEpeer shows in Account Settings › Integrations › Case Status › Manage, labelled Key.",
    )
    admin_key: SecretStr = Field(
        default=SecretStr(""),
        title="Administrator's key",
        description="Only for exchange_keys: it puts both keys in their places, checks them, and then forgets this one.",
    )
    hint_secret: SecretStr = Field(
        default=SecretStr(""),
        title="Secret of hints",
        description="What CASEpeer sends along when it calls out that a case has changed. Empty: it is not listened to.",
    )
    document_category: str = Field(
        default="",
        title="Document category",
        description="Category that files of the portal are put into, exactly as in CASEpeer; it is never created. Empty: none.",
    )
    requests_per_minute: int = Field(
        default=REQUESTS_A_MINUTE,
        title="Requests per minute",
        description="How often casebridge may ask. CASEpeer publishes no limit; lower this if the firm notices.",
        ge=6,
        le=600_000,
    )

    @field_validator("api_key", "admin_key")
    @classmethod
    def _key_is_usable(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value().strip()
        if key and not _KEY.fullmatch(key):
            raise ValueError("This is no key: copy it from CASEpeer again, alone and whole.")
        return SecretStr(key)

    @model_validator(mode="after")
    def _has_a_key(self) -> Self:
        if not self.api_key and not self.admin_key:
            raise ValueError("CASEpeer Credentials lack the CASEpeer key, or an administrator's key to obtain it.")
        return self

    def case_system(
        self,
        shared: SharedState,
        rules: FirmRules,  # noqa: ARG002  (asked for because other systems need it: their roles are the firm's own)
        share: float = 1.0,
    ) -> CasePeerClient:
        """A client of this firm's CASEpeer; close it after use.

        Args:
            shared: the request budget shared with every other process of this key.
            rules: the firm's settings.
            share: the part of the request budget to use at most; the rest is left to others.
        """
        return self._client(self.api_key, shared, share)

    def administration(self, shared: SharedState) -> CasePeerClient:
        """A client of this firm's CASEpeer with an administrator's rights; close it after use."""
        return self._client(self.admin_key, shared)

    def _client(
        self, key: SecretStr, shared: SharedState, share: float = 1.0, *, exact_numbers: bool = False
    ) -> CasePeerClient:
        return CasePeerClient(
            host=Host.of(self.host),
            key=key.get_secret_value(),
            shared=shared,
            requests_a_minute=self.requests_per_minute,
            share=share,
            exact_numbers=exact_numbers,
        )

    def case_files(self, shared: SharedState, rules: FirmRules, share: float = 1.0) -> CasePeerFiles:
        """This firm's CASEpeer as the relays use it, with the arguments of :meth:`case_system`; close it after use."""
        return CasePeerFiles(self.case_system(shared, rules, share), self.document_category)

    def replies(self, shared: SharedState, rules: FirmRules, share: float = 1.0) -> CasePeerOutbox:
        """This firm's outbox of messages for clients, with the arguments of :meth:`case_system`; close it after use."""
        return CasePeerOutbox(self.case_system(shared, rules, share))

    def books(
        self,
        shared: SharedState,
        rules: FirmRules,  # noqa: ARG002  (asked for as by the others: their roles are the firm's own)
        share: float = 1.0,
    ) -> CasePeerBooks:
        """This firm's costs and trust for accounting, with the arguments of :meth:`case_system`; close it after use."""
        return CasePeerBooks(self._client(self.api_key, shared, share, exact_numbers=True))

    def hinted_case(self, headers: Mapping[str, str], body: bytes) -> str | None:
        """Id of the case that a hint says has changed; None when it speaks of something else.

        Args:
            headers: by names in any letter case.
            body: as it came.

        Raises:
            PermissionError: it does not come with the firm's secret.
        """
        sent, known = headers.get(SECRET_HEADER, ""), self.hint_secret.get_secret_value()
        if not known or not hmac.compare_digest(sent.encode(), known.encode()):
            raise PermissionError("This hint does not come with the firm's secret.")
        return changed_case(body)

    def case_id(self, reference: str) -> str:
        """The id of the case that an id or an address on this host names. Raises WrongReference."""
        return Host.of(self.host).case_id(reference)
