"""Case Status, the client portal."""

from connectors.casestatus.client import CaseStatusClient, UpsertAnswer

__all__ = ["CaseStatusClient", "UpsertAnswer"]
