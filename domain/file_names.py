"""File names from outside made fit to be shown and stored: no path, no control characters, not too long, not taken."""

import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath

LONGEST = 200
"""Characters; case systems publish no limit, file systems allow 255 bytes [assumed]."""
_LONGEST_SUFFIX = 20
_UNWANTED = re.compile(r'[<>:"|?*]')
# Marks that turn the reading direction would let "exe.fdp" be shown as "pdf.exe".
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NAMELESS = "document"


def clean_file_name(name: str) -> str:
    """``name`` as a plain file name: what stands before the last slash or backslash is gone, its extension kept."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(" " if unicodedata.category(character) in _INVISIBLE else character for character in last)
    plain = _UNWANTED.sub("_", _DIRECTION.sub("", visible))
    tidy = " ".join(plain.split()).strip(". ") if not plain.strip().startswith(".") else " ".join(plain.split())
    if all(character in ". " or unicodedata.category(character) == "Cf" for character in tidy):
        return _NAMELESS  # a joiner by itself cannot be seen either
    return _shortened(tidy)


_INVISIBLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control characters, halves of emoji, private and unassigned characters, line and paragraph separators."""


def _shortened(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    stem, suffix = split_name(name)
    return stem[: LONGEST - len(suffix)].rstrip(". ") + suffix


def split_name(name: str) -> tuple[str, str]:
    """Stem and extension (with its dot, empty when there is none worth the name)."""
    suffix = PurePosixPath(name).suffix
    if not suffix or len(suffix) > _LONGEST_SUFFIX or " " in suffix:
        return name, ""
    return name[: -len(suffix)], suffix


def free_name(name: str, taken: Collection[str]) -> str:
    """``name``, or ``name (2)`` and so on when it is among ``taken`` (case-folded names)."""
    if name.casefold() not in taken:
        return name
    stem, suffix = split_name(name)
    number = 2
    while (candidate := f"{stem[: LONGEST - len(suffix) - 8]} ({number}){suffix}").casefold() in taken:
        number += 1
    return candidate
