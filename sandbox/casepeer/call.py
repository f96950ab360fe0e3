"""One request whose key and budget are in order, as its handlers read it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from sandbox.answers import Refusal
from sandbox.casepeer.answers import invalid, json_answer, not_found
from sandbox.casepeer.changes import CasepeerFirm
from sandbox.casepeer.keys import Key
from sandbox.casepeer.records import Case

Fields = dict[str, Any]
_TRUE, _FALSE = {"true", "1"}, {"false", "0"}


@dataclass(slots=True)
class Call:
    """``host`` is the address of the firm, ``path`` what stands behind it; ``numbers`` are the ids in that."""

    firm: CasepeerFirm
    key: Key
    host: str
    path: str
    numbers: Sequence[int]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def case(self) -> Case:
        """The case of the path. Raises Refusal (404)."""
        case = self.firm.cases.get(self.numbers[0])
        if case is None:
            raise not_found()
        return case

    def fields(self) -> Fields:
        """The JSON object that the body is. Raises Refusal (400)."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Refusal(json_answer({"detail": f"JSON parse error - {error}"}, 400)) from None
        if not isinstance(found, dict):
            raise invalid("non_field_errors", "Invalid data. Expected a dictionary.")
        return found

    def flag(self, name: str) -> bool | None:
        """A query parameter that is true or false; None when it is not there. Raises Refusal (400)."""
        text = self.query.get(name, "").lower()
        if text and text not in _TRUE | _FALSE:
            raise invalid(name, "Must be a valid boolean.")
        return text in _TRUE if text else None

    def moment(self, name: str) -> int:
        """A query parameter that is an instant, 0 when it is not there. Raises Refusal (400)."""
        text = self.query.get(name, "")
        if not text:
            return 0
        try:
            return self.firm.stamps.parse(text)
        except ValueError:
            raise invalid(name, "Enter a valid date/time.") from None

    def choice(self, name: str, choices: Collection[str]) -> str:
        """A query parameter that is one of the choices; empty when it is not there. Raises Refusal (400)."""
        text = self.query.get(name, "")
        if text and text not in choices:
            raise invalid(name, f"Select a valid choice. {text} is not one of the available choices.")
        return text

    def day(self, name: str) -> date | None:
        """A query parameter that is an ISO day; None when it is not there. Raises Refusal (400)."""
        text = self.query.get(name, "")
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise invalid(name, "Enter a valid date.") from None


def text_of(fields: Fields, name: str, *, longest: int, default: str | None = None) -> str:
    """A text of a body that is neither blank nor too long. Raises Refusal (400)."""
    value = fields.get(name, default)
    if value is None:
        raise invalid(name, "This field is required.")
    if not isinstance(value, str):
        raise invalid(name, "Not a valid string.")
    if not value.strip() and value != default:
        raise invalid(name, "This field may not be blank.")
    if len(value) > longest:
        raise invalid(name, f"Ensure this field has no more than {longest} characters.")
    return value
