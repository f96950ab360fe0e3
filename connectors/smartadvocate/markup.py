"""Turns the HTML of notes and facts into plain text [doc][seen]."""

import re
from html.parser import HTMLParser

_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4"})
_UNSEEN = frozenset({"script", "style", "head"})
_MARKUP = re.compile(r"<[a-zA-Z/!]|&[a-zA-Z#]")


class _Text(HTMLParser):
    """Collects what a person would read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  (as the base class has it)
        self._unseen += tag in _UNSEEN
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        if tag in _BREAKS - {"br"}:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)


def plain_text(markup: str) -> str:
    """What a person reads of some HTML: tags gone, entities resolved, a line a block; plain text stays as it is."""
    text = markup
    if _MARKUP.search(markup):
        parser = _Text()
        parser.feed(markup)
        parser.close()
        text = "".join(parser.pieces)
    lines = [" ".join(line.split()) for line in text.replace("\xa0", " ").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
