"""The keys of a firm: its integration key, the key of its administrator, and the partner's key that is kept for it.

The integration key is what the firm gives to Case Status, the partner's key what it got from there [seed][help]. The
integration key is good while the integration is enabled; only the administrator's opens the settings [assumed].
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

Scope = Literal["integration", "admin"]
SCOPES: tuple[Scope, ...] = ("integration", "admin")


@dataclass(slots=True)
class Key:
    """A key as ``Authorization: Token <40 hex>`` brings it. ``denied`` are views, such as ``case/*/notes``."""

    scope: Scope
    value: str
    user_id: int | None = None
    enabled: bool = True
    denied: set[str] = field(default_factory=set)

    def as_json(self) -> dict[str, Any]:
        """The key as the control routes show it."""
        return {"scope": self.scope, "value": self.value, "enabled": self.enabled, "denied": sorted(self.denied)}


class KeyRing:
    """The keys of one firm; the integration starts without a partner's key and off."""

    def __init__(self, slug: str, admin_id: int) -> None:
        self._slug = slug
        self._made = 0
        self.integration = Key("integration", self._fresh("integration"), enabled=False)
        self.admin = Key("admin", self._fresh("admin"), admin_id)
        self.partner_api_key: str | None = None
        self.updated_at: int | None = None
        self.updated_by: int | None = None

    def of_scope(self, scope: str) -> Key:
        """The key of that scope. Raises KeyError."""
        return {"integration": self.integration, "admin": self.admin}[scope]

    def good(self, value: str) -> Key | None:
        """The key with this value if it may be used."""
        return next((key for key in (self.integration, self.admin) if key.value == value and key.enabled), None)

    def renew(self, scope: str) -> Key:
        """Another value for a key; the old one is nothing any more. Raises KeyError."""
        key = self.of_scope(scope)
        key.value = self._fresh(scope)
        return key

    def set_up(self, partner_api_key: str | None, *, enabled: bool, at: int, user_id: int | None) -> None:
        """What the administrator saved."""
        self.partner_api_key, self.integration.enabled = partner_api_key, enabled
        self.updated_at, self.updated_by = at, user_id

    def _fresh(self, scope: str) -> str:
        self._made += 1
        return hashlib.sha1(f"{self._slug}/{scope}/{self._made}".encode(), usedforsecurity=False).hexdigest()
