"""Column types that behave alike on SQLite and PostgreSQL: aware instants, text from outside, JSON."""

from datetime import UTC, datetime

from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as UTC and returned as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into UTC; SQLite keeps no zone, so it is given none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class OutsideText(TypeDecorator[str]):
    """Text that came from outside: what neither database can store (NUL, halves of emoji) is replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (the base's signature)
        """Return the text as it can be stored."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """``text`` without NUL characters, lone surrogates shown as question marks."""
    if text.isascii():
        return text.replace("\x00", "")
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


Json = JSON(none_as_null=True)
"""JSON of any shape; None is SQL's NULL. Written and read by orjson (see :mod:`ledger.database`)."""
