"""SmartAdvocate, a case system."""

from connectors.smartadvocate.client import REQUESTS_A_MINUTE, SmartAdvocateClient
from connectors.smartadvocate.consent import Consent, consent_app
from connectors.smartadvocate.hosts import HOSTED, Host
from connectors.smartadvocate.wire import Reading

__all__ = ["HOSTED", "REQUESTS_A_MINUTE", "Consent", "Host", "Reading", "SmartAdvocateClient", "consent_app"]
