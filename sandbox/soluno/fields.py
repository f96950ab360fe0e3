"""The JSON object that a body is, read field by field."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from sandbox.soluno.refusals import Refused, malformed, rule
from sandbox.soluno.stamps import parse_day

LONGEST_REFERENCE = 64
_LONGEST_TEXT = 500
_MONEY = re.compile(r"-?\d{1,11}\.\d{2}", re.ASCII)


class Fields:
    """A body. Every reading raises Refused (400, or 422 ``InvalidAmount``) for what is missing or of the wrong kind."""

    def __init__(self, values: dict[str, Any], within: str = "") -> None:
        self._values = values
        self._within = within

    @classmethod
    def of_body(cls, body: bytes) -> "Fields":
        """What a body holds."""
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise malformed(None, "The body is not JSON.") from None
        if not isinstance(found, dict):
            raise malformed(None, "The body is not a JSON object.")
        return cls(found)

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str, *, longest: int = _LONGEST_TEXT) -> str:
        """A text that is neither blank nor too long."""
        value = self._there(name, str)
        if not value.strip():
            raise malformed(self._full(name), f"{name} is blank.")
        if len(value) > longest:
            raise malformed(self._full(name), f"{name} has more than {longest} characters.")
        return str(value)

    def optional_text(self, name: str, *, longest: int = _LONGEST_TEXT) -> str | None:
        """A text, or None when it is null or not there."""
        return self.text(name, longest=longest) if name in self else None

    def reference(self) -> str | None:
        """``ExternalReference``: up to 64 characters, or none."""
        return self.optional_text("ExternalReference", longest=LONGEST_REFERENCE)

    def word(self, name: str, words: Iterable[str]) -> str:
        """One word of a closed set."""
        value, known = self.text(name), tuple(words)
        if value not in known:
            raise malformed(self._full(name), f"{name} is one of {', '.join(known)}.")
        return value

    def number(self, name: str) -> int:
        """A whole number, as ids are."""
        return int(self._there(name, int))

    def numbers(self, name: str) -> list[int]:
        """A list of whole numbers; empty when it is not there."""
        found = self._list(name)
        if not all(type(value) is int for value in found):
            raise malformed(self._full(name), f"{name} is a list of numbers.")
        return found

    def words(self, name: str) -> list[str]:
        """A list of texts; empty when it is not there."""
        found = self._list(name)
        if not all(isinstance(value, str) for value in found):
            raise malformed(self._full(name), f"{name} is a list of texts.")
        return found

    def flag(self, name: str) -> bool:
        """True or false."""
        return bool(self._there(name, bool))

    def day(self, name: str) -> date:
        """A day as ``YYYY-MM-DD``."""
        try:
            return parse_day(self._there(name, str))
        except ValueError:
            raise malformed(self._full(name), f"{name} is not a day (YYYY-MM-DD).") from None

    def money(self, name: str) -> Decimal:
        """An amount: text with exactly two decimals."""
        if name not in self:
            raise malformed(self._full(name), f"{name} is required.")
        value = self._values[name]
        if not isinstance(value, str) or not _MONEY.fullmatch(value):
            raise self.bad_amount(name, f"{name} is not an amount with two decimals, as text.")
        return Decimal(value)

    def amount(self, name: str) -> Decimal:
        """An amount above zero."""
        value = self.money(name)
        if value <= 0:
            raise self.bad_amount(name, f"{name} has to be above zero.")
        return value

    def bad_amount(self, name: str, message: str) -> Refused:
        """422 ``InvalidAmount`` of a field."""
        return rule("InvalidAmount", message, self._full(name))

    def inner(self, name: str) -> "Fields":
        """An object within this one."""
        return Fields(self._there(name, dict), f"{self._full(name)}.")

    def _there(self, name: str, kind: type) -> Any:
        value = self._values.get(name)
        if value is None:
            raise malformed(self._full(name), f"{name} is required.")
        if type(value) is not kind:
            raise malformed(self._full(name), f"{name} is of the wrong kind.")
        return value

    def _list(self, name: str) -> list[Any]:
        return list(self._there(name, list)) if name in self else []

    def _full(self, name: str) -> str:
        return f"{self._within}{name}"
