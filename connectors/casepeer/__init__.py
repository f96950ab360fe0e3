"""CASEpeer, a case system."""

from connectors.casepeer.client import REQUESTS_A_MINUTE, CasePeerClient
from connectors.casepeer.hosts import Host

__all__ = ["REQUESTS_A_MINUTE", "CasePeerClient", "Host"]
