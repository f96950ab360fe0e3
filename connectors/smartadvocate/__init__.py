"""SmartAdvocate, a case system."""

from connectors.smartadvocate.client import REQUESTS_A_MINUTE, SmartAdvocateClient
from connectors.smartadvocate.consent import Consent, consent_app
from connectors.smartadvocate.filing import USUAL_NAMES, FilingNames, SmartAdvocateFiles
from connectors.smartadvocate.hosts import HOSTED, Host
from connectors.smartadvocate.replies import NOTE_TYPE, SmartAdvocateReplies
from connectors.smartadvocate.wire import Reading

__all__ = [
    "HOSTED",
    "NOTE_TYPE",
    "REQUESTS_A_MINUTE",
    "USUAL_NAMES",
    "Consent",
    "FilingNames",
    "Host",
    "Reading",
    "SmartAdvocateClient",
    "SmartAdvocateFiles",
    "SmartAdvocateReplies",
    "consent_app",
]
