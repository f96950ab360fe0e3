"""The HTTP layer that all vendors share: time-outs, retries, limits, counting and redaction in one place."""

from connectors.http.auth import Auth, BearerAuth, KeyAuth, Tokens
from connectors.http.budget import Budget
from connectors.http.connection import Answer, Connection
from connectors.http.counts import Counts
from connectors.http.feeding import Damaged
from connectors.http.forms import Form
from connectors.http.limits import Bucket, FixedWindow
from connectors.http.messages import Incoming, Outgoing, Timeouts
from connectors.http.patience import Patience
from connectors.http.redaction import redact, redact_handlers, redacting_logger
from connectors.http.stores import MemoryLimitStore
from connectors.http.streams import AddressRefused, Download, ForeignAddress, Streams
from connectors.http.transport import Lent, Transport

__all__ = [
    "AddressRefused",
    "Answer",
    "Auth",
    "BearerAuth",
    "Bucket",
    "Budget",
    "Connection",
    "Counts",
    "Damaged",
    "Download",
    "FixedWindow",
    "ForeignAddress",
    "Form",
    "Incoming",
    "KeyAuth",
    "Lent",
    "MemoryLimitStore",
    "Outgoing",
    "Patience",
    "Streams",
    "Timeouts",
    "Tokens",
    "Transport",
    "redact",
    "redact_handlers",
    "redacting_logger",
]
