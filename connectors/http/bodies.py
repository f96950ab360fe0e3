"""What an answer says, however it is spoilt: JSON, JSON with halves of emoji, or something else in plain words."""

import json
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from connectors.http.messages import Incoming

_HALF = b"\\ud"
"""How half of an emoji begins."""


def parsed(response: Incoming, *, exact_numbers: bool = False) -> tuple[Any, str]:
    """The JSON of an answer, and in plain words what came instead when it is none.

    With ``exact_numbers`` fractions are ``Decimal`` with all the digits that were sent, else floats.
    """
    content = response.content
    if not content:
        return None, ""
    try:
        return (_exact(content) if exact_numbers else orjson.loads(content)), ""
    except (ValueError, ArithmeticError, RecursionError):
        mended = None if exact_numbers else _mended(content)
        if mended is not None:
            return mended, ""
        kind = response.headers.get("content-type", "")
        if "html" in kind or content.lstrip()[:1] == b"<":
            return None, "a web page"
        return None, "broken JSON" if "json" in kind else "text that is no JSON"


def _mended(content: bytes) -> Any:
    """The JSON in ``content`` with halves of emoji, where texts were cut, as question marks; None when it stays broken."""
    if _HALF not in content.lower():
        return None
    try:
        return orjson.loads(json.dumps(json.loads(content), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _exact(content: bytes) -> Any:
    """The same with all digits of all numbers. Raises ValueError, ArithmeticError, RecursionError for what is no JSON."""
    found = json.loads(content.decode(), parse_float=Decimal, parse_constant=_no_number)
    return _whole(found) if _HALF in content.lower() else found


def _no_number(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


def _whole(value: Any) -> Any:
    """A value whose texts can be encoded."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case list():
            return [_whole(one) for one in value]
        case dict():
            return {_whole(name): _whole(one) for name, one in value.items()}
    return value
