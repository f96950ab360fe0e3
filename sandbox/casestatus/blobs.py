"""The bytes of files: held in memory, or made up on the way out so that huge ones cost nothing."""

import hashlib
import random
from collections.abc import Iterator
from typing import Final, Protocol

BLOCK: Final = 65536


class Blob(Protocol):
    """Bytes of known size and hash that can be read from anywhere."""

    size: int
    sha256: str

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from ``start`` up to, not including, ``end``, in pieces of at most 64 KiB."""
        ...


class StoredBlob:
    """Bytes somebody uploaded."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)
        self.sha256 = hashlib.sha256(content).hexdigest()

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from ``start`` up to, not including, ``end``."""
        for place in range(start, end, BLOCK):
            yield self.content[place : min(place + BLOCK, end)]


class MadeBlob:
    """Any number of bytes that follow from a seed; every 64 KiB block differs from the others."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self._filling = random.Random(seed).randbytes(BLOCK - 8)
        digest = hashlib.sha256()
        for piece in self.read(0, size):
            digest.update(piece)
        self.sha256 = digest.hexdigest()

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from ``start`` up to, not including, ``end``."""
        for number in range(start // BLOCK, -(-end // BLOCK)):
            block = number.to_bytes(8, "big") + self._filling
            yield block[max(start - number * BLOCK, 0) : end - number * BLOCK]
