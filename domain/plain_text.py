"""Makes plain text of HTML, as people write it in a case system's editor: what a client is to read, and nothing else.

By expressions that never look twice at a character: Python's own parser is busy for minutes with some broken pages.
"""

import re
from html import unescape

_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"})
"""Elements with an empty line around them; the others of a line of their own have none."""
_LINES = frozenset({"div", "li", "tr", "section", "article", "header", "footer", "dt", "dd"})
_CELLS = frozenset({"td", "th"})
_UNSHOWN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|head|title|template)\b.*?(?:</\1\s*>|\Z)|<[!?][^<>]*>?",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)((?:[\s/][^<>]*)?)>")
_ADDRESS = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f\v\xa0]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\ufeff]")


def plain_text(html: str) -> str:
    """The text that a browser would show, with its lines and lists, without spaces at any line's end.

    A link that does not show its own address has it behind it in brackets. What has no tag at all is text whose line
    breaks were meant.
    """
    shown = _UNSHOWN.sub("", html)
    if not _TAG.search(shown):
        return _tidy(unescape(shown.replace("\r\n", "\n")))
    page = _Page()
    end = 0
    for tag in _TAG.finditer(shown):
        page.text(shown[end : tag.start()])
        page.tag(tag[2].lower(), tag[3], closing=bool(tag[1]))
        end = tag.end()
    page.text(shown[end:])
    return _tidy("".join(page.parts))


class _Page:
    """Gathers the text; whatever is not closed properly ends with the text."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._link: tuple[str, int] | None = None
        """Where a link leads, and from which part on its text stands."""

    def text(self, html: str) -> None:
        """What stands between two tags."""
        text = _SPACES.sub(" ", unescape(html))
        if text.strip() or (self.parts and not self.parts[-1].endswith(("\n", " "))):
            self.parts.append(text)

    def tag(self, name: str, attributes: str, *, closing: bool) -> None:
        """What a tag means for the lines."""
        if name == "br":
            self.parts.append("\n")
        elif name == "a":
            self._end_link() if closing else self._begin_link(attributes)
        elif name in _CELLS:
            self.text(" ")
        elif name in _PARAGRAPHS or name in _LINES:
            self._break(2 if name in _PARAGRAPHS else 1)
            if name == "li" and not closing:
                self.parts.append("- ")

    def _begin_link(self, attributes: str) -> None:
        found = _ADDRESS.search(attributes)
        address = unescape(found[1] or found[2] or found[3] or "") if found else ""
        self._link = (address, len(self.parts))

    def _end_link(self) -> None:
        address, start = self._link or ("", 0)
        self._link = None
        shown = "".join(self.parts[start:]).strip()
        if address.startswith(("https://", "http://")) and address.rstrip("/") != shown.rstrip("/"):
            self.parts.append(f" ({address})")

    def _break(self, lines: int) -> None:
        """See that what comes begins a line, with so many line breaks before it."""
        while self.parts and not self.parts[-1].strip(" "):
            self.parts.pop()
        have = 0
        for part in reversed(self.parts[-lines:]):
            have += len(part) - len(part.rstrip("\n"))
        if self.parts and have < lines:
            self.parts.append("\n" * (lines - have))


def _tidy(text: str) -> str:
    lines = [" ".join(line.split()) for line in _CONTROLS.sub("", text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
