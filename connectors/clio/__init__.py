"""Clio Manage, a case system."""

from connectors.clio.client import ClioClient, ClioPracticeArea, ClioStage, ClioUser, oauth_app
from connectors.clio.filing import STORAGE_HOSTS, ClioFiles
from connectors.clio.regions import Region

__all__ = [
    "STORAGE_HOSTS",
    "ClioClient",
    "ClioFiles",
    "ClioPracticeArea",
    "ClioStage",
    "ClioUser",
    "Region",
    "oauth_app",
]
