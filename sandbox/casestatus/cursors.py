"""Cursors of the portal's lists: a signed place in the order of changes, good for one hour and for the same filters."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from struct import Struct
from struct import error as StructError  # noqa: N812 - named like the exception it is
from typing import Final

from sandbox.casestatus.instants import HOUR
from sandbox.casestatus.refusals import invalid_cursor
from sandbox.casestatus.register import Position

_LAYOUT: Final = Struct(">qqq8s")
_SIGNATURE: Final = 8


class Cursors:
    """Makes and reads cursors under one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, position: Position, filters: Mapping[str, str], now: int) -> str:
        """A cursor that continues after ``position`` in the list with these ``filters`` (its route among them)."""
        payload = _LAYOUT.pack(*position, now, _fingerprint(filters))
        return urlsafe_b64encode(payload + self._sign(payload)).decode()

    def read(self, cursor: str, filters: Mapping[str, str], now: int) -> Position:
        """The position in a cursor. Raises Refusal (``invalid_cursor``)."""
        try:
            content = urlsafe_b64decode(cursor)
            payload, signature = content[:-_SIGNATURE], content[-_SIGNATURE:]
            instant, identity, made_at, fingerprint = _LAYOUT.unpack(payload)
        except (ValueError, StructError):
            raise invalid_cursor("it is not one of ours") from None
        if not hmac.compare_digest(signature, self._sign(payload)):
            raise invalid_cursor("it is not one of ours")
        if fingerprint != _fingerprint(filters):
            raise invalid_cursor("it belongs to a list with other filters")
        if now - made_at > HOUR:
            raise invalid_cursor("it is older than one hour")
        return instant, identity

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._secret, payload, "sha256")[:_SIGNATURE]


def _fingerprint(filters: Mapping[str, str]) -> bytes:
    text = "\n".join(f"{name}={value}" for name, value in sorted(filters.items()))
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
