"""One authenticated request, as its handlers read it; names of queries and body fields match in any letter case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.smartadvocate.accounts import User
from sandbox.smartadvocate.answers import bad_field, forbidden, not_found
from sandbox.smartadvocate.changes import SmartAdvocateFirm
from sandbox.smartadvocate.records import Case
from sandbox.smartadvocate.stamps import parse_instant

Fields = dict[str, Any]
"""An object of a body, its names in lower case, at every depth."""


def lowered(value: Any) -> Any:
    """JSON with the names of all objects in lower case."""
    if isinstance(value, dict):
        return {name.lower(): lowered(inner) for name, inner in value.items()}
    return [lowered(inner) for inner in value] if isinstance(value, list) else value


def fields_of(body: bytes) -> Fields:
    """The object that a body is. Raises Refusal (400)."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_field("$", "The input is not valid JSON.") from None
    if not isinstance(found, dict):
        raise bad_field("$", "The JSON value could not be converted to an object.")
    fields: Fields = lowered(found)
    return fields


@dataclass(slots=True)
class Call:
    """A request whose firm, token and budget are in order; ``numbers`` are the ids in its path."""

    firm: SmartAdvocateFirm
    user: User
    numbers: Sequence[int]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def case(self) -> Case:
        """The case of the path. Raises Refusal (404, or 403 when the user may not see it)."""
        case = self.firm.cases.get(self.numbers[0])
        if case is None:
            raise not_found("Case")
        self.require_sight(case.id)
        return case

    def require_sight(self, case_id: int) -> None:
        """See that the user may see a case. Raises Refusal (403)."""
        if not self.firm.sees(self.user, case_id):
            raise forbidden()

    def require_right(self, operation: str) -> None:
        """See that the user may do something. Raises Refusal (403)."""
        if operation in self.user.denied:
            raise forbidden()

    def text(self, name: str) -> str:
        """A query parameter that has to be there. Raises Refusal (400)."""
        found = self.query.get(name.lower(), "")
        if not found:
            raise bad_field(name, f"The {name} field is required.")
        return found

    def flag(self, name: str) -> bool:
        """A query parameter that is true or false, by default false."""
        return self.query.get(name.lower(), "").lower() in {"true", "1"}

    def number(self, name: str, default: int | None = None) -> int:
        """A query parameter that is a number. Raises Refusal (400)."""
        text = self.query.get(name.lower(), "")
        if not text and default is not None:
            return default
        return whole_number(name, text)

    def seen(self, case_ids: Sequence[int]) -> list[Case]:
        """Those of some cases that the user may see."""
        found = (self.firm.cases.get(case_id) for case_id in case_ids if self.firm.sees(self.user, case_id))
        return [case for case in found if case is not None]


def whole_number(name: str, value: Any) -> int:
    """A number from 0, also as text. Raises Refusal (400)."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise bad_field(name, f"The value '{value}' is not valid.")


def instant(name: str, value: Any) -> int:
    """An instant in milliseconds. Raises Refusal (400)."""
    try:
        return parse_instant(value)
    except (TypeError, ValueError):
        raise bad_field(name, f"The value '{value}' is not a valid date and time.") from None
