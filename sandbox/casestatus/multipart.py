"""Reading ``multipart/form-data`` bodies that are already in memory (uploads are at most 25 MiB)."""

from dataclasses import dataclass
from email.message import Message

from sandbox.casestatus.refusals import invalid_parameter


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its field name, its bytes, and for a file its name and type."""

    name: str
    content: bytes
    file_name: str | None
    content_type: str | None


def parts(body: bytes, boundary: bytes) -> list[Part]:
    """The parts in order. Raises Refusal (400) when the body does not keep to the form."""
    delimiter = b"\r\n--" + boundary
    pieces = (b"\r\n" + body).split(delimiter)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - preamble and end mark
        raise invalid_parameter("body", "multipart/form-data that ends with its boundary")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, separator, content = piece.partition(b"\r\n\r\n")
    header = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            header[name.strip()] = value.strip()
    field = header.get_param("name", header="content-disposition")
    if not separator or not isinstance(field, str):
        raise invalid_parameter("body", "multipart/form-data whose parts have names")
    file_name = header.get_filename()
    return Part(field, content, file_name, header["content-type"])
