"""What stopped a firm's work, as one of the codes that alerts and tables know."""

from connectors.errors import ConnectorError, LogInAgain, Misconfigured, NotPermitted, Wait
from domain.errors import BadInput
from ledger import LeaseLost

INTERNAL_FAULT = "internal_fault"
PASSING = frozenset({"vendor_unreachable", "overtaken"})
"""Troubles that pass by themselves: they count when they have lasted."""


_CODES: tuple[tuple[str, tuple[type[Exception], ...]], ...] = (
    ("block_unreadable", (BadInput,)),
    ("reconnect_needed", (LogInAgain,)),
    ("setup_needed", (NotPermitted, Misconfigured)),
    ("vendor_unreachable", (Wait,)),
    ("overtaken", (LeaseLost,)),
    ("unexpected_answer", (ConnectorError,)),
)
"""The first that fits counts."""


def trouble_code(error: Exception) -> str:
    """The code for an error; see :data:`domain.relay_reasons.RELAY_REASONS`."""
    return next((code for code, kinds in _CODES if isinstance(error, kinds)), INTERNAL_FAULT)
