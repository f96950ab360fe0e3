"""Where a firm's SmartAdvocate is."""

import re
from dataclasses import dataclass
from typing import ClassVar

from connectors.hosts import FirmHost

SYSTEM = "SmartAdvocate"
HOSTED = "app.smartadvocate.com"
"""The instance that most firms share [doc]."""


@dataclass(frozen=True, slots=True)
class Host(FirmHost):
    """One firm's SmartAdvocate: the shared instance, one of the firm's own name, or one in the firm's own house [seen]."""

    system: ClassVar[str] = SYSTEM
    example: ClassVar[str] = HOSTED
    api_path: ClassVar[str] = "/CaseSyncAPI"  # [doc]
    case_place: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:/case/|[?&#]case_?id=)([1-9][0-9]{0,17})(?![0-9a-z])", re.IGNORECASE
    )

    def case_url(self, integration_id: str) -> str:
        """Where a person opens a case [assumed]."""
        return f"{self.address}/case/{integration_id}"
