"""Where a firm's SmartAdvocate is: from what a person enters to the base of its API, and to the pages of its cases."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from connectors.errors import Misconfigured, WrongReference

SYSTEM = "SmartAdvocate"
HOSTED = "app.smartadvocate.com"
"""The instance that most firms share [doc]."""
_API = "/CaseSyncAPI"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_NUMBER = re.compile(r"0*([1-9][0-9]{0,17})")
_CASE = re.compile(r"(?:/case/|[?&#]case_?id=)([1-9][0-9]{0,17})(?![0-9a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Host:
    """One firm's SmartAdvocate: the shared instance, one of the firm's own name, or one in the firm's own house [seen]."""

    address: str
    """Scheme and host, such as ``https://app.smartadvocate.com``."""

    @classmethod
    def of(cls, entered: str) -> "Host":
        """The host in whatever form it was entered: with or without ``https://``, ``/CaseSyncAPI``, a page [seen].

        Always ``https``; only a test installation on this very machine keeps its plain ``http`` and its path.

        Raises:
            Misconfigured: it is no host's name; the sentence says how to write one.
        """
        text = entered.strip()
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            name, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise _unusable(entered) from None
        if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc or not _NAME.fullmatch(name):
            raise _unusable(entered)
        netloc = name if port is None else f"{name}:{port}"
        if name in _LOOPBACK:
            return cls(f"{parts.scheme.lower()}://{netloc}{_instance(parts)}")
        if "." not in name:
            raise _unusable(entered)
        return cls(f"https://{netloc}")

    @property
    def api(self) -> str:
        """Base of the API [doc]."""
        return self.address + _API

    def case_url(self, integration_id: str) -> str:
        """Where a person opens a case [assumed]."""
        return f"{self.address}/case/{integration_id}"

    def case_id(self, reference: str) -> str:
        """The case's id in what a person typed: the id itself, or the address of the case's page on this host.

        Raises:
            WrongReference: neither of them; the sentence says what is wrong.
        """
        text = reference.strip()
        number = _NUMBER.fullmatch(text)
        if number:
            return number[1]
        if "/" not in text:
            message = (
                f"'{text[:80]}' is neither the id of a case nor the address of its page in SmartAdvocate. A case number "
                "is not its id: open the case and copy its address."
            )
            raise WrongReference(message, system=SYSTEM)
        self._check(text)
        found = _CASE.search(text)
        if not found:
            message = "This address names no case: open the case in SmartAdvocate and copy the address from there."
            raise WrongReference(message, system=SYSTEM)
        return found[1]

    def _check(self, reference: str) -> None:
        """See that an address is one of this host. Raises WrongReference."""
        try:
            other = Host.of(reference).address
        except Misconfigured:
            other = ""
        if urlsplit(other).netloc != urlsplit(self.address).netloc:
            message = f"This address does not belong to the firm's SmartAdvocate, which is at {urlsplit(self.address).netloc}."
            raise WrongReference(message, system=SYSTEM)


def _instance(parts: SplitResult) -> str:
    """The path of a test installation, up to where the API begins."""
    return re.split(_API + r"(?:/|$)", parts.path, maxsplit=1, flags=re.IGNORECASE)[0].rstrip("/")


def _unusable(entered: str) -> Misconfigured:
    message = (
        f"'{entered.strip()[:80]}' is not the host of a SmartAdvocate: enter its name alone, such as {HOSTED}; the firm's "
        "SmartAdvocate administrator knows it."
    )
    return Misconfigured(message, system=SYSTEM)
