"""Soluno's answers: JSON in which money keeps its two decimals, as text or as a number."""

from decimal import Decimal
from typing import Any

import orjson

from sandbox.answers import Answer
from sandbox.soluno.refusals import Refused


def _as_text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def _as_number(value: Any) -> Any:
    # Written digit by digit: a float would lose what the hub has to prove it keeps.
    return orjson.Fragment(_as_text(value))


def json_answer(data: Any, status: int = 200, *, numbers: bool = False) -> Answer:
    """An answer with ``data`` as JSON; Decimals become text with two decimals, or numbers."""
    return Answer(status, b"" if data is None else orjson.dumps(data, default=_as_number if numbers else _as_text))


def plain(data: Any) -> Any:
    """``data`` as whoever reads its JSON sees it, money as text."""
    return orjson.loads(orjson.dumps(data, default=_as_text, option=orjson.OPT_NON_STR_KEYS))


def refusal(refused: Refused, correlation_id: str) -> Answer:
    """The answer that a refusal is."""
    answer = json_answer(refused.body(correlation_id), refused.status)
    if refused.wait is not None:
        answer.headers["Retry-After"] = str(refused.wait)
    return answer
