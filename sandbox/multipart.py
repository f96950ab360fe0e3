"""``multipart/form-data`` read as it comes in: files are hashed and counted, only small ones are kept."""

import hashlib
from dataclasses import dataclass, field
from email.message import Message

KEPT_BYTES = 1_048_576
_LONGEST_HEAD = 65_536


class BadForm(Exception):
    """The body does not keep to the form; says where."""


def boundary_of(content_type: str) -> bytes | None:
    """The boundary in a ``Content-Type`` of multipart/form-data; None for any other type."""
    header = Message()
    header["content-type"] = content_type
    if header.get_content_type() != "multipart/form-data":
        return None
    boundary = header.get_boundary()
    return boundary.encode("latin-1") if boundary else None


@dataclass(slots=True)
class Part:
    """One part; ``content`` is what was kept of it, at most 1 MiB."""

    name: str
    file_name: str | None
    size: int = 0
    content: bytearray = field(default_factory=bytearray)
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """Of all bytes, kept or not."""
        return self._digest.hexdigest()

    @property
    def whole(self) -> bytes | None:
        """The bytes, or None when there were more than are kept."""
        return bytes(self.content) if self.size <= KEPT_BYTES else None

    def take(self, piece: bytes) -> None:
        """Some more bytes."""
        self.size += len(piece)
        self._digest.update(piece)
        if self.size <= KEPT_BYTES:
            self.content += piece
        else:
            self.content.clear()


class FormReader:
    """Takes a body piece by piece; ``parts`` are those begun so far, ``ended`` says whether the end mark came."""

    def __init__(self, boundary: bytes) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._delimiter = b"\r\n--" + boundary
        self._buffer = b"\r\n"
        self._part: Part | None = None

    def feed(self, piece: bytes) -> None:
        """Take a piece. Raises BadForm."""
        self._buffer += piece
        while not self.ended and self._step():
            pass
        if self.ended:
            self._buffer = b""

    def _step(self) -> bool:
        """Consume what can be told apart already; False when more bytes are needed."""
        place = self._buffer.find(self._delimiter)
        if place < 0:
            sure = len(self._buffer) - len(self._delimiter)
            if sure > 0:
                self._give(self._buffer[:sure])
                self._buffer = self._buffer[sure:]
            return False
        after = place + len(self._delimiter)
        if self._buffer[after : after + 2] == b"--":
            self._give(self._buffer[:place])
            self.ended = True
            return False
        head_end = self._buffer.find(b"\r\n\r\n", after)
        if head_end < 0:
            self._give(self._buffer[:place])
            self._buffer = self._buffer[place:]
            if len(self._buffer) > _LONGEST_HEAD:
                raise BadForm("A part of the form has no end of its head.")
            return False
        self._give(self._buffer[:place])
        self._part = _begun(self._buffer[after:head_end])
        self.parts.append(self._part)
        self._buffer = self._buffer[head_end + 4 :]
        return True

    def _give(self, piece: bytes) -> None:
        """Bytes of the part that is open; before the first part they are a preamble."""
        if self._part is not None:
            self._part.take(piece)


def _begun(head: bytes) -> Part:
    header = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        title, colon, value = line.partition(":")
        if colon:
            header[title.strip()] = value.strip()
    name = header.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise BadForm("A part of the form has no name.")
    return Part(name, header.get_filename())
