"""Hosts in the forms of blocks."""

from pydantic import AfterValidator

from connectors.errors import Misconfigured
from connectors.hosts import FirmHost


def host_of(kind: type[FirmHost]) -> AfterValidator:
    """Checks a host that a person entered; what is wrong with it becomes the form's complaint."""

    def check(entered: str) -> str:
        try:
            kind.of(entered)
        except Misconfigured as error:
            raise ValueError(str(error)) from None
        return entered

    return AfterValidator(check)
