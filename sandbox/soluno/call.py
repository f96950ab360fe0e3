"""One request whose session and budget are in order, as its handlers read it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sandbox.soluno.books import Books
from sandbox.soluno.fields import Fields
from sandbox.soluno.firm import SolunoFirm
from sandbox.soluno.logins import Session
from sandbox.soluno.refusals import malformed
from sandbox.soluno.stamps import parse_day, parse_instant

_WORDS = {"true": True, "false": False}
_NUMBER = re.compile(r"0*[1-9]\d{0,17}", re.ASCII)


@dataclass(slots=True)
class Call:
    """``books`` are those of the session's organization; ``numbers`` are the ids in the path."""

    firm: SolunoFirm
    session: Session
    books: Books
    numbers: Sequence[int]
    query: Mapping[str, str]
    body: bytes = b""

    @property
    def now(self) -> int:
        """Unix seconds."""
        return self.firm.seconds()

    def fields(self) -> Fields:
        """The JSON object that the body is. Raises Refused (400)."""
        return Fields.of_body(self.body)

    def whole_number(self, name: str, default: int) -> int:
        """A query parameter from 1. Raises Refused (400)."""
        text = self.query.get(name) or str(default)
        if not _NUMBER.fullmatch(text):
            raise malformed(name, f"{name} is a number from 1.")
        return int(text)

    def flag(self, name: str) -> bool | None:
        """A query parameter that is true or false; None when it is not there. Raises Refused (400)."""
        text = self.query.get(name, "").lower()
        if text and text not in _WORDS:
            raise malformed(name, f"{name} is true or false.")
        return _WORDS.get(text)

    def instant(self, name: str) -> int:
        """A query parameter that is an instant, 0 when it is not there. Raises Refused (400)."""
        text = self.query.get(name, "")
        try:
            return parse_instant(text) if text else 0
        except ValueError:
            raise malformed(name, f"{name} is not an instant with its offset.") from None

    def day(self, name: str) -> date | None:
        """A query parameter that is a day; None when it is not there. Raises Refused (400)."""
        text = self.query.get(name, "")
        try:
            return parse_day(text) if text else None
        except ValueError:
            raise malformed(name, f"{name} is not a day (YYYY-MM-DD).") from None
