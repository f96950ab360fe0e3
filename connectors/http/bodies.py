"""What an answer says, however it is spoilt: JSON, JSON with halves of emoji, or something else in plain words."""

import json
from typing import Any

import orjson

from connectors.http.messages import Incoming


def parsed(response: Incoming) -> tuple[Any, str]:
    """The JSON of an answer, and in plain words what came instead when it is none."""
    content = response.content
    if not content:
        return None, ""
    try:
        return orjson.loads(content), ""
    except orjson.JSONDecodeError:
        mended = _mended(content)
        if mended is not None:
            return mended, ""
        kind = response.headers.get("content-type", "")
        if "html" in kind or content.lstrip()[:1] == b"<":
            return None, "a web page"
        return None, "broken JSON" if "json" in kind else "text that is no JSON"


def _mended(content: bytes) -> Any:
    """The JSON in ``content`` with halves of emoji, where texts were cut, as question marks; None when it stays broken."""
    if b"\\ud" not in content.lower():
        return None
    try:
        return orjson.loads(json.dumps(json.loads(content), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
