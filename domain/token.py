"""An access token of an outside system, and what is needed to replace it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Token:
    """An access token with what is needed to replace it. Never printed."""

    access_token: str
    expires_at: datetime
    refresh_token: str
    previous_refresh_token: str | None = None
    """Kept until the new refresh token has worked once."""
    grant: str = ""
    """Fingerprints of the grants (the credentials a person entered) this token descends from or replaced, by spaces."""
    version: int = 0
    issued_at: datetime | None = None
    """When the vendor gave it; with ``expires_at`` it tells the lifetime, and so how early to replace it."""

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at.isoformat()}, version={self.version})"
