"""What all our blocks have in common: the schema of their form is made once, not for every field of every saving."""

from typing import Any

import orjson
from prefect.blocks.core import Block

_made: dict[Any, bytes] = {}
"""Schemas as text, since callers may change what they are given; a class's never changes."""


class Form(Block):
    """A block whose schema is kept.

    Prefect asks for it for each field of a block that is saved, and of every block within it: for a firm some 200 times,
    which took one and a half seconds.
    """

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """See :meth:`prefect.blocks.core.Block.model_json_schema`."""
        key = (cls, args, tuple(options.items()))
        if key not in _made:
            _made[key] = orjson.dumps(super().model_json_schema(*args, **options))
        schema: dict[str, Any] = orjson.loads(_made[key])
        return schema

    async def save_again(self) -> None:
        """Save what has changed where it was loaded from; one that was never saved stays so."""
        if self._block_document_name:
            await self.asave(self._block_document_name, overwrite=True)
