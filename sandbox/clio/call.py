"""One authenticated request to the API, as its handlers read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.clio.answers import bad_argument
from sandbox.clio.firm import ClioFirm


@dataclass(frozen=True, slots=True)
class Call:
    """A request after firewall, token, budget and version were checked. ``url`` is absolute and without query."""

    method: str
    url: str
    params: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    firm: ClioFirm
    user_id: int
    now: float

    @property
    def fields(self) -> str | None:
        """The ``fields`` parameter."""
        return next((value for name, value in self.params if name == "fields"), None)

    def data(self) -> dict[str, Any]:
        """The ``data`` object of the body. Raises Refusal (400)."""
        try:
            body = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise bad_argument("The request body is not valid JSON") from error
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict):
            raise bad_argument("data is missing")
        return data
