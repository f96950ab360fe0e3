"""Clio Manage, a case system."""

from connectors.clio.client import ClioClient, ClioPracticeArea, ClioStage, ClioUser, oauth_app
from connectors.clio.regions import Region

__all__ = ["ClioClient", "ClioPracticeArea", "ClioStage", "ClioUser", "Region", "oauth_app"]
