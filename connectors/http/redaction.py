"""Keeps secrets and phone numbers out of every log line and message that leaves this layer."""

import logging
import re

MASK = "[hidden]"

_NAMES = (
    r"(?:proxy-)?authorization|x-api-key|api[-_ ]?key|(?:client|shared|app)[-_]?secret|secret|password|passwd"
    r"|(?:access|refresh|id|session|security)[-_]?token|sessiontoken|token|code_verifier|verificationanswer"
    r"|x-amz-(?:signature|credential|security-token)|signature|sig|x-hook-secret"
)
_PATTERNS = (
    # Scheme and credentials: "Bearer abc", "ApiKey abc", "Token abc", "Basic abc".
    (re.compile(r"(?i)\b(bearer|apikey|basic|token)(\s+|%20|\+)[A-Za-z0-9._~+/%=-]{6,}"), rf"\1\2{MASK}"),
    # A quoted value after a secret's name, as in JSON and in Python's repr of headers and dictionaries.
    (re.compile(rf"""(?i)(["'](?:{_NAMES})["']\s*[:,=]\s*b?)(["'])(?:\\.|(?!\2).)*\2"""), rf"\1\2{MASK}\2"),
    # name=value in addresses and forms, name: value in header dumps.
    (re.compile(rf"(?i)(?<![\w-])((?:{_NAMES})(?:=|%3D|:\s*))(?!\[hidden)[^\s&\"',;}}\])]+"), rf"\1{MASK}"),
    # An authorization code is a secret only in an address or a form; elsewhere "code" names an error.
    (re.compile(r"(?i)((?:^|[?&])code=)[^\s&\"']+"), rf"\1{MASK}"),
)
_TRIGGER = re.compile(
    r"(?i)bearer|apikey|api[-_ ]key|basic|token|authorization|secret|passw|code|sig|verif|x-amz|\d{4}"
)

# Written like a phone number: E.164, or three groups with separators, or ten digits that can be a North American
# number. Digits that follow "/", "=" or "#" are ids in addresses, and stay.
_PHONE = re.compile(
    r"(?<![\w/=#.-])(?:"
    r"\+\d[\d .()-]{6,18}\d"
    r"|(?:1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}"
    r"|1?[2-9]\d{2}[2-9]\d{6}"
    r")(?![\w-])"
)
_PHONE_FIELD = re.compile(r"(?i)((?:phone|cell|mobile|fax)[\w-]*[\"']?\s*[:=]\s*[\"']?)([+(]?\d[\d .()-]{5,18}\d)")


def mask_phone(text: str) -> str:
    """``+13125550142`` becomes ``•••0142``: the last four digits and nothing else."""
    digits = [character for character in text if character.isdigit()]
    return "•••" + "".join(digits[-4:])


def redact(text: str) -> str:
    """``text`` without secrets, and with phone numbers cut to their last four digits."""
    if not _TRIGGER.search(text):
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    text = _PHONE_FIELD.sub(lambda match: match[1] + mask_phone(match[2]), text)
    return _PHONE.sub(lambda match: mask_phone(match[0]), text)


class RedactionFilter(logging.Filter):
    """Rewrites a record's message and traceback through :func:`redact`; it never drops one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite ``record`` in place."""
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True


_FILTER = RedactionFilter()


def redacting_logger(name: str) -> logging.Logger:
    """The logger ``name`` with the filter on it (a filter on a parent does not see its children's records)."""
    logger = logging.getLogger(name)
    if _FILTER not in logger.filters:
        logger.addFilter(_FILTER)
    return logger


def redact_handlers(*names: str) -> None:
    """Put the filter on every handler of the named loggers (the root when none is named), whoever writes to them."""
    for name in names or ("",):
        for handler in logging.getLogger(name).handlers:
            if _FILTER not in handler.filters:
                handler.addFilter(_FILTER)
