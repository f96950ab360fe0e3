"""One request as handlers see it: who asks, for what, with which query and body."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.casestatus.firm import Firm
from sandbox.casestatus.instants import parse_instant
from sandbox.casestatus.multipart import Part
from sandbox.casestatus.records import ApiKey, Case
from sandbox.casestatus.refusals import invalid_parameter, not_found
from sandbox.casestatus.state import Portal
from sandbox.casestatus.writing import Writer


@dataclass(slots=True)
class Call:
    """A request whose key, budget, parameters and body's syntax are in order."""

    portal: Portal
    firm: Firm
    key: ApiKey
    method: str
    route: str
    arguments: Mapping[str, str]
    """The variable parts of the path."""
    query: Mapping[str, str]
    headers: Mapping[bytes, bytes]
    base: str
    """Address of the portal as the caller knows it, without a slash at the end."""
    body: dict[str, Any] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    @property
    def now(self) -> int:
        """The instant in microseconds."""
        return self.portal.now()

    @property
    def writer(self) -> Writer:
        """Writes cases of the caller's firm."""
        return Writer(self.firm, self.now, self.portal.next_id)

    def number(self, name: str, resource: str) -> int:
        """A numeric id in the path. Raises Refusal (404) when it is no number."""
        text = self.arguments[name]
        if not (text.isascii() and text.isdigit()):
            raise not_found(resource, text)
        return int(text)

    def case(self) -> Case:
        """The case of the path. Raises Refusal (404)."""
        return self.firm.case(self.number("case_id", "case"))

    def whole_number(self, name: str, default: int, highest: int | None = None) -> int:
        """A query parameter from 1 to ``highest``. Raises Refusal (400)."""
        text = self.query.get(name)
        if text is None:
            return default
        expected = "a whole number from 1" + (f" to {highest}" if highest else "")
        if not (text.isascii() and text.isdigit()) or int(text) < 1 or (highest is not None and int(text) > highest):
            raise invalid_parameter(name, expected)
        return int(text)

    def instant(self, name: str) -> int | None:
        """A query parameter that is an RFC 3339 instant. Raises Refusal (400)."""
        text = self.query.get(name)
        if not text:
            return None
        try:
            return parse_instant(text)
        except ValueError:
            raise invalid_parameter(name, "an RFC 3339 instant with its offset") from None

    def word(self, name: str, words: tuple[str, ...]) -> str | None:
        """A query parameter from a closed set. Raises Refusal (400)."""
        text = self.query.get(name)
        if text is not None and text not in words:
            raise invalid_parameter(name, "one of " + ", ".join(words))
        return text
