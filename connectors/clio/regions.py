"""Clio's regions: separate worlds with an address, apps and tokens of their own [doc]."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.errors import Misconfigured, WrongReference

SYSTEM = "Clio"
_HOSTS = {
    "us": "https://app.clio.com",
    "ca": "https://ca.app.clio.com",
    "eu": "https://eu.app.clio.com",
    "au": "https://au.app.clio.com",
}
_REGION_OF = {urlsplit(address).netloc: region for region, address in _HOSTS.items()}
_MATTER = re.compile(r"matters/([0-9]{1,18})(?![\w-])")
_NUMBER = re.compile(r"0*[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Region:
    """Where one firm's Clio lives. ``host`` replaces the region's own address in test installations."""

    name: str = "us"
    host: str | None = None

    def __post_init__(self) -> None:
        if self.name not in _HOSTS:
            message = f"'{self.name}' is no Clio region: choose one of {', '.join(_HOSTS)}."
            raise Misconfigured(message, system=SYSTEM)

    @property
    def address(self) -> str:
        """Scheme and host, such as ``https://eu.app.clio.com``."""
        return (self.host or _HOSTS[self.name]).rstrip("/")

    @property
    def api(self) -> str:
        """Base of the API [sdk]."""
        return f"{self.address}/api/v4"

    @property
    def oauth(self) -> str:
        """Base of the OAuth addresses [doc] (us), [seen] (the others)."""
        return f"{self.address}/oauth"

    def matter_url(self, integration_id: str) -> str:
        """Where a person opens a matter: the id stands after ``matters/`` [help]."""
        return f"{self.address}/nc/#/matters/{integration_id}"

    def matter_id(self, reference: str) -> str:
        """The matter's id in what a person typed: the number itself, or the matter's address in this region.

        Raises:
            WrongReference: neither of them; the sentence says what is wrong (another region, another system, no matter).
        """
        text = reference.strip()
        if _NUMBER.fullmatch(text):
            return text.lstrip("0") or "0"
        try:
            address = urlsplit(text if "://" in text else f"https://{text}")
        except ValueError:
            raise self._wrong(f"'{text}' is no address.") from None
        if "/" not in text or "." not in address.netloc.partition(":")[0]:
            raise self._wrong(f"'{text}' is neither a matter's number nor its address in Clio.")
        self._check_host(address.netloc.lower())
        found = _MATTER.search(text)
        if not found:
            raise self._wrong("This address names no matter: open the matter in Clio and copy the address from there.")
        return found[1]

    def _check_host(self, host: str) -> None:
        if host == urlsplit(self.address).netloc:
            return
        other = _REGION_OF.get(host)
        if other is None:
            raise self._wrong(f"This address belongs to {host}, not to Clio: this firm's cases are in Clio.")
        if self.host is None:
            message = f"This address belongs to Clio's region '{other}', but the firm is connected to '{self.name}'."
            raise self._wrong(message)

    @staticmethod
    def _wrong(message: str) -> WrongReference:
        return WrongReference(message, system=SYSTEM)
