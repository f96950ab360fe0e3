"""Where a firm's own instance of a case system is: from what a person enters to addresses, and from addresses to cases."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import SplitResult, urlsplit

from connectors.errors import Misconfigured, WrongReference

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_NUMBER = re.compile(r"0*([1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class FirmHost:
    """One firm's instance. Each vendor says in its subclass what it is called and how its addresses look."""

    address: str
    """Scheme and host, such as ``https://app.smartadvocate.com``."""

    system: ClassVar[str]
    example: ClassVar[str]
    """A host as a person should write it."""
    api_path: ClassVar[str]
    """Where the API is, below the host."""
    case_place: ClassVar[re.Pattern[str]]
    """Where the case's id, its only group, stands in the address of a page."""

    @classmethod
    def of(cls, entered: str) -> Self:
        """The host in whatever form it was entered: with or without ``https://``, the API's path, a page [seen].

        Always ``https``; only a test installation on this very machine keeps its plain ``http`` and its path.

        Raises:
            Misconfigured: it is no host's name; the sentence says how to write one.
        """
        text = entered.strip()
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            name, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise cls._unusable(entered) from None
        if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc or not _NAME.fullmatch(name):
            raise cls._unusable(entered)
        netloc = name if port is None else f"{name}:{port}"
        if name in _LOOPBACK:
            return cls(f"{parts.scheme.lower()}://{netloc}{cls._instance(parts)}")
        if "." not in name:
            raise cls._unusable(entered)
        return cls(f"https://{netloc}")

    @property
    def api(self) -> str:
        """Base of the API."""
        return self.address + self.api_path

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
                f"'{text[:80]}' is neither the id of a case nor the address of its page in {self.system}. A case number "
                "is not its id: open the case and copy its address."
            )
            raise WrongReference(message, system=self.system)
        self._check(text)
        found = self.case_place.search(text)
        if not found:
            message = f"This address names no case: open the case in {self.system} and copy the address from there."
            raise WrongReference(message, system=self.system)
        return found[1]

    def _check(self, reference: str) -> None:
        """See that an address is one of this host. Raises WrongReference."""
        try:
            other = self.of(reference).address
        except Misconfigured:
            other = ""
        if urlsplit(other).netloc != urlsplit(self.address).netloc:
            host = urlsplit(self.address).netloc
            message = f"This address does not belong to the firm's {self.system}, which is at {host}."
            raise WrongReference(message, system=self.system)

    @classmethod
    def _instance(cls, parts: SplitResult) -> str:
        """The path of a test installation, up to where the API begins."""
        return re.split(cls.api_path + r"(?:/|$)", parts.path, maxsplit=1, flags=re.IGNORECASE)[0].rstrip("/")

    @classmethod
    def _unusable(cls, entered: str) -> Misconfigured:
        message = (
            f"'{entered.strip()[:80]}' is not the host of a {cls.system}: enter its name alone, such as {cls.example}; the "
            f"firm's {cls.system} administrator knows it."
        )
        return Misconfigured(message, system=cls.system)
