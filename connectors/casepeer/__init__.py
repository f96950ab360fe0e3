"""CASEpeer, a case system."""

from connectors.casepeer.books import CasePeerBooks
from connectors.casepeer.client import REQUESTS_A_MINUTE, CasePeerClient
from connectors.casepeer.filing import CasePeerFiles
from connectors.casepeer.hints import SECRET_HEADER, changed_case
from connectors.casepeer.hosts import Host
from connectors.casepeer.outbox import CasePeerOutbox

__all__ = [
    "REQUESTS_A_MINUTE",
    "SECRET_HEADER",
    "CasePeerBooks",
    "CasePeerClient",
    "CasePeerFiles",
    "CasePeerOutbox",
    "Host",
    "changed_case",
]
