"""Text from outside inside a Markdown artifact: shown as it is, on one line, never taken for markup."""

from collections.abc import Iterable

_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#"})


def plain(text: str) -> str:
    """The text with everything escaped that Markdown would read as its own."""
    return " ".join(text.translate(_MARKUP).split())


def needs_attention(troubles: Iterable[tuple[str, str]]) -> list[str]:
    """Lines that say whose trouble is which; none without troubles. In paragraphs, as Prefect's UI cuts off long cells."""
    said = [f"- **{plain(name)}**: {plain(sentence)}" for name, sentence in troubles]
    return ["", "## Needs attention", "", *said] if said else []
