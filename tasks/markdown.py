"""Text from outside inside a Markdown artifact: shown as it is, on one line, never taken for markup."""

_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#"})


def plain(text: str) -> str:
    """The text with everything escaped that Markdown would read as its own."""
    return " ".join(text.translate(_MARKUP).split())
