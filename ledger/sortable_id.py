"""Short text ids that sort by the instant they were made at and can be read aloud."""

import secrets
from datetime import datetime

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Digits and letters that nobody mistakes for one another."""


def sortable_id(instant: datetime) -> str:
    """An id such as ``20261122-211500123-k7mfe2`` (25 characters); two of one millisecond differ at random."""
    tail = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"{instant:%Y%m%d-%H%M%S}{instant.microsecond // 1000:03d}-{tail}"
