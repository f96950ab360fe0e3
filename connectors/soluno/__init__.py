"""Soluno, an accounting."""

from connectors.soluno.client import REQUESTS_A_MINUTE, SolunoClient
from connectors.soluno.hosts import Host
from connectors.soluno.login import Account
from connectors.soluno.refused_logins import QuestionNotSet

__all__ = ["REQUESTS_A_MINUTE", "Account", "Host", "QuestionNotSet", "SolunoClient"]
