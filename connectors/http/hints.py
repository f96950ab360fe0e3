"""Reads what a vendor's headers say about time: when to come back, and what its clock shows."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

_LOOKS_LIKE_AN_INSTANT = 1_000_000_000
"""A bare number above this is a Unix time, not a number of seconds to wait."""


@lru_cache(maxsize=64)
def _instant(text: str) -> float | None:
    """The Unix time of an HTTP date or an ISO 8601 instant, or None."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError):
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def server_time(headers: Mapping[str, str]) -> float | None:
    """The vendor's clock by its ``Date`` header, in whole Unix seconds; None without one."""
    text = headers.get("date")
    return _instant(text) if text else None


def answered_at(headers: Mapping[str, str]) -> datetime:
    """When the vendor answered, by its own clock; by ours where it does not say."""
    seen = server_time(headers)
    return datetime.fromtimestamp(seen, UTC) if seen is not None else datetime.now(UTC)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait as told by ``Retry-After`` or ``Retry-At``; None when nothing usable is said.

    Accepts seconds (also fractions), HTTP dates and Unix times. Dates are compared with the vendor's own clock, so
    that ours may be wrong. Zero and the past are 0.0: "now", which the caller must still not turn into a hot loop.
    Clio documents ``Retry-After`` in seconds, and an older page of it ``Retry-At`` [doc].
    """
    text = (headers.get("retry-after") or headers.get("retry-at") or "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        instant = _instant(text)
        if instant is None:
            return None
        # The Date header drops the fraction of a second: waiting it out in full is never too early.
        seen = server_time(headers)
        return max(0.0, instant - (seen if seen is not None else now))
    if not math.isfinite(number):
        return None
    if number > _LOOKS_LIKE_AN_INSTANT:
        seen = server_time(headers)
        return max(0.0, number - (seen if seen is not None else now))
    return max(0.0, number)
